#!/usr/bin/env bats
# bats file_tags=long
# Images with internal snapshots: tables of the past that share L2 tables and clusters with the active disk.

load ../lib/suite

snapshots=(
    'set header:nb_snapshots 1'
    'set header:nb_snapshots 3'
    'set header:nb_snapshots 65537'
    'add header:snapshots_offset 512'
    'set header:snapshots_offset 1T'
    'set header:snapshots_offset 0'
    'set u64:snapshot:0 0'
    'add u64:snapshot:0 512'
    'add u64:snapshot:0 1c'
    'set u64:snapshot:0 u64:snapshot:1'
    'set u64:snapshot:0 header:l1_table_offset'
    'set u64:snapshot:0 1T'
    'set u64:snapshot:0 0x8000000000000000'
    'set u32:{snapshot:0+8} 0'
    'add u32:{snapshot:0+8} 1'
    'set u32:{snapshot:0+8} 4194304'
    'set u32:{snapshot:0+8} 4194305'
    'set u32:{snapshot:0+36} 0'
    'set u32:{snapshot:0+36} 15'
    'set u32:{snapshot:0+36} 1024'
    'set u32:{snapshot:0+36} 1025'
    'set u16:{snapshot:0+12} 0xffff'
    'set refcount:snapshot:0 0'
    'set refcount:u64:snapshot:0 0'
    'set u64:{u64:snapshot:0} 0'
    'add u64:{u64:snapshot:0} 512'
    'set-bits u64:{u64:snapshot:0} 1'
    'set-bits u64:{u64:snapshot:0} copied'
    'set u64:{u64:snapshot:0} u64:{u64:snapshot:1}'
    'set refcount:host:0 1'
    'set l2:0 l2:1c'
)

make_snapshots() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 2' "write $((table + 1)) 1"
    "$QEMU_IMG" snapshot -c before image.qcow2
    guest 'write 1 2'
    "$QEMU_IMG" snapshot -c after image.qcow2
    guest "write $((table + 1)) 1" 'discard 0 1' 'write 4 1'
}

# A cluster that two snapshots share has more users than a refcount of one bit can count: qemu-img makes no such image.
snapshots() { # CLUSTER_SIZE
    local cluster=$1 table=$(($1 / 8)) width
    for width in 2 4 8 16 32 64; do
        make_snapshots "compat=1.1,cluster_size=$1,refcount_bits=$width"
        compare "refcount_bits=$width" image.qcow2
        compare_damaged "refcount_bits=$width" image.qcow2 "${snapshots[@]}" "${any_image[@]}"
    done
    make_snapshots "compat=0.10,cluster_size=$1"
    compare 'version 2' image.qcow2
    compare_damaged 'version 2' image.qcow2 "${snapshots[@]}"
}

@test "snapshots, clusters of 512 bytes" { snapshots 512; }
@test "snapshots, clusters of 4 KiB" { snapshots 4096; }
@test "snapshots, clusters of 64 KiB" { snapshots 65536; }

@test "snapshots of an image with an external data file" {
    local cluster=65536 table=8192
    create compat=1.1,data_file=guest.raw 20
    guest 'write 0 2'
    # qemu-img makes no such image: a snapshot of the active L1 table.
    "$DAMAGE" image.qcow2 append 1 , set header:snapshots_offset last , set header:nb_snapshots 1 , \
        set refcount:last 1 , set u64:last header:l1_table_offset , set 'u32:{last+8}' header:l1_size , set 'u32:{last+36}' 16
    compare 'snapshot and data file' image.qcow2
}

@test "more snapshots than a narrow counter can count" {
    local cluster=65536 table=8192
    create compat=1.1 20
    guest 'write 0 2'
    "$QEMU_IMG" snapshot -c only image.qcow2
    # One table of 300 entries, each naming the same L1 table.
    "$DAMAGE" image.qcow2 append 1 , copy snapshot:0 last 72 , set header:snapshots_offset last
    for ((i = 1; i < 300; i++)); do
        echo "copy last last+$((i * 72)) 72"
    done | paste -sd, | sed 's/,/ , /g' >copies
    # shellcheck disable=SC2046 # the statements are words
    "$DAMAGE" image.qcow2 $(cat copies) , set header:nb_snapshots 300
    compare '300 snapshots' image.qcow2
    run -2 "$REFCOW" check --output=json image.qcow2 # it is judged, and not refused
    compare_damaged '300 snapshots' image.qcow2 'set refcount:host:0 301' 'set refcount:host:0 300' \
        'set refcount:l2_table:0 301' 'set refcount:l2_table:0 301 , clear-bits l1:0 copied'
}
