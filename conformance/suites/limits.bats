#!/usr/bin/env bats
# bats file_tags=long
# What ends a check before it is done: --max-read, --max-work, --timeout, a signal, the budget; and the limit on memory.

load ../lib/suite

# An image that takes as long as it is let: each of a million references is in another part of a file of 16 TiB.
make_endless() {
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless.qcow2
}

readonly unlimited=(--max-work none --max-read none)

# assert_incomplete STATUS: the answer in $output says why it is not complete, and nothing that looks like a verdict.
assert_incomplete() {
    assert_equal "$(jq -c '.refcow | [.complete, .verdict, .status.name]' <<<"$output")" \
        "[false,\"incomplete\",\"$1\"]"
    assert_equal "$(jq -c keys <<<"$output")" '["refcow"]'
}

@test "--max-read" {
    local cluster=65536
    create compat=1.1 8000
    guest 'write 0 4' 'write 4000 4'
    run -1 --separate-stderr "$REFCOW" check --max-read 64K --output=json image.qcow2
    assert_incomplete read-limit
    assert_equal "$(jq '.refcow["bytes-read"] <= 65536' <<<"$output")" true
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *'next read would exceed the limit on bytes read: 65536 = 0x10000. See --max-read' ]] || fail "$stderr"
}

@test "more memory is the advice where it makes fewer passes" {
    local cluster=512
    create compat=1.1,cluster_size=512,preallocation=metadata 200000
    run -1 --separate-stderr "$REFCOW" check --max-work 50000 image.qcow2
    [[ $stderr == *'0xc350. See --max-work' ]] || fail "$stderr"
    run -1 --separate-stderr "$REFCOW" check --memory 64K --max-work 50000 image.qcow2
    [[ $stderr == *'0xc350. See --max-work; with more --memory there are fewer passes' ]] || fail "$stderr"
    run -1 --separate-stderr "$REFCOW" check --memory 64K --max-read 70K image.qcow2
    [[ $stderr == *'See --max-read; with more --memory there are fewer passes' ]] || fail "$stderr"
}

@test "the gate has a next step for an image that is not worth the work" {
    make_endless
    run -1 --separate-stderr "$REFCOW" gate --check endless.qcow2
    [[ $stderr == *'the limit on work was reached'*'Treat the image as refused'*'refcow check --max-work none IMAGE' ]] ||
        fail "$stderr"
    "$REFCOW" gate --check --output=json endless.qcow2 >answer 2>/dev/null || true
    run -0 "$conformance/tools/validate-json" gate answer
    assert_equal "$(jq '.status.advice | length > 20' answer)" true
}

@test "--max-work" {
    local cluster=65536
    create compat=1.1 8000
    guest 'write 0 4' 'write 4000 4'
    run -1 --separate-stderr "$REFCOW" check --max-work 1000 --output=json image.qcow2
    assert_incomplete work-limit
    assert_equal "$(jq '.refcow["work"] <= 1000' <<<"$output")" true
    [[ $stderr == *"limit on work"*1000* ]] || fail "$stderr"
}

@test "--timeout" {
    local before
    make_endless
    before=$SECONDS
    run -1 --separate-stderr timeout 10 "$REFCOW" check "${unlimited[@]}" --timeout 1 --output=json endless.qcow2
    assert_incomplete timeout
    [ $((SECONDS - before)) -le 8 ] || fail "took $((SECONDS - before)) s"
    [[ $stderr == *--timeout* ]] || fail "$stderr"
}

@test "a signal gives the answer so far" {
    local signal number check
    make_endless
    for signal in INT TERM HUP; do
        # A background job of a script ignores SIGINT, and what is ignored stays ignored.
        env --default-signal=INT "$REFCOW" check "${unlimited[@]}" --output=json endless.qcow2 >answer.json 2>message &
        check=$!
        sleep 1
        kill -s "$signal" "$check"
        number=0
        wait "$check" || number=$?
        assert_equal "$signal $number" "$signal 1"
        output=$(<answer.json)
        assert_incomplete interrupted
        assert_equal "$(jq '.refcow.passes > 0 and .refcow["work"] > 0' <<<"$output")" true
        assert_equal "$(wc -l <message)" 1
    done
}

