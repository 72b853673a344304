# The runner of the planted cases: it fails when it should, and serves other checkers. conformance/tools/run-cases itself runs
# bats file_tags=long
# the cases.

load ../lib/suite

run_cases=$conformance/tools/run-cases

# A copy of the runner and its tables, to spoil.
copy_tables() {
    mkdir -p copy/lib copy/cases copy/tools
    cp "$run_cases" copy/tools
    cp "$conformance"/cases/{bases,cases}.tsv copy/cases
    cp "$conformance"/lib/{cases.*,tools.bash} copy/lib
}

# assert_malformed MESSAGE: the spoilt tables are refused before anything is run.
assert_malformed() {
    run -2 copy/tools/run-cases 'l1-reserved-0'
    assert_output --partial "$1"
    refute_output --partial 'ok 1'
}

# spoil ID EXPRESSION: change a row by an expression for sed.
spoil() {
    copy_tables
    sed -i "/^$1\t/ $2" copy/cases/cases.tsv
}

# A refcow that hides corruptions.
make_liar() {
    cat >liar <<X
#!/usr/bin/env bash
"$REFCOW" "\$@" | jq 'del(.corruptions)'
X
    chmod +x liar
}

@test "a row that is as expected passes" {
    run -0 "$run_cases" 'l1-reserved-0'
    assert_line --index 0 '1..1'
    assert_line --index 1 'ok 1 l1-reserved-0: L1 entry: reserved bits'
}

@test "a wrong answer fails, and the row and both answers are shown" {
    make_liar
    REFCOW=./liar run -1 "$run_cases" 'l1-reserved-0'
    assert_line 'not ok 1 l1-reserved-0: L1 entry: reserved bits'
    assert_line '# refcow differs from the table; keys or values differ'
    assert_line '# base:     plain'
    assert_line '# damage:   set-bits l1:0 1'
    assert_line '# expected: 2 corruptions=1'
    assert_line --regexp '^# refcow:   exit 0, .*"check-errors":0'
    assert_line --regexp '^# qemu-img: exit 2, .*"corruptions":1'
}

@test "a value that the table does not state fails if the answers differ in it" {
    make_liar
    sed -i 's/del(.corruptions)/.["total-clusters"] += 1/' liar
    sed -i '/jq/ a exit 2' liar
    REFCOW=./liar run -1 "$run_cases" 'l1-reserved-0'
    assert_line '# keys or values differ'
}

@test "an answer that is no JSON fails" {
    REFCOW='echo' run -1 "$run_cases" 'as-created'
    assert_line --partial 'refcow differs from the table'
}

@test "a table that is wrong about qemu-img fails" {
    spoil l1-reserved-0 's/corruptions=1/corruptions=2/'
    run -1 copy/tools/run-cases 'l1-reserved-0'
    assert_line '# refcow differs from the table; qemu-img differs from the table'
}

@test "damage that cannot be planted fails" {
    spoil l1-reserved-0 's/l1:0/l1:99/'
    run -1 copy/tools/run-cases 'l1-reserved-0'
    assert_line --partial '# cannot be planted: damage: '
}

@test "a base that cannot be made fails" {
    copy_tables
    sed -i '/^plain\t/ s/cluster_size=4K/cluster_size=5K/' copy/cases/bases.tsv
    run -2 copy/tools/run-cases 'l1-reserved-0'
    assert_line --partial 'the base plain cannot be made: create '
}

@test "too few rows are refused" {
    copy_tables
    sed -i '250,$ d' copy/cases/cases.tsv
    assert_malformed 'there must be at least 300'
}

@test "a repeated id is refused" {
    spoil l1-reserved-8 's/^l1-reserved-8/l1-reserved-0/'
    assert_malformed 'this id is there twice: l1-reserved-0'
}

@test "the same damage twice is refused" {
    spoil l1-reserved-8 's/l1:0 0x100/l1:0 1/'
    assert_malformed 'this was planted before, as l1-reserved-0'
}

@test "a base that does not exist, and one that is not used, are refused" {
    spoil size-0-as-created 's/\tsize-0\t/\tsize-1\t/'
    assert_malformed 'there is no such base: size-1'
    assert_malformed 'no case uses this base: size-0'
}

@test "a row with a missing column is refused" {
    spoil l1-reserved-0 's/\t-$//'
    assert_malformed 'a case has 7 columns, not 6'
}

@test "an answer that is none is refused" {
    spoil l1-reserved-0 's/corruptions=1/corruption=1/'
    assert_malformed 'this is no answer: corruption=1'
}

