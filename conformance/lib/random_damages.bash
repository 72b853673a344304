# Damage at random, for the random differential. Needs below(), one_of(), one_in(), and what make_image says about the
# image.
#
# choose_damage leaves statements for damage in $damage. Some cannot be carried out: the image does not have the place.

# Numbers in a structure: $place names one, $peer another one like it, $address says where in the file the place is,
# $stride how far it is to the next one (not of refcounts, which may be smaller than a byte).

choose_l1_entry() {
    below 4
    place=l1:$number address=header:l1_table_offset+$((8 * number)) stride=8
    below 4
    peer=l1:$number
}

choose_l2_entry() {
    choose_guest
    stride=$((8 * (1 + extended)))
    place=l2:${guest}c address="l2_table:$((guest / table))+$((guest % table * stride))"
    ! { [ "$extended" -eq 1 ] && one_in 2; } || place=l2_bitmap:${guest}c address+=+8
    choose_guest
    peer=${place%%:*}:${guest}c
}

choose_refcount_table_entry() {
    one_of 0 0 0 1 2 $((cluster / 8 - 1))
    place=refcount_table:$word address=header:refcount_table_offset+$((8 * word)) stride=8
    below 3
    peer=refcount_table:$number
}

choose_refcount() {
    choose_host
    place=refcount:$host address='' stride=0
    choose_host
    peer=refcount:$host
}

choose_refcount_word() {
    one_of 0 1 2 7 8 $((cluster / 8 - 1))
    address=refcount_block:0+$((8 * word)) place="u64:{$address}" stride=8
    below 8
    peer="u64:{refcount_block:0+$((8 * number))}"
}

choose_snapshot_l1_entry() {
    local snapshot
    below "$snapshots"
    snapshot=$number
    below 3
    address=u64:snapshot:$snapshot+$((8 * number)) place="u64:{$address}" stride=8
    below 3
    peer="u64:{u64:snapshot:$snapshot+$((8 * number))}"
}

choose_snapshot_l2_entry() {
    local snapshot
    below "$snapshots"
    snapshot=$number
    choose_guest
    address="u64:{u64:snapshot:$snapshot}+$((guest % table * 8 * (1 + extended)))"
    place="u64:{$address}" stride=$((8 * (1 + extended)))
    choose_guest
    peer="u64:{u64:{u64:snapshot:$snapshot}+$((guest % table * 8 * (1 + extended)))}"
}

choose_bitmap_table_entry() {
    local bitmap
    below "$bitmaps"
    bitmap=$number
    below 3
    address=u64:bitmap:$bitmap+$((8 * number)) place="u64:{$address}" stride=8
    below "$bitmaps"
    peer="u64:{u64:bitmap:$number}"
}

# Somewhere in the file in $host, mostly something that is there.
choose_host() {
    below 16
    choose_guest
    one_of "${number}c" "${number}c" "${number}c" "${number}c" last end free 0 "host:${guest}c" "host:${guest}c" \
        host:0 l2_table:0 l2_table:1 refcount_block:0 header:l1_table_offset header:refcount_table_offset '{last+1c}' \
        '{last-1c}' '{last+1000c}' 1T
    if [ "$snapshots" -gt 0 ] && one_in 5; then
        one_of header:snapshots_offset u64:snapshot:0 'u64:{u64:snapshot:0}'
    fi
    if [ "$bitmaps" -gt 0 ] && one_in 5; then
        one_of u64:bitmap:0 'u64:{u64:bitmap:0}' 'u64:{extension:0x23852875+16}'
    fi
    if [ "$long" -eq 1 ] && one_in 2; then
        one_of last last '{last-1c}' '{last-30000c}' '{last-65000c}'
    fi
    host=$word
}

# What may stand in an entry, in $value.
choose_entry() {
    choose_host
    one_of copied copied copied 0 0 0 compressed zero 'copied+zero' 'copied+compressed' 512 0x0100000000000000 2 \
        'copied+0x200' compressed+0x2000000000000000 0x3fe0000000000000+compressed
    one_of "$word+$host" "$word+$host" "$word+$host" "$word+$host" "$word" "$host" "$peer" l1:0 l2:0 \
        refcount_table:0 0 0xffffffffffffffff 0x7fffffffffffffff 0x7fffffffffff0000 0x4000000000000000 \
        0x8000000000000000 0x7ffffffffffffe00 0x00fffffffffffe00 0x00fffffffffe0000 0x7fffffffc0000000 \
        0xff000000000001fe
    value=$word
}

