#!/usr/bin/env bats
# bats file_tags=long
# Images with guest clusters that were made zero or discarded.

load ../lib/suite

# Zero with a host cluster, zero without one, zero on nothing.
make_zeroed() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 8' 'write -z 0 2' 'write -z -u 2 1' 'write -z -u 10 1' "write $((table - 1)) 2" "write -z $table 1"
}

# Free clusters inside the file, and an L2 table which maps nothing any more.
make_discarded() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 8' "write $((table - 1)) 4" 'discard 2 3' "discard $table 3"
}

zeroed() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_zeroed "${data[@]}" 'set l2:2c copied+zero' 'set-bits l2:2c 0x3f000000000001fe'
}

discarded() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_discarded "${data[@]}" 'set refcount:free 1' 'set refcount:free max' \
        'set l2:0 copied+free' 'set l2:0 copied+free , set refcount:host:0 1' 'truncate free'
}

@test "zeroed, clusters of 512 bytes" { zeroed 512; }
@test "zeroed, clusters of 4 KiB" { zeroed 4096; }
@test "zeroed, clusters of 64 KiB" { zeroed 65536; }
@test "zeroed, clusters of 2 MiB" { zeroed 2097152; }

@test "discarded, clusters of 512 bytes" { discarded 512; }
@test "discarded, clusters of 4 KiB" { discarded 4096; }
@test "discarded, clusters of 64 KiB" { discarded 65536; }
@test "discarded, clusters of 2 MiB" { discarded 2097152; }
