#!/usr/bin/env bats
# The command: options, exit codes, bad input, output that cannot be written, names that are hard to print.

load ../lib/suite

make_image() { # [NAME]
    local cluster=65536 name=${1:-image.qcow2}
    create compat=1.1 160
    guest 'write 0 4' 'write -c 8 1'
    [ "$name" = image.qcow2 ] || mv -- image.qcow2 "$name"
}

# assert_refused EXIT FILE WORD...: with and without JSON the command ends in time, with this exit code, with one line
# on stderr which has the words, with JSON that has only the key refcow, and without a hang.
assert_refused() {
    local code=$1 file=$2 word output_kind
    local -a format=()
    shift 2
    for output_kind in human json; do
        run "-$code" --separate-stderr timeout 10 "$REFCOW" check "${format[@]}" --output="$output_kind" "$file"
        # shellcheck disable=SC2154 # set by run
        assert_equal "${#stderr_lines[@]}" 1
        for word in "$file" "$@"; do
            [[ $stderr == *"$word"* ]] || fail "'$word' is not in: $stderr"
        done
    done
    assert_equal "$(jq -c keys <<<"$output")" '["refcow"]'
    assert_equal "$(jq -c '.refcow | [.complete, (.status | has("name", "text"))]' <<<"$output")" '[false,true,true]'
}

@test "each bad header field is named with its value" {
    local field statement value
    make_image
    while IFS='|' read -r field statement value; do
        cp image.qcow2 bad.qcow2
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" bad.qcow2 $statement
        assert_refused 1 bad.qcow2 "$field" "$value"
        compare "$field" bad.qcow2
    done <<'ROWS'
version|set header:version 4|4
cluster_bits|set header:cluster_bits 8|8
cluster_bits|set header:cluster_bits 22|22
header_length|set header:header_length 103|103
header_length|set header:header_length 65537|65537
backing_file_offset|set header:backing_file_offset 65537|65537
backing_file_size|set header:backing_file_offset 1024 , set header:backing_file_size 1024|1024
incompatible_features|set header:incompatible_features 32|32
compression_type|set header:compression_type 2|2
compression_type|set header:compression_type 1|1
refcount_order|set header:refcount_order 7|7
refcount_table_clusters|set header:refcount_table_clusters 129|129
refcount_table_offset|set header:refcount_table_offset 512|512
l1_size|set header:l1_size 4194305|4194305
l1_table_offset|set header:l1_table_offset 512|512
l1_size|set header:l1_size 0|0
size|set header:size 0xffffffffffffffff|18446744073709551615
crypt_method|set header:crypt_method 3|3
extension|set u32:116 4294967295|4294967295
extension|poke 112 e2792aca00000010|16
ROWS
}

@test "extended L2 entries in too small clusters are named" {
    local cluster=4096
    create compat=1.1,cluster_size=4096 8
    "$DAMAGE" image.qcow2 set header:incompatible_features 0x10
    assert_refused 1 image.qcow2 cluster_bits 12
    compare 'extended L2' image.qcow2
}

# assert_reason VERB FILE WORD REASON: the answer on stdout says why there is no more, for people and in a table.
assert_reason() {
    local verb=$1 file=$2 word=$3 reason=$4
    run --separate-stderr "$REFCOW" "$verb" "$file"
    assert_output --partial "$word: $reason."
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == "refcow: $file: $reason"* ]] || fail "$verb: $stderr"
}