@test "an ignored signal stays ignored" {
    make_endless
    env --ignore-signal=HUP "$REFCOW" check "${unlimited[@]}" --timeout 2 --output=json endless.qcow2 >answer.json &
    local check=$! number=0
    sleep 1
    kill -s HUP "$check"
    wait "$check" || number=$?
    assert_equal "$number" 1
    output=$(<answer.json)
    assert_incomplete timeout
}

@test "without options a hopeless image is given up, and always at the same point" {
    local first
    make_endless
    run -1 --separate-stderr timeout 20 "$REFCOW" check --output=json endless.qcow2
    assert_incomplete work-limit
    [[ $stderr == *--max-work* ]] || fail "$stderr"
    first=$(jq -c '.refcow | del(.status)' <<<"$output")
    run -1 --separate-stderr timeout 20 "$REFCOW" check --output=json endless.qcow2
    assert_equal "$(jq -c '.refcow | del(.status)' <<<"$output")" "$first"
}

# limit_of IMAGE OPTION...: the limit on work that ends the check.
limit_of() {
    local image=$1
    shift
    "$REFCOW" check --output=json "$@" "$image" 2>/dev/null | jq '.refcow.status.value' || true
}

@test "the default limit grows with the L2 tables, and with nothing else" {
    local -r free=$((32 << 20)) tables=$((8 << 20)) per_byte=4
    make_endless
    assert_equal "$(limit_of endless.qcow2)" $((free + per_byte * tables))
    assert_equal "$(limit_of endless.qcow2 --memory 2M)" $((free + per_byte * tables))
    # 16 MiB more on the disk, where nothing looks for them
    dd if=/dev/urandom of=endless.qcow2 bs=1M count=16 seek=$((1 << 20)) conv=notrunc status=none
    assert_equal "$(limit_of endless.qcow2)" $((free + per_byte * tables))
    serve nbdkit.pid nbdkit -f --exit-with-parent -U nbdkit.sock -P nbdkit.pid -r file endless.qcow2
    # and the requests for the tables, of 64 KiB each
    assert_equal "$(limit_of "nbd+unix:///?socket=$PWD/nbdkit.sock")" $((free + per_byte * tables + 6000 * (tables >> 16)))
    # 32 MiB of L1 table name L2 tables of which there is none
    "$conformance/../corpus/hostile/make-hostile" l2-tables-in-holes holes.qcow2
    assert_equal "$(limit_of holes.qcow2 --memory 64K)" $free
}

@test "wrong limits are wrong usage" {
    local words
    create compat=1.1 160
    for words in '--timeout 0' '--timeout 1s' '--timeout 100000001' '--max-work 0' '--max-work 1K' \
        '--max-work None' '--max-read 0' '--max-read nothing'; do
        # shellcheck disable=SC2086 # option and value
        run -1 --separate-stderr "$REFCOW" check $words image.qcow2
        assert_output ''
        [[ $stderr == *"${words%% *}"* ]] || fail "$words: $stderr"
    done
}

# limit_of_data PID: the limit on the process's memory, in bytes.
limit_of_data() {
    awk '/^Max data size/ {print $4}' "/proc/$1/limits"
}

@test "the command limits its own memory" {
    local memory limit most check
    make_endless
    for memory in 64K 64M; do
        "$REFCOW" check "${unlimited[@]}" --memory "$memory" -q endless.qcow2 2>message &
        check=$!
        sleep 1
        limit=$(limit_of_data "$check")
        kill "$check"
        wait "$check" || true
        # 10 MiB of it for findings: as a rule one kind has many, and the others leave their part untouched.
        most=$(($(numfmt --from=iec "$memory") + (15 << 20)))
        [ "$limit" -le "$most" ] || fail "--memory $memory: limit $limit"
    done
}
