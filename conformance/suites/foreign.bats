#!/usr/bin/env bats
# bats file_tags=long
# Files that are no QCOW2 image: check, info and map say what they are and what to do, and say nothing about a header that
# is not there.

load ../lib/suite

plain() { # the image that others wrap
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4'
}

# pack FORMAT: image.qcow2 becomes the file packed.
pack() {
    python3 - "$1" <<'PYTHON'
import bz2, gzip, lzma, sys, tarfile, zipfile
image = open("image.qcow2", "rb").read()
match sys.argv[1]:
    case "gzip":
        packed = gzip.compress(image)
    case "xz":
        packed = lzma.compress(image)
    case "bzip2":
        packed = bz2.compress(image)
    case "zip":
        with zipfile.ZipFile("packed", "w") as archive:
            archive.write("image.qcow2")
    case "tar":
        with tarfile.open("packed", "w") as archive:
            archive.add("image.qcow2")
if sys.argv[1] not in ("zip", "tar"):
    open("packed", "wb").write(packed)
PYTHON
}

# advice FILE: what refcow check says is to be done.
advice() {
    "$REFCOW" check --output=json "$1" 2>/dev/null | jq -r .refcow.status.advice
}

# assert_named EXIT FILE FORMAT OFFSET WORD...: every verb and every format of output names the format, in a line on stderr
# that has the words. The answer for people has them too, in two lines.
assert_named() {
    local code=$1 file=$2 verb output_kind word
    local found="[\"$3\",$4]"
    local -a words=("${@:5}")
    for verb in check info map; do
        run "-$code" --separate-stderr timeout 10 "$REFCOW" $verb -- "$file"
        assert_equal "${#lines[@]}" 2
        # shellcheck disable=SC2154 # set by run
        assert_equal "${#stderr_lines[@]}" 1
        for word in "${words[@]}"; do
            [[ $stderr == *"$word"* ]] || fail "$verb: '$word' is not in: $stderr"
            [[ $output == *"$word"* ]] || fail "$verb: '$word' is not in: $output"
        done
        run "-$code" --separate-stderr "$REFCOW" $verb --output=jsonl -- "$file"
        tail -n 1 <<<"$output" >answer
        assert_equal "$(jq -c '(.refcow // .).status | [.["found-format"], .["found-offset"]]' answer)" "$found"
        assert_equal "$(jq '(.refcow // .).status | has("advice")' answer)" true
        echo "$output" >"records.$verb"
    done
    assert_no_facts "$file"
    "$REFCOW" check --output=json -- "$file" >answer.json 2>/dev/null || true
    assert_equal "$(jq -c '.refcow.status | [.["found-format"], .["found-offset"]]' answer.json)" "$found"
    validate
}

validate() { # the last answers
    run -0 "$conformance/tools/validate-json" check answer.json
    run -0 "$conformance/tools/validate-json" check-record --lines records.check
    run -0 "$conformance/tools/validate-json" info --lines records.info
    run -0 "$conformance/tools/validate-json" map-record --lines records.map
}

# assert_no_facts FILE: nothing of a header or of tables is in an answer. An answer has a name, a status, and what is known
# of every file.
assert_no_facts() {
    local arguments
    while read -r arguments; do
        # shellcheck disable=SC2086 # verb and options
        "$REFCOW" $arguments -- "$1" >facts 2>&1 || true
        run -1 grep -niE -- '-bit|at 0x|refcount.table|virtual|"header"|"passes"|"found"|cluster.size|l1' facts
    done <<'ROWS'
check
check --output=json
check --output=jsonl
check --output=csv
info
info --refcounts
info --output=json
info --output=bodyfile
map
map --output=jsonl
ROWS
    "$REFCOW" map --output=html -- "$1" >page.html 2>/dev/null || true
    run -1 grep -nE '[0-9]-bit|qcow2 version|<rect' page.html
    python3 "$conformance/lib/page.py" page.html >/dev/null
}

