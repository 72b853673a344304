#!/usr/bin/env bats
# What refcow does not check yet it must say so about, and not judge.

load lib/suite

# assert_unsupported STATUS IMAGE: an incomplete answer with this status, and no key of qemu-img's.
assert_unsupported() {
    run -1 --separate-stderr "$REFCOW" check -f qcow2 --output=json "$2"
    assert_equal "$(jq -c 'keys' <<<"$output")" '["refcow"]'
    assert_equal "$(jq -r '.refcow | "\(.complete) \(.verdict) \(.status.name)"' <<<"$output")" "false incomplete $1"
    assert_equal "${#stderr_lines[@]}" 1
    run -1 "$REFCOW" check -q "$2"
}

make_unsupported() { # OPTIONS
    local cluster=65536
    create "$1" 40
    guest 'write 0 4'
}

@test "internal snapshots: snapshots-unsupported" {
    local compat
    for compat in 0.10 1.1; do
        make_unsupported "compat=$compat"
        "$QEMU_IMG" snapshot -c before image.qcow2
        guest_after_snapshot
        assert_unsupported snapshots-unsupported image.qcow2
        "$QEMU_IMG" snapshot -d before image.qcow2
        compare "compat=$compat, snapshot deleted" image.qcow2
    done
}

guest_after_snapshot() {
    local cluster=65536
    guest 'write 1 2'
}

@test "bitmaps: bitmaps-unsupported" {
    make_unsupported compat=1.1
    "$QEMU_IMG" bitmap --add image.qcow2 changed
    assert_unsupported bitmaps-unsupported image.qcow2
    compare_damaged 'bitmap, not consistent' image.qcow2 'clear-bits header:autoclear_features 1'
    "$QEMU_IMG" bitmap --remove image.qcow2 changed
    compare 'bitmap removed' image.qcow2
}

@test "encryption by LUKS: encryption-unsupported" {
    "$QEMU_IMG" create -q -f qcow2 --object secret,id=key,data=secret \
        -o encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10 image.qcow2 10M
    assert_unsupported encryption-unsupported image.qcow2
}
