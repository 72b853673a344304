#!/usr/bin/env bats
# bats file_tags=long
# Images with extended L2 entries: subclusters that are allocated, zero, both kinds in one cluster, and none.

load ../lib/suite

make_extended_l2() { # OPTIONS
    table=$((cluster / 16))
    create "$1,extended_l2=on" $((2 * table + 8))
    local part=$((cluster / 32))
    "$QEMU_IO" -f qcow2 -t unsafe -c "write 0 $((3 * part))" -c "write -z $((4 * part)) $((2 * part))" \
        -c "write -z $((2 * cluster + part)) $part" image.qcow2 >qemu-io.out
    guest 'write 1 1' 'write 4 2' 'write -z 5 1' 'write -z -u 6 1' "write $((table - 1)) 2"
}

make_extended_l2_compressed() { # OPTIONS
    make_extended_l2 "$1"
    guest 'discard 0 2' 'write -c 0 1' 'write -c 1 1'
}

extended() { # CLUSTER_SIZE
    in_all_widths 'v3' "$1" make_extended_l2 "${data[@]}" "${l2_table[@]}" "${extended_l2[@]}"
    in_all_widths 'v3' "$1" make_extended_l2_compressed "${compressed[@]}" 'set l2_bitmap:0 1' \
        'set l2_bitmap:0 0x100000000'
}

@test "extended L2 entries, clusters of 16 KiB" { extended 16384; }
@test "extended L2 entries, clusters of 64 KiB" { extended 65536; }
@test "extended L2 entries, clusters of 2 MiB" { extended 2097152; }