@test "QCOW version 1" {
    "$QEMU_IMG" create -q -f qcow old.img 1M
    assert_named 63 old.img qcow 0 'a QCOW version 1 image: refcow reads versions 2 and 3' \
        'qemu-img convert -f qcow -O qcow2 IMAGE NEW'
    assert_equal "$(jq -c '.refcow.status | [.name, .value, .offset]' answer.json)" '["version",1,4]'
    truncate -s 50 old.img
    assert_named 63 old.img qcow 0 'a QCOW version 1 image'
    run -1 "$REFCOW" check -f qcow2 old.img
}

@test "compressed files and archives" {
    local format offset text
    plain
    while IFS='|' read -r format offset text; do
        pack "$format"
        assert_named 63 packed "$format" "$offset" 'not a QCOW2 image: it is ' "$text" \
            "signature of $format at offset $offset" 'Unpack it: '
    done <<'ROWS'
gzip|0|a gzip file
xz|0|an xz file
bzip2|0|a bzip2 file
zip|0|a zip archive
tar|257|a tar archive, as an OVA is
ROWS
    while IFS='|' read -r format bytes text; do
        printf '%b' "$bytes" >packed
        truncate -s 1M packed
        assert_named 63 packed "$format" 0 "$text" 'Unpack it: '
    done <<'ROWS'
zstd|\x28\xb5\x2f\xfd|a zstd file
lz4|\x04\x22\x4d\x18|an lz4 file
7z|7z\xbc\xaf\x27\x1c|a 7z archive
ROWS
}

@test "pages and messages of a server, also short ones and such with a line of a VMDK descriptor" {
    local format text bytes
    while IFS='|' read -r format text bytes; do
        printf '%b' "$bytes" >image.qcow2
        assert_named 63 image.qcow2 "$format" 0 "$text" 'download server' 'download the image again'
    done <<'ROWS'
html|an HTML page|<!DOCTYPE html>\n<html><body>404</body></html>\n
html|an HTML page|<!doctype html><title>Sign in</title>
html|an HTML page|<html>\r\n<head><title>404 Not Found</title></head>\r\n
html|an HTML page|<HTML>
html|an HTML page|<html>\nversion=1\n
xml|an XML document|<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>
ROWS
}

@test "disk images in other formats: qemu-img is told the format, and converts them" {
    local format options text offset
    while IFS='|' read -r format options offset text; do
        rm -f image.other new.qcow2
        # shellcheck disable=SC2086 # none, or an option with its value
        "$QEMU_IMG" create -q -f "$format" $options image.other 8M
        [ "$offset" != end ] || offset=$(($(stat -c %s image.other) - 512))
        assert_named 63 image.other "$format" "$offset" "not a QCOW2 image: it is $text image" \
            "qemu-img convert -f $format -O qcow2 IMAGE NEW"
        "$QEMU_IMG" convert -f "$format" -O qcow2 image.other new.qcow2
        run -0 "$REFCOW" check new.qcow2
    done <<'ROWS'
vmdk||0|a VMDK
vmdk|-o subformat=monolithicFlat|0|a VMDK
vhdx||0|a VHDX
vdi||64|a VDI
vpc||0|a VHD
vpc|-o subformat=fixed|end|a VHD
qed||0|a QED
parallels||0|a Parallels
ROWS
    rm image.other
    truncate -s 1M image.other
    printf koly | dd of=image.other bs=1 seek=$((1048576 - 512)) conv=notrunc status=none
    assert_named 63 image.other dmg $((1048576 - 512)) 'a DMG image'
}

@test "raw disks: of a hybrid CD the CD is named, of a disk with a GPT that" {
    rm -f disk.raw
    truncate -s 1M disk.raw
    printf '\x55\xaa' | dd of=disk.raw bs=1 seek=510 conv=notrunc status=none
    assert_named 63 disk.raw mbr 510 'it is a raw disk image' 'no refcounts to check' \
        'qemu-img convert -f raw -O qcow2 IMAGE NEW'
    printf 'EFI PART' | dd of=disk.raw bs=1 seek=512 conv=notrunc status=none
    assert_named 63 disk.raw gpt 512 'it is a raw disk image'
    printf '\1CD001' | dd of=disk.raw bs=1 seek=32768 conv=notrunc status=none
    assert_named 63 disk.raw iso9660 32769 'it is an image of a CD or DVD' 'no refcounts to check'
    rm disk.raw
    truncate -s 8M disk.raw
    mkfs.ext4 -q disk.raw
    assert_named 63 disk.raw ext 1080 'it is a raw disk image'
}

