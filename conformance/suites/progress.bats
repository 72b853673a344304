#!/usr/bin/env bats
# bats file_tags=long
# How far a check is: on a real terminal, by -p, by SIGUSR1; and Ctrl-C typed at a terminal.

load ../lib/suite

readonly shown='^    \([0-9]+\.[0-9][0-9]/100%\)'

# An image that takes as long as it is let, and the options that let it.
make_endless() {
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless.qcow2
}

readonly unlimited=(--max-work none --max-read none)

# on_terminal COMMAND: what a terminal shows that is stdin, stdout and stderr of the command; the standard input is typed.
on_terminal() {
    script -qec "$1" /dev/null
}

# steps: what was written to a terminal, one line for each time that it was written over.
steps() {
    tr '\r' '\n' | grep -v '^$'
}

# assert_forward FILE: the numbers in the lines do not go back.
assert_forward() {
    sed -En "s/^    \(([0-9]+)\.([0-9]+).*/\1\2/p" "$1" | sort -cn || fail "$(cat "$1")"
}

@test "a terminal shows it, with rate and time left, and is clean afterwards" {
    make_endless
    on_terminal "$REFCOW check ${unlimited[*]} --timeout 3 endless.qcow2" </dev/null >seen || true
    steps <seen >lines
    [ "$(grep -cE "$shown" lines)" -ge 4 ] || fail "$(cat lines)"
    grep -qE "$shown [0-9.]+ [KMG]iB/s, ([0-9]+ min )?[0-9]+ s left *$" lines
    assert_forward lines
    # Nothing before it, and what comes after it stands on a line of its own.
    head -n 1 lines | grep -qE "$shown"
    grep -qE '^endless.qcow2: qcow2 version' lines
    awk '/100%/ {last = NR} /qcow2 version/ {first = NR} END {exit last >= first}' lines
    # The line is written over with blanks. It may end in some, which have been written over a longer one.
    tr '\r' '\n' <seen | awk '/100%/ {sub(/ +$/, ""); length_of_last = length($0)} /^ +$/ {blanks = length($0)}
        END {exit blanks < length_of_last || blanks == 0}'
}

@test "a short check shows nothing, on a terminal neither" {
    local cluster=65536
    create compat=1.1 160
    on_terminal "$REFCOW check image.qcow2" </dev/null >seen
    run cat seen
    refute_output --partial '/100%'
    assert_output --partial 'Clean'
}

@test "without a terminal nothing is shown, with -q nor on a terminal" {
    make_endless
    run -1 --separate-stderr "$REFCOW" check "${unlimited[@]}" --timeout 1 endless.qcow2
    # shellcheck disable=SC2154 # set by run
    [[ $stderr != *100%* ]] || fail "$stderr"
    for option in -q '-q -p'; do
        on_terminal "$REFCOW check ${unlimited[*]} --timeout 1 $option endless.qcow2" </dev/null >seen || true
        run cat seen
        refute_output --partial '/100%'
        assert_output --partial timeout
    done
}

@test "-p: from 0 to 100 % on stderr, also without a terminal" {
    local cluster=65536
    create compat=1.1 160
    run -0 --separate-stderr "$REFCOW" check -p --output=json image.qcow2
    assert_equal "$(jq .refcow.complete <<<"$output")" true
    "$REFCOW" check -p image.qcow2 2>progress >/dev/null
    assert_equal "$(cat progress)" "$(printf '    (0.00/100%%)\r    (100.00/100%%)\n')"
    "$REFCOW" check --progress image.qcow2 image.qcow2 2>progress >/dev/null
    assert_equal "$(grep -c '(100.00/100%)$' progress)" 2
}

@test "-p: a check that does not come to its end does not say 100 %" {
    make_endless
    run -1 --separate-stderr "$REFCOW" check "${unlimited[@]}" --timeout 1 -p endless.qcow2
    [[ $stderr == *$'%)'*$'\n'refcow:\ endless.qcow2:* ]] || fail "$stderr"
    [[ $stderr != *100.00/100%* ]] || fail "$stderr"
    steps <<<"$stderr" >lines
    assert_forward lines
}

@test "SIGUSR1 prints a line, and the check goes on" {
    make_endless
    "$REFCOW" check "${unlimited[@]}" --timeout 3 --output=json endless.qcow2 >answer 2>messages &
    local check=$! number=0
    sleep 0.7
    kill -s USR1 "$check"
    sleep 0.7
    kill -s USR1 "$check"
    wait "$check" || number=$?
    assert_equal "$number" 1
    assert_equal "$(grep -cE "$shown [0-9.]+ [KMG]iB/s" messages)" 2
    assert_equal "$(wc -l <messages)" 3
    assert_equal "$(jq -r .refcow.status.name answer)" timeout
}

@test "Ctrl-C at a terminal gives the answer so far, marked incomplete" {
    make_endless
    (
        sleep 2
        printf '\003'
        sleep 1
    ) | on_terminal "$REFCOW check ${unlimited[*]} --output=json endless.qcow2 >answer" >seen || true
    assert_equal "$(jq -c '.refcow | [.complete, .verdict, .status.name]' answer)" '[false,"incomplete","interrupted"]'
    grep -q 'a signal asked for the end' seen
}

@test "in one pass the progress is that through its tables" {
    local cluster=512 passes
    create compat=1.1,cluster_size=512,preallocation=metadata 1500000
    passes=$("$REFCOW" check --output=json image.qcow2 | jq .refcow.passes)
    assert_equal "$passes" 1
    # As slow as a disk: it is stopped again and again.
    "$REFCOW" check -p image.qcow2 2>progress >/dev/null &
    local check=$!
    for _ in {1..40}; do
        kill -s STOP "$check" 2>/dev/null || break
        sleep 0.3
        kill -s CONT "$check" 2>/dev/null || break
        sleep 0.002
    done
    wait "$check"
    steps <progress >lines
    assert_forward lines
    [ "$(grep -cE '\((0\.[0-9]*[1-9]|[1-9][0-9]?\.)' lines)" -ge 2 ] || fail "$(cat lines)"
}
