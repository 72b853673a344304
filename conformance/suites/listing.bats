#!/usr/bin/env bats
# Which findings are listed, with which host and guest ranges, as JSON Lines, as a table and for people.

load ../lib/suite

# 16 clusters of data, 3 orphans of which 2 are neighbours, and 2 leaks that are.
make_damaged() {
    local cluster=65536
    create compat=1.1 20000
    guest 'write 0 16' 'write 8192 1'
    "$DAMAGE" image.qcow2 set refcount:host:3c 0 , set refcount:host:4c 0 , set refcount:host:9c 0 \
        , clear-bits l2:9c copied , append 2 , set refcount:last 1 , set 'refcount:{last-1c}' 1
}

number() { # VALUE
    printf %d "$("$DAMAGE" image.qcow2 get "$1")"
}

# answers [OPTION...]: of all forms; their findings, which must agree in every field, are in the file findings.
answers() {
    local form
    for form in json jsonl csv; do
        "$REFCOW" check "$@" --output="$form" image.qcow2 >"answer.$form" || true
        python3 "$conformance/lib/findings.py" "$form" <"answer.$form" >"fields.$form"
    done
    diff fields.json fields.jsonl
    diff fields.json fields.csv
    cp fields.json findings
}

# records KIND [OPTION...]: host, length, guest, guest length, table, index, entries of the findings of a kind.
records() {
    answers "${@:2}"
    jq -r --arg kind "$1" 'select(.kind == $kind)
        | [.["host-offset", "length", "guest-offset", "guest-length", "table-offset", "index", "entries"]]
        | map(. // "") | join(",")' findings
}

summary() { # KEY [OPTION...]
    "$REFCOW" check --output=jsonl "${@:2}" image.qcow2 | jq -c "select(.type == \"summary\") | .[\"$1\"]"
}

@test "leaks: a host range, no guest" {
    make_damaged
    assert_equal "$(records leaked)" "$(number last-1c),131072,,,,,"
    assert_equal "$(records leaked --list leaked)" "$(number last-1c),131072,,,,,"
    assert_equal "$(records refcount-too-low --list leaked)" ''
}

@test "orphans: only when they are asked for; host and guest ranges, whatever the copied flag" {
    local table
    make_damaged
    table=$(($("$DAMAGE" image.qcow2 get l1:0) & 0xfffffffffffe00))
    assert_equal "$(records orphan)" ''
    assert_equal "$(records orphan --list orphan)" \
        "$(number host:3c),131072,$((3 << 16)),131072,$table,3,2
$(number host:9c),65536,$((9 << 16)),65536,$table,9,1"
    # The one without the flag is not among these.
    assert_equal "$(records l2-copied-flag | wc -l)" 1
    assert_equal "$(summary omitted --list orphan)" 0
    run -2 "$REFCOW" check --list orphan image.qcow2
    assert_output --partial 'orphan (3):'
    assert_output --partial 'guest 0x30000..0x4ffff'
    refute_output --partial 'leaked (2):'
}

@test "an L1 entry is about all that its L2 table maps, as far as the disk goes" {
    make_damaged
    "$DAMAGE" image.qcow2 clear-bits l1:0 copied , clear-bits l1:2 copied
    # 20000 clusters and a sector: the third L2 table maps only part of its 8192 clusters.
    "$QEMU_IMG" resize -q image.qcow2 $((16385 * 65536)) --shrink 2>/dev/null || true
    assert_equal "$(records l1-copied-flag | cut -d, -f 3,4,6,7 | head -n 1)" "0,$((8192 * 65536)),0,1"
}

@test "a range of entries: the guest range is as long as they are" {
    make_damaged
    "$DAMAGE" image.qcow2 fill refcount_block:0 1c 0
    assert_equal "$(records l2-copied-flag | head -n 1 | cut -d, -f 2-4,6,7)" "$((9 * 65536)),0,$((9 * 65536)),0,9"
    assert_equal "$(records orphan --list orphan | head -n 1 | cut -d, -f 2-4,6,7)" "$((9 * 65536)),0,$((9 * 65536)),0,9"
}

@test "--list may be repeated; all is all of them" {
    make_damaged
    "$REFCOW" check --list leaked --list orphan --output=jsonl image.qcow2 | jq -r 'select(.type == "finding") | .kind' |
        sort -u | diff - <(printf '%s\n' leaked orphan)
    "$REFCOW" check --list all --output=jsonl image.qcow2 | jq -r 'select(.type == "finding") | .kind' | sort -u |
        diff - <(printf '%s\n' l2-copied-flag leaked orphan refcount-too-low)
}

@test "an answer for people names the kinds that --list leaves out" {
    make_damaged
    run -2 "$REFCOW" check --list leaked image.qcow2
    assert_line '  Not listed: refcount-too-low (3), l2-copied-flag (2) (see --list all)'
    for kinds in '--list all' '' '--list leaked --list refcount-too-low --list l2-copied-flag'; do
        # shellcheck disable=SC2086 # options
        run -2 "$REFCOW" check $kinds image.qcow2
        refute_output --partial 'Not listed'
    done
}

@test "omitted counts the defects of the kinds that are listed, in every form" {
    local form
    make_damaged
    answers --list leaked --max-findings 0
    assert_equal "$(jq -c '.refcow | [.omitted, ([.found[]] | add)]' answer.json)" '[2,7]'
    assert_equal "$(jq 'select(.type == "summary").omitted' answer.jsonl)" 2
    answers --list leaked --list orphan
    assert_equal "$(jq -r '.kind + " " + .times' findings | paste -sd,)" 'leaked 2,orphan 2,orphan 1'
    for form in json jsonl csv; do
        assert_equal "$form $(omitted "$form")" "$form 0"
    done
    answers --list orphan --max-findings 1
    for form in json jsonl csv; do
        assert_equal "$form $(omitted "$form")" "$form 1"
    done
}

omitted() { # FORM
    case $1 in
    json) jq .refcow.omitted answer.json ;;
    jsonl) jq 'select(.type == "summary").omitted' answer.jsonl ;;
    csv) python3 -c 'import csv; print(list(csv.DictReader(open("answer.csv")))[-1]["omitted"])' ;;
    esac
}

