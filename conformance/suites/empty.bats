#!/usr/bin/env bats
# bats file_tags=long
# Images as they are created, and what damage can do to them.

load ../lib/suite

make_empty() { # OPTIONS
    create "$1" $((2 * table + 8))
}

empty() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_empty "${any_image[@]}"
}

@test "empty, clusters of 512 bytes" { empty 512; }
@test "empty, clusters of 4 KiB" { empty 4096; }
@test "empty, clusters of 64 KiB" { empty 65536; }
@test "empty, clusters of 2 MiB" { empty 2097152; }
