#!/usr/bin/env bats
# bats file_tags=long
# --timeout: the process ends in time, and with an answer, in every form of output; also if the check does not notice.

load ../lib/suite

readonly unlimited=(--max-work none --max-read none)

# Each verb that looks long at an image, in each of its forms.
readonly forms='check --output=human
check --output=json
check --output=jsonl
check --output=csv
map --output=human
map --output=jsonl
map --output=csv
map --output=html
info --refcounts --output=human
info --refcounts --output=json
info --refcounts --output=jsonl
gate --check --output=human
gate --check --output=json'

# Those that have a limit on work which can be lifted: by default no image takes longer than a second or two.
endless_forms=$(grep -v '^gate' <<<"$forms")
readonly endless_forms

# An image that takes as long as it is let.
make_endless() {
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless.qcow2
}

make_image() {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4'
}

# Library functions of the command, replaced: a read that hangs.
preload() { # LINES: of posix_fadvise(), which an image is opened with, and of pread()
    cat >preload.c <<C
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int posix_fadvise(int descriptor, off_t offset, off_t length, int advice)
{
    struct stat facts;
    (void)offset, (void)length, (void)advice;
    fstat(descriptor, &facts);
    $1
    return 0;
}
int posix_fadvise64(int descriptor, off64_t offset, off64_t length, int advice)
{
    return posix_fadvise(descriptor, offset, length, advice);
}
ssize_t pread64(int descriptor, void *buffer, size_t length, off64_t offset)
{
    struct stat facts;
    fstat(descriptor, &facts);
    $2
    return syscall(SYS_pread64, descriptor, buffer, length, offset);
}
ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset)
{
    return pread64(descriptor, buffer, length, offset);
}
C
    cc -shared -fPIC -o preload.so preload.c
}

# A file of this size hangs.
readonly hang='if (facts.st_size == 1 << 20) for (;;) continue;'

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

# assert_answer VERB OPTIONS: the answer in the file out is valid, and says that it is not complete because of the time.
assert_answer() {
    # With && because what stands before || does not end a test.
    case $* in
    "check --output=json")
        "$conformance/tools/validate-json" check out &&
        assert_equal "$(jq -c '.refcow | [.complete, .verdict, .status.name]' out)" '[false,"incomplete","timeout"]'
        ;;
    "check --output=jsonl")
        "$conformance/tools/validate-json" check-record --lines out &&
        assert_equal "$(tail -n 1 out | jq -c '[.type, .complete, .verdict, .["exit-code"], .status.name]')" \
            '["summary",false,"incomplete",1,"timeout"]' &&
        assert_equal "$(jq -r .type out | head -n 1)" image
        ;;
    "map --output=jsonl")
        "$conformance/tools/validate-json" map-record --lines out &&
        assert_equal "$(tail -n 1 out | jq -c '[.type, .complete, .verdict, .["exit-code"], .status.name]')" \
            '["summary",false,"incomplete",1,"timeout"]' &&
        assert_equal "$(jq -r .type out | head -n 1)" image &&
        assert_equal "$(jq -r .type out | grep -c image)" 1
        ;;
    "check --output=csv" | "map --output=csv")
        assert_equal "$(csv_values summary verdict complete exit-code status-name <out)" 'incomplete false 1 timeout' &&
        python3 "$conformance/lib/findings.py" csv <out >/dev/null # which wants rows of one length
        ;;
    "info --refcounts --output=json"*)
        "$conformance/tools/validate-json" info out &&
        assert_equal "$(jq -c '.refcow | [.complete, .status.name]' out)" '[false,"timeout"]'
        ;;
    "gate --check --output=json")
        "$conformance/tools/validate-json" gate out &&
        assert_equal "$(jq -c '[.verdict, .["exit-code"], .status.name]' out)" '["undecided",1,"timeout"]'
        ;;
    "map --output=html")
        python3 "$conformance/lib/page.py" out >/dev/null &&
        grep -q 'Incomplete' out
        ;;
    "gate --check --output=human") grep -q ': not decided$' out ;;
    "info --refcounts --output=human") grep -qE 'Incomplete: |not all is known' out ;;
    *) grep -q 'Incomplete' out ;;
    esac || fail "$*: $(head -c 2000 out)"
    grep -q '^refcow: .*: the time that --timeout allows is over' messages || fail "$*: $(cat messages)"
}

