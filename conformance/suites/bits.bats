#!/usr/bin/env bats
# bats file_tags=long
# Every bit of an entry, one at a time: each is reserved, a flag, or part of an offset.

load ../lib/suite

# flip PLACE [BIT...]: statements which turn over each of the 64 bits, or the given ones.
flip() {
    local place=$1 bit
    shift
    [ $# -gt 0 ] || set -- {0..63}
    for bit; do
        printf 'flip-bits %s 0x%x\n' "$place" $((1 << bit))
    done
}

# compare_flipped CASE PLACE [BIT...]
compare_flipped() {
    local -a statements
    mapfile -t statements < <(flip "${@:2}")
    compare_damaged "$1" image.qcow2 "${statements[@]}"
}

# Guest clusters: 0 data, 1 zero with a host cluster, 2 zero without, 3 nothing, 4 compressed.
make_every_kind() { # CLUSTER_SIZE OPTIONS
    cluster=$1
    create "cluster_size=$1,$2" 600
    guest 'write 0 2' 'write -z 1 1' 'write -z -u 2 1' 'write -c 4 1' 'write 5 1'
}

@test "bits of L1 and refcount table entries" {
    local cluster options
    for options in '512 compat=1.1' '4096 compat=0.10'; do
        # shellcheck disable=SC2086 # two words
        make_every_kind $options
        compare_flipped "$options" l1:0
        compare_flipped "$options" l1:1
        compare_flipped "$options" refcount_table:0
        compare_flipped "$options" refcount_table:1
    done
}

@test "bits of L2 entries" {
    local cluster options guest_cluster
    for options in '512 compat=1.1' '4096 compat=0.10'; do
        # shellcheck disable=SC2086 # two words
        make_every_kind $options
        for guest_cluster in 0 1 2 3 4; do
            compare_flipped "$options" "l2:${guest_cluster}c"
        done
    done
}

@test "bits of extended L2 entries and their bitmaps" {
    local cluster guest_cluster
    make_every_kind 16384 compat=1.1,extended_l2=on
    for guest_cluster in 0 1 2 3 4; do
        compare_flipped 'extended L2' "l2:${guest_cluster}c"
        compare_flipped 'extended L2' "l2_bitmap:${guest_cluster}c"
    done
}

@test "bits of L2 entries with a data file" {
    local cluster=4096 guest_cluster
    create compat=1.1,cluster_size=4096,data_file=guest.raw 600
    guest 'write 0 2' 'write -z 1 1' 'write -z -u 2 1'
    for guest_cluster in 0 1 2 3; do
        compare_flipped 'data file' "l2:${guest_cluster}c"
    done
}

@test "bits of the feature words" {
    local cluster
    make_every_kind 4096 compat=1.1
    # Without bit 2: see DIVERGENCES.md, 1.
    compare_flipped 'features' header:incompatible_features 0 1 {3..63}
    compare_flipped 'features' header:compatible_features
    compare_flipped 'features' header:autoclear_features
}