@test "the reason of a failure is in the answer, not only on stderr" {
    local verb
    make_image
    cp image.qcow2 refused && "$DAMAGE" refused set header:refcount_order 7
    head -c 70000 /dev/zero >zeros
    for verb in check map info; do
        assert_reason "$verb" missing Incomplete 'the file cannot be opened: No such file or directory'
        assert_reason "$verb" zeros Refused 'not a QCOW2 image: magic is not 0x514649fb ("QFI\xfb"): 0 (field at offset 0)'
    done
    assert_reason info refused Incomplete 'refcount_order is greater than 6: 7 (field at offset 96)'
    assert_reason check refused 'Refused, nothing is counted' 'refcount_order is greater than 6: 7 (field at offset 96)'
    # Two answers have a line between them.
    run -1 --separate-stderr "$REFCOW" check missing zeros
    assert_equal "$(sed -n '2,3 s/: .*//p; 2 s/^$/-/p' <<<"$output" | xargs)" '- zeros'
    run -1 --separate-stderr "$REFCOW" map --output=html missing
    assert_output --partial 'Incomplete: the file cannot be opened: No such file or directory.</p>'
    "$REFCOW" check --output=csv missing refused >answer.csv 2>messages || true
    assert_equal "$(csv_column status-name answer.csv)" $'open-failed\nrefcount-order'
    assert_equal "$(csv_column status-text answer.csv)" $'the file cannot be opened\nrefcount_order is greater than 6'
    assert_equal "$(csv_column status-detail answer.csv)" 'No such file or directory'
    assert_equal "$(csv_column status-value answer.csv | xargs) $(csv_column status-offset answer.csv | xargs)" '7 96'
}

# csv_column NAME FILE: of the summaries.
csv_column() {
    python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2])):
    if row["record"] == "summary":
        print(row[sys.argv[1]])' "$@"
}

@test "the answer of a check that stopped says why, and what is a lower bound" {
    make_image
    run -1 --separate-stderr "$REFCOW" check --max-read 1000 image.qcow2
    assert_line 'The check stopped: the next read would exceed the limit on bytes read: 1000 = 0x3e8.'
    assert_line --partial '0 bytes read, '
    run -1 --separate-stderr "$REFCOW" map --max-work 5000 image.qcow2
    assert_line 'The check stopped: the limit on work was reached: 5000 = 0x1388.'
    run -1 --separate-stderr "$REFCOW" info --refcounts --max-read 1000 image.qcow2
    assert_line --partial 'mapped clusters: at least 0 bytes, '
    assert_line --regexp '^  Refcounts +incomplete, at least 0 corruptions'
    assert_line 'Incomplete: the next read would exceed the limit on bytes read: 1000 = 0x3e8.'
    run -0 "$REFCOW" info --refcounts image.qcow2
    refute_output --partial 'at least'
}

@test "a missing file, a directory, a device" {
    assert_refused 1 missing.qcow2
    compare missing missing.qcow2
    mkdir directory
    assert_refused 1 directory
    compare directory directory
    assert_refused 1 /dev/zero
}

@test "a FIFO does not hang, with and without a writer" {
    mkfifo fifo
    assert_refused 1 fifo
    sleep 30 >fifo &
    local writer=$!
    assert_refused 1 fifo
    kill "$writer"
}

@test "an unreadable file" {
    local place
    # Not in a directory of bats: those are closed to other users.
    place=$(mktemp -d)
    chmod 755 "$place"
    make_image
    cp image.qcow2 "$place/image.qcow2"
    chmod 000 "$place/image.qcow2"
    install -m 755 "$REFCOW" "$place/refcow"
    if [ "$(id -u)" -eq 0 ]; then
        run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
            timeout 10 "$place/refcow" check --output=json "$place/image.qcow2"
    else
        run --separate-stderr timeout 10 "$place/refcow" check --output=json "$place/image.qcow2"
    fi
    rm -rf "$place"
    assert_failure 1
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == *"$place/image.qcow2"*"ermission"* ]] || fail "$stderr"
    assert_equal "$(jq -c keys <<<"$output")" '["refcow"]'
}

