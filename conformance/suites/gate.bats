#!/usr/bin/env bats
# bats file_tags=long
# shellcheck disable=SC2153 # DAMAGE is set by the suite
# The gate: every rule with images that break it and images that do not; policies; streams; what is printed.

load ../lib/suite
load ../lib/gate

rows=$conformance/cases/gate.tsv
corpus=$conformance/../corpus

# ------------------------------------------------------------------ rules

@test "sound images of all kinds are accepted" {
    local options
    for options in compat=0.10 compat=1.1 cluster_size=512 cluster_size=2M compression_type=zstd extended_l2=on \
        lazy_refcounts=on refcount_bits=1 refcount_bits=64 preallocation=metadata preallocation=full; do
        plain -o "$options"
        gate 0 image.qcow2
        assert_equal "$(ids broken)$(ids allowed)$(jq -c .undecided "$answer")" '[]'
        gate 0 --check image.qcow2
    done
}

@test "an image that breaks rules is refused for all of them, and accepted only if all are allowed" {
    local rule made damage options broken id others
    local -a words allowed
    while IFS=$'\t' read -r rule made damage options broken; do
        echo "$rule, $made, $damage, $options"
        make "$made" "$damage"
        [ "$options" != - ] || options=
        read -ra words <<<"$options"
        gate 2 "${words[@]}" image.qcow2
        assert_equal "$(ids broken)" "$broken"
        [[ ",$broken," == *",$rule,"* ]]
        mapfile -t allowed < <(allowing "$broken")
        gate 0 "${words[@]}" "${allowed[@]}" image.qcow2
        assert_equal "$(ids broken)/$(ids allowed)" "/$broken"
        for id in ${broken//,/ }; do
            others=$(tr , '\n' <<<"$broken" | grep -vx "$id" | paste -sd, || true)
            mapfile -t allowed < <(allowing "$others")
            gate 2 "${words[@]}" "${allowed[@]}" image.qcow2
            assert_equal "$(ids broken)" "$id"
        done
    done < <(grep -v '^#' "$rows" | tail -n +2)
}

@test "what the library refuses is refused for that reason, whatever is allowed; the rest of the corpus is accepted" {
    local path reason seen=0
    local -a options
    mapfile -t options < <(allowing "$(allowable)")
    options+=("${unlimited[@]}" --check)
    while IFS=$'\t' read -r path _ _ reason _; do
        if [ "$reason" = ok ]; then
            gate 0 "${options[@]}" "$corpus/$path"
            assert_equal "$(ids broken)" ''
        else
            gate 2 "${options[@]}" "$corpus/$path"
            [[ ",$(ids broken)," == *",$reason,"* ]] || fail "$path: $reason is not among $(ids broken)"
        fi
        seen=$((seen + 1))
    done < <(grep -v '^#' "$corpus/MANIFEST.tsv" | tail -n +2)
    [ "$seen" -gt 200 ]
}

# refused_for RULE OPTION...: by a policy that allows everything else.
refused_for() {
    local rule=$1
    local -a options
    shift
    mapfile -t options < <(allowing "$(allowable)")
    gate 2 "${options[@]}" "${unlimited[@]}" "$@" image.qcow2
    assert_equal "$(ids broken)" "$rule"
}

accepted() { # OPTION...
    local -a options
    mapfile -t options < <(allowing "$(allowable)")
    gate 0 "${options[@]}" "${unlimited[@]}" "$@" image.qcow2
}

@test "rules of the format that the corpus has no image for" {
    local i
    local -a heads
    luks
    accepted
    "$DAMAGE" image.qcow2 set 'u32:{extension:0x0537be77-4}' 15
    refused_for encryption-length
    luks
    "$DAMAGE" image.qcow2 add u64:extension:0x0537be77 512
    refused_for encryption-offset
    luks
    "$DAMAGE" image.qcow2 add u8:u64:extension:0x0537be77 1
    refused_for encryption-header
    plain
    "$QEMU_IMG" bitmap --add image.qcow2 "$(printf '%01023d' 0)"
    accepted --check
    "$DAMAGE" image.qcow2 set 'u16:{bitmap:0+18}' 1024
    accepted
    refused_for bitmap-name-size --check
    # 600 snapshots of 128 KiB each: names and ids of 65535 bytes
    plain
    truncate -s 1M image.qcow2
    for ((i = 0; i < 600; i++)); do
        heads+=(',' set "u32:$((1048576 + 131112 * i + 12))" 0xffffffff)
    done
    truncate -s 100M image.qcow2
    "$DAMAGE" image.qcow2 set header:snapshots_offset 1M , set header:nb_snapshots 500 "${heads[@]}"
    accepted --check
    "$DAMAGE" image.qcow2 set header:nb_snapshots 600
    refused_for snapshot-table-size
    refused_for snapshot-table-size --check
}

# The library names the field that stands first; the others are not to hide behind it.
@test "several rules of the format at once" {
    local rule statements
    while IFS='|' read -r rule statements; do
        plain
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" image.qcow2 set header:backing_file_offset 1c+1 , $statements
        gate 2 image.qcow2
        [[ ",$(ids broken)," == *",backing-file-offset,"* ]]
        [[ ",$(ids broken)," == *",$rule,"* ]] || fail "$rule is not among $(ids broken)"
    done <<'ROWS'
backing-file-size|set header:backing_file_size 1024
header-length-small|set header:header_length 103
header-length-large|set header:header_length 1c+1
incompatible-features|set header:incompatible_features 32
compression-type|set header:compression_type 2
compression-bit|set header:incompatible_features 8
extended-l2-cluster|set header:incompatible_features 16 , set header:cluster_bits 13
refcount-order|set header:refcount_order 7
refcount-table-size|set header:refcount_table_clusters 129
refcount-table-offset|set header:refcount_table_offset 512
virtual-size|set header:size 0xffffffffffffffff
l1-size-large|set header:l1_size 4194305
l1-table-offset|set header:l1_table_offset 512
l1-size-small|set header:l1_size 0
crypt-method|set header:crypt_method 3
nb-snapshots|set header:nb_snapshots 65537
snapshots-offset|set header:snapshots_offset 512
data-file-name|set header:incompatible_features 4
data-file-raw|set header:autoclear_features 2
ROWS
}

@test "a header_length that the format allows, whether or not qemu writes it" {
    local length
    for length in 104 112 120 65536; do
        plain
        "$DAMAGE" image.qcow2 fill 104 $((length - 104)) 0 , set header:header_length $length
        [ "$length" = 65536 ] || "$DAMAGE" image.qcow2 set "u64:$length" 0 # no extensions
        gate 0 image.qcow2
    done
    version_2 # has no such field
    "$DAMAGE" image.qcow2 set u32:100 105
    gate 0 image.qcow2
}

@test "limits: at the limit accepted, above it refused" {
    plain
    gate 0 --max-virtual-size 1049088 image.qcow2
    gate 2 --max-virtual-size 1049087 image.qcow2
    assert_equal "$(ids broken)" virtual-size-limit
    assert_equal "$(jq -c '.broken[0] | [.offset, .value, ."accepted-by"]' "$answer")" \
        '[24,1049088,"--max-virtual-size"]'
    # an empty disk of 1 TiB: no more than a look into its tables is wanted
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1T
    gate 0 image.qcow2
    gate 0 --check image.qcow2
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1025G
    gate 2 --check image.qcow2
    assert_equal "$(ids broken)" virtual-size-limit
}

@test "limits: of a disk that is much larger than the file counts what is mapped, whether or not the rest is checked" {
    local i
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1M
    "$QEMU_IO" -f qcow2 -c 'write -P 1 0 64K' image.qcow2 >/dev/null
    truncate -s 349525 image.qcow2
    gate 0 --max-amplification 3 image.qcow2
    # all of it, which is three times the file and a byte
    for ((i = 0; i < 16; i++)); do
        "$DAMAGE" image.qcow2 set "l2:$((65536 * i))" host:0
    done
    gate 2 --max-amplification 3 image.qcow2
    assert_equal "$(ids broken)" amplification-limit
    gate 2 --max-amplification 3 --check --allow corruptions image.qcow2
    assert_equal "$(ids broken)" amplification-limit
    truncate -s 349526 image.qcow2
    gate 0 --max-amplification 3 image.qcow2
}

@test "limits: one host cluster that much of the disk is made of" {
    local i
    local -a entries=()
    cluster=65536 create compat=1.1 100
    "$QEMU_IO" -f qcow2 -c 'write -P 1 0 64K' image.qcow2 >/dev/null
    for ((i = 1; i < 100; i++)); do
        entries+=(set "l2:$((65536 * i))" host:0 ',')
    done
    "$DAMAGE" image.qcow2 "${entries[@]}" set l2:0 host:0 , set refcount:host:0 100
    "$REFCOW" check -q image.qcow2
    gate 0 --check --max-sharing 100 image.qcow2
    gate 2 --check --max-sharing 99 image.qcow2
    assert_equal "$(ids broken)" sharing-limit
    gate 2 --check --max-amplification 10 image.qcow2
    assert_equal "$(ids broken)" amplification-limit
}

@test "limits: what a reader expands counts, also where qemu-img check counts nothing" {
    "$corpus/hostile/make-hostile" compressed-beside-bitmaps image.qcow2
    run -0 "$QEMU_IO" -r -f qcow2 -c 'read -P 65 1099511562240 64K' image.qcow2 # the last cluster
    refute_output --partial 'verification failed'
    assert_equal "$("$QEMU_IMG" check --output=json image.qcow2 2>/dev/null | jq '."allocated-clusters" // 0')" 0
    gate 2 image.qcow2
    assert_equal "$(ids broken)" amplification-limit
    assert_equal "$(jq '.broken[0].value' "$answer")" 2796202 # 1 TiB by 384 KiB
    gate 2 --check --allow corruptions --max-sharing none image.qcow2
    assert_equal "$(ids broken)" amplification-limit
    gate 0 --max-amplification 2796203 image.qcow2
}

# The snapshot of image.qcow2 whose disk is larger than the active one.
snapshot_evidence() {
    jq -c '.broken[0] | [.rule, .value, .snapshot.index, .snapshot.name, .snapshot.field]' "$answer"
}

@test "limits: the virtual size of each snapshot is held to them" {
    snapshots
    gate 0 --allow internal-snapshots --max-virtual-size 2M image.qcow2
    "$DAMAGE" image.qcow2 set 'u64:{snapshot:1+48}' 2G , poke '{snapshot:1+65}' 1b
    gate 2 --allow internal-snapshots --max-virtual-size 2147483647 image.qcow2
    assert_equal "$(snapshot_evidence)" '["virtual-size-limit",2147483648,1,"\u001bwo","disk_size"]'
    assert_equal "$(jq '.broken[0].offset' "$answer")" "$(($("$DAMAGE" image.qcow2 get snapshot:1) + 48))"
    run -2 "$REFCOW" gate --max-virtual-size 2147483647 image.qcow2
    assert_line --partial 'snapshot 1 "\x1bwo", disk_size, offset '
    assert_line --partial ': virtual size 2 GiB is over the limit of 2147483647 bytes'
    assert_line '            (--max-virtual-size 2G accepts it)'
    gate 0 --allow internal-snapshots --max-virtual-size 2G image.qcow2
    # Both disks are over the limit. A snapshot that is no larger than the active disk is not named besides.
    gate 2 --allow internal-snapshots --max-virtual-size 1M image.qcow2
    assert_equal "$(jq -c '[.broken[] | [.rule, .snapshot.index]]' "$answer")" \
        '[["virtual-size-limit",null],["virtual-size-limit",1]]'
    # An entry that does not say: qemu takes the size of the active disk.
    "$DAMAGE" image.qcow2 set 'u64:{snapshot:1+48}' 0
    gate 0 --allow internal-snapshots --max-virtual-size 2M image.qcow2
    gate 2 --allow internal-snapshots --max-virtual-size 1M image.qcow2
    assert_equal "$(jq '.broken | length' "$answer")" 1
    # The head of a snapshot without extra data.
    "$DAMAGE" image.qcow2 set 'u32:{snapshot:1+36}' 0
    gate 0 --allow internal-snapshots --max-virtual-size 2M image.qcow2
}

@test "limits: the data of a snapshot is held to them, if the disk is much larger than the file as it is mapped" {
    "$corpus/hostile/make-hostile" snapshot-of-a-terabyte image.qcow2
    gate 2 --allow internal-snapshots image.qcow2
    assert_equal "$(snapshot_evidence)" '["amplification-limit",2097152,0,"s","data by file size"]' # 1 TiB by 512 KiB
    gate 2 --allow internal-snapshots --check --max-sharing none image.qcow2
    assert_equal "$(snapshot_evidence)" '["amplification-limit",2097152,0,"s","data by file size"]'
    gate 0 --allow internal-snapshots --max-amplification 2097152 image.qcow2
    gate 2 --allow internal-snapshots --max-amplification 2097151 image.qcow2
    # Its L2 table has the one cluster twice: 4096 clusters by 8.
    dd if=/dev/zero of=image.qcow2 bs=64K seek=5 count=1 conv=notrunc status=none
    "$DAMAGE" image.qcow2 set 'u64:{5c+24}' 6c , set 'u64:{5c+32}' 6c
    gate 0 --allow internal-snapshots --max-amplification 512 image.qcow2
    gate 2 --allow internal-snapshots --max-amplification 511 image.qcow2
    # An L1 table that qemu does not load, and so the check does not walk: its disk counts.
    "$DAMAGE" image.qcow2 add u64:snapshot:0 512
    gate 2 --allow internal-snapshots --max-amplification 2097151 image.qcow2
    "$DAMAGE" image.qcow2 subtract u64:snapshot:0 512 , set 'u32:{snapshot:0+8}' 4194305
    gate 2 --allow internal-snapshots --allow snapshots-past-end --allow snapshot-tables --max-amplification 2097151 \
        image.qcow2
    assert_equal "$(ids broken)" amplification-limit
    "$DAMAGE" image.qcow2 set 'u32:{snapshot:0+8}' 2048
    # A shorter disk, but the reader of qemu-img convert -l makes it as large as the active one; then its memory.
    "$DAMAGE" image.qcow2 set 'u64:{snapshot:0+48}' 64K
    gate 0 --allow internal-snapshots --max-amplification 2 image.qcow2 # 1 MiB by 512 KiB
    gate 2 --allow internal-snapshots --max-amplification 1 image.qcow2
    assert_equal "$(jq -c '[.broken[].snapshot.index]' "$answer")" '[0]'
    "$DAMAGE" image.qcow2 set 'u64:{snapshot:0+40}' 1M
    gate 2 --allow internal-snapshots --max-amplification 3 image.qcow2
    gate 0 --allow internal-snapshots --max-amplification 4 image.qcow2
}

@test "limits: snapshots of a disk with nothing in it, however large" {
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1T
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$QEMU_IMG" snapshot -c two image.qcow2
    gate 0 --allow internal-snapshots image.qcow2
    gate 0 --allow internal-snapshots --check image.qcow2
    "$DAMAGE" image.qcow2 set 'u64:{snapshot:0+40}' 0xffffffffffffffff # the size of its memory
    gate 0 --allow internal-snapshots image.qcow2
}

@test "raw: every format of qemu-img is found out, raw data is not" {
    local before comment format bytes
    head -c 1M /dev/urandom >image.raw
    gate 0 --expect raw image.raw
    "$QEMU_IMG" create -q -f raw image.raw 1M
    gate 0 --expect raw image.raw
    gate 2 image.raw
    assert_equal "$(ids broken)" magic
    printf '\x55\xaa' | dd of=image.raw bs=1 seek=510 conv=notrunc status=none # a partitioned disk is still raw
    gate 0 --expect raw image.raw
    gate 2 image.raw
    assert_equal "$(ids broken)" magic,other-magic
    for format in qcow2 qcow; do
        "$QEMU_IMG" create -q -f "$format" image.other 1M
        truncate -s %512 image.other
        gate 2 --expect raw image.other
        assert_equal "$(ids broken)" declared-raw
        gate 2 --expect raw --policy <(allowing "$(allowable)" | paste -sd ' \n' | sed s/--//) image.other
    done
    for format in qed vmdk vdi vhdx vpc parallels; do
        "$QEMU_IMG" create -q -f "$format" image.other 8M
        gate 2 --expect raw image.other
        [[ $(ids broken) == other-magic* ]]
        gate 2 image.other
    done
    # Text that qemu takes for a vmdk whose data is in a file of this machine.
    for before in '' '# a comment\n' '# a comment\n  \r\n#\n'; do
        printf '%bversion=1\n# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\n' "$before" >image.other
        printf 'createType="monolithicFlat"\nRW 1 FLAT "/etc/passwd" 0\n' >>image.other
        truncate -s %512 image.other
        [ "$("$QEMU_IMG" info --output=json image.other | jq -r .format)" = vmdk ]
        gate 2 --expect raw image.other
        assert_equal "$(ids broken)" other-magic
    done
    # A disk in front, an archive behind, and behind that what readers do not mind.
    for comment in '' 'with a comment'; do
        "$QEMU_IMG" create -q -f raw image.other 1M
        python3 -c 'import sys, zipfile
with zipfile.ZipFile("image.other", "a") as archive:
    archive.writestr("file", "data")
    archive.comment = sys.argv[1].encode()' "$comment"
        python3 -m zipfile -t image.other
        gate 2 --expect raw image.other
        assert_equal "$(ids broken | sed s/,raw-size//)" other-magic-at-end
        printf 'more' >>image.other
        python3 -m zipfile -t image.other
        gate 2 --expect raw image.other
        assert_equal "$(ids broken | sed s/,raw-size//)" other-magic-at-end
    done
    # A directory that is none, or before the file.
    for bytes in 'PK\x01\x03' 'XK\x01\x02'; do
        printf '%b' "$bytes"'PK\x05\x06\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0more' >image.other
        gate 0 --expect raw --allow raw-size image.other
    done
    printf 'PK\x01\x02PK\x05\x06\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0more' >image.other
    gate 2 --expect raw --allow raw-size image.other
    printf 'PK\x01\x02PK\x05\x06\0\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0more' >image.other
    gate 0 --expect raw --allow raw-size image.other
    echo data >file
    tar -cf image.other --format=ustar file
    gate 2 --expect raw --allow raw-size image.other
    assert_equal "$(ids broken)" other-magic
    printf '# a comment\nconversion=1\n' >image.other
    gate 0 --expect raw --allow raw-size image.other
    # A file ends before its magic does, and readers see zeros.
    printf QED >image.other
    gate 2 --expect raw --allow raw-size image.other
    assert_equal "$(ids broken)" other-magic
    "$QEMU_IMG" create -q -f vpc -o subformat=fixed image.other 1M
    gate 2 --expect raw image.other
    assert_equal "$(ids broken | sed s/,raw-size//)" other-magic-at-end
    plain
    gate 0 --expect qcow2 image.qcow2
}

# found_as FORMAT OFFSET: by its magic, there and in no other format.
found_as() {
    gate 2 image.qcow2
    assert_equal "$(jq -c '[.broken[] | [.format, .offset]]' "$answer")" "[[\"$1\",$2]]"
}

@test "magics of other formats at the start, and none of them a byte farther" {
    local format offset bytes
    while IFS='|' read -r format offset bytes; do
        plain
        printf '%b' "$bytes" | dd of=image.qcow2 bs=1 seek="$offset" conv=notrunc status=none
        found_as "$format" "$offset"
        plain
        printf '%b' "$bytes" | dd of=image.qcow2 bs=1 seek=$((offset + 1)) conv=notrunc status=none
        gate 0 image.qcow2
    done <<'ROWS'
vdi|64|\x7f\x10\xda\xbe
tar|257|ustar
mbr|510|\x55\xaa
gpt|512|EFI PART
lvm|512|LABELONE
lvm|1024|LABELONE
lvm|1536|LABELONE
f2fs|1024|\x10\x20\xf5\xf2
erofs|1024|\xe2\xe1\xf5\xe0
hfs|1024|BD
ext|1080|\x53\xef
swap|4086|SWAPSPACE2
swap|8182|SWAPSPACE2
gpt|4096|EFI PART
md raid|4096|\xfc\x4e\x2b\xa9
bcache|4120|\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81
ultrix|16312|\x57\x29\x03\0
jfs|32768|JFS1
btrfs|65600|_BHRfS_M
luks|16384|SKUL\xba\xbe
luks|32768|SKUL\xba\xbe
luks|65536|SKUL\xba\xbe
luks|131072|SKUL\xba\xbe
luks|262144|SKUL\xba\xbe
luks|524288|SKUL\xba\xbe
luks|1048576|SKUL\xba\xbe
luks|2097152|SKUL\xba\xbe
luks|4194304|SKUL\xba\xbe
iso9660|32769|CD001
udf|32769|BEA01
udf|32769|BOOT2
udf|32769|CDW02
udf|32769|NSR02
udf|32769|NSR03
udf|32769|TEA01
high sierra|32777|CDROM
iso9660|34817|CD001
high sierra|34825|CDROM
udf|202753|NSR02
ROWS
    # farther back than readers look
    plain
    "$DAMAGE" image.qcow2 poke 204801 4344303031
    gate 0 image.qcow2
}

# end_with BYTES DISTANCE: an image with these bytes behind it, so far before the end of the file; $size is where they are.
end_with() {
    plain
    size=$(stat -c %s image.qcow2)
    truncate -s $((size + $2)) image.qcow2
    printf '%b' "$1" | dd of=image.qcow2 bs=1 seek="$size" conv=notrunc status=none
}

@test "magics of other formats at the end: as far from it as readers look" {
    local format size distance bytes
    while IFS='|' read -r format bytes distance; do
        end_with "$bytes" "$distance"
        found_as "$format" "$size"
    done <<'ROWS'
dmg|koly|512
dmg|koly|513
dmg|koly|1023
dmg|koly|4
vpc|conectix|512
vpc|conectix|511
drbd|\x83\x74\x02\x6d|4036
lsi raid|$XIDE$|512
lsi raid|$XIDE$|1023
md raid|\xfc\x4e\x2b\xa9|8192
md raid|\xa9\x2b\x4e\xfc|65536
zip|PK\x05\x06|22
zip|PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0|22
zip|PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0|23
zip|PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff|65557
zip|PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\x0f|4117
ROWS
    while IFS='|' read -r bytes distance; do
        end_with "$bytes" "$distance"
        gate 0 image.qcow2
    done <<'ROWS'
koly|1024
conectix|513
\x83\x74\x02\x6d|4037
$XIDE$|1024
\xfc\x4e\x2b\xa9|12288
PK\x05\x06|23
PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff|65558
PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0|23
ROWS
}

@test "raw: the magic with which a format begins is enough" {
    local format bytes
    while IFS='|' read -r format bytes; do
        printf '%b' "$bytes" >image.raw
        truncate -s 1M image.raw
        gate 2 --expect raw image.raw
        assert_equal "$(jq -r '.broken[].format' "$answer" | grep -vx script)" "$format"
        printf x | dd of=image.raw bs=1 conv=notrunc status=none
        gate 0 --expect raw image.raw
    done <<'ROWS'
qed|QED\0
vmdk|KDMV
vmdk|COWD
vmdk|# Disk DescriptorFile
vpc|conectix
vhdx|vhdxfile
parallels|WithoutFreeSpace
parallels|WithouFreSpacExt
bochs|Bochs Virtual HD Image
cloop|#!/bin/sh\n#V2.0 Format\n
luks|LUKS\xba\xbe
ROWS
}

@test "raw: what a disk has, partitions, volumes, file systems, is no surprise" {
    local offset bytes
    while IFS='|' read -r offset bytes; do
        rm -f image.raw && truncate -s 1M image.raw
        printf '%b' "$bytes" | dd of=image.raw bs=1 seek="$offset" conv=notrunc status=none
        truncate -s %512 image.raw
        gate 0 --expect raw image.raw
    done <<'ROWS'
510|\x55\xaa
512|EFI PART
512|LABELONE
1024|LABELONE
1536|LABELONE
1024|\x10\x20\xf5\xf2
1080|\x53\xef
4086|SWAPSPACE2
4096|EFI PART
4096|\xfc\x4e\x2b\xa9
65600|_BHRfS_M
16384|SKUL\xba\xbe
32768|SKUL\xba\xbe
65536|SKUL\xba\xbe
131072|SKUL\xba\xbe
262144|SKUL\xba\xbe
524288|SKUL\xba\xbe
1048576|SKUL\xba\xbe
2097152|SKUL\xba\xbe
4194304|SKUL\xba\xbe
32769|CD001
32769|BEA01
32769|BOOT2
32769|CDW02
32769|NSR02
32769|TEA01
32777|CDROM
ROWS
}

@test "a guest's partition table and file systems are no magics of the image" {
    local cluster
    "$QEMU_IMG" create -q -f raw disk.raw 1M
    printf 'EFI PART' | dd of=disk.raw bs=1 seek=512 conv=notrunc status=none
    printf 'EFI PART' | dd of=disk.raw bs=1 seek=1048064 conv=notrunc status=none
    printf 'CD001' | dd of=disk.raw bs=1 seek=32769 conv=notrunc status=none
    printf '\x55\xaa' | dd of=disk.raw bs=1 seek=510 conv=notrunc status=none
    for cluster in 512 4096 65536 2097152; do
        "$QEMU_IMG" convert -f raw -O qcow2 -o cluster_size=$cluster disk.raw image.qcow2
        gate 0 image.qcow2
    done
}

@test "a guest's CD is no magic in clusters of the default size; in smaller ones its descriptors are where readers look" {
    head -c 1M /dev/urandom >disk.raw
    printf '\1CD001' | dd of=disk.raw bs=1 seek=32768 conv=notrunc status=none
    "$QEMU_IMG" convert -f raw -O qcow2 disk.raw image.qcow2
    gate 0 image.qcow2
    "$QEMU_IMG" convert -f raw -O qcow2 -o cluster_size=4K disk.raw image.qcow2
    gate 2 image.qcow2
    assert_equal "$(ids broken)" other-magic
    gate 0 --allow other-magic image.qcow2
}

@test "an image that somebody holds open to write to it" {
    plain
    hold -f qcow2
    gate 2 image.qcow2
    assert_equal "$(ids broken)" writer
    gate 0 --allow writer image.qcow2
    gate 2 --expect raw image.qcow2
    assert_equal "$(ids broken)" declared-raw,writer
    let_go
    gate 0 image.qcow2
}

# While a check goes on that takes half a second.
grow_meanwhile() {
    local image
    cp --sparse=always hostile.qcow2 image.qcow2
    "$REFCOW" gate --check --output=json --max-amplification none --max-virtual-size none image.qcow2 >grown 3>&- &
    local gate=$!
    for _ in {1..1000}; do
        image=$(readlink /proc/$gate/fd/* | grep -c 'image.qcow2$') || true
        [ "$image" = 0 ] || break
    done
    kill -s STOP "$gate"
    grep Seccomp: "/proc/$gate/status" >confined
    truncate -s +1M image.qcow2
    kill -s CONT "$gate"
    wait "$gate" || true
    [ "$(jq -r .status.name grown)" = changed ]
}

@test "an image that changes meanwhile is not accepted" {
    "$corpus/hostile/make-hostile" scattered-references hostile.qcow2
    truncate -s 15T hostile.qcow2 # a file system may not have larger ones
    patiently grow_meanwhile
    assert_equal "$(jq -r .verdict grown)" undecided
    # It was stopped while it looked at the image.
    if "$REFCOW" --version | grep -q '^confined by: seccomp'; then
        grep -q '2$' confined
    fi
}

@test "each rule is tested" {
    {
        grep -v '^#' "$rows" | tail -n +2 | cut -f1
        grep -v '^#' "$corpus/MANIFEST.tsv" | tail -n +2 | cut -f4 | grep -vx ok
        # in tests of their own
        printf '%s\n' writer declared-raw virtual-size-limit amplification-limit sharing-limit no-header raw-size \
            file-size-limit snapshots-limit feature-refused feature-missing cluster-size refcount-width \
            encryption-length encryption-offset encryption-header bitmap-name-size snapshot-table-size
    } | sort -u >tested
    "$REFCOW" gate --list-rules | tail -n +2 | cut -f1 | sort >rules
    diff rules tested
    assert_equal "$(uniq -d rules)" ''
}

# ------------------------------------------------------------------ streams

# The image through a pipe, of which nobody knows how long it is.
piped() { # OPTION...
    "$REFCOW" gate "$@" - < <(cat image.qcow2)
}

redirected() { # FILE OPTION...
    "$REFCOW" gate "${@:2}" - <"$1"
}

to_full_disk() {
    "$REFCOW" gate image.qcow2 >/dev/full
}

@test "a stream that ends in its first 2 MiB is judged as a file" {
    plain
    run -0 redirected image.qcow2 --check
    assert_output '-: accepted'
    run -0 redirected image.qcow2
    assert_output '-: accepted, its tables not checked (see --check)'
    truncate -s 1M zeros
    run -0 redirected zeros --expect raw
    assert_output '-: accepted'
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    run -2 piped --check
    run -2 redirected /dev/null
    run -1 redirected .
}

@test "of a longer stream the header is judged, and what is not known is said" {
    cluster=65536 create compat=1.1 160
    "$QEMU_IO" -f qcow2 -c 'write -P 1 0 8M' image.qcow2 >/dev/null
    run -1 piped --output=json
    assert_equal "$(jq -c '[.verdict, ."file-size"]' <<<"$output")" '["undecided",null]'
    assert_equal "$(jq -r '.undecided | join(" ")' <<<"$output")" "$("$REFCOW" gate --list-rules |
        awk -F'\t' '$4 == "size" {print $1}' | grep -vx -e raw-size -e file-size-limit | paste -sd ' ')"
    run -1 piped
    assert_line --regexp '^  not judged: .* \(standard input goes on after 2 MiB: see --header-only\)$'
    run -0 piped --header-only
    assert_output '-: accepted, by its header only'
    run -1 piped --check --output=json
    [[ $(jq -r '.undecided | join(" ")' <<<"$output") == *corruptions* ]]
    run -2 piped --max-virtual-size 1M
    # the name is in the first cluster
    "$QEMU_IMG" rebase -u -f qcow2 -b /etc/passwd -F raw image.qcow2
    run -2 piped --header-only
    assert_output --partial '"/etc/passwd" (absolute)'
    # a LUKS header further back cannot be read: neither accepted nor refused
    patiently "$QEMU_IMG" create -q -f qcow2 --object secret,id=key,data=x -o preallocation=metadata,encrypt.format=luks \
        -o encrypt.key-secret=key,encrypt.iter-time=10 image.qcow2 64M
    "$DAMAGE" image.qcow2 append 1 , set u64:extension:0x0537be77 last
    run -1 piped --header-only --allow encrypted
    assert_output --partial 'refcow reads only the first 2 MiB of a stream'
}

@test "--timeout ends what takes too long: not decided" {
    plain
    run -1 --separate-stderr timeout 15 "$REFCOW" gate --timeout 1 --output=json - < <(sleep 4)
    assert_equal "$(jq -r '.verdict + " " + .status.name' <<<"$output")" 'undecided timeout'
    serve delay.pid nbdkit -f --exit-with-parent -U delay.sock -P delay.pid -r --filter=delay file image.qcow2 rdelay=3
    run -1 --separate-stderr timeout 15 "$REFCOW" gate --timeout 1 --output=json "nbd+unix:///?socket=$PWD/delay.sock"
    assert_equal "$(jq -r '.verdict + " " + .status.name' <<<"$output")" 'undecided timeout'
    gate 0 --timeout 15 image.qcow2
}

# ------------------------------------------------------------------ policies

@test "a policy file says what the options say, and what stands later wins" {
    backing base.qcow2
    printf '%s\n' '# linked clones' '' 'allow   backing-file # of ours' $'\tmax-virtual-size 10M\r' \
        'max-amplification none' 'max-sharing 7' 'expect qcow2' check >policy
    gate 0 --policy policy image.qcow2
    assert_equal "$(jq -c .policy "$answer")" "$(jq -c . <<'JSON'
{"expect": "qcow2", "check": true, "header-only": false, "allow": ["backing-file"], "refuse": [], "require": [],
"cluster-sizes": null, "refcount-bits": null, "max-file-size": null, "max-virtual-size": 10485760,
"max-amplification": null, "max-sharing": 7, "max-snapshots": null}
JSON
)"
    gate 2 --policy policy --max-virtual-size 1K image.qcow2
    gate 0 --max-virtual-size 1K --policy policy image.qcow2
    printf 'header-only' >policy # no newline
    gate 2 --policy policy image.qcow2
    assert_equal "$(jq '.policy."header-only"' "$answer")" true
}

# bad_policy SENTENCE: the file policy is refused, where and why, and the image with it.
bad_policy() {
    run -1 --separate-stderr "$REFCOW" gate --policy policy image.qcow2
    assert_equal "$output" ''
    assert_equal "$stderr" "refcow gate: $1"
}

@test "a bad policy accepts nothing: the line and the word are named" {
    plain
    printf 'check\nallow backing\n' >policy
    bad_policy "policy:2: there is no such rule: 'backing'"
    printf 'alow dirty\n' >policy
    bad_policy "policy:1: unknown option before this word, or an option without a value (a policy has no dashes): 'dirty'"
    printf 'allow\n' >policy
    bad_policy "policy:1: unknown option, or its value is missing (a policy has no dashes): 'allow'"
    printf 'allow dirty corrupt\n' >policy
    bad_policy "policy:1: unexpected argument: 'corrupt'"
    printf 'check yes\n' >policy
    bad_policy "policy:1: unknown option before this word, or an option without a value (a policy has no dashes): 'yes'"
    printf 'allow incompatible-features\n' >policy
    bad_policy "policy:1: this rule cannot be allowed, because refcow cannot judge such an image: 'incompatible-features'"
    printf 'allow sharing-limit\n' >policy
    bad_policy "policy:1: this rule is a limit; set the limit instead: 'sharing-limit'"
    printf 'max-virtual-size 10X\n' >policy
    bad_policy "policy:1: the limit must be a size such as 10G, or none: '10X'"
    printf 'max-sharing 0\n' >policy
    bad_policy "policy:1: the limit must be a number from 1, or none: '0'"
    printf 'max-amplification -1\n' >policy
    bad_policy "policy:1: the limit must be a number from 1, or none: '-1'"
    printf 'expect vmdk\n' >policy
    bad_policy "policy:1: the expected format must be qcow2 or raw: 'vmdk'"
    printf 'check\n\0\n' >policy
    bad_policy 'policy:2: the line has a NUL byte'
    printf 'check\0' >policy
    bad_policy 'policy:1: the line has a NUL byte'
    printf 'allow \e[31m\n' >policy
    bad_policy "policy:1: there is no such rule: '\\x1b[31m'"
    rm policy
    bad_policy 'policy: No such file or directory'
    ln -s /dev/zero policy
    bad_policy 'policy: the policy is longer than 64 KiB'
    rm policy
    mkdir policy
    bad_policy 'policy: Is a directory'
}

@test "the command line: what is wrong is exit code 1, and never an acceptance" {
    local words
    plain
    while read -r words; do
        # shellcheck disable=SC2086 # words
        run -1 --separate-stderr "$REFCOW" gate $words
        assert_equal "$output" ''
        [[ $stderr == 'refcow gate: '*' (see refcow gate --help)' ]] || fail "$words: $stderr"
    done <<'ROWS'

image.qcow2 image.qcow2
--allow image.qcow2
--allow magic image.qcow2
--allow nothing image.qcow2
--max-sharing x image.qcow2
--timeout 0 image.qcow2
--expect vdi image.qcow2
--check --header-only image.qcow2
--expect raw --check image.qcow2
--expect raw --header-only image.qcow2
--list-rules image.qcow2
--output xml image.qcow2
-x image.qcow2
--check=yes image.qcow2
ROWS
    run -1 "$REFCOW" gate missing.qcow2
    gate 1 missing.qcow2
    assert_equal "$(jq -r '.verdict + " " + .status.name' "$answer")" 'undecided open-failed'
    gate 1 .
    run -1 to_full_disk
    run -0 "$REFCOW" gate -q image.qcow2
    assert_output ''
}

# ------------------------------------------------------------------ what is printed

@test "names are printed escaped, in their own words" {
    backing base.qcow2
    "$DAMAGE" image.qcow2 poke header:backing_file_offset 1b5b33316d00ff
    gate 2 image.qcow2
    assert_equal "$(jq -c '.broken[0].name' "$answer")" \
        '{"text":"\u001b[31m\u0000�ow2","hex":"1b5b33316d00ff6f7732","length":10,"traits":["relative","nul","control","not-utf8"]}'
    LC_ALL=C.UTF-8 run -2 "$REFCOW" gate image.qcow2
    assert_line --partial '"\x1b[31m\x00\xffow2" (relative, nul, control, not-utf8), offset 8: '
    [[ $output != *$'\e'* ]]
    "$DAMAGE" image.qcow2 set header:backing_file_size 0
    gate 2 image.qcow2
    assert_equal "$(jq -c '.broken[0].name.traits' "$answer")" '["empty"]'
}

@test "accepted and understood features are separate lists" {
    plain -o lazy_refcounts=on,compression_type=zstd
    "$DAMAGE" image.qcow2 set-bits header:incompatible_features 0x8000000000000021 , set-bits header:autoclear_features 4
    gate 2 --allow dirty image.qcow2
    assert_equal "$(ids broken)" incompatible-features,unknown-autoclear
    assert_equal "$(jq -r '.features[] | join(" ")' "$answer")" "$(cat <<'LISTS'
dirty corrupt data-file compression-type extended-l2 lazy-refcounts bitmaps data-file-raw
dirty compression-type extended-l2 lazy-refcounts
dirty compression-type incompatible-5 incompatible-63 lazy-refcounts autoclear-2
LISTS
)"
}

@test "the schema sees what is wrong" {
    local change
    backing base.qcow2
    gate 2 --allow backing-file --max-virtual-size 1K image.qcow2
    while read -r change; do
        jq "$change" "$answer" >bad.json
        run -1 "$validate" gate bad.json
    done <<'CHANGES'
del(.verdict)
del(.policy)
.verdict = "accept"
."exit-code" = 0
.broken = []
.broken[0].severity = "low"
del(.broken[0].value)
del(.allowed[0].name.traits)
.allowed[0].name.traits = []
.extra = 1
.features.accepted += ["incompatible-7"]
.verdict = "undecided" | ."exit-code" = 1
CHANGES
}

@test "no more is read than is needed" {
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata image.qcow2 10G
    gate 0 image.qcow2
    # the header; the start, where a log, descriptors or labels may be; the end, as far as labels and the comment of a zip
    # archive may reach; and pieces with other magics
    [ "$(jq '."bytes-read"' "$answer")" -lt $((4096 + 262144 + 172032 + 4 * 131072 + 65557 + 16 * 16384)) ]
    # a file that is too small for a log or labels
    plain
    gate 0 image.qcow2
    [ "$(jq '."bytes-read"' "$answer")" -lt $((4096 + 172032 + 65557 + 16 * 16384)) ]
}