# assert_in_time COMMAND...: ends with exit status 1 after 1.2 seconds at most, of a machine as fast as it should be, and
# that at least once in three times: others use this machine, too. Its output is in the files out and messages.
assert_in_time() {
    local begun code took
    : "${most:=$(awk -v slow="$("$conformance/tools/hostile" slowness)" 'BEGIN {print int(1000 + 200 * slow)}')}"
    for _ in 1 2 3; do
        code=0
        begun=$(milliseconds)
        timeout 60 "$@" >out 2>messages || code=$?
        took=$(($(milliseconds) - begun))
        [ "$code" = 1 ] || fail "$*: exit status $code: $(cat messages)"
        [ "$took" -gt "$most" ] || return 0
    done
    fail "$*: $took ms"
}

@test "the usual way ends in time, with what was found so far" {
    local form
    make_endless
    while read -r form; do
        # shellcheck disable=SC2086 # verb and options
        assert_in_time "$REFCOW" $form --timeout 1 "${unlimited[@]}" endless.qcow2
        # shellcheck disable=SC2086
        assert_answer $form
    done <<<"$endless_forms"
}

# past_the_deadline COMMAND...: stop it until its time is over, then let it go on.
past_the_deadline() {
    local code=0 process
    "$@" >out 2>messages &
    process=$!
    sleep 0.6
    kill -s STOP "$process"
    sleep 1
    kill -s CONT "$process"
    wait "$process" || code=$?
    return "$code"
}

@test "the time that it takes to open an image is counted" {
    make_endless
    preload 'struct timespec now, end; clock_gettime(CLOCK_MONOTONIC, &now);
        do clock_gettime(CLOCK_MONOTONIC, &end);
        while ((end.tv_sec - now.tv_sec) * 1000000000 + end.tv_nsec - now.tv_nsec < 700000000);' ''
    assert_in_time env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check --timeout 1 "${unlimited[@]}" endless.qcow2
    grep -q 'Incomplete, stopped early' out
}

@test "a process that was stopped past its deadline answers when it goes on" {
    local form
    make_endless
    while read -r form; do
        # shellcheck disable=SC2086 # verb and options
        run -1 past_the_deadline "$REFCOW" $form --timeout 1 "${unlimited[@]}" endless.qcow2
        # shellcheck disable=SC2086
        assert_answer $form
        grep -q 'did not end in time, and what it has found is lost$' messages || fail "$form: $(cat messages)"
    done <<<"$endless_forms"
}

@test "a read that hangs ends in time, with an answer" {
    local form
    truncate -s 1M image.qcow2
    preload '' "$hang"
    while read -r form; do
        # shellcheck disable=SC2086 # verb and options
        assert_in_time env LD_PRELOAD="$PWD/preload.so" "$REFCOW" $form --timeout 1 image.qcow2
        # shellcheck disable=SC2086
        assert_answer $form
    done <<<"$forms"
}

@test "a read that hangs when runs are already listed: the last line says incomplete" {
    local form
    "$conformance/../corpus/hostile/make-hostile" refcount-blocks-alternating image.qcow2
    preload '' 'struct stat answer; fstat(1, &answer); if (answer.st_size > 20000) for (;;) continue;'
    for form in jsonl csv; do
        env LD_PRELOAD="$PWD/preload.so" timeout 60 "$REFCOW" map --output="$form" --max-runs none --memory 164K \
            "${unlimited[@]}" --timeout 1 image.qcow2 >out 2>messages || [ $? -eq 1 ]
        [ "$(wc -l <out)" -gt 20 ]
        grep -q 'and what it has found is lost$' messages
        assert_answer map --output="$form"
    done
}