@test "files that are no qcow2 image: 63, and 1 with -f qcow2" {
    : >empty
    printf 'QFI\xfb' >magic-only
    printf 'QFI' >three-bytes
    head -c 70000 /dev/zero >zeros
    seq 1 1000 >text
    make_image wrong-magic && "$DAMAGE" wrong-magic set header:magic 0x514649fc
    make_image version-0 && "$DAMAGE" version-0 set header:version 0
    make_image version-4 && "$DAMAGE" version-4 set header:version 4
    printf 'QFI\xfb\0\0\0\2' >eight-bytes
    local file
    for file in empty magic-only three-bytes zeros text wrong-magic version-0; do
        assert_refused 63 "$file"
        compare "$file" "$file" -U
        compare "$file, -f qcow2" "$file"
    done
    run -63 "$REFCOW" check text
    assert_output --partial 'not a QCOW2 image'
    for file in version-4 eight-bytes; do
        assert_refused 1 "$file"
        compare "$file" "$file" -U
        compare "$file, -f qcow2" "$file"
    done
}

# One image of each exit code.
make_one_of_each() {
    make_image clean
    cp clean leaks && "$DAMAGE" leaks append 1 , set refcount:last 1
    cp clean corrupt && "$DAMAGE" corrupt set refcount:host:0 0
    cp leaks both && "$DAMAGE" both set refcount:host:0 0
    cp clean refused && "$DAMAGE" refused set header:refcount_order 7
    cp both lookup-error && "$DAMAGE" lookup-error add refcount_table:0 512
    truncate -s 1M foreign
}

@test "exit codes" {
    local file
    make_one_of_each
    for file in clean leaks corrupt both refused lookup-error foreign; do
        compare "$file" "$file" -U
    done
    run -0 "$REFCOW" check clean
    run -3 "$REFCOW" check leaks
    run -2 "$REFCOW" check corrupt
    run -2 "$REFCOW" check both
    run -1 "$REFCOW" check refused
    run -1 "$REFCOW" check lookup-error
    run -63 "$REFCOW" check foreign
}

# But for the line with the name.
@test "answers for people fit into 80 columns" {
    local words
    make_image
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    for words in check map info 'info --refcounts' gate 'gate --check'; do
        # shellcheck disable=SC2086 # verb and option
        "$REFCOW" $words image.qcow2 >answer || true
        [ "$(tail -n +2 answer | wc -L)" -le 80 ] || fail "$words: $(cat answer)"
    done
    run -2 "$REFCOW" gate --check image.qcow2
    assert_line '            found: 1'
    assert_line '            (--allow leaks accepts it)'
}

@test "-q prints nothing on stdout, and a line on stderr for each image that is not clean" {
    local file expected option
    make_one_of_each
    for file in clean leaks corrupt both; do
        for option in --output=json --output=human; do
            expected=0
            "$QEMU_IMG" check -q "$file" >/dev/null || expected=$?
            run "-$expected" --separate-stderr "$REFCOW" check -q "$option" "$file"
            assert_output ''
            case $file in
            clean) assert_equal "$stderr" '' ;;
            leaks) assert_equal "$stderr" 'refcow: leaks: leaks: 1 leaked cluster (64 KiB)' ;;
            corrupt) assert_equal "$stderr" 'refcow: corrupt: corrupt: 2 corruptions' ;;
            both) assert_equal "$stderr" 'refcow: both: corrupt: 2 corruptions, 1 leaked cluster (64 KiB)' ;;
            esac
        done
    done
    run -1 --separate-stderr "$REFCOW" check -q refused
    assert_output ''
    [[ $stderr == 'refcow: refused: not judged: '*refcount_order* ]] || fail "$stderr"
    run -63 --separate-stderr "$REFCOW" check -q foreign
    assert_output ''
    [[ $stderr == 'refcow: foreign: not judged: '*magic* ]] || fail "$stderr"
}

@test "-U and options after the image are accepted" {
    make_image
    compare '-U' image.qcow2 -U
    compare '-U -f qcow2' image.qcow2 -U -f qcow2
    compare '--force-share' image.qcow2 --force-share
    run -0 "$REFCOW" check image.qcow2 --output json -f qcow2 -q
    assert_output ''
    run -0 "$REFCOW" check -f qcow2 -- image.qcow2
}

