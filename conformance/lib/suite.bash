# What every suite loads: the commands under test, a directory for each test, and the judgement after it.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

conformance=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
REFCOW=$(realpath "${REFCOW:-$conformance/../build/refcow}")
DAMAGE=$(realpath "${DAMAGE:-$conformance/../build/damage}")
export REFCOW DAMAGE

load ../lib/tools
load ../lib/compare
load ../lib/images
load ../lib/damages
load ../lib/servers

# Every test works in a directory of its own, so that images have short names.
setup() {
    answers=$BATS_TEST_TMPDIR/answers
    mkdir "$BATS_TEST_TMPDIR/images"
    cd "$BATS_TEST_TMPDIR/images" || return
}

# All that a test has compared is judged here, so that no test can forget to; a suite may have more to judge.
teardown() {
    local failed=0
    stop_servers
    echo "$BATS_TEST_NAME" >>"$BATS_RUN_TMPDIR/tests"
    if [ -e "$answers" ]; then
        judge || failed=1
        wc -l <"$answers" >>"$BATS_RUN_TMPDIR/compared"
    fi
    ! declare -F judge_more >/dev/null || judge_more || failed=1
    cd / && rm -r "$BATS_TEST_TMPDIR/images" # now, not at the end of the run: images are large
    return "$failed"
}