@test "with -q nothing is printed but the message" {
    local verb
    truncate -s 1M image.qcow2
    preload '' "$hang"
    for verb in check info map gate; do
        run -1 --separate-stderr env LD_PRELOAD="$PWD/preload.so" "$REFCOW" "$verb" -q --timeout 1 image.qcow2
        assert_output ''
        # shellcheck disable=SC2154 # set by run
        [[ $stderr == *'--timeout allows is over'* ]] || fail "$stderr"
    done
}

# together VERB OPTIONS: one of four images hangs.
together() {
    env LD_PRELOAD="$PWD/preload.so" "$REFCOW" "$@" --timeout 1 one.qcow2 two.qcow2 three.qcow2 $'f\n"our' \
        >out 2>messages
}

@test "several images: those before have their answers, and those after it are said not to be looked at" {
    make_image
    mv image.qcow2 one.qcow2
    cp one.qcow2 three.qcow2
    cp one.qcow2 $'f\n"our'
    truncate -s 1M two.qcow2
    preload '' "$hang"
    run -1 together check --output=jsonl
    "$conformance/tools/validate-json" check-record --lines out
    assert_equal "$(jq -c 'select(.type == "summary") | [.filename, .verdict, .status.name, .status.text[:12]]' out)" \
        '["one.qcow2","clean","ok","no error"]
["two.qcow2","incomplete","timeout","the time tha"]
["three.qcow2","incomplete","timeout","not looked a"]
["f\n\"our","incomplete","timeout","not looked a"]'
    assert_equal "$(wc -l <messages)" 3
    run -1 together check --output=csv
    assert_equal "$(csv_values summary filename verdict status-name <out)" 'one.qcow2 clean ok
two.qcow2 incomplete timeout
three.qcow2 incomplete timeout
f\x0a"our incomplete timeout'
    assert_equal "$(grep -c '^record' out)" 1
    run -1 together map --output=jsonl
    "$conformance/tools/validate-json" map-record --lines out
    assert_equal "$(jq -r 'select(.type == "summary") | .status.name' out | xargs)" 'ok timeout timeout timeout'
    run -1 together info --output=jsonl
    assert_equal "$(jq -r .refcow.status.name out | xargs)" 'ok timeout timeout timeout'
    run -1 together check
    assert_equal "$(grep -c Incomplete: out)" 3
    grep -q Clean out
    run -1 together check --brief --fail-on corrupt
    assert_equal "$(cut -c -39 out)" 'one.qcow2: clean
two.qcow2: not judged: the time that --
three.qcow2: not judged: not looked at,
f\x0a"our: not judged: not looked at, b'
    run -1 together check --brief --only-problems --fail-on corrupt
    assert_equal "$(cat out)" ''
}

@test "an image whose opening hangs: each gets an answer" {
    make_image
    mv image.qcow2 one.qcow2
    cp one.qcow2 three.qcow2
    cp one.qcow2 $'f\n"our'
    truncate -s 1M two.qcow2
    preload "$hang" ''
    run -1 together check --output=jsonl
    "$conformance/tools/validate-json" check-record --lines out
    assert_equal "$(jq -c 'select(.type == "summary") | [.filename, .status.text[:12]]' out)" \
        '["one.qcow2","not looked a"]
["two.qcow2","the time tha"]
["three.qcow2","not looked a"]
["f\n\"our","not looked a"]'
    assert_equal "$(wc -l <messages)" 4
}

# info_of_many OPTION...: 65,536 snapshots are read, and then again when they are printed.
info_of_many() {
    env LD_PRELOAD="$PWD/preload.so" "$REFCOW" info --timeout 3 "$@" image.qcow2 >out 2>messages
}

readonly many='static unsigned calls; struct timespec now, end; clock_gettime(CLOCK_MONOTONIC, &now); end = now;'

@test "info ends in time while it reads the lists that it prints" {
    local form
    "$conformance/../corpus/hostile/make-hostile" snapshots-one-l1 image.qcow2
    preload '' "$many"' while (++calls > 65700 && end.tv_sec == now.tv_sec && end.tv_nsec < now.tv_nsec + 1000000)
        clock_gettime(CLOCK_MONOTONIC, &end);'
    for form in json jsonl human; do
        run -1 info_of_many --output="$form" --max-listed 65536
        assert_answer info --refcounts --output="$form"
        run ! grep lost messages
    done
    preload '' 'static unsigned calls; if (++calls > 65550) for (;;) continue;'
    for form in json jsonl human; do
        run -1 info_of_many --output="$form"
        assert_answer info --refcounts --output="$form"
    done
    # Longer than the buffer of stdout: what is out cannot be taken back.
    run -1 info_of_many --output=json --max-listed 65536
    grep -q 'the output is cut' messages
}