# shape KIND: which fields of evidence the findings of a kind have.
shape() {
    jq -r --arg kind "$1" 'select(.kind == $kind) | keys | map(select(test("expected|found|index"))) | join(" ")' findings |
        sort -u
}

@test "a refcount is one field and a raw entry another, as a number and in hexadecimal" {
    local cluster=512
    make_damaged
    answers --list all
    assert_equal "$(shape leaked)" 'expected-refcount found-refcount'
    assert_equal "$(shape refcount-too-low)" 'expected-refcount found-refcount'
    assert_equal "$(shape l2-copied-flag)" 'expected-flag found-entry found-entry-hex index'
    assert_equal "$(shape orphan)" 'found-entry found-entry-hex index'
    assert_equal "$(jq -r 'select(.kind == "l2-copied-flag") | .["found-entry-hex"]' findings)" \
        "$(printf '0x%x' "$("$DAMAGE" image.qcow2 get l2:3c)")"
    # More than 53 bits, of which no reader of text loses one.
    "$DAMAGE" image.qcow2 set l2:0 0x7fedcba987654321
    answers --list compressed-copied --list out-of-file --list refcount-unreadable
    assert_equal "$(jq -r '.["found-entry", "found-entry-hex"]' findings | head -n 2 | paste -sd' ')" \
        '9218247941278745377 0x7fedcba987654321'
    # One cluster with more references than one bit can count: the refcount that is stored is not in question.
    create compat=1.1,cluster_size=512,refcount_bits=1 60
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:0 l2:1c , set l2:2c l2:1c
    answers
    assert_equal "$(shape too-many-references)" expected-refcount
    assert_equal "$(jq -r 'select(.kind == "too-many-references")["expected-refcount"]' findings)" 3
    # A wrong field of a snapshot.
    create compat=1.1,cluster_size=512 60
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$DAMAGE" image.qcow2 add u64:snapshot:0 1
    answers
    assert_equal "$(shape snapshot-l1-unaligned)" 'found-entry found-entry-hex index'
    # A cluster whose refcount cannot be read.
    "$DAMAGE" image.qcow2 add refcount_table:0 16
    answers
    assert_equal "$(shape refcount-unreadable)" ''
    assert_equal "$(shape refcount-table-reserved-bits)" 'found-entry found-entry-hex index'
}

