#!/usr/bin/env bats
# The header: what a reader must insist on, and what it must tolerate.

load ../lib/suite

fields=(
    'set header:magic 0'
    'set header:magic 0x514649fa'
    'set header:version 0'
    'set header:version 1'
    'set header:version 2'
    'set header:version 3'
    'set header:version 4'
    'set header:version 0xffffffff'
    'set header:backing_file_offset 1c'
    'set header:backing_file_offset 1c+1'
    'set header:backing_file_offset 0xffffffffffffffff'
    'set header:backing_file_offset 8'
    'set header:backing_file_size 1023'
    'set header:backing_file_size 0xffffffff'
    'set header:backing_file_offset 1c , set header:backing_file_size 1'
    'set header:backing_file_offset 1c-2 , set header:backing_file_size 3'
    'set header:cluster_bits 0'
    'set header:cluster_bits 8'
    'set header:cluster_bits 9'
    'set header:cluster_bits 10'
    'set header:cluster_bits 12'
    'set header:cluster_bits 16'
    'set header:cluster_bits 21'
    'set header:cluster_bits 22'
    'set header:cluster_bits 64'
    'set header:cluster_bits 0xffffffff'
    'set header:size 0'
    'set header:size 511'
    'set header:size 512'
    'set header:size 2s-1'
    'set header:size 2s'
    'set header:size 2s+1'
    'set header:size 3s'
    'set header:size 3s+1'
    'set header:size 0x7fffffffc0000000'
    'set header:size 0x7fffffffffffffff'
    'set header:size 0xffffffffffffffff'
    'set header:size 0xfffffffffffffe00'
    'set header:crypt_method 3'
    'set header:crypt_method 0xffffffff'
    'set header:l1_size 0'
    'set header:l1_size 2'
    'set header:l1_size 4194304'
    'set header:l1_size 4194305'
    'set header:l1_size 0xffffffff'
    'set header:size 0 , set header:l1_size 0'
    'set header:size 0 , set header:l1_size 0 , set header:l1_table_offset 1'
    'set header:l1_table_offset 0'
    'set header:l1_table_offset 8'
    'set header:l1_table_offset 256'
    'add header:l1_table_offset 512'
    'set header:l1_table_offset 0x4000000000000000'
    'set header:l1_table_offset 0x7fffffffc0000000'
    'set header:l1_table_offset 0x7fffffffbfe00000'
    'set header:l1_table_offset 0x7fffffffffe00000'
    'set header:l1_table_offset 0x8000000000000000'
    'set header:refcount_table_offset 0'
    'set header:refcount_table_offset 8'
    'set header:refcount_table_offset 256'
    'add header:refcount_table_offset 512'
    'set header:refcount_table_offset 0x4000000000000000'
    'set header:refcount_table_offset 0x7fffffffc0000000'
    'set header:refcount_table_offset 0x7fffffffbfe00000'
    'set header:refcount_table_offset 0x7fffffffffe00000'
    'set header:refcount_table_offset 0x8000000000000000'
    'set header:refcount_table_clusters 0'
    'set header:refcount_table_clusters 4'
    'set header:refcount_table_clusters 5'
    'set header:refcount_table_clusters 128'
    'set header:refcount_table_clusters 129'
    'set header:refcount_table_clusters 16384'
    'set header:refcount_table_clusters 16385'
    'set header:refcount_table_clusters 0xffffffff'
    'set header:snapshots_offset 1c'
    'set header:snapshots_offset 1T'
    'set header:nb_snapshots 65537'
    'truncate 0'
    'truncate 3'
    'truncate 4'
    'truncate 8'
    'truncate 24'
    'truncate 71'
    'truncate 72'
    'truncate 100'
    'truncate 104'
    'truncate 511'
    'truncate 512'
)

# Version 3 only.
version_3_fields=(
    'set header:incompatible_features 1'
    'set header:incompatible_features 2'
    'set header:incompatible_features 3'
    'set header:incompatible_features 8'
    'set header:incompatible_features 0x10'
    'set header:incompatible_features 0x20'
    'set header:incompatible_features 0x100'
    'set header:incompatible_features 0x8000000000000000'
    'set header:compatible_features 1'
    'set header:compatible_features 0xffffffffffffffff'
    'set header:autoclear_features 1'
    'set header:autoclear_features 2'
    'set header:autoclear_features 0xfffffffffffffffc'
    'set header:refcount_order 7'
    'set header:refcount_order 64'
    'set header:refcount_order 0xffffffff'
    'set header:header_length 0'
    'set header:header_length 72'
    'set header:header_length 103'
    'set header:header_length 104'
    'set header:header_length 105'
    'set header:header_length 111'
    'set header:header_length 120'
    'set header:header_length 1c-1'
    'set header:header_length 1c'
    'set header:header_length 1c+1'
    'set header:header_length 0xffffffff'
    'set header:compression_type 1'
    'set header:compression_type 2'
    'set header:compression_type 255'
    'set header:incompatible_features 8 , set header:compression_type 1'
    'set header:incompatible_features 8 , set header:compression_type 2'
    'set header:incompatible_features 8 , set header:compression_type 1 , set header:header_length 104'
    'set header:header_length 104 , set u8:104 1'
)

