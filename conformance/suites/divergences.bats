#!/usr/bin/env bats
# The deliberate differences from qemu-img check, by their numbers in DIVERGENCES.md.

load ../lib/suite

# own_answer IMAGE: refcow's JSON and its exit code, less what names the file.
own_answer() {
    local code=0
    timeout 10 "$REFCOW" check -f qcow2 --output=json "$1" 2>/dev/null >own.json || code=$?
    jq -S --argjson code "$code" 'del(.filename) + {code: $code}' own.json
}

# The same without the notes of the command, and what they say.
counts_alone() {
    own_answer "$1" | jq -S '[.refcow.findings[] | select(.severity == "note") | .kind] as $notes
        | del(.refcow | .writer, .locks, .situation, .found[$notes[]])
        | .refcow.findings |= map(select(.severity != "note"))'
}

not_followed() {
    "$REFCOW" check --output=json "$1" | jq -c '.refcow["not-followed"]'
}

# assert_refused_by_qemu_img IMAGE: exit code 1 and nothing on stdout.
assert_refused_by_qemu_img() {
    run -1 --separate-stderr "$QEMU_IMG" check -f qcow2 --output=json "$1"
    assert_output ''
}

make_overlay() { # the base is base.qcow2
    local cluster=65536
    "$QEMU_IMG" create -q -f qcow2 base.qcow2 10M
    create compat=1.1 100 -b base.qcow2 -F qcow2
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
}

@test "1: a missing backing file does not matter" {
    make_overlay
    compare 'backing file in place' image.qcow2
    own_answer image.qcow2 >expected
    rm base.qcow2
    assert_refused_by_qemu_img image.qcow2
    own_answer image.qcow2 | diff -u expected -
    assert_equal "$(not_followed image.qcow2)" '["backing-file"]'
}

@test "1: a backing file that is damaged, of another format or a FIFO does not matter" {
    make_overlay
    own_answer image.qcow2 >expected
    "$DAMAGE" base.qcow2 set header:magic 0
    assert_refused_by_qemu_img image.qcow2
    own_answer image.qcow2 | diff -u expected -
    rm base.qcow2
    mkfifo base.qcow2 # whoever opens it waits
    own_answer image.qcow2 | diff -u expected -
}

@test "1: a backing file of an unknown format does not matter" {
    make_overlay
    own_answer image.qcow2 >expected
    "$DAMAGE" image.qcow2 set u32:extension:0xe2792aca 0x7a7a7a7a
    assert_refused_by_qemu_img image.qcow2
    own_answer image.qcow2 | diff -u expected -
}

@test "1: an image that names itself as its backing file is checked in time" {
    make_overlay
    counts_alone image.qcow2 >expected
    "$QEMU_IMG" rebase -q -u -b image.qcow2 -F qcow2 image.qcow2
    counts_alone image.qcow2 | diff -u expected -
    assert_equal "$(own_answer image.qcow2 | jq -r .refcow.situation.name)" backing-file-itself
}

make_data_file() {
    local cluster=65536
    create compat=1.1,data_file=guest.raw 100
    guest 'write 0 4'
}

@test "1: a missing data file does not matter" {
    make_data_file
    compare 'data file in place' image.qcow2
    own_answer image.qcow2 >expected
    rm guest.raw
    assert_refused_by_qemu_img image.qcow2
    own_answer image.qcow2 | diff -u expected -
    assert_equal "$(not_followed image.qcow2)" '["data-file"]'
}

@test "an external data file without a name is refused by both" {
    make_data_file
    "$DAMAGE" image.qcow2 set 'u32:{extension:0x44415441-8}' 0x12345678
    assert_refused_by_qemu_img image.qcow2
    compare 'no name' image.qcow2
}

@test "2: JSON is also printed on failure" {
    local cluster=65536 file
    create compat=1.1 100
    "$DAMAGE" image.qcow2 set header:refcount_order 7
    for file in image.qcow2 missing.qcow2; do
        assert_refused_by_qemu_img "$file"
        run -1 --separate-stderr "$REFCOW" check -f qcow2 --output=json "$file"
        assert_equal "$(jq -c keys <<<"$output")" '["refcow"]'
    done
}