# What is done to an entry, whatever the table.
change_entry() {
    local bit
    below 12
    case $number in
    0 | 1 | 2 | 3)
        choose_entry
        damage="set $place $value"
        ;;
    4 | 5)
        one_of 63 63 62 0 0 1 8 9 10 12 16 32 33 55 56 61 "$((chance >> 40 & 63))"
        printf -v bit '0x%x' $((1 << word))
        damage="flip-bits $place $bit"
        ;;
    6 | 7)
        one_of add subtract
        damage="$word $place"
        one_of 512 1c 1c 1 8 0x100000000
        damage+=" $word"
        ;;
    8) damage="flip-bits $place $peer , flip-bits $peer $place , flip-bits $place $peer" ;; # swap
    9) damage="set $place $peer" ;;
    10)
        below 6
        damage="copy $address+$stride $address $((stride * (number + 1)))"
        ;;
    11) damage="copy $address $address+$stride $stride" ;;
    esac
}

change_refcount() {
    one_of add add subtract subtract set set swap alias
    case $word in
    set)
        one_of 0 1 2 3 max max-1
        damage="set $place $word"
        ;;
    swap) damage="flip-bits $place $peer , flip-bits $peer $place , flip-bits $place $peer" ;;
    alias) damage="set $place $peer" ;;
    *) damage="$word $place 1" ;;
    esac
}

# set_field PLACE VALUE...: one of the values, or what stands there one more or less, or with a bit turned over.
set_field() {
    local field=$1 bit
    shift
    below 10
    case $number in
    0) damage="add $field 1" ;;
    1) damage="subtract $field 1" ;;
    2)
        printf -v bit '0x%x' $((1 << (chance >> 40 & 31)))
        damage="flip-bits $field $bit"
        ;;
    *)
        one_of "$@"
        damage="set $field $word"
        ;;
    esac
}

offsets=(0 1c 2c last end last+1c last+1000c 512 1c+512 header:l1_table_offset header:refcount_table_offset l2_table:0
    refcount_block:0 1T 0x7fffffffffe00000 0x7fffffffc0000000 0x8000000000000000 0xffffffffffe00000)

damage_header() {
    below 19
    case $number in
    0 | 1) set_field header:size 0 1 511 512 1c 1s 1s+1 2s 2s+512 0x7fffffffc0000000 0xffffffffffffffff ;;
    2 | 3) set_field header:l1_size 0 1 2 3 1000 4194304 4194305 ;;
    4) set_field header:l1_table_offset "${offsets[@]}" ;;
    5) set_field header:refcount_table_offset "${offsets[@]}" ;;
    6 | 7) set_field header:refcount_table_clusters 0 1 2 3 4 4096 16384 16385 ;;
    8 | 9) set_field header:refcount_order 0 1 2 3 4 5 6 6 7 ;;
    10) set_field header:version 2 2 3 ;;
    11) one_of 0 1 2 3 4 5 && damage="flip-bits header:incompatible_features $((1 << word))" ;;
    12) one_of 0 0 1 2 63 && damage="flip-bits header:autoclear_features $((1 << word & 0x7fffffffffffffff))" ;;
    13) set_field header:header_length 72 104 105 112 120 1c 1c+1 ;;
    14) set_field header:nb_snapshots 0 0 1 2 3 1000 65536 65537 ;;
    15) set_field header:snapshots_offset "${offsets[@]}" ;;
    16) set_field header:backing_file_offset 0 104 112 200 1c 1c+1 ;;
    17) set_field header:backing_file_size 0 1 1023 1024 ;;
    18)
        one_of crypt_method compression_type cluster_bits compatible_features
        set_field header:"$word" 0 1 2 3 9 12 16
        ;;
    esac
}

# Header extensions, and what comes after the header. The last one: two of them behind a header of any length, the first
# one padded.
damage_extensions() {
    local hex at
    below 512
    one_of 72 104 105 112 120 144 152 160 $((104 + number))
    at=$word
    printf -v hex '%08x%08x' $((chance >> 16 & 0xffffffff)) $((chance >> 32 & 0xffffffff))
    one_of "poke $at ${hex:0:2}" "poke $at ${hex:0:16}" "fill $at 8 0" "fill $at 1c-$at 0" "set u32:$at 0x23852875" \
        "set u32:$at 0xe2792aca" "set u32:$at+4 16" "add u32:$at+4 8" "set u32:$at 1" \
        "set u32:{extension:0x6803f857-4} 1c" "set u32:{extension:0x6803f857-8} 0" \
        "set header:header_length $at , poke $at ${hex:0:8}0000000${hex:1:1}0000000000000000${hex:8:8}000000${hex:2:2}"
    damage=$word
}

damage_snapshot() {
    local entry
    below "$snapshots"
    entry=snapshot:$number
    below 9
    case $number in
    0 | 1) set_field "u64:$entry" "${offsets[@]}" u64:snapshot:0 ;;
    2 | 3) set_field "u32:{$entry+8}" 0 1 2 3 1000 header:l1_size 4194304 4194305 ;;
    4) set_field "u16:{$entry+12}" 0 1 2 255 65535 ;;
    5) set_field "u16:{$entry+14}" 0 1 2 255 65535 ;;
    6 | 7) set_field "u32:{$entry+36}" 0 8 15 16 17 24 32 1024 1025 0xffffffff ;;
    8) damage="copy snapshot:0 $entry 40" ;;
    esac
}