# Many leaks, none next to another, and as many orphans.
make_many() { # NUMBER
    local i cluster=512
    local -a statements=()
    create compat=1.1,cluster_size=512 $((2 * $1))
    guest "write 0 $((2 * $1))"
    for ((i = 0; i < $1; i++)); do
        statements+=(',' set "refcount:host:$((2 * i))c" 0)
    done
    "$DAMAGE" image.qcow2 append $((2 * $1)) "${statements[@]}"
    statements=()
    for ((i = 0; i < $1; i++)); do
        statements+=(',' set "refcount:{last-$((2 * i))c}" 1)
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}"
}

@test "a list is whole where the default is not, and what a cap keeps out is counted" {
    make_many 60
    assert_equal "$(records leaked | wc -l)" 32
    [ "$(summary omitted)" -gt 0 ]
    assert_equal "$(records leaked --list leaked | wc -l) $(summary omitted --list leaked)" '60 0'
    assert_equal "$(records orphan --list orphan | wc -l) $(summary omitted --list orphan)" '60 0'
    assert_equal "$(records leaked --list leaked --max-findings 10 | wc -l)" 10
    assert_equal "$(summary omitted --list leaked --max-findings 10)" 50
    assert_equal "$(records orphan --list orphan --max-findings 7 | wc -l)" 7
    assert_equal "$(summary omitted --list orphan --max-findings 7)" 53
    "$REFCOW" check --list orphan --max-findings 7 image.qcow2 >listed || true
    grep -q 'and 53 more' listed
    # The memory is the measure of a list.
    [ "$(summary omitted --list leaked --memory 64K)" -gt 0 ]
}

# Data clusters from the beginning of the disk, mapped and sparse, and a file that ends before the last COUNT clusters.
make_cut() { # CLUSTERS COUNT
    "$QEMU_IMG" create -q -f qcow2 -o "cluster_size=$cluster,preallocation=metadata" image.qcow2 $(($1 * cluster))
    "$DAMAGE" image.qcow2 truncate "host:$(($1 - $2))c"
}

# for_people KIND [OPTION...]: the lines below the heading of a kind.
for_people() {
    { "$REFCOW" check "${@:2}" image.qcow2 || true; } | sed -n "/^  $1 (/,/^\$/{//!p}"
}

@test "adjacent entries that refer past the end of the file are one range, in every form" {
    local cluster=65536 form most
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 256M
    "$QEMU_IO" -f qcow2 -c 'write 0 256M' image.qcow2 >/dev/null
    truncate -s -156M image.qcow2
    for most in 1 2 8; do
        assert_equal "$(records out-of-file --max-findings "$most")" \
            "$(number host:1600c),$((156 << 20)),$((100 << 20)),$((156 << 20)),$(($("$DAMAGE" image.qcow2 get l1:0) & 0xfffffffffffe00)),1600,2496"
        for form in json jsonl csv; do
            assert_equal "$form $(omitted "$form")" "$form 0"
        done
        run for_people out-of-file --max-findings "$most"
        assert_equal "${#lines[@]}" 1
        assert_output --partial '(2496 clusters), data, guest 0x6400000..0xfffffff: '
    done
    compare 'cut short' image.qcow2
    run -2 "$REFCOW" map image.qcow2
    assert_output --partial '(2496 clusters), data, guest 0x6400000..0xfffffff: '
    refute_output --partial 'not listed'
    run -2 "$REFCOW" map --max-runs 1 --output=jsonl image.qcow2
    assert_equal "$(jq -c 'select(.type == "finding").entries' <<<"$output")" 2496
    assert_equal "$(tail -n 1 <<<"$output" | jq '.["past-end-omitted"]')" 0
}