# assert_short EXIT FILE TEXT VALUE
assert_short() {
    local verb
    for verb in check info map; do
        run "-$1" --separate-stderr "$REFCOW" $verb "$2"
        [[ $output == "$2: "*": $3."$'\n''Copy or download it again' ]] || fail "$output"
        assert_equal "$stderr" "refcow: $2: $3. Copy or download it again"
        "$REFCOW" $verb --output=jsonl "$2" >"records.$verb" 2>/dev/null || true
    done
    "$REFCOW" check --output=json "$2" >answer.json 2>/dev/null || true
    assert_equal "$(jq -c '.refcow | [.verdict, (.status | .name, .value, .offset)]' answer.json)" \
        "[\"refused\",\"no-header\",$4,null]"
    validate
    assert_no_facts "$2"
}

@test "files that end before the header" {
    local bytes code
    plain
    cp image.qcow2 whole.qcow2
    : >image.qcow2
    assert_short 63 image.qcow2 'the file is empty' null
    for bytes in 1 3 4 7 8 50 71 72 103; do
        head -c $bytes whole.qcow2 >image.qcow2
        code=$((bytes < 8 ? 63 : 1)) # as qemu-img, which guesses the format by magic and version
        if ((bytes < 8)); then
            assert_short $code image.qcow2 \
                "the file is too short: a QCOW2 header has at least 72 bytes, this file has $bytes" $bytes
        else
            assert_short $code image.qcow2 \
                "the file is too short: a QCOW2 header of version 3 has at least 104 bytes, this file has $bytes" $bytes
        fi
        compare "$bytes bytes" image.qcow2 -U
    done
    head -c 50 /dev/zero >image.qcow2
    assert_short 63 image.qcow2 'the file is too short: a QCOW2 header has at least 72 bytes, this file has 50' 50
    # Of version 2 the header is shorter.
    "$QEMU_IMG" create -q -f qcow2 -o compat=0.10 old.qcow2 1M
    "$DAMAGE" old.qcow2 set header:l1_size 0xffffffff
    head -c 71 old.qcow2 >image.qcow2
    assert_short 1 image.qcow2 'the file is too short: a QCOW2 header has at least 72 bytes, this file has 71' 71
    compare '71 bytes of version 2' image.qcow2 -U
}

# status_name FILE
status_name() {
    "$REFCOW" check --output=json "$1" 2>/dev/null | jq -r '.refcow | select(has("refcount-report")) | .status.name'
}

@test "files that end with the header have one" {
    plain
    "$DAMAGE" image.qcow2 set header:refcount_order 7
    truncate -s 104 image.qcow2
    assert_equal "$(status_name image.qcow2)" refcount-order
    compare '104 bytes' image.qcow2 -U
    "$QEMU_IMG" create -q -f qcow2 -o compat=0.10 image.qcow2 1M
    "$DAMAGE" image.qcow2 set header:l1_size 0xffffffff
    truncate -s 72 image.qcow2
    assert_equal "$(status_name image.qcow2)" l1-size-large
    compare '72 bytes of version 2' image.qcow2 -U
}

@test "a damaged header is no other format" {
    plain
    "$DAMAGE" image.qcow2 set header:version 4
    run -1 --separate-stderr "$REFCOW" check image.qcow2
    assert_equal "$stderr" 'refcow: image.qcow2: version is not 2 or 3: 4 (field at offset 4)'
    "$DAMAGE" image.qcow2 set header:version 3 , set header:cluster_bits 8
    run -1 --separate-stderr "$REFCOW" check image.qcow2
    assert_equal "$stderr" 'refcow: image.qcow2: cluster_bits is outside 9..21: 8 (field at offset 20)'
}

