#!/usr/bin/env bats
# bats file_tags=long
# Images whose clusters were all mapped when they were created.

load ../lib/suite

make_preallocated() { # OPTIONS
    create "$1,preallocation=$preallocation" "$clusters"
}

preallocated() { # CLUSTER_SIZE CLUSTERS
    local clusters=$2 preallocation
    for preallocation in metadata falloc full; do
        in_all_widths 'v2 v3' "$1" make_preallocated 'set refcount:host:0 0' 'set refcount:last max' \
            'set l2:0 l2:1c' 'truncate host:1c' 'truncate host:1c-1' 'set refcount_table:0 0' 'append 1'
    done
}

@test "preallocated, clusters of 512 bytes" { preallocated 512 300; }
@test "preallocated, clusters of 4 KiB" { preallocated 4096 600; }
@test "preallocated, clusters of 64 KiB" { preallocated 65536 60; }
@test "preallocated, clusters of 2 MiB" { preallocated 2097152 3; }