@test "a range has at most 4096 findings, and what is beyond is counted" {
    local cluster=65536 count form most
    for count in 4095 4096 4097; do
        make_cut 8192 "$count"
        most=$((count < 4096 ? count : 4096))
        assert_equal "$count $(records out-of-file | cut -d, -f 7)" "$count $most"
        for form in json jsonl csv; do
            assert_equal "$form $count $(omitted "$form")" "$form $count $((count - most))"
        done
        run for_people out-of-file
        assert_line --index 0 --partial "($most clusters), data,"
        [ "$count" -le 4096 ] || assert_line --index 1 '    and 1 more that are not listed'
        [ "$count" -gt 4096 ] || assert_equal "${#lines[@]}" 1
    done
    # A list is asked for that has room for all of them, or for less.
    assert_equal "$(records out-of-file --list out-of-file | cut -d, -f 7)" 4097
    assert_equal "$(records out-of-file --list out-of-file --max-findings 4096 | cut -d, -f 7)" 4096
    assert_equal "$(records out-of-file --list out-of-file --max-findings 1 | cut -d, -f 7)" 4096
    assert_equal "$(records out-of-file --list out-of-file --max-findings 4097 | cut -d, -f 7)" 4097
    assert_equal "$(records out-of-file --memory 64K | cut -d, -f 7)" 4096
}

@test "each L2 table has a range of its own, and ranges that are not listed are counted by their entries" {
    local cluster=4096 form row most missing listed found
    create compat=1.1,cluster_size=4096 2048
    guest 'write 0 1' 'write 512 1' 'write 1024 1' 'write 1536 1' 'write 0 2048'
    "$DAMAGE" image.qcow2 truncate host:1014c
    # Tables of 512 entries whose first ones are from before: the end of the second table, then all but one of two.
    assert_equal "$(records out-of-file | cut -d, -f 3,4,6,7)" "$((1014 * 4096)),40960,502,10
$((1025 * 4096)),$((511 * 4096)),1,511
$((1537 * 4096)),$((511 * 4096)),1,511"
    for row in '0 1032 0' '1 1022 1' '2 511 2' '3 0 3' '4 0 3'; do
        read -r most missing listed <<<"$row"
        assert_equal "$most $(records out-of-file --max-findings "$most" | wc -l)" "$most $listed"
        found=$(jq '[.refcow.found[]] | add' answer.json)
        for form in json jsonl csv; do
            assert_equal "$most $form $(omitted "$form")" \
                "$most $form $((found - $(jq -s 'map(.times | tonumber) | add // 0' findings)))"
        done
        run for_people out-of-file --max-findings "$most"
        if [ "$missing" -eq 0 ]; then
            assert_equal "${#lines[@]}" 3
        else
            assert_line --index "$listed" "    and $missing more that are not listed"
        fi
    done
}

@test "entries that are adjacent and refer to clusters that are not stay apart" {
    local cluster=65536 i
    local -a statements=()
    create compat=1.1 100
    guest 'write 0 20'
    for ((i = 0; i < 10; i++)); do
        statements+=(',' set "l2:${i}c" "1T+$((9 - i))c")
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}"
    assert_equal "$(records out-of-file | cut -d, -f 2,6,7 | paste -sd' ')" \
        "$(for i in {0..9}; do echo "65536,$i,1"; done | paste -sd' ')"
    assert_equal "$(records out-of-file --max-findings 9 | wc -l) $(omitted csv)" '9 1'
    run for_people out-of-file
    assert_line --index 8 '    and 2 more that are not listed'
}

