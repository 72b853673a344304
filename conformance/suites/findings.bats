#!/usr/bin/env bats
# The findings in refcow's own key: what is wrong, and where on the host and on the guest's disk.

load ../lib/suite

# findings KIND: all findings of a kind, one per line: host offset, length, guest offset, times; the expected and the
# found refcount; the expected flag and the found entry. What there is none of is left out.
findings() {
    "$REFCOW" check --output=json image.qcow2 | jq -c --arg kind "$1" '.refcow.findings[] | select(.kind == $kind)
        | [.["host-offset", "length", "guest-offset", "times"], (.["expected-refcount", "found-refcount", "expected-flag", "found-entry-hex"] | values)]'
}

# report: allocated, orphan and unknown clusters of the refcount report.
report() {
    "$REFCOW" check --output=json image.qcow2 | jq -c '.refcow["refcount-report"]
        | [.["allocated-clusters", "orphan-clusters", "unknown-clusters"], .complete]'
}

number() { # VALUE
    printf %d "$("$DAMAGE" image.qcow2 get "$1")"
}

entry() { # VALUE
    printf '"0x%x"' "$("$DAMAGE" image.qcow2 get "$1")"
}

make_sixteen() { # [OPTIONS]
    local cluster=65536
    create "${1:-compat=1.1}" 160
    guest 'write 0 16'
}

@test "one orphan and one leak" {
    local host last
    make_sixteen
    assert_equal "$(report)" '[16,0,0,true]'
    host=$(number host:0)
    "$DAMAGE" image.qcow2 set refcount:host:0 0 , append 1 , set refcount:last 1
    last=$(number last)
    compare 'one orphan and one leak' image.qcow2
    run -2 "$REFCOW" check image.qcow2
    assert_equal "$(findings refcount-too-low)" "[$host,65536,0,1,1,0]"
    assert_equal "$(findings l2-copied-flag)" "[$host,65536,0,1,0,$(entry l2:0)]"
    assert_equal "$(findings leaked)" "[$last,65536,null,1,0,1]"
    assert_equal "$(report)" '[16,1,0,true]'
}

@test "an orphan in the middle of the disk" {
    make_sixteen
    "$DAMAGE" image.qcow2 set refcount:host:7c 0
    compare 'an orphan' image.qcow2
    assert_equal "$(findings refcount-too-low)" "[$(number host:7c),65536,458752,1,1,0]"
    assert_equal "$(findings l2-copied-flag)" "[$(number host:7c),65536,$((7 * 65536)),1,0,$(entry l2:7c)]"
    assert_equal "$(report)" '[16,1,0,true]'
}

@test "adjacent leaks are one finding" {
    make_sixteen
    "$DAMAGE" image.qcow2 append 3 , set refcount:last 2 , set 'refcount:{last-1c}' 2 , set 'refcount:{last-2c}' 2
    compare 'three leaks' image.qcow2
    assert_equal "$(findings leaked)" "[$(number last-2c),$((3 * 65536)),null,3,0,2]"
}

@test "a copied flag that contradicts the refcount" {
    make_sixteen
    "$DAMAGE" image.qcow2 clear-bits l2:3c copied
    compare 'copied flag' image.qcow2
    assert_equal "$(findings l2-copied-flag)" "[$(number host:3c),65536,$((3 * 65536)),1,1,$(entry l2:3c)]"
}

@test "refcount report: compressed and zero clusters are not counted, shared ones are twice" {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 16' 'write -z 2 2' 'discard 4 2' 'write -c 20 1' 'write -z 30 1'
    assert_equal "$(report)" '[12,0,0,true]'
    "$DAMAGE" image.qcow2 set l2:0 l2:1c
    assert_equal "$(report)" '[12,0,0,true]'
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    assert_equal "$(report)" '[12,2,0,true]'
}

@test "refcount report: packed refcounts, clusters past the refcount table, unreadable blocks" {
    local width
    for width in 1 2 4 8 32 64; do
        make_sixteen "refcount_bits=$width"
        "$DAMAGE" image.qcow2 set refcount:host:5c 0 , set refcount:host:6c 0 , set refcount:host:9c 0
        assert_equal "$(report)" '[16,3,0,true]'
    done
    make_sixteen
    "$DAMAGE" image.qcow2 set header:refcount_table_clusters 0
    assert_equal "$(report)" '[16,16,0,true]'
    make_sixteen
    "$DAMAGE" image.qcow2 add refcount_table:0 512
    assert_equal "$(report)" '[16,0,16,true]'
}

@test "refcount report: also where the check is refused" {
    make_sixteen
    "$DAMAGE" image.qcow2 set refcount:host:3c 0 , set header:incompatible_features 0x100
    run -1 --separate-stderr "$REFCOW" check image.qcow2
    assert_equal "$(report)" '[16,1,0,true]'
}