damage_bitmap_extension() {
    local at='{extension:0x23852875'
    below 6
    case $number in
    0) set_field "u32:$at-4}" 16 23 24 25 32 ;;
    1) set_field "u32:$at}" 0 1 2 65535 65536 ;;
    2) set_field "u32:$at+4}" 0 1 ;;
    3) set_field "u64:$at+8}" 0 24 32 64 96 67107840 67107841 ;;
    4) set_field "u64:$at+16}" "${offsets[@]}" ;;
    5) damage='flip-bits header:autoclear_features 1' ;;
    esac
}

damage_bitmap_directory() {
    local entry
    below "$bitmaps"
    entry=bitmap:$number
    below 10
    case $number in
    0 | 1) set_field "u64:$entry" "${offsets[@]}" u64:bitmap:0 u64:bitmap:0 ;;
    2) set_field "u32:{$entry+8}" 0 1 2 1000 134217728 134217729 ;;
    3 | 4) set_field "u32:{$entry+12}" 0 1 1 2 3 4 ;;
    5) set_field "u8:{$entry+16}" 0 1 2 ;;
    6) set_field "u8:{$entry+17}" 8 9 16 30 31 32 ;;
    7) set_field "u16:{$entry+18}" 0 1 2 8 9 1023 1024 ;;
    8) set_field "u32:{$entry+20}" 0 8 0xffffffff ;;
    9) damage="set u8:{$entry+25} u8:{bitmap:0+25}" ;; # the names are b1, b2, ...
    esac
}

damage_file() {
    below 4
    choose_host
    one_of "append $number" "append $number" 'append 1 , set refcount:last 1' \
        'append 1 , truncate end-1 , set refcount:last 1' 'truncate last' 'truncate end-1' 'truncate end-512' \
        'truncate end-513' "truncate $host" "truncate {$host}+8" 'truncate 1c' 'truncate 100'
    damage=$word
    case $damage in truncate*1T* | truncate*u64*) damage='truncate end-1c' ;; esac # no larger than a file system takes
}

damage_bytes() {
    local from hex
    choose_host
    from=$host
    choose_host
    below 4
    case $number in
    0)
        one_of 0 0 8 16 256
        damage="fill {$from+$word}"
        one_of 8 16 512 1c
        damage+=" $word"
        one_of 0 0xff 0x80 1 0x40
        damage+=" $word"
        ;;
    1 | 2)
        one_of 8 512 1c
        damage="copy $from $host $word"
        ;;
    3)
        printf -v hex '%08x' $((chance >> 16 & 0xffffffff))
        one_of 0 8 16 64 256 "$((chance >> 50 & 511))"
        damage="poke $from+$word ${hex:0:2}"
        ;;
    esac
}

# Extended entries and their bitmaps, which contradict each other.
damage_subclusters() {
    local bits
    one_of 1 0x80000000 0xffffffff 0x100000000 0xffffffff00000000 0x100000001
    bits=$word
    choose_guest
    choose_host
    one_of "compressed+$host" "compressed+$host" compressed "copied+$host" 0 copied 1
    damage="set l2:${guest}c $word , set l2_bitmap:${guest}c $bits"
}

# In which structure, more often in those that have more rules.
choose_structure() {
    local -a structures=(header extensions l1 l1 l2 l2 l2 l2 l2 table table refcount refcount refcount block file file
        bytes)
    [ "$snapshots" -eq 0 ] || structures+=(snapshot snapshot snapshot snapshot_l1 snapshot_l2)
    [ "$extended" -eq 0 ] || structures+=(subclusters subclusters subclusters subclusters)
    [ "$bitmaps" -eq 0 ] || structures+=(extension directory directory bitmap_table bitmap_table)
    one_of "${structures[@]}"
}

choose_damage() {
    local place peer address stride host value guest
    choose_structure
    case $word in
    header) damage_header ;;
    extensions) damage_extensions ;;
    l1) choose_l1_entry && change_entry ;;
    l2) choose_l2_entry && change_entry ;;
    subclusters) damage_subclusters ;;
    table) choose_refcount_table_entry && change_entry ;;
    refcount) choose_refcount && change_refcount ;;
    block) choose_refcount_word && change_entry ;;
    snapshot) damage_snapshot ;;
    snapshot_l1) choose_snapshot_l1_entry && change_entry ;;
    snapshot_l2) choose_snapshot_l2_entry && change_entry ;;
    extension) damage_bitmap_extension ;;
    directory) damage_bitmap_directory ;;
    bitmap_table) choose_bitmap_table_entry && change_entry ;;
    file) damage_file ;;
    bytes) damage_bytes ;;
    esac
}