@test "a reader that sleeps does not keep the process" {
    local begun
    make_endless
    begun=$(milliseconds)
    # The reader takes nothing, and more than a pipe holds is written.
    { "$REFCOW" map --output=jsonl --max-runs none "${unlimited[@]}" --timeout 1 endless.qcow2 2>messages || echo $? >code; } |
        { until [ -e code ] || [ $(($(milliseconds) - begun)) -gt 20000 ]; do sleep 0.05; done && cat >out; }
    assert_equal "$(cat code)" 1
    [ $(($(milliseconds) - begun)) -le 4000 ] || fail "$(($(milliseconds) - begun)) ms"
    grep -q 'the output is cut' messages
    # What is there is valid, but for the last line.
    head -n -1 out | jq -e . >/dev/null
}

@test "a reader that comes late gets whole lines, and a last one that says incomplete" {
    make_endless
    "$REFCOW" map --output=jsonl --max-runs none "${unlimited[@]}" --timeout 1 endless.qcow2 2>messages |
        (sleep 1.4 && cat >out) || true
    assert_answer map --output=jsonl
}

# defects_omitted FORM: of the answer in the file out.
defects_omitted() {
    case $1 in
    json) jq .refcow.omitted out ;;
    jsonl) jq 'select(.type == "summary").omitted' out ;;
    csv) csv_values summary omitted <out ;;
    human) sed -n 's/^    and \([0-9]*\) more that are not listed$/\1/p' out | awk '{sum += $1} END {print sum}' ;;
    esac
}

# defects_listed FORM: that the lines of the list stand for.
defects_listed() {
    case $1 in
    json) jq '.refcow.findings | map(.times) | add' out ;;
    jsonl) jq -s 'map(select(.type == "finding").times) | add' out ;;
    csv) csv_values finding times <out | awk '{sum += $1} END {print sum}' ;;
    esac
}

# A clock that takes SLOW_CLOCK nanoseconds to read, which refcow does for each line of a list.
slow_clock() {
    cat >clock.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*ask)(clockid_t clock, struct timespec *now);
    static long slow;
    struct timespec begun;
    if (ask == NULL) {
        ask = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        slow = atol(getenv("SLOW_CLOCK"));
    }
    ask(CLOCK_MONOTONIC, &begun);
    do
        ask(CLOCK_MONOTONIC, now);
    while ((now->tv_sec - begun.tv_sec) * 1000000000 + now->tv_nsec - begun.tv_nsec < slow);
    return ask(clock, now);
}
C
    cc -shared -fPIC -o clock.so clock.c
}

# list_in_time FORM SECONDS: a list of more than 200,000 findings, each of which takes 20 microseconds for each of the
# seconds, ends in time, of a machine as fast as it should be, and that at least once in three times. The exit status is in
# $code.
list_in_time() {
    local begun took most
    most=$(awk -v slow="$("$conformance/tools/hostile" slowness)" -v given="$2" \
        'BEGIN {print int(1000 * given + 200 * slow)}')
    for _ in 1 2 3; do
        code=0
        begun=$(milliseconds)
        timeout 60 env LD_PRELOAD="$PWD/clock.so" SLOW_CLOCK=$((20000 * $2)) "$REFCOW" check --list all \
            --timeout "$2" "${unlimited[@]}" --output="$1" image.qcow2 >out 2>messages || code=$?
        took=$(($(milliseconds) - begun))
        [ "$took" -gt "$most" ] || return 0
    done
    fail "$1: $took ms"
}

