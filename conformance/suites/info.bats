#!/usr/bin/env bats
# bats file_tags=long
# `refcow info`: the same facts as `qemu-img info`, what that does not say, and names and numbers that mean no good.

load ../lib/suite

# same_facts IMAGE: fail if the two say different things about it, or refcow finds fault with it.
same_facts() {
    "$REFCOW" info -U --output=json "$1" >answer.json
    compare_facts "$1"
    validate answer.json
}

compare_facts() { # IMAGE: with what is in answer.json
    "$QEMU_IMG" info -U --output=json "$1" 2>/dev/null | jq -S -L "$conformance/lib" 'include "info"; of_qemu' >theirs.json
    jq -S -L "$conformance/lib" 'include "info"; of_refcow' answer.json >ours.json
    diff -u theirs.json ours.json || fail "$1"
}

validate() {
    "$conformance/tools/validate-json" info "$@" >validation || {
        cat validation
        return 1
    }
}

own() { # JQ-FILTER: of the last answer
    jq -c ".refcow | $1" answer.json
}

create_image() { # OPTIONS [ARGUMENT...]
    "$QEMU_IMG" create -q -f qcow2 -o "$1" "${@:2}" image.qcow2 100M
}

secret=(--object 'secret,id=key,data=secret')

# ------------------------------------------------------------------ the same as qemu-img

@test "versions, cluster sizes and refcount widths" {
    local options size width
    for size in 512 4096 65536 2097152; do
        for width in 1 2 4 8 16 32 64; do
            create_image "compat=1.1,cluster_size=$size,refcount_bits=$width"
            same_facts image.qcow2
        done
        create_image "compat=0.10,cluster_size=$size"
        same_facts image.qcow2
    done
}

@test "features: lazy refcounts, zstd, extended L2 entries, dirty, corrupt" {
    local options
    for options in lazy_refcounts=on compression_type=zstd extended_l2=on \
        lazy_refcounts=on,compression_type=zstd,extended_l2=on; do
        create_image "$options"
        same_facts image.qcow2
    done
    assert_equal "$(own '[.features[][].name]')" '["compression-type","extended-l2","lazy-refcounts"]'
    "$DAMAGE" image.qcow2 set-bits header:incompatible_features 1
    same_facts image.qcow2
    "$DAMAGE" image.qcow2 flip-bits header:incompatible_features 3
    same_facts image.qcow2
    "$DAMAGE" image.qcow2 set-bits header:incompatible_features 3
    same_facts image.qcow2
    assert_equal "$(own '[.features.incompatible[].bit]')" '[0,1,3,4]'
}

@test "backing files of every sort of name" {
    local name trait
    "$QEMU_IMG" create -q -f qcow2 base.qcow2 100M
    while read -r trait name; do
        create_image compat=1.1 -u -F qcow2 -b "$name"
        same_facts image.qcow2
        assert_equal "$(own '.["backing-file"].text')" "$(jq -cn --arg name "$name" '$name')"
        [[ $(own '.["backing-file"].traits') == *"\"$trait\""* ]] || fail "$name: $(own '.["backing-file"]')"
    done <<'NAMES'
relative base.qcow2
absolute /srv/base.qcow2
parent ../base.qcow2
json json:{"driver":"qcow2","file":{"driver":"nbd","host":"192.0.2.1"}}
protocol nbd://192.0.2.1/disk
fdset /dev/fdset/7
relative bäse.qcow2
NAMES
    create_image compat=0.10 -F raw -b base.qcow2
    same_facts image.qcow2
    # Without a format, and with a NUL in the name, where qemu-img stops.
    "$DAMAGE" image.qcow2 set header:backing_file_size 4
    same_facts image.qcow2
    "$DAMAGE" image.qcow2 set header:backing_file_size 9 , set "u8:{header:backing_file_offset+3}" 0
    same_facts image.qcow2
    assert_equal "$(own '.["backing-file"] | [.text, .traits]')" '["bas\u0000.qcow",["relative","nul"]]'
}