@test "of a file without any signature that is said, unless the search was cut short" {
    seq 1 10000 >text
    for verb in check info map; do
        run -63 --separate-stderr "$REFCOW" $verb text
        [[ $stderr == *'not a QCOW2 image: magic is not '*'no signature of another format either'* ]] || fail "$stderr"
        run -63 --separate-stderr "$REFCOW" $verb --max-read 1000 text
        [[ $stderr != *signature* && $stderr == *'not a QCOW2 image: magic is not '* ]] || fail "$stderr"
    done
    assert_no_facts text
}

@test "an image costs no search" {
    plain
    strace -f -e trace=pread64 -o calls "$REFCOW" info --no-sandbox image.qcow2
    [ "$(wc -l <calls)" -lt 10 ] || fail "$(cat calls)"
    "$DAMAGE" image.qcow2 set header:magic 0
    strace -f -e trace=pread64 -o calls "$REFCOW" info --no-sandbox image.qcow2 || [ $? -eq 63 ]
    [ "$(wc -l <calls)" -ge 10 ] && [ "$(wc -l <calls)" -lt 130 ] || fail "$(wc -l <calls) reads"
}

@test "on a server a file is named, too" {
    local uri="nbd+unix:///?socket=$PWD/socket"
    command -v nbdkit >/dev/null || skip 'nbdkit is not installed'
    plain
    pack gzip
    serve pid nbdkit -f --exit-with-parent -U socket -P pid -r file packed
    assert_named 63 "$uri" gzip 0 'it is a gzip file'
    stop_servers
    rm -f socket pid
    truncate -s 50 image.qcow2
    serve pid nbdkit -f --exit-with-parent -U socket -P pid -r file image.qcow2
    run -1 --separate-stderr "$REFCOW" check "$uri"
    [[ $stderr == *'has at least 104 bytes, this file has 50.'* ]] || fail "$stderr"
}

# ------------------------------------------------------------------ the advice works

# follow ADVICE: the first command of an advice, about the file $image; what it makes is the file NEW or image.qcow2.
follow() {
    local command=${1#*: }
    command=${command%%; or *}
    image=$image bash -c "${command/IMAGE/\"\$image\"}"
}

@test "names that a shell or a terminal would obey are escaped, and not in the command" {
    local name image format
    plain
    pack gzip
    # shellcheck disable=SC2016 # names that a shell would expand
    for name in '-rf' '$(touch oops) "x" '\''y'\' $'a\e[31m\nb' 'a;touch oops'; do
        cp -- packed "$name"
        run -63 --separate-stderr "$REFCOW" check -- "$name"
        assert_equal "${#stderr_lines[@]}" 1
        [[ $stderr != *[[:cntrl:]]* ]] || fail "$stderr"
        assert_equal "${stderr##*Unpack it: }" "$(advice packed | sed 's/^Unpack it: //')"
        cmp packed -- "./$name"
    done
    cp image.qcow2 wanted.qcow2
    for format in gzip xz bzip2; do
        pack $format
        # shellcheck disable=SC2016 # as above
        image='-$(touch oops) "x" '\''y'\'
        mv -- packed "$image"
        follow "$(advice "./$image")"
        cmp NEW wanted.qcow2
        rm -- NEW "$image"
    done
    [ ! -e oops ]
}

@test "archives are unpacked as the advice says" {
    local format image=packed
    plain
    cp image.qcow2 wanted.qcow2
    for format in tar zip; do
        pack $format
        rm image.qcow2
        follow "$(advice packed)"
        cmp image.qcow2 wanted.qcow2
        rm packed
    done
}

# in_place FORMAT: the second command of the advice.
in_place() {
    local command
    pack "$1"
    command=$(advice packed)
    command=${command#*check it in place: }
    command=${command/IMAGE/packed}
    PATH=$(dirname "$REFCOW"):$PATH bash -c "${command/NAME/image.qcow2}"
}

@test "nbdkit unpacks for a check in place: gzip, xz, tar" {
    local format
    command -v nbdkit >/dev/null || skip 'nbdkit is not installed'
    plain
    for format in gzip xz tar; do
        run -0 in_place $format
        assert_line --partial 'Clean: '
    done
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    for format in gzip xz tar; do
        run -2 in_place $format
        assert_line --partial 'Corrupt: '
    done
}
