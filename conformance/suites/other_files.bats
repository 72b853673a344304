#!/usr/bin/env bats
# bats file_tags=long
# Images that name another file: a data file, a raw data file, a backing file.

load ../lib/suite

make_data_file() { # OPTIONS
    rm -f guest.raw
    create "$1,data_file=guest.raw" $((table + 8))
    guest 'write 0 4' 'write 6 1' 'write 5 1' 'write -z 3 1' 'write -z -u 2 1' "write $((table - 1)) 2"
}

make_raw_data_file() { # OPTIONS
    rm -f guest.raw
    create "$1,data_file=guest.raw,data_file_raw=on" 40
    guest 'write 0 4' 'write 6 1'
}

make_backed() { # OPTIONS
    "$QEMU_IMG" create -q -f qcow2 base.qcow2 $((20 * cluster))
    create "$1" $((table + 8)) -b base.qcow2 -F qcow2
    guest 'write 0 2' 'write 4 1' 'write -z 5 1' 'write -z -u 4 1' 'discard 1 1' 'write 1 1'
}

with_data_file() { # CLUSTER_SIZE
    in_all_widths 'v3' "$1" make_data_file "${data_file[@]}" "${l2_table[@]}" 'append 1 , set refcount:last 1'
}

with_raw_data_file() { # CLUSTER_SIZE
    in_all_widths 'v3' "$1" make_raw_data_file "${data_file[@]}" 'append 1 , set refcount:last 1'
}

backed() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_backed "${data[@]}" 'add header:backing_file_size 1c' \
        'set header:backing_file_offset 1c' 'set header:backing_file_offset 0' 'set header:backing_file_size 0' \
        'set header:backing_file_offset 1c , set header:backing_file_size 0' \
        'set header:backing_file_offset 1c+1 , set header:backing_file_size 0'
}

@test "data file, clusters of 512 bytes" { with_data_file 512; }
@test "data file, clusters of 4 KiB" { with_data_file 4096; }
@test "data file, clusters of 64 KiB" { with_data_file 65536; }
@test "data file, clusters of 2 MiB" { with_data_file 2097152; }

@test "raw data file, clusters of 512 bytes" { with_raw_data_file 512; }
@test "raw data file, clusters of 4 KiB" { with_raw_data_file 4096; }
@test "raw data file, clusters of 64 KiB" { with_raw_data_file 65536; }
@test "raw data file, clusters of 2 MiB" { with_raw_data_file 2097152; }

@test "backing file, clusters of 512 bytes" { backed 512; }
@test "backing file, clusters of 4 KiB" { backed 4096; }
@test "backing file, clusters of 64 KiB" { backed 65536; }
@test "backing file, clusters of 2 MiB" { backed 2097152; }
