#!/usr/bin/env bats
# bats file_tags=long
# Images with persistent bitmaps: a header extension, a directory, tables, and clusters of bits.

load ../lib/suite

extension=0x23852875

bitmaps=(
    'clear-bits header:autoclear_features 1'
    "set u32:extension:$extension 1"
    "set u32:extension:$extension 0"
    "set u32:extension:$extension 3"
    "set u32:{extension:$extension+4} 1"
    "set u64:{extension:$extension+8} 0"
    "add u64:{extension:$extension+8} 8"
    "subtract u64:{extension:$extension+8} 8"
    "set u64:{extension:$extension+16} 0"
    "add u64:{extension:$extension+16} 512"
    "set u64:{extension:$extension+16} 1T"
    "set u32:{extension:$extension-4} 16"
    'set u64:bitmap:0 0'
    'add u64:bitmap:0 512'
    'set u64:bitmap:0 u64:bitmap:1'
    'set u64:bitmap:0 1T'
    'set u32:{bitmap:0+8} 0'
    'add u32:{bitmap:0+8} 1'
    'set u32:{bitmap:0+8} 0x8000001'
    'set-bits u32:{bitmap:0+12} 1'
    'set-bits u32:{bitmap:0+12} 1 , add u32:{bitmap:0+8} 1'
    'set-bits u32:{bitmap:0+12} 1 , set u64:bitmap:0 1T'
    'set-bits u32:{bitmap:0+12} 1 , set-bits u64:{u64:bitmap:0} 2'
    'set-bits u32:{bitmap:0+12} 4'
    'set u8:{bitmap:0+16} 0'
    'set u8:{bitmap:0+16} 2'
    'set u8:{bitmap:0+17} 8'
    'set u8:{bitmap:0+17} 31'
    'set u8:{bitmap:0+17} 32'
    'set u16:{bitmap:0+18} 0'
    'set u16:{bitmap:0+18} 1024'
    'set u32:{bitmap:0+20} 8'
    'set u8:{bitmap:0+24} u8:{bitmap:1+24}'
    'set u8:{bitmap:0+24} u8:{bitmap:1+24} , set-bits u32:{bitmap:0+12} 1'
    'set u8:{bitmap:0+24} u8:{bitmap:1+24} , set-bits u32:{bitmap:1+12} 1'
    'set u8:{bitmap:0+24} 0 , set u8:{bitmap:1+24} 0'
    'set u64:{u64:bitmap:0} 0'
    'set u64:{u64:bitmap:0} 1'
    'set u64:{u64:bitmap:0} 2'
    'set-bits u64:{u64:bitmap:0} 0x100000000000000'
    'set u64:{u64:bitmap:0} 512'
    'set u64:{u64:bitmap:0} 1c'
    'set u64:{u64:bitmap:0} 1T'
    'set refcount:bitmap:0 0'
    'set refcount:u64:bitmap:0 0'
)

make_bitmaps() { # OPTIONS
    create "$1" $((2 * table + 8))
    "$QEMU_IMG" bitmap --add image.qcow2 a
    "$QEMU_IMG" bitmap --add -g "$granularity" image.qcow2 b
    guest 'write 0 2' "write $((table + 1)) 1"
}

bitmaps() { # CLUSTER_SIZE
    local cluster=$1 table=$(($1 / 8)) width granularity
    for granularity in 512 65536; do
        for width in 1 16 64; do
            make_bitmaps "compat=1.1,cluster_size=$1,refcount_bits=$width"
            compare "refcount_bits=$width, granularity $granularity" image.qcow2
            compare_damaged "refcount_bits=$width, granularity $granularity" image.qcow2 "${bitmaps[@]}"
        done
    done
}

@test "bitmaps, clusters of 512 bytes" { bitmaps 512; }
@test "bitmaps, clusters of 4 KiB" { bitmaps 4096; }
@test "bitmaps, clusters of 64 KiB" { bitmaps 65536; }

@test "a bitmap that is removed leaves nothing" {
    local cluster=65536 table=8192 granularity=512
    make_bitmaps compat=1.1
    "$QEMU_IMG" bitmap --remove image.qcow2 a
    compare 'one removed' image.qcow2
    "$QEMU_IMG" bitmap --remove image.qcow2 b
    compare 'both removed' image.qcow2
}
