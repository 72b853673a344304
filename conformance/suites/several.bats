#!/usr/bin/env bats
# Several images in one call: each gets its answer, whatever becomes of the others, and the worst exit code counts.

load ../lib/suite

# One image for each exit code.
make_one_of_each() {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4'
    mv image.qcow2 clean
    cp clean leaks && "$DAMAGE" leaks append 1 , set refcount:last 1
    cp clean corrupt && "$DAMAGE" corrupt set refcount:host:0 0
    cp clean refused && "$DAMAGE" refused set header:refcount_order 7
    truncate -s 1M foreign
}

@test "the exit code is the worst one, in either order, in every form" {
    local -a row files
    local form
    make_one_of_each
    while read -ra row; do
        files=("${row[@]:1}")
        for form in human jsonl csv; do
            run "-${row[0]}" --separate-stderr "$REFCOW" check --output="$form" "${files[@]}"
            run "-${row[0]}" --separate-stderr "$REFCOW" check --output="$form" "${files[-1]}" "${files[@]::${#files[@]}-1}"
        done
    done <<'ROWS'
0 clean clean
3 clean leaks
2 clean leaks corrupt
2 leaks corrupt leaks
63 clean foreign
63 leaks foreign corrupt
1 clean refused
1 refused corrupt
1 foreign refused leaks
1 corrupt foreign clean missing
ROWS
}

@test "one bad image does not stop the others" {
    make_one_of_each
    mkfifo fifo
    run -1 --separate-stderr timeout 10 "$REFCOW" check --output=jsonl missing leaks fifo refused corrupt . foreign clean
    assert_equal "$(jq -c 'select(.type == "summary") | [.filename, .verdict, .["exit-code"], .status.name]' <<<"$output")" \
        '["missing","incomplete",1,"open-failed"]
["leaks","leaks",3,"ok"]
["fifo","incomplete",1,"not-a-file"]
["refused","refused",1,"refcount-order"]
["corrupt","corrupt",2,"ok"]
[".","incomplete",1,"not-a-file"]
["foreign","refused",63,"magic"]
["clean","clean",0,"ok"]'
    # shellcheck disable=SC2154 # set by run
    assert_equal "${#stderr_lines[@]}" 5
}

@test "each image gets the answer that it gets alone" {
    local file
    make_one_of_each
    "$REFCOW" check --output=jsonl corrupt clean leaks >together || true
    for file in corrupt clean leaks; do
        "$REFCOW" check --output=jsonl "$file" || true
    done >alone
    diff together alone
    for file in corrupt clean leaks; do
        "$REFCOW" check "$file" || true
        [ "$file" = leaks ] || echo
    done >alone
    "$REFCOW" check corrupt clean leaks | sed '/^3 images: /,$d' | sed '$d' | diff - alone
}

# The first image takes little memory, the second one more than that.
@test "a small image leaves the memory that a large one needs" {
    local cluster=512
    make_one_of_each
    create compat=1.1,cluster_size=512 2000000
    "$DAMAGE" image.qcow2 append 4000000
    { "$REFCOW" check --output=jsonl image.qcow2 || true; } | tail -n 1 >alone
    { "$REFCOW" check --output=jsonl clean image.qcow2 || true; } | tail -n 1 | diff alone -
    [ "$(jq '.["memory-used"]' alone)" -gt 6000000 ] || fail 'the image is too small for this test'
}

@test "--output=json is about one image" {
    make_one_of_each
    run -1 --separate-stderr "$REFCOW" check --output=json clean leaks
    assert_output ''
    [[ $stderr == *jsonl*leaks* ]] || fail "$stderr"
}

@test "- is no image, ./- is" {
    make_one_of_each
    mv leaks ./-
    run -1 --separate-stderr "$REFCOW" check clean - </dev/null
    assert_output ''
    [[ $stderr == *'./-'* ]] || fail "$stderr"
    run -3 "$REFCOW" check clean ./-
}

@test "-q names those that are not clean, on stderr" {
    make_one_of_each
    run -3 --separate-stderr "$REFCOW" check -q --output=csv clean leaks
    assert_output ''
    assert_equal "$stderr" 'refcow: leaks: leaks: 1 leaked cluster (64 KiB)'
}

@test "after an interruption the other images are not looked at, and are said not to be" {
    make_one_of_each
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless
    env --default-signal=INT "$REFCOW" check --max-work none --max-read none --output=jsonl \
        clean endless leaks >answers 2>messages &
    local check=$! number=0
    sleep 1
    kill -s INT "$check"
    wait "$check" || number=$?
    assert_equal "$number" 1
    assert_equal "$(jq -c 'select(.type == "summary") | [.filename, .verdict, .complete, .status.name, .passes > 0]' answers)" \
        '["clean","clean",true,"ok",true]
["endless","incomplete",false,"interrupted",true]
["leaks","incomplete",false,"interrupted",false]'
    assert_equal "$(wc -l <messages)" 2
}

@test "--timeout is for each image" {
    make_one_of_each
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless
    run -1 --separate-stderr "$REFCOW" check --max-work none --max-read none --timeout 1 --output=csv \
        endless leaks endless clean
    assert_equal "$(csv_values summary filename verdict status-name <<<"$output")" 'endless incomplete timeout
leaks leaks ok
endless incomplete timeout
clean clean ok'
}
