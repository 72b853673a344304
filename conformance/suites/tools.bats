#!/usr/bin/env bats
# bats file_tags=long
# With which QEMU the suites compare: lib/tools.bash decides, and scripts/qemu-from brings one from elsewhere.

load ../lib/suite

# tools [VARIABLE=VALUE]...: what lib/tools.bash makes of these variables, a tool in each line.
tools() {
    # shellcheck disable=SC2016 # for the other bash
    env -u QEMU_IMG -u QEMU_IO -u QEMU_NBD -u QEMU_STORAGE_DAEMON "$@" bash -c '
        . "$0/lib/tools.bash"
        printf "%s\n" "$QEMU_IMG" "$QEMU_IO" "$QEMU_NBD" "$QEMU_STORAGE_DAEMON"' "$conformance"
}

# make_tools FOLDER VERSION: tools that do nothing but say a version.
make_tools() {
    local tool
    mkdir "$1"
    for tool in img io nbd storage-daemon; do
        printf '#!/bin/sh\necho "qemu-%s version %s (made up)"\n' "$tool" "$2" >"$1/qemu-$tool"
        chmod +x "$1/qemu-$tool"
    done
}

@test "all tools are taken from the folder of qemu-img, unless they are named" {
    make_tools one 1.0
    make_tools two 2.0
    all="$PWD/one/qemu-img $PWD/one/qemu-io $PWD/one/qemu-nbd $PWD/one/qemu-storage-daemon"
    assert_equal "$(tools PATH="$PWD/one:$PATH" | xargs)" "$all"
    assert_equal "$(tools PATH="$PWD/two:$PATH" QEMU_IMG="$PWD/one/qemu-img" | xargs)" "$all"
    assert_equal "$(tools PATH="$PWD/two:$PATH" QEMU_IMG=one/qemu-img | xargs)" "$all"
    assert_equal "$(tools QEMU_IMG= QEMU_NBD= PATH="$PWD/one:$PATH" | xargs)" "$all"
    assert_equal "$(tools QEMU_IMG=one/qemu-img QEMU_IO=two/qemu-io QEMU_NBD=two/qemu-nbd \
        QEMU_STORAGE_DAEMON="$PWD/two/qemu-storage-daemon" | xargs)" \
        "$PWD/one/qemu-img $PWD/two/qemu-io $PWD/two/qemu-nbd $PWD/two/qemu-storage-daemon"
    rm one/qemu-io two/qemu-nbd
    QEMU_IMG=one/qemu-img QEMU_IO='' run -1 bats "$conformance/suites/tools.bats" -f 'compared as numbers'
    assert_output --partial "not found: $PWD/one/qemu-io"
}

@test "no suite, and no maker of images for one, calls a tool of QEMU in PATH" {
    local bare='(^|[^A-Za-z0-9_./"$}{-])qemu-(img|io|nbd|storage-daemon)( |$)' quoted="'[^']*'" text='"[^"]*"'
    cd "$conformance"
    for file in suites/*.bats suites/*.bash lib/*.bash tools/run-cases tools/random ../corpus/make-images; do
        sed -E "s/(^|[[:space:]])#.*//; s/^@test .*//; s/$quoted//g; s/$text//g" "$file" | grep -nE "$bare" | sed "s|^|$file:|"
    done >"$BATS_TEST_TMPDIR/bare" || true
    run ! grep . "$BATS_TEST_TMPDIR/bare"
    # Those that ask by other means go by the same variable.
    grep -q 'os.environ.get("QEMU_IMG")' tools/compare-files
    echo '    qemu-io -f qcow2 image.qcow2' | grep -qE "$bare"
}

@test "versions are compared as numbers" {
    local version
    make_tools made 9.2.4
    QEMU_IMG=made/qemu-img
    assert_equal "$(qemu_release)" 'qemu-img version 9.2.4 (made up)'
    assert_equal "$(qemu_version)" 9.2.4
    for version in 9.2.5 9.3 10.0 10 100.0; do
        qemu_is_before "$version"
        assert_equal "$(of_version "1 before $version 139")" 139
    done
    for version in 9.2.4 9.2.3 9.2 9 8.10 7.2.22; do
        run -1 qemu_is_before "$version"
        assert_equal "$(of_version "1 before $version 139")" 1
    done
    assert_equal "$(of_version 63)" 63
}

@test "the tools of another root run on this system" {
    local tool writer
    run -0 "$conformance/../scripts/qemu-from" / made
    assert_output --regexp '^qemu-img version [0-9.]+'
    for tool in img io nbd storage-daemon; do
        assert_equal "$(made/qemu-$tool --version)" "$(/usr/bin/qemu-$tool --version | sed 's|^/usr/bin/||')"
    done
    made/qemu-img create -q -f qcow2 image.qcow2 1M
    compare 'made by a tool of a root' image.qcow2
    # The script becomes the tool: what is killed is not a shell around it.
    mkfifo commands
    made/qemu-io -f qcow2 image.qcow2 <commands >/dev/null 2>&1 3>&- &
    writer=$!
    exec 9>commands
    patiently grep -qE '/qemu-io$' "/proc/$writer/maps"
    exec 9>&-
    wait "$writer"
    mkdir empty
    run -1 "$conformance/../scripts/qemu-from" empty made
    assert_output --partial 'install qemu-utils and qemu-system-common'
    run -1 "$conformance/../scripts/qemu-from" nowhere made
    run -2 "$conformance/../scripts/qemu-from"
}