@test "an exit code that does not go with the answer is refused" {
    spoil l1-reserved-0 's/\t2\t/\t3\t/'
    assert_malformed 'exit code 3 does not go with this answer: corruptions=1'
}

@test "an image of a row can be kept" {
    run -0 "$run_cases" --image 'l1-reserved-0' kept
    compare kept kept/image.qcow2
    assert_equal "$("$DAMAGE" kept/image.qcow2 get l1:0)" 0x8000000000004001
}

# make_qemu VERSION COUNTS: a qemu-img that says it is of a version, and leaves corruptions out unless it counts.
make_qemu() {
    mkdir -p made
    cat >made/qemu-img <<X
#!/usr/bin/env bash
case \$1 in
--version) echo "qemu-img version $1 (made up)" ;;
check) "$QEMU_IMG" "\$@" | jq 'if $2 then . else del(.corruptions) end'; if $2; then exit 2; fi ;;
*) exec "$QEMU_IMG" "\$@" ;;
esac
X
    chmod +x made/qemu-img
}

# run_with_qemu EXIT VERSION COUNTS: the row that spoil() has changed.
run_with_qemu() {
    make_qemu "$2" "$3"
    QEMU_IMG=made/qemu-img QEMU_IO=$QEMU_IO run "-$1" copy/tools/run-cases 'l1-reserved-0'
    assert_line "# compared with qemu-img version $2 (made up)"
}

@test "a row is judged by what is expected of the version of qemu-img" {
    local version
    spoil l1-reserved-0 's/-$/D1 before 10.0 0 -/'
    for version in 9 9.2.4 7.2.22; do
        run_with_qemu 0 "$version" false
        assert_line '# 1 rows, 1 deliberate differences, 0 failed'
        run_with_qemu 1 "$version" true
        assert_line '# qemu-img differs from the table'
        assert_line '# expected: 2 corruptions=1, qemu-img D1 0 -'
    done
    for version in 10.0 10.0.13 11.1.3 100; do
        run_with_qemu 0 "$version" true
        assert_line '# 1 rows, 0 deliberate differences, 0 failed'
        run_with_qemu 1 "$version" false
        assert_line '# qemu-img differs from the table; keys or values differ'
    done
}

@test "a difference of older versions that is none is refused" {
    spoil l1-reserved-0 's/-$/D1 before ten 0 -/'
    assert_malformed 'a version is numbers and dots, and an answer follows: D1 before ten 0 -'
    spoil l1-reserved-0 's/-$/D1 before 10.0/'
    assert_malformed 'a version is numbers and dots, and an answer follows: D1 before 10.0'
    spoil l1-reserved-0 's/-$/D1 before 10.0 2 leaks=1/'
    assert_malformed 'exit code 2 does not go with this answer: leaks=1'
    spoil l1-reserved-0 's/-$/before 10.0 0 -/'
    assert_malformed 'a difference begins with its number: before 10.0 0 -'
}

@test "every deliberate difference is in DIVERGENCES.md" {
    local number
    while read -r number; do
        grep -q "^${number#D}\. " "$conformance/DIVERGENCES.md" || fail "$number is not there"
    done < <(cut -f 7 "$conformance/cases/cases.tsv" | grep -o '^D[0-9]*' | sort -u)
}

@test "another checker: what it answers differently is a table" {
    make_liar
    CHECKER="./liar check --output=json" run -1 "$run_cases" 'l1-reserved-[08]' 'as-created'
    assert_line --index 0 $'id\tdeliberate\trule\texpected\tanswer'
    assert_line --index 1 --regexp $'^l1-reserved-0\t-\tL1 entry: reserved bits\texpected 2 corruptions=1\texit 0, '
    assert_line --index 2 --regexp $'^l1-reserved-8\t-\t'
    assert_line --index 3 --regexp '^# compared with qemu-img version [0-9]'
    assert_line --index 4 '# 3 rows, 2 differ: 0 deliberately, 2 failed'
}

@test "another checker: qemu-img differs from refcow in the deliberate differences only" {
    CHECKER="$QEMU_IMG check --output=json" run -0 "$run_cases"
    assert_line --regexp ' deliberately, 0 failed$'
    assert_line --regexp $'^backing-missing\tD1\t'
    assert_line --regexp $'^luks-as-created\tD7\t'
    assert_line --regexp $'^locked\tD3\t'
}

@test "another checker: refcow with little memory does not differ" {
    # The largest directory of bitmaps is 32,768 reads in so little memory: more work than an image may take by default.
    CHECKER="$REFCOW check --output=json --memory 64K --max-work none" run -0 "$run_cases"
    assert_line --regexp '^# [0-9]+ rows, 0 differ: '
}