@test "a list of hundreds of thousands of findings ends in time, and counts what it leaves out" {
    local form code omitted uncut all overlapping seconds
    slow_clock
    "$conformance/../corpus/hostile/make-hostile" every-entry-a-finding-scattered image.qcow2
    uncut=$("$REFCOW" check --list all "${unlimited[@]}" --output=jsonl image.qcow2 | tail -n 1 | jq .omitted)
    all=$("$REFCOW" check "${unlimited[@]}" --output=jsonl image.qcow2 | tail -n 1 |
        jq '([.found[]] | add) + ."refcount-report"."orphan-clusters"')
    # Overlapping clusters are known if the second look has ended.
    overlapping=$("$REFCOW" check --list overlapping "${unlimited[@]}" --output=jsonl image.qcow2 |
        jq -s '[.[] | select(.type == "finding").times] | add')
    for form in json jsonl csv human; do
        # On a slow machine the check itself does not end in time. Then there is more of it.
        for seconds in 1 2 4 8; do
            list_in_time "$form" $seconds
            [ "$code" != 2 ] || break
        done
        [ "$code" = 2 ] || fail "$form: exit status $code: $(cat messages)"
        omitted=$(defects_omitted "$form")
        [ "$omitted" -gt "$uncut" ] || fail "$form: omitted $omitted, without a timeout $uncut"
        grep -q 'image.qcow2: not all findings are listed: the time that --timeout allows is over$' messages ||
            fail "$form: $(cat messages)"
        assert_equal "$(wc -l <messages)" 1
        [ "$form" = human ] || [[ $(($(defects_listed "$form") + omitted - all)) =~ ^(0|$overlapping)$ ]] ||
            fail "$form: $(defects_listed "$form") listed, $omitted omitted, $all in all"
    done
}

# read_slowly SECONDS COMMAND...: its output into the file out, by a reader that sleeps so long after each 64 KiB.
read_slowly() {
    local pause=$1
    shift
    rm -f code
    { "$@" 2>messages && echo 0 >code || echo $? >code; } |
        { while head -c 65536 && [ ! -e code ]; do sleep "$pause"; done && cat; } >out
    assert_equal "$(cat code)" 1
    run ! grep 'output is cut' messages
}

@test "a slow reader gets whole lines of a map of millions of runs, and a last one that says incomplete" {
    "$conformance/../corpus/hostile/make-hostile" refcount-blocks-alternating image.qcow2
    read_slowly 0.05 "$REFCOW" map --output=jsonl --max-runs none "${unlimited[@]}" --timeout 1 image.qcow2
    assert_answer map --output=jsonl
    [ "$(wc -l <out)" -gt 100 ]
}

@test "a slow reader gets a whole object about thousands of snapshots" {
    "$conformance/../corpus/hostile/make-hostile" snapshots-one-l1 image.qcow2
    read_slowly 0.3 "$REFCOW" info --output=json --max-listed 65536 --timeout 1 image.qcow2
    assert_answer info --refcounts --output=json
    [ "$(jq '.snapshots // .refcow.snapshots | length' out)" -gt 10 ] || fail "$(head -c 500 out)"
}

@test "an image that cannot be opened gets a page, too" {
    run -1 --separate-stderr "$REFCOW" map --output=html missing.qcow2
    echo "$output" >out
    python3 "$conformance/lib/page.py" out >/dev/null
    grep -q 'Incomplete' out
}

@test "where stdout is closed, full, or a closed pipe, the process ends too" {
    truncate -s 1M image.qcow2
    preload '' "$hang"
    run -1 timeout 20 env LD_PRELOAD="$PWD/preload.so" bash -c "'$REFCOW' check --timeout 1 image.qcow2 >&-"
    run -1 timeout 20 env LD_PRELOAD="$PWD/preload.so" bash -c "'$REFCOW' check --timeout 1 image.qcow2 >/dev/full"
    assert_output --partial 'the output is cut'
    run -1 timeout 20 env LD_PRELOAD="$PWD/preload.so" \
        bash -c "'$REFCOW' check --timeout 1 image.qcow2 | true; exit \${PIPESTATUS[0]}"
    refute_output --partial 'the output'
    run -1 timeout 20 env LD_PRELOAD="$PWD/preload.so" bash -c "'$REFCOW' check --timeout 1 image.qcow2 >&- 2>&-"
}