@test "an external data file, raw or not" {
    local raw
    for raw in on off; do
        create_image "data_file=data.raw,data_file_raw=$raw"
        "$QEMU_IO" -f qcow2 -c 'write 0 8M' image.qcow2 >/dev/null # which takes up space in the data file alone
        same_facts image.qcow2
        assert_equal "$(own '.["data-file"]')" '{"text":"data.raw","length":8,"traits":["relative"]}'
        assert_equal "$(jq '.["actual-size"]' answer.json)" "$((512 * $(stat -c %b image.qcow2)))"
    done
}

@test "encryption" {
    patiently "$QEMU_IMG" create -q "${secret[@]}" -f qcow2 \
        -o encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10 image.qcow2 8M
    same_facts image.qcow2
    assert_equal "$(own '.["encryption-header"].offset')" "$(($("$DAMAGE" image.qcow2 get u64:extension:0x0537be77)))"
    "$QEMU_IMG" create -q "${secret[@]}" -f qcow2 -o encrypt.format=aes,encrypt.key-secret=key image.qcow2 8M
    same_facts image.qcow2
}

@test "snapshots, with a VM state, and in a version that has less to say" {
    local version first
    for version in 1.1 0.10; do
        create_image "compat=$version"
        "$QEMU_IMG" snapshot -c before image.qcow2
        "$QEMU_IMG" snapshot -c 'after the "update"' image.qcow2
        same_facts image.qcow2
        assert_equal "$(own '[.["snapshots-omitted"], .amplification["l1-tables"].size]')" '[0,24]'
        # Nanoseconds, the clock of the guest, and the size of the state in its two fields.
        first='snapshot:0'
        "$DAMAGE" image.qcow2 set "u32:{$first+16}" 0xffffffff , set "u32:{$first+20}" 999999999 , \
            set "u64:{$first+24}" 90061123456789 , set "u32:{$first+32}" 123456789
        same_facts image.qcow2
        "$DAMAGE" image.qcow2 set "u64:{$first+40}" 5G , set "u64:{$first+48}" 200M
        same_facts image.qcow2
        assert_equal "$(jq -c '.snapshots[0] | [.["vm-state-size"], .refcow["disk-size"]]' answer.json)" \
            '[5368709120,209715200]'
    done
    # A snapshot with no extra data, as old writers made them: behind the head comes the id.
    "$DAMAGE" image.qcow2 set "u32:{snapshot:0+36}" 0 , set header:nb_snapshots 1
    run -0 "$REFCOW" info --output=json image.qcow2
    assert_equal "$(jq '.snapshots[0].refcow["disk-size"], (.snapshots[0] | has("icount"))' <<<"$output")" $'0\nfalse'
}

@test "bitmaps" {
    create_image compat=1.1
    "$QEMU_IMG" bitmap --add -g 512 image.qcow2 first
    "$QEMU_IMG" bitmap --add --disable -g 2M image.qcow2 'a "second" one'
    "$QEMU_IMG" bitmap --add image.qcow2 third
    same_facts image.qcow2
    "$DAMAGE" image.qcow2 set-bits "u32:{bitmap:2+12}" 1
    same_facts image.qcow2
    assert_equal "$(jq -c '.["format-specific"].data.bitmaps | map(.flags)' answer.json)" \
        '[["auto"],[],["in-use","auto"]]'
    "$DAMAGE" image.qcow2 clear-bits header:autoclear_features 1 # by a writer that knows no bitmaps
    same_facts image.qcow2
    assert_equal "$(own '[.["bitmap-directory"], .["bitmaps-omitted"]]')" '[null,0]'
}