@test "lib/differences.jq knows which kinds are notes" {
    local kind
    "$REFCOW" check --list help | awk -F'\t' '$2 == "note" {print $1}' >notes
    [ -s notes ]
    while read -r kind; do
        sed -n '/^def is_note/,/;$/p' "$conformance/lib/differences.jq" | grep -q "\"$kind\"" || fail "$kind"
    done <notes
}

@test "orphans of a refused image are listed" {
    make_damaged
    "$DAMAGE" image.qcow2 set header:incompatible_features 0x100
    assert_equal "$(records orphan --list orphan | wc -l)" 2
    assert_equal "$(summary verdict) $(summary omitted --list orphan)" '"refused" 0'
}

@test "the list of orphans does not depend on the memory" {
    local cluster=512 memory
    create compat=1.1,cluster_size=512,preallocation=metadata 60000
    "$DAMAGE" image.qcow2 fill refcount_block:3 1c 0 , fill refcount_block:100 300 0 , set l2:9M l2:21M , set l2:5M l2:28M
    # Of two neighbours the first one names the later cluster, which a later pass looks at.
    "$DAMAGE" image.qcow2 set refcount:host:1c 0 , set refcount:host:25M 0 , set l2:0 l2:25M
    records orphan --list orphan >expected
    [ "$(wc -l <expected)" -gt 5 ] || fail "only $(wc -l <expected) ranges"
    for memory in 64K 70001 1M; do
        records orphan --list orphan --max-findings 100000 --memory "$memory" | diff expected -
    done
    assert_equal "$(jq -s 'map(select(.type == "finding") | .times) | add' answer.jsonl)" \
        "$("$REFCOW" check --output=json image.qcow2 | jq '.refcow["refcount-report"]["orphan-clusters"]')"
}

# Counting starts again with wider counters where a cluster has hundreds of references.
@test "orphans are listed once when counting starts again" {
    local i cluster=512
    local -a statements=()
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,preallocation=metadata image.qcow2 8M
    for i in $(seq 2 400); do
        statements+=(',' set "l2:${i}c" l2:1c)
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}" , set refcount:host:1c 0 , set refcount:host:5M 0
    assert_equal "$(summary passes --list orphan)" 2
    assert_equal "$(summary omitted --list orphan)" 0
    records orphan --list orphan >/dev/null
    assert_equal "$(jq -s 'map(select(.type == "finding") | .times) | add' answer.jsonl)" 401
}

@test "names in a table: quotes, formulas, bytes that are no characters" {
    local name
    make_damaged
    while read -r name; do
        printf -v name %b "$name"
        cp image.qcow2 "./$name"
        LC_ALL=C.UTF-8 "$REFCOW" check --output=csv -- "./$name" "$name" >names.csv || true
        # Whoever undoes the escapes has the name.
        python3 - "$name" <<'PYTHON' || fail "$(cat names.csv)"
import csv, os, sys
rows = list(csv.DictReader(open("names.csv", newline="")))
names = [row["filename"] for row in rows]
assert len({len(row) for row in rows}) == 1 and len(names) == 10, names
plain = [os.fsencode(name).decode("unicode_escape").encode("latin-1") for name in names]
assert {os.path.basename(one) for one in plain} == {os.fsencode(sys.argv[1])}, plain
assert all(name[0] in "/.abcdefghijklmnopqrstuvwxyz" for name in names), names
PYTHON
        [[ $(<names.csv) != *$'\e'* ]]
    done <<'NAMES'
=1+1
 =1+1
＝1+1
-x
@SUM(1)
+a
comma, and "quote"
new\nline
escape\e[31mred
umlaut-\xc3
NAMES
}