@test "2: the refcount report is also made of a refused image, with unknown refcounts" {
    local cluster=65536 order
    create compat=1.1 100
    guest 'write 0 4'
    for order in 7 64 0xffffffff; do
        "$DAMAGE" image.qcow2 set header:refcount_order "$order"
        assert_refused_by_qemu_img image.qcow2
        compare "refcount_order $order" image.qcow2
        own_answer image.qcow2 >answer
        assert_equal "$(jq -c '[.code, .refcow.status.name]' answer)" '[1,"refcount-order"]'
        assert_equal "$(jq -c '.refcow["refcount-report"] | [.["refcount-order"], .["allocated-clusters"],
            .["orphan-clusters"], .["unknown-clusters"], .complete]' answer)" "[$((order)),4,0,4,false]"
    done
}

@test "3: an image that a writer holds open is checked" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    counts_alone image.qcow2 >expected
    hold -f qcow2
    assert_refused_by_qemu_img image.qcow2
    assert_equal "$("$REFCOW" check --output=json image.qcow2 | jq .refcow.writer)" true
    counts_alone image.qcow2 | diff -u expected -
    compare 'held by a writer, -U' image.qcow2 -U
    # Nor does the check keep a writer out.
    echo 'write 1M 64k' >&9
    let_go
    compare 'after the writer' image.qcow2
}

@test "4: an image of more than 2^31 clusters is checked" {
    local cluster=512
    create compat=1.1,cluster_size=512 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set refcount:host:0 3
    own_answer image.qcow2 >expected
    truncate -s 1025G image.qcow2 || skip 'no files of 1 TiB here'
    assert_refused_by_qemu_img image.qcow2
    own_answer image.qcow2 >actual
    # The same but for the amount of work.
    diff -u <(jq 'del(.refcow)' expected) <(jq 'del(.refcow)' actual)
    diff -u <(jq .refcow.findings expected) <(jq .refcow.findings actual)
}

@test "5: qcow of version 1 is no qcow2 image" {
    "$QEMU_IMG" create -q -f qcow old.qcow 1M
    compare 'version 1' old.qcow -U
    "$DAMAGE" old.qcow fill 8 40 0xff
    run -1 "$QEMU_IMG" check old.qcow
    run -63 "$REFCOW" check old.qcow
}

@test "6: no format but qcow2 can be named" {
    local cluster=65536
    create compat=1.1 100
    run -63 "$QEMU_IMG" check -f raw image.qcow2
    run -1 --separate-stderr "$REFCOW" check -f raw image.qcow2
}

# The answer that qemu-img gives with the key.
compare_encrypted() { # FORMAT [OPTIONS]
    local cluster=65536
    local -a key=(--object 'secret,id=key,data=not a secret')
    local options='driver=qcow2,encrypt.key-secret=key,file.driver=file,file.filename=image.qcow2'
    patiently "$QEMU_IMG" create -q -f qcow2 "${key[@]}" -o "encrypt.format=$1,encrypt.key-secret=key${2-}" image.qcow2 1M
    "$QEMU_IO" -t unsafe "${key[@]}" --image-opts "$options" -c 'write 0 256k' >/dev/null
    "$DAMAGE" image.qcow2 set refcount:host:64K 0 , append 1 , set refcount:last 1
    assert_refused_by_qemu_img image.qcow2
    "$QEMU_IMG" check --output=json "${key[@]}" --image-opts "$options" >theirs.json 2>/dev/null || [ $? -eq 2 ]
    jq -S 'del(.filename) + {code: 2}' theirs.json >expected
    own_answer image.qcow2 | jq -S 'del(.refcow)' | diff -u expected -
}

@test "7: an image that AES encrypts is checked without its key" {
    compare_encrypted aes
}

@test "7: an image that LUKS encrypts is checked without its key" {
    compare_encrypted luks ,encrypt.iter-time=10
}

@test "8: an image that is not worth the work is given up" {
    "$conformance/../corpus/hostile/make-hostile" scattered-references image.qcow2
    run -1 --separate-stderr timeout 20 "$REFCOW" check --output=json image.qcow2
    assert_equal "$(jq -c '.refcow | [.complete, .verdict, .status.name]' <<<"$output")" '[false,"incomplete","work-limit"]'
}

@test "8: an image of too many LUKS headers is given up" {
    "$conformance/../corpus/hostile/make-hostile" extension-chain-of-two-luks image.qcow2
    for verb in check info map 'gate --check'; do
        # shellcheck disable=SC2086 # a verb and an option
        run -1 --separate-stderr timeout 20 "$REFCOW" $verb image.qcow2
        [[ $stderr == *"too many LUKS headers"* ]] || fail "$verb: $stderr"
    done
    run -1 --separate-stderr "$REFCOW" check --output=json --max-work none image.qcow2
    assert_equal "$(jq -c '.refcow | [.verdict, .status.name]' <<<"$output")" '["incomplete","open-limit"]'
}