@test "every image of the corpus that qemu-img knows, and every answer is as the schema says" {
    local file
    local -i looked_at=0
    set +T
    for file in "$conformance"/../corpus/*/*.qcow2; do
        cp "$file" image.qcow2
        "$REFCOW" info --max-listed 100 --output=json image.qcow2 >answer.json 2>/dev/null || true
        cp answer.json "$(basename "$file").json"
        jq -e '.format and .refcow.status.name != "snapshot-table"' answer.json >/dev/null || continue
        "$QEMU_IMG" info -U image.qcow2 >/dev/null 2>&1 || continue
        compare_facts image.qcow2 || fail "$file"
        looked_at+=1
    done
    validate ./*.qcow2.json
    [ "$looked_at" -gt 50 ] || fail "only $looked_at images"
}

# Rows of cases.tsv about which the two do not end alike: exit code of qemu-img info, as of_version() reads it, and of
# refcow info. DIVERGENCES.md has the reasons.
ends() {
    cat <<'ROWS'
as-created|0|0
data-file-bit-without-name|0|1
data-file-name-zero|0|1
data-file-raw-without-bit|0|1
snapshots-readable|0|1
crypt-method-2|1 before 10.0 139|1
luks-extension-missing|1 before 10.0 139|1
luks-keys-destroyed|1|0
refcount-table-0|1|0
directory-longer|1|0
bitmap-table-too-long|1|0
bitmap-names-equal|1|0
bitmap-entry-reserved-1|1|0
snapshot-extra-1025|1|0
magic|0|63
probed-vpc|0|63
probed-version-1|1|63
ROWS
}

@test "where refcow info and qemu-img info do not end alike" {
    local id of_qemu of_refcow code
    ulimit -c 0
    while IFS='|' read -r id of_qemu of_refcow; do
        "$conformance/tools/run-cases" --image "$id" case
        code=0
        (timeout 60 "$QEMU_IMG" info -U case/image.qcow2) >theirs 2>&1 || code=$?
        assert_equal "$id: qemu-img $code" "$id: qemu-img $(of_version "$of_qemu")"
        code=0
        "$REFCOW" info --output=json case/image.qcow2 >"$id.json" 2>message || code=$?
        assert_equal "$id: refcow $code" "$id: refcow $of_refcow"
        rm -r case
    done < <(ends)
    validate ./*.json
}

@test "snapshots of an image with a data file are listed, which qemu-img does not do" {
    "$conformance/tools/run-cases" --image data-file-two-snapshots case
    "$DAMAGE" case/image.qcow2 set u64:last header:l1_table_offset , set 'u32:{last+8}' 1 , \
        set 'u64:{last+56}' header:l1_table_offset , set 'u32:{last+64}' 1
    run -0 "$QEMU_IMG" info -U --output=json case/image.qcow2
    assert_equal "$(jq '.snapshots | length' <<<"$output")" 0
    run -0 "$REFCOW" info --output=json case/image.qcow2
    assert_equal "$(jq '.snapshots | length' <<<"$output")" 2
}

# ------------------------------------------------------------------ what qemu-img does not say

@test "--refcounts says the same as refcow check" {
    local cluster=65536
    create compat=1.1 1000
    guest 'write 0 20'
    "$DAMAGE" image.qcow2 set refcount:host:0 0 , append 1 , set refcount:last 1
    "$REFCOW" check --output=json image.qcow2 >check.json || [ $? -eq 2 ]
    run -0 "$REFCOW" info --refcounts --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    diff <(jq -S '.refcow["refcount-report"]' check.json) <(jq -S '.refcow["refcount-report"]' answer.json)
    assert_equal "$(own '[.verdict, .corruptions, .leaks, .amplification.mapped.size]')" '["corrupt",2,1,1310720]'
    run -0 "$REFCOW" info --refcounts image.qcow2
    assert_line --partial '20 in active tables, 1 of them with refcount 0 (orphans)'
    run -0 "$REFCOW" info --output=json image.qcow2
    assert_equal "$(jq '.refcow | has("verdict")' <<<"$output")" false
}

@test "--refcounts keeps to the limits of refcow check, and shows how far it is" {
    "$conformance/../corpus/hostile/make-hostile" scattered-references hostile.qcow2
    run -1 --separate-stderr timeout 20 "$REFCOW" info --refcounts --max-work none --max-read none --timeout 1 \
        --output=json hostile.qcow2
    echo "$output" >answer.json
    assert_equal "$(own '.status.name')" '"timeout"'
    run -1 --separate-stderr "$REFCOW" info --refcounts --max-work 1000 -q hostile.qcow2
    assert_output ''
    [[ $stderr == *'limit on work'* ]] || fail "$stderr"
    create_image compat=1.1
    run -0 --separate-stderr "$REFCOW" info --refcounts -p --memory 64K image.qcow2
    [[ $stderr == *'(100.00/100%)'* ]] || fail "$stderr"
    run -0 --separate-stderr "$REFCOW" info -q image.qcow2
    assert_output ''
}

@test "amplification" {
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 64T
    run -0 "$REFCOW" info --output=json image.qcow2
    assert_equal "$(jq '.refcow.amplification["virtual-disk"]["per-byte"]' <<<"$output")" \
        "$(awk -v size="$(stat -c %s image.qcow2)" 'BEGIN { printf "%.2f", 64 * 2 ^ 40 / size }')"
    [[ $output == *'"l1-tables": '*'"size": 1048576,'* ]] || fail "$output"
}

@test "features that nobody knows are named by the image itself" {
    local extension=extension:0x6803f857
    create_image lazy_refcounts=on
    "$DAMAGE" image.qcow2 set-bits header:compatible_features 0x8000000000000002 , set-bits header:autoclear_features 8 , \
        poke $extension+48 01015465737420 , fill $extension+55 41 0 , poke $extension+96 02036f74686572 , \
        fill $extension+103 41 0
    run -0 "$REFCOW" info --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own .features.compatible)" \
        '[{"bit":0,"name":"lazy-refcounts"},{"bit":1,"name":null,"name-in-image":"Test "},{"bit":63,"name":null}]'
    assert_equal "$(own .features.autoclear)" '[{"bit":3,"name":null,"name-in-image":"other"}]'
    run -0 "$REFCOW" info image.qcow2
    assert_line '  Compatible       lazy-refcounts, 2 unknown bits'
    assert_line '    bit 1, which the image calls: Test '
    assert_line '    bit 63'
}

@test "an image that is refused gets all that is known, and the reason" {
    "$QEMU_IMG" create -q -f qcow2 base.qcow2 100M
    create_image compat=1.1 -F qcow2 -b base.qcow2
    "$QEMU_IMG" snapshot -c before image.qcow2
    "$DAMAGE" image.qcow2 set header:refcount_order 7 , set-bits header:incompatible_features 32
    run -1 --separate-stderr "$REFCOW" info --output=json image.qcow2
    [[ $stderr == *'incompatible_features has bits beyond 0..4'* ]] || fail "$stderr"
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own '[.complete, .status.name, .header["refcount-order"], .["backing-file"].text]')" \
        '[false,"incompatible-features",7,"base.qcow2"]'
    assert_equal "$(jq -c '[.["virtual-size"], .snapshots[0].name]' answer.json)" '[104857600,"before"]'
    run -1 --separate-stderr "$REFCOW" info --refcounts image.qcow2
    assert_line --partial 'before'
    assert_line --regexp '^  Refcounts +refused'
}

# What a server cannot say.
less_of_file='del(.filename, .["actual-size"], .refcow.writer, .refcow.locks)
    | walk(if type == "object" then del(.["per-actual-byte"]) else . end)'

@test "an image on a server" {
    create_image compat=1.1
    "$QEMU_IMG" snapshot -c before image.qcow2
    truncate -s %64K image.qcow2 # servers have whole sectors
    serve socket "$QEMU_NBD" -r -t -f raw -k "$PWD/socket" image.qcow2
    "$REFCOW" info --refcounts --output=json "nbd+unix:///?socket=$PWD/socket" >answer.json
    validate answer.json
    diff <(jq -S "$less_of_file" answer.json) <("$REFCOW" info --refcounts --output=json image.qcow2 | jq -S "$less_of_file")
    run -0 "$REFCOW" info "nbd+unix:///?socket=$PWD/socket"
    refute_output --partial 'on the disk'
}

@test "exit codes, and several images" {
    create_image compat=1.1
    truncate -s 1M zeros
    mkfifo fifo
    run -0 "$REFCOW" info image.qcow2
    run -63 --separate-stderr "$REFCOW" info zeros
    run -1 --separate-stderr "$REFCOW" info -f qcow2 zeros
    run -1 --separate-stderr "$REFCOW" info missing
    run -1 --separate-stderr "$REFCOW" info fifo
    run -63 --separate-stderr "$REFCOW" info zeros image.qcow2
    assert_line --partial 'image.qcow2: qcow2 version 3'
    run -1 --separate-stderr "$REFCOW" info --output=jsonl image.qcow2 missing zeros fifo image.qcow2
    assert_equal "${#lines[@]}" 5
    echo "$output" >answers
    run -0 "$conformance/tools/validate-json" info --lines answers
    assert_output '5 values, 0 wrong'
    # What qemu-img says about a damaged image is no judgement either.
    "$DAMAGE" image.qcow2 set refcount:0 0
    run -0 "$REFCOW" info --refcounts image.qcow2
}

@test "bad usage is one line on stderr and exit code 1" {
    local -a arguments
    create_image compat=1.1
    while read -ra arguments; do
        run -1 --separate-stderr timeout 10 "$REFCOW" info "${arguments[@]}"
        assert_output ''
        assert_equal "${#stderr_lines[@]}" 1
    done <<'ROWS'

-
--frob image.qcow2
-x image.qcow2
-f raw image.qcow2
-f
--output image.qcow2
--output=csv image.qcow2
--max-listed image.qcow2
--max-listed=-1 image.qcow2
--max-listed=65537 image.qcow2
--timeout=0 image.qcow2
--memory=1K image.qcow2
--output=json image.qcow2 image.qcow2
ROWS
}

# ------------------------------------------------------------------ many

@test "lists are capped, and what is left out is counted" {
    local i
    create_image compat=1.1
    for i in {1..20}; do
        "$QEMU_IMG" snapshot -c "snapshot $i" image.qcow2
        "$QEMU_IMG" bitmap --add image.qcow2 "bitmap $i"
    done
    same_facts image.qcow2
    run -0 "$REFCOW" info image.qcow2
    assert_equal "$(grep -c ': snapshot [0-9]*$' <<<"$output")" 16
    assert_equal "$(grep -c ': bitmap [0-9]*$' <<<"$output")" 16
    assert_equal "$(grep -c '^    and 4 more (see --max-listed)$' <<<"$output")" 2
    run -0 "$REFCOW" info --max-listed 3 --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own '[.["snapshots-omitted"], .["bitmaps-omitted"]]')" '[17,17]'
    assert_equal "$(jq '.snapshots[2].name' answer.json)" '"snapshot 3"'
    assert_equal "$(jq '.["format-specific"].data.bitmaps[2].name' answer.json)" '"bitmap 3"'
    run -0 --separate-stderr "$REFCOW" info --max-listed 3 --output=bodyfile image.qcow2
    assert_equal "${#lines[@]}" 3
    [[ $stderr == *'17 more snapshots are not listed'* ]] || fail "$stderr"
}

@test "what is no snapshot table is not listed as one" {
    local place name
    create_image compat=1.1
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' image.qcow2 >/dev/null
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$QEMU_IMG" snapshot -c two image.qcow2
    mv image.qcow2 sound.qcow2
    # L2 table, L1 table, refcount block, header, guest data, a hole.
    for place in l2_table:0 header:l1_table_offset refcount_block:0 0 host:0 1M; do
        cp sound.qcow2 image.qcow2
        truncate -s 4M image.qcow2
        "$DAMAGE" image.qcow2 set header:snapshots_offset "$place"
        run -1 --separate-stderr "$REFCOW" info image.qcow2
        assert_line --regexp '^Incomplete: the snapshot table has an entry without a numeric ID and without an L1 table \(at offset '
        assert_line '    2 cannot be listed'
        refute_output --partial ' UTC'
        run -1 --separate-stderr "$REFCOW" info --output=json image.qcow2
        echo "$output" >answer.json
        validate answer.json
        assert_equal "$(jq -c '[.snapshots, .refcow["snapshots-omitted"], .refcow.status.name]' answer.json)" \
            '[[],2,"snapshot-table"]'
        run -1 --separate-stderr "$REFCOW" info --output=bodyfile image.qcow2
        assert_output ''
    done
    # Those before it are listed.
    cp sound.qcow2 image.qcow2
    "$DAMAGE" image.qcow2 set u64:snapshot:1 1 , poke '{snapshot:1+64}' 78
    run -1 --separate-stderr "$REFCOW" info image.qcow2
    assert_line --regexp ', id 1: one$'
    assert_line '    1 cannot be listed'
    # A damaged snapshot is one: without its L1 table, without a number, and in a file that has lost its end.
    for name in 'set u64:snapshot:1 1' "poke {snapshot:1+64} 78" 'set u64:snapshot:1 1G'; do
        cp sound.qcow2 image.qcow2
        # shellcheck disable=SC2086 # statements
        "$DAMAGE" image.qcow2 $name
        run -0 "$REFCOW" info image.qcow2
        assert_line --regexp ', id [x2]: two$'
    done
}

@test "as many snapshots, bitmaps and extensions as a number can say cost little" {
    create_image cluster_size=2M
    # Snapshots without a name, all with the same L1 table.
    truncate -s 1G image.qcow2
    python3 - <<'PYTHON'
import struct
with open("image.qcow2", "r+b") as image:
    image.seek(64 << 20)
    image.write(struct.pack(">QIHHIIQII", 2 << 20, 1, 0, 0, 0, 0, 0, 0, 0) * 65536)
PYTHON
    "$DAMAGE" image.qcow2 set header:nb_snapshots 0xffffffff , set header:snapshots_offset 64M
    for output_mode in human json jsonl bodyfile; do
        run -1 --separate-stderr timeout 10 "$REFCOW" info --output "$output_mode" image.qcow2
        [ "${#output}" -lt 1000000 ] || fail "$output_mode: ${#output} bytes"
    done
    "$REFCOW" info --output=json image.qcow2 >answer.json || true
    validate answer.json
    assert_equal "$(own '.["snapshots-omitted"]')" $((0xffffffff - 1000))
    run -1 --separate-stderr timeout 10 "$REFCOW" info --output bodyfile --max-listed 65536 image.qcow2
    assert_equal "${#lines[@]}" 65536
    # Empty extensions, as many as fit.
    create_image cluster_size=2M
    "$DAMAGE" image.qcow2 fill 112 1M 0
    printf '\0\0\0\1\0\0\0\0%.0s' {1..5000} | dd of=image.qcow2 bs=112 seek=1 conv=notrunc status=none
    run -0 "$REFCOW" info --output=json image.qcow2
    assert_equal "$(jq -c '.refcow | [(.extensions | length), .["extensions-omitted"]]' <<<"$output")" '[1000,4000]'
}

@test "long names are listed as far as a MiB of output goes, or as many as wanted" {
    create_image compat=1.1
    truncate -s 4M image.qcow2
    # 1000 snapshots: id and name of 1023 bytes that are no characters
    python3 - <<'PYTHON'
import struct
entry = struct.pack(">QIHHIIQIII", 65536, 1, 1023, 1023, 0, 0, 0, 0, 0, 0)[:40] + b"\x80" * 2046
with open("image.qcow2", "r+b") as image:
    image.seek(1 << 20)
    image.write((entry + bytes(-len(entry) % 8)) * 1000)
PYTHON
    "$DAMAGE" image.qcow2 set header:nb_snapshots 1000 , set header:snapshots_offset 1M
    for output_mode in human json jsonl bodyfile; do
        run -0 --separate-stderr "$REFCOW" info --output "$output_mode" image.qcow2
        [ "${#output}" -lt 1048576 ] || fail "$output_mode: ${#output} bytes"
    done
    [[ $stderr == *'987 more snapshots are not listed'* ]] || fail "$stderr"
    run -0 "$REFCOW" info --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own '.["snapshots-omitted"]')" 987
    run -0 "$REFCOW" info --output=json --max-listed 1000 image.qcow2
    assert_equal "$(jq '.snapshots | length' <<<"$output")" 1000
}

@test "long names of bitmaps, too" {
    create_image compat=1.1
    truncate -s 4M image.qcow2
    "$QEMU_IMG" bitmap --add image.qcow2 one
    python3 - <<'PYTHON'
import struct
entry = struct.pack(">QIIBBHI", 0, 0, 0, 1, 16, 1023, 0) + b"\x80" * 1023
with open("image.qcow2", "r+b") as image:
    image.seek(1 << 20)
    image.write((entry + bytes(-len(entry) % 8)) * 1000)
PYTHON
    "$DAMAGE" image.qcow2 set u32:extension:0x23852875 1000 , set 'u64:{extension:0x23852875+8}' 1048000 , \
        set 'u64:{extension:0x23852875+16}' 1M
    for output_mode in human json jsonl; do
        run -0 "$REFCOW" info --output "$output_mode" image.qcow2
        [ "${#output}" -lt 1048576 ] || fail "$output_mode: ${#output} bytes"
    done
    run -0 "$REFCOW" info --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own '.["bitmaps-omitted"]')" 975
    run -0 "$REFCOW" info --output=json --max-listed 1000 image.qcow2
    assert_equal "$(jq '.["format-specific"].data.bitmaps | length' <<<"$output")" 1000
}

@test "a snapshot table that is longer than readers accept is not read to its end" {
    create_image compat=1.1
    truncate -s 1G image.qcow2
    # 65536 snapshots of 64 KiB of extra data each, all with the same L1 table
    python3 - <<'PYTHON'
import struct
with open("image.qcow2", "r+b") as image:
    for i in range(65536 // 4):
        image.seek((1 << 20) + i * 65576)
        if image.tell() > 1 << 30:
            break
        image.write(struct.pack(">QIHHIIQII", 65536, 1, 0, 0, 0, 0, 0, 0, 65536))
PYTHON
    "$DAMAGE" image.qcow2 set header:nb_snapshots 65536 , set header:snapshots_offset 1M
    strace -f -e trace=pread64 -o calls "$REFCOW" info --no-sandbox --output=bodyfile --max-listed 0 image.qcow2 2>message
    [ "$(wc -l <calls)" -lt 1100 ] || fail "$(wc -l <calls) reads"
    strace -f -e trace=pread64 -o calls "$REFCOW" gate --no-sandbox --allow internal-snapshots image.qcow2 >answer || true
    grep -q snapshot-extra-size answer
    [ "$(wc -l <calls)" -lt 300 ] || fail "$(wc -l <calls) reads"
}

@test "of more snapshots than readers accept, so many are looked at" {
    create_image compat=1.1
    truncate -s 8M image.qcow2
    # 70000 snapshots, each with an L1 table of 8 KiB that is in the file
    python3 - <<'PYTHON'
import struct
with open("image.qcow2", "r+b") as image:
    image.seek(1 << 20)
    image.write(struct.pack(">QIHHIIQII", 65536, 1024, 0, 0, 0, 0, 0, 0, 0) * 70000)
PYTHON
    "$DAMAGE" image.qcow2 set header:nb_snapshots 70000 , set header:snapshots_offset 1M
    "$REFCOW" info --output=json image.qcow2 >answer.json || true
    assert_equal "$(own '.amplification["l1-tables"].size')" $((65536 * 8192 + 8))
    "$REFCOW" gate --output=json image.qcow2 >answer.json || true
    assert_equal "$(jq '.broken[] | select(.rule == "snapshot-tables") | .value' answer.json)" $((65536 * 8192))
    assert_equal "$(jq .status answer.json)" null
}

# ------------------------------------------------------------------ hostile names

@test "nothing that an image chooses reaches a terminal as it is" {
    local evil='1b5b33316de280ae0d0a9b00ff7c41' # colour, a bidi mark, line ends, 8-bit control, NUL, no UTF-8, |
    local mode locale
    truncate -s 100M 123456789012345
    create_image compat=1.1 -F raw -b 123456789012345
    "$QEMU_IMG" snapshot -c 123456789012345 image.qcow2
    "$QEMU_IMG" bitmap --add image.qcow2 123456789012345
    "$DAMAGE" image.qcow2 poke header:backing_file_offset $evil , poke extension:0xe2792aca 1b5b6d , \
        poke "{snapshot:0+40+24+1}" $evil , poke "{snapshot:0+40+24}" 07 , poke "{bitmap:0+24}" $evil , \
        set-bits header:compatible_features 2 , \
        poke "{extension:0x6803f857}" 0101$evil
    for mode in human bodyfile json jsonl; do
        for locale in C.UTF-8 C; do
            env LC_ALL=$locale "$REFCOW" info --refcounts --output "$mode" image.qcow2 >out 2>&1
            run -1 env LC_ALL=C grep -an '[^ -~]' out
        done
    done
    run -0 "$REFCOW" info image.qcow2
    assert_line --regexp '^  Backing file     \\x1b\[31m\\xe2\\x80\\xae\\x0d\\x0a\\x9b\\x00\\xff\|A$'
    assert_line '    relative, nul, control, invisible, not-utf8; not opened; format \x1b[m'
    assert_line --regexp ', id \\x07: \\x1b\[31m\\xe2\\x80\\xae\\x0d\\x0a\\x9b\\x00\\xff\|A$'
    assert_line --regexp 'auto: \\x1b\[31m\\xe2\\x80\\xae\\x0d\\x0a\\x9b\\x00\\xff\|A$'
    assert_line --partial 'bit 1, which the image calls: \x1b[31m\xe2\x80\xae\x0d\x0a\x9b'
    run -0 "$REFCOW" info --output=bodyfile image.qcow2
    assert_output --regexp \
        '^0\|image.qcow2 snapshot \\x07: \\x1b\[31m\\xe2\\x80\\xae\\x0d\\x0a\\x9b\\x00\\xff\\x7cA\|[0-9]+\|'
    run -0 "$REFCOW" info --output=json image.qcow2
    echo "$output" >answer.json
    validate answer.json
    assert_equal "$(own '.["backing-file"] | [.hex, .length]')" "[\"$evil\",15]"
}

@test "a writer is told of" {
    create_image compat=1.1
    run -0 "$REFCOW" info --output=json image.qcow2
    assert_equal "$(jq -c '.refcow | [.writer, .changed]' <<<"$output")" '[false,false]'
    hold -f qcow2
    run -0 "$REFCOW" info image.qcow2
    assert_output --partial 'Another process has the image open for writing.'
    "$REFCOW" info --output=json image.qcow2 >answer.json
    validate answer.json
    assert_equal "$(own .writer)" true
    let_go
}

@test "no file that an image names is opened" {
    mkfifo backing
    create_image compat=1.1 -u -F raw -b backing
    run -0 timeout 10 "$REFCOW" info --refcounts image.qcow2
    assert_line '  Backing file     backing'
    # An image that is its own backing file.
    create_image compat=1.1 -u -F qcow2 -b amage.qcow2
    "$DAMAGE" image.qcow2 poke header:backing_file_offset 69
    run -0 timeout 10 "$REFCOW" info image.qcow2
}

# ------------------------------------------------------------------ for timelines

@test "bodyfile: snapshots in a timeline of The Sleuth Kit" {
    local -i place
    create_image compat=1.1
    "$QEMU_IMG" snapshot -c 'before|after' image.qcow2
    "$QEMU_IMG" snapshot -c second image.qcow2
    "$DAMAGE" image.qcow2 set "u32:{snapshot:0+16}" 1000000000 , set "u32:{snapshot:1+16}" 1700000000
    run -0 "$REFCOW" info --output=bodyfile image.qcow2 image.qcow2
    assert_equal "${#lines[@]}" 4
    place=$(("$("$DAMAGE" image.qcow2 get snapshot:1)"))
    assert_equal "${lines[1]}" \
        "0|image.qcow2 snapshot 2: second|$place|-/----------|0|0|104857600|0|0|0|1700000000"
    assert_equal "$(awk -F'|' '{ print NF }' <<<"$output" | sort -u)" 11
    "$REFCOW" info --output=bodyfile image.qcow2 >body
    run -0 mactime -b body -d -z UTC
    assert_line --partial 'Sun Sep 09 2001 01:46:40,104857600,...b,-/----------,0,0,'
    assert_line --regexp '"image.qcow2 snapshot 1: before\\x7cafter"$'
    assert_line --partial 'Tue Nov 14 2023 22:13:20,'
}

@test "the schema sees what is wrong" {
    local change
    truncate -s 100M base
    create_image compat=1.1 -F raw -b base
    "$QEMU_IMG" snapshot -c before image.qcow2
    "$QEMU_IMG" bitmap --add image.qcow2 first
    "$REFCOW" info --refcounts --output=json image.qcow2 >answer.json
    validate answer.json
    while read -r change; do
        jq "$change" answer.json >wrong.json
        run -1 "$conformance/tools/validate-json" info wrong.json
    done <<'CHANGES'
del(.refcow)
del(.filename)
del(.refcow.features)
del(.refcow["refcount-report"])
del(.["virtual-size"])
.extra = 1
.refcow.extra = 1
.refcow.header["cluster-bits"] = 22
.refcow.features.compatible = [{"bit": 64, "name": null}]
.refcow.features.compatible = [{"bit": 1, "name": "something"}]
.refcow["backing-file"].traits = []
.snapshots[0].refcow["l1-size"] = -1
del(.snapshots[0].id)
.["format-specific"].data.bitmaps[0].flags = ["other"]
.["format-specific"].data["refcount-bits"] = 3
CHANGES
}