@test "bad usage is one line on stderr and exit code 1" {
    local -a arguments
    make_image
    while read -ra arguments; do
        run -1 --separate-stderr timeout 10 "$REFCOW" "${arguments[@]}"
        assert_output ''
        assert_equal "${#stderr_lines[@]}" 1
    done <<'ROWS'
check
check --frob image.qcow2
check -x image.qcow2
check --output
check --output=xml image.qcow2
check --output= image.qcow2
check -f
check -f nonsense image.qcow2
check --memory 1K image.qcow2
check --memory 65535 image.qcow2
check --memory 0 image.qcow2
check --memory -1 image.qcow2
check --memory 64Q image.qcow2
check --memory 99999999999999999999 image.qcow2
check --memory 18446744073709551615K image.qcow2
check --memory
check --output=json image.qcow2 image.qcow2
check -
check image.qcow2 -
check --list
check --list nonsense image.qcow2
check --list= image.qcow2
check --max-findings x image.qcow2
check --max-findings 1001 image.qcow2
check --list leaked --max-findings 1000001 image.qcow2
check --fail-on
check --fail-on= image.qcow2
check --fail-on clean image.qcow2
check --fail-on corrupt, image.qcow2
check --fail-on corrupt,,leaks image.qcow2
check --fail-on corrupts image.qcow2
check --fail-on corrupt --fail-on all image.qcow2
check --brief --output=json image.qcow2
check --brief --output=jsonl image.qcow2
check --output=csv --brief image.qcow2
check --only-problems --output=json image.qcow2
frob image.qcow2
--frob
ROWS
    run -1 --separate-stderr "$REFCOW"
    assert_equal "${#stderr_lines[@]}" 1
}

@test "to repair is refused in words, also as options of qemu-img" {
    local -a arguments
    make_image
    while read -ra arguments; do
        run -1 "$REFCOW" check "${arguments[@]}" image.qcow2
        assert_output --partial 'refcow does not repair'
    done <<'ROWS'
-r all
-rleaks
--repair=all
ROWS
}