# Header extensions; they begin at 112 in what qemu-img makes as version 3, at 72 in version 2.
extensions() { # OFFSET
    local begin=$1
    printf '%s\n' \
        "poke $begin 0000000000000000" \
        "poke $begin 0000000000000008" \
        "poke $begin 00000000ffffffff" \
        "poke $begin 1234567800000000" \
        "poke $begin 1234567800000001" \
        "poke $begin 12345678ffffffff" \
        "poke $begin 1234567800000000 , set u32:$((begin + 4)) 1c-$((begin + 8))" \
        "poke $begin 1234567800000000 , set u32:$((begin + 4)) 1c-$((begin + 7))" \
        "poke $begin 1234567800000000 , set u32:$((begin + 4)) 1c-$((begin + 9))" \
        "poke $begin 1234567800000000 , set u32:$((begin + 4)) 1c-$((begin + 16)) , set u64:{1c-8} 0x1234567800000000" \
        "poke $begin 1234567800000000 , set u32:$((begin + 4)) 1c-$((begin + 16)) , set u64:{1c-8} 0x1234567800000001" \
        "poke $begin e2792aca00000005 , poke $((begin + 8)) 71636f7732000000 , poke $((begin + 16)) 0000000000000000" \
        "poke $begin e2792aca0000000f , poke $((begin + 24)) 0000000000000000" \
        "poke $begin e2792aca00000010 , poke $((begin + 24)) 0000000000000000" \
        "poke $begin 4441544100000005 , poke $((begin + 16)) 0000000000000000" \
        "poke $begin 6803f85700000001 , poke $((begin + 16)) 0000000000000000" \
        "poke $begin 0537be7700000010 , poke $((begin + 24)) 0000000000000000" \
        "poke $begin 0537be7700000008 , poke $((begin + 16)) 0000000000000000" \
        "poke $begin 2385287500000018 , poke $((begin + 32)) 0000000000000000" \
        "poke $begin 2385287500000017 , poke $((begin + 32)) 0000000000000000" \
        "poke $begin 12345678ffffffff , set header:backing_file_offset $begin , set header:backing_file_size 0" \
        "poke $begin 1234567800000000 , set header:backing_file_offset $((begin + 8)) , set header:backing_file_size 0" \
        "poke $begin 1234567800000001 , set header:backing_file_offset $((begin + 8)) , set header:backing_file_size 0" \
        "set header:backing_file_offset $((begin + 7)) , set header:backing_file_size 0"
}

make_small() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 2'
}

# header_of CLUSTER_SIZE OPTIONS STATEMENTS...
header_of() {
    local cluster=$1 table=$(($1 / 8)) options=$2 statements
    shift 2
    make_small "cluster_size=$cluster,$options"
    compare "$options" image.qcow2
    compare_damaged "$options" image.qcow2 "$@"
}

@test "header fields, version 2, clusters of 512 bytes" { header_of 512 compat=0.10 "${fields[@]}"; }
@test "header fields, version 2, clusters of 64 KiB" { header_of 65536 compat=0.10 "${fields[@]}"; }
@test "header fields, version 2, clusters of 2 MiB" { header_of 2097152 compat=0.10 "${fields[@]}"; }

@test "header fields, version 3, clusters of 512 bytes" {
    header_of 512 compat=1.1 "${fields[@]}" "${version_3_fields[@]}"
}
@test "header fields, version 3, clusters of 16 KiB" {
    header_of 16384 compat=1.1 "${fields[@]}" "${version_3_fields[@]}"
}
@test "header fields, version 3, clusters of 2 MiB" {
    header_of 2097152 compat=1.1 "${fields[@]}" "${version_3_fields[@]}"
}

@test "header extensions, version 2" {
    local -a statements
    mapfile -t statements < <(extensions 72)
    header_of 4096 compat=0.10 "${statements[@]}"
}

@test "header extensions, version 3" {
    local -a statements
    mapfile -t statements < <(extensions 112)
    header_of 4096 compat=1.1 "${statements[@]}"
}
