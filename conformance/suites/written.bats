#!/usr/bin/env bats
# bats file_tags=long
# Images with data, in order and out of order, in several L2 tables.

load ../lib/suite

make_written() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 4' 'write 6 1' 'write 5 1' "write $((table - 2)) 4" "write $((2 * table + 1)) 1"
}

written() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_written "${any_image[@]}" "${l2_table[@]}" "${data[@]}"
    in_all_widths 'v3' "$1" make_written "${version_3[@]}"
}

@test "written, clusters of 512 bytes" { written 512; }
@test "written, clusters of 4 KiB" { written 4096; }
@test "written, clusters of 64 KiB" { written 65536; }
@test "written, clusters of 2 MiB" { written 2097152; }