@test "the cache modes of qemu-img are taken and change nothing, others are refused by both" {
    local mode option
    make_image
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    "$REFCOW" check --output=json image.qcow2 >expected || [ $? -eq 3 ]
    for mode in none off writeback writethrough directsync unsafe; do
        compare "-T $mode" image.qcow2 -T "$mode"
        for option in "-T $mode" "-T$mode" "--cache $mode" "--cache=$mode"; do
            # shellcheck disable=SC2086 # option and value
            run -3 --separate-stderr "$REFCOW" check --output=json $option image.qcow2
            diff expected - <<<"$output"
        done
    done
    for mode in '' None writeback-unsafe on; do
        run -1 --separate-stderr "$QEMU_IMG" check -T "$mode" image.qcow2
        for option in -T --cache; do
            run -1 --separate-stderr "$REFCOW" check --output=json "$option" "$mode" image.qcow2
            assert_output ''
            [[ $stderr == *"--cache must be none, "* && ${#stderr_lines[@]} -eq 1 ]] || fail "$mode: $stderr"
        done
    done
    run -1 "$REFCOW" check image.qcow2 -T
    run -1 "$REFCOW" info -T none image.qcow2
    run -1 "$REFCOW" map --cache none image.qcow2
}

@test "--quiet is -q" {
    make_image
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    for option in -q --quiet; do
        run -3 --separate-stderr "$REFCOW" check "$option" image.qcow2
        assert_output ''
        assert_equal "${#stderr_lines[@]}" 1
    done
}

@test "--help and --version" {
    run -0 "$REFCOW" --help
    assert_output --partial check
    run -0 "$REFCOW" check --help
    assert_output --partial --memory
    run -0 "$REFCOW" --version
    assert_line --index 0 --regexp '^refcow [0-9]+\.[0-9]+\.[0-9]+$'
}

@test "--memory 1K is a clear error" {
    make_image
    run -1 --separate-stderr "$REFCOW" check --memory 1K image.qcow2
    assert_output ''
    [[ $stderr == *--memory*64K*1K* ]] || fail "$stderr"
}

# answer MEMORY IMAGE: the JSON without what depends on the memory.
answer() {
    "$REFCOW" check --memory "$1" --output=json "$2" |
        jq -S 'del(.refcow | .passes, .["memory-used", "bytes-read", "work"]) | (.refcow["second-look"] | objects) |= {name}'
}

passes() { # MEMORY IMAGE
    "$REFCOW" check --memory "$1" --output=json "$2" | jq .refcow.passes
}

@test "the answer does not depend on --memory" {
    local cluster=512 statements memory
    create compat=1.1,cluster_size=512,preallocation=metadata 60000
    while read -r statements; do
        cp --sparse=always image.qcow2 damaged.qcow2
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" damaged.qcow2 $statements
        compare "$statements" damaged.qcow2
        answer 64M damaged.qcow2 >expected
        for memory in 64K 70001 1M; do
            answer "$memory" damaged.qcow2 >actual
            diff -u expected actual || fail "--memory $memory: $statements"
        done
    done <<'ROWS'
get 0
set refcount:host:0 0
set refcount:host:0 0 , append 1 , set refcount:last 1
set refcount:host:20M 0 , set refcount:host:10M 7 , clear-bits l2:25M copied
set l2:0 l2:29M , set l2:20M l2:29M , set l2:1M l2:15M
set l1:5 l1:300 , set l1:300 l1:800 , set l1:7 copied+1T
fill l2_table:100 1c 0xff , fill l2_table:600 1c 0xa5
set refcount_table:0 0 , set refcount_table:200 0 , set refcount_table:100 1
add refcount_table:80 8 , set refcount_table:40 refcount_table:200
set l1:5 0x7f00000000000000 , set header:l1_table_offset 0
set l1:900 l1:0 , set l1:901 l1:0 , set l1:902 l1:0 , set l2:0 copied+last
copy header:l1_table_offset refcount_block:0 1c
ROWS
    assert_equal "$(passes 64M image.qcow2)" 1
    [ "$(passes 64K image.qcow2)" -gt 1 ] || fail 'this image is too small for a test of --memory'
}

to_full_device() { # ARGUMENT...
    "$REFCOW" "$@" >/dev/full
}

to_closed_stdout() { # ARGUMENT...
    "$REFCOW" "$@" >&-
}

@test "output that cannot be written is exit code 1" {
    local option
    make_image
    for option in --output=json --output=human; do
        run -1 --separate-stderr to_full_device check "$option" image.qcow2
        assert_equal "${#stderr_lines[@]}" 1
        run -1 --separate-stderr to_closed_stdout check "$option" image.qcow2
        assert_equal "${#stderr_lines[@]}" 1
    done
    run -1 to_full_device --help
    run -1 to_full_device check --help
    run -1 to_full_device --version
    run -0 to_full_device check -q image.qcow2
}

# After the reader has gone, as after `| head -1`.
to_gone_reader() { # ARGUMENT...
    { sleep 0.2 && "$REFCOW" "$@"; } | true
    return "${PIPESTATUS[0]}"
}

@test "a reader that stops reading is no error: no message, and the exit code stays" {
    local words
    make_image
    cp image.qcow2 corrupt.qcow2
    "$DAMAGE" corrupt.qcow2 fill l2_table:0 1c 0xff
    cp image.qcow2 leaks.qcow2
    "$DAMAGE" leaks.qcow2 append 1 , set refcount:last 1
    while read -r words; do
        # shellcheck disable=SC2086 # exit code, verb, options
        run --separate-stderr "-${words%% *}" to_gone_reader ${words#* }
        # shellcheck disable=SC2154 # set by run
        assert_equal "$stderr" ''
    done <<'ROWS'
0 --help
0 --version
0 check --list help
0 check image.qcow2
0 check --brief image.qcow2 image.qcow2
2 check --output=json corrupt.qcow2
3 check --output=csv image.qcow2 leaks.qcow2 image.qcow2
2 check --output=jsonl image.qcow2 corrupt.qcow2 image.qcow2
2 check --output=jsonl --list all corrupt.qcow2
0 info image.qcow2 corrupt.qcow2
2 map image.qcow2 corrupt.qcow2
2 map --output=jsonl corrupt.qcow2
2 gate --check corrupt.qcow2
ROWS
    run -1 --separate-stderr to_gone_reader check missing.qcow2 image.qcow2
    assert_equal "${#stderr_lines[@]}" 1
    # More than stdout buffers.
    "$REFCOW" check --output=jsonl --list all corrupt.qcow2 >answer || true
    [ "$(wc -c <answer)" -gt $((3 << 20)) ] || fail "an answer of $(wc -c <answer) bytes"
}

@test "file names that are hard to print read as in qemu-img" {
    local name
    make_image
    while read -r name; do
        printf -v name %b "$name"
        cp image.qcow2 "$name"
        compare 'a hard name' "$name"
        # As it stands there, too: reading JSON can hide a difference.
        assert_equal "$("$REFCOW" check --output=json "$name" | grep '^    "filename"')" \
            "$("$QEMU_IMG" check --output=json "$name" | grep '^    "filename"')"
        run -0 --separate-stderr "$REFCOW" check "$name"
        rm "$name"
        # Nothing reaches a terminal unescaped, and a message is one line.
        run -1 --separate-stderr "$REFCOW" check "$name"
        assert_equal "${#stderr_lines[@]}" 1
        [[ $stderr != *[[:cntrl:]]* ]] || fail 'a control character on stderr'
    done <<'NAMES'
with space
quote"s
back\\\\slash
single'quote
tab\ttab
new\nline
return\rreturn
bell\a
escape\e[31mred
\x01\x02\x1f
delete\x7f
umlaut-\u00e4
\u65e5\u672c
\U0001f404
c1-\u0085
separator-\u2028
bom-\ufeff
not-a-character-\uffff
last-\U0010ffff
\xff
\xc3
a\xc3b
\x80\x80
overlong-\xc0\xaf
surrogate-\xed\xa0\x80
too-large-\xf4\x90\x80\x80
five-bytes-\xf8\x88\x80\x80\x80
percent-%s%n
NAMES
}

@test "a name that begins with a dash" {
    make_image -image.qcow2
    run -0 "$REFCOW" check -- -image.qcow2
    compare dash ./-image.qcow2
}

@test "no key stands twice in the JSON" {
    make_image
    "$DAMAGE" image.qcow2 set refcount:host:0 0 , append 1 , set refcount:last 1
    "$REFCOW" check --output=json image.qcow2 >answer.json || [ $? -eq 2 ]
    run -0 jq -c --stream 'select(length == 2)[0]' answer.json
    refute_output ''
    assert_equal "$(sort <<<"$output" | uniq -d)" ''
}

@test "--max-findings" {
    local cluster=65536
    create compat=1.1 8000
    guest 'write 0 4' 'write 4000 4'
    "$DAMAGE" image.qcow2 fill l2_table:0 1c 0xff
    compare 'many findings' image.qcow2
    run -2 --separate-stderr "$REFCOW" check --max-findings 1 --output=json image.qcow2
    assert_equal "$(jq -c '.refcow | .findings | group_by(.kind) | map(length) | max' <<<"$output")" 1
    assert_equal "$(jq '.corruptions > 8000 and .refcow.omitted > 8000' <<<"$output")" true
    run -2 --separate-stderr "$REFCOW" check --output=json image.qcow2
    [ "${#output}" -lt 65536 ] || fail "an answer of ${#output} bytes"
}

@test "an image is not changed, and need not be writable" {
    local before
    make_image
    "$DAMAGE" image.qcow2 set refcount:host:0 0 , set header:incompatible_features 3
    before=$(sha256sum image.qcow2)
    chmod 444 image.qcow2
    run -2 "$REFCOW" check image.qcow2
    assert_equal "$(sha256sum image.qcow2)" "$before"
}
