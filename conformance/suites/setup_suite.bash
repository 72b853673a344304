# Around the whole run: count what was compared, so that a run which compares nothing cannot pass.

minimum=10000

. "$BATS_TEST_DIRNAME/../lib/tools.bash"

setup_suite() {
    local lacking
    lacking=$(lacking_tools "$QEMU_IMG" "$QEMU_IO" "$QEMU_NBD" "$QEMU_STORAGE_DAEMON" | xargs)
    if [ -n "$lacking" ]; then
        echo "not found: $lacking; all tools of QEMU are looked for beside qemu-img ($QEMU_IMG), see lib/tools.bash"
        return 1
    fi
    : >"$BATS_RUN_TMPDIR/tests"
    : >"$BATS_RUN_TMPDIR/compared"
}

teardown_suite() {
    local tests compared all
    tests=$(wc -l <"$BATS_RUN_TMPDIR/tests")
    compared=$(awk '{ sum += $1 } END { print sum + 0 }' "$BATS_RUN_TMPDIR/compared")
    all=$(cat "$BATS_TEST_DIRNAME"/*.bats | grep -c '^@test ')
    echo "# $compared images compared in $tests tests with $(qemu_release)" >&3
    if [ "$tests" -eq "$all" ] && [ "$compared" -lt "$minimum" ]; then
        echo "only $compared images were compared, at least $minimum were expected"
        return 1
    fi
}