@test "9: a bitmap in use of more bits than fit into memory is checked" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=2M image.qcow2 100M
    "$QEMU_IMG" bitmap --add -g 512 image.qcow2 bits
    "$DAMAGE" image.qcow2 set-bits 'u32:{bitmap:0+12}' 1
    compare 'a bitmap in use' image.qcow2
    "$DAMAGE" image.qcow2 set header:l1_size 8192 , set header:size 4096T
    ulimit -c 0
    run -134 "$QEMU_IMG" check -f qcow2 image.qcow2
    assert_equal "$(own_answer image.qcow2 | jq -c '[.code, .refcow.verdict, ."total-clusters"]')" '[0,"clean",2147483648]'
}

@test "9: a table in the last cluster of 64-bit offsets is refused" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512 image.qcow2 32K
    "$QEMU_IMG" snapshot -c name image.qcow2
    "$DAMAGE" image.qcow2 set u64:snapshot:0 0xfffffffffffffe00
    ulimit -c 0
    run -134 "$QEMU_IMG" check -f qcow2 image.qcow2
    assert_equal "$(own_answer image.qcow2 | jq -c '[.code, .refcow.status.name]')" '[1,"snapshot-l1-offset"]'
}

# assert_exits WORDS OF_QEMU OF_REFCOW COMMAND-LINE...: the exit codes of "check"; that of qemu-img as of_version() reads it.
assert_exits() {
    local words=$1 of_qemu=$2 of_refcow=$3 code=0
    shift 3
    timeout 20 "$QEMU_IMG" check "$@" >theirs 2>&1 </dev/null || code=$?
    assert_equal "qemu-img check $words: $code" "qemu-img check $words: $(of_version "$of_qemu")"
    code=0
    timeout 20 "$REFCOW" check "$@" >ours 2>&1 </dev/null || code=$?
    assert_equal "refcow check $words: $code" "refcow check $words: $of_refcow"
}

@test "10: options that only one of the two takes" {
    local cluster=65536 words of_qemu of_refcow
    create compat=1.1 100
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    while IFS='|' read -r words of_qemu of_refcow; do
        # shellcheck disable=SC2086 # options and values
        assert_exits "$words" "$of_qemu" "$of_refcow" $words image.qcow2
    done <<'ROWS'
-q|3|3
-U|3|3
-T none|3|3
-f qcow2|3|3
--force-share|3|3
--format qcow2|3|3
--quiet|3 before 10.0 1|3
--cache none|3 before 10.0 1|3
--cache=unsafe|3 before 10.0 1|3
-p|1|3
--progress|1|3
--image-opts -q|1|1
--object secret,id=key,data=x|3|1
ROWS
    run -3 "$QEMU_IMG" check --image-opts file.filename=image.qcow2
    run -1 "$REFCOW" check --image-opts file.filename=image.qcow2
    run -0 "$QEMU_IMG" check -r all image.qcow2
    run -1 "$REFCOW" check -r all image.qcow2
}

@test "11: names that are more than a path to qemu-img" {
    local cluster=65536 name of_qemu of_refcow
    create compat=1.1 100
    cp image.qcow2 a:b.qcow2
    mkdir folder
    while IFS='|' read -r name of_qemu of_refcow; do
        assert_exits "$name" "$of_qemu" "$of_refcow" "$name"
    done <<'ROWS'
image.qcow2|0|0
./a:b.qcow2|0|0
a:b.qcow2|1|0
file:image.qcow2|0|1
file:a:b.qcow2|0|1
blkdebug::image.qcow2|0|1
json:{"driver":"qcow2","file":{"driver":"file","filename":"image.qcow2"}}|0|1
nbd:127.0.0.1:1|1|1
/dev/null|63|1
host_device:/dev/null|63|1
fat:folder|63|1
null-co://|63|1
folder|1|1
ROWS
    # With -f qcow2 none of these is an image, and both say so.
    for name in /dev/null host_device:/dev/null fat:folder null-co://; do
        assert_exits "-f qcow2 $name" 1 1 -f qcow2 "$name"
    done
}

@test "DIVERGENCES.md names the tests of this file, and no other" {
    sed -n 's/^@test "\([0-9][0-9]*: .*\)" {$/\1/p' "$BATS_TEST_FILENAME" | sort >here
    # The names stand between backquotes, some of them in two lines.
    tr '\n\140' ' \n' <"$conformance/DIVERGENCES.md" | tr -s ' ' | grep -x '[0-9][0-9]*: .*' | sort | diff here -
    [ "$(wc -l <here)" -gt 15 ]
}
