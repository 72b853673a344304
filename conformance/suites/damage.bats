#!/usr/bin/env bats
# bats file_tags=long
# Where the damage is: which L2 tables, which part of the disk, which snapshots. The same in every format.

load ../lib/suite

# 2 GiB with data in three L2 tables; one table of the snapshot "before" belongs to it alone.
make_image() {
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 2G
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write 512M 1M' -c 'write 1G 1M' image.qcow2 >/dev/null
    "$QEMU_IMG" snapshot -c before image.qcow2
    "$QEMU_IO" -f qcow2 -c 'write 1G 1M' image.qcow2 >/dev/null
    "$QEMU_IMG" snapshot -c after image.qcow2
}

damage() {
    "$DAMAGE" image.qcow2 "$@"
}

# Host offset of the L2 table of an entry in the L1 table of a snapshot.
snapshot_table() { # SNAPSHOT INDEX
    local l1
    l1=$(damage get "u64:snapshot:$1")
    echo $(($(damage get "u64:{$l1+$((8 * $2))}") & 0xfffffffffffe00))
}

where() {
    "$REFCOW" check --output=json "$@" image.qcow2 2>/dev/null | jq -c .refcow.damage || true
}

lines() {
    { "$REFCOW" check image.qcow2 2>/dev/null || true; } | grep -E '^(Damage|Damaged snapshots|Snapshots without)'
}

@test "a sound image has no damage" {
    make_image
    assert_equal "$(where)" \
        '{"l2-tables":4,"damaged-l2-tables":0,"guest-offset":null,"guest-length":null,"active-disk":false}'
    run -1 lines
    # Wrong refcounts and flags are no wrong entries.
    damage set refcount:host:0 0 , clear-bits l1:0 copied
    assert_equal "$(where | jq -c '[."damaged-l2-tables", ."active-disk", .snapshots]')" '[0,false,null]'
    run -1 lines
}

@test "a table of one snapshot: the other one and the active disk are sound" {
    local table
    make_image
    table=$(snapshot_table 0 2)
    damage set "u64:{$table+24}" 0x200
    assert_equal "$(lines)" 'Damage: 1 of 4 L2 tables. The active disk is not affected.
Damaged snapshots: 1 "before".
Snapshots without damaged tables: 2 "after".'
    assert_equal "$(where | jq -c .snapshots)" \
        '{"damaged":1,"sound":1,"first-damaged":[{"id":"1","name":"before"}],"first-sound":[{"id":"2","name":"after"}]}'
    run -2 "$REFCOW" check image.qcow2
    assert_output --partial "(table 0x$(printf %x "$table") entry 3), only in snapshot 1 \"before\""
    assert_output --partial 'The active disk can be read without them.'
    run -2 "$REFCOW" check --output=jsonl --list data-unaligned --list l2-table-damaged image.qcow2
    assert_equal "$(jq -c 'select(.kind == "data-unaligned") | [.kind, ."snapshot-id", ."snapshot-name"]' <<<"$output")" \
        '["data-unaligned","1","before"]'
    run -2 "$REFCOW" check --output=csv --list data-unaligned --list l2-table-damaged image.qcow2
    assert_line --partial ',"1","before",'
    # Names may be anything.
    damage set "u8:{snapshot:0+41}" 0x1b
    run -2 "$REFCOW" check image.qcow2
    refute_output --partial $'\e'
    # What the next step says keeps the active disk.
    "$QEMU_IMG" convert -O qcow2 image.qcow2 new.qcow2
    run -0 "$REFCOW" check new.qcow2
}

@test "a table that the active disk and all snapshots share" {
    make_image
    damage set l2:512M 0x200
    assert_equal "$(lines)" 'Damage: 1 of 4 L2 tables; guest 512 MiB to 512.06 MiB of the active disk.
Damaged snapshots: 1 "before", 2 "after".'
    assert_equal "$(where | jq -c '[."guest-offset", ."guest-length", ."active-disk"]')" '[536870912,65536,true]'
    run -2 "$REFCOW" check --output=jsonl image.qcow2
    assert_equal "$(jq -c 'select(.kind == "data-unaligned") | ."snapshot-id"' <<<"$output")" null
    assert_equal "$(jq -c 'select(.type == "summary") | .damage."active-disk"' <<<"$output")" true
    # Another one, in another table.
    damage set l2:320K 0x200
    assert_equal "$(lines | head -1)" 'Damage: 2 of 4 L2 tables; guest 320 KiB to 512.06 MiB of the active disk.'
}

@test "L1 entries: the whole range of a table, to the end of the disk" {
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1G
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write 512M 1M' image.qcow2 >/dev/null
    damage set l1:1 1T
    assert_equal "$(lines)" 'Damage: guest 512 MiB to 1 GiB of the active disk.'
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 700M
    "$QEMU_IO" -f qcow2 -c 'write 512M 1M' image.qcow2 >/dev/null
    damage set l1:1 1T
    assert_equal "$(lines)" 'Damage: guest 512 MiB to 700 MiB of the active disk.'
}

@test "more damage than is listed, and what is known of it" {
    make_image
    damage fill "$(damage get l2_table:0)" 65536 0x05
    run -2 "$REFCOW" check --max-findings 1 --output=csv image.qcow2
    assert_line --regexp '^summary,.*,4,1,0,536870912,true,2,0,'
    assert_equal "$(where --max-findings 1 | jq -c .snapshots.damaged)" 2
    # Where nothing is listed the snapshots are not known.
    assert_equal "$(where --max-findings 0 | jq -c '[."damaged-l2-tables", .snapshots]')" '[1,null]'
    assert_equal "$(where --list leaked | jq -c '[."damaged-l2-tables", .snapshots]')" '[1,null]'
    assert_equal "$(where --list l2-table-damaged | jq -c .snapshots.damaged)" 2
}

@test "a snapshot whose L1 table is nowhere" {
    make_image
    damage set u64:snapshot:0 0x100
    assert_equal "$(lines)" 'Damaged snapshots: 1 "before".
Snapshots without damaged tables: 2 "after".'
    make_image
    damage set u64:snapshot:1 1T
    assert_equal "$(lines | tail -2)" 'Damaged snapshots: 2 "after".
Snapshots without damaged tables: 1 "before".'
}

@test "a snapshot whose L1 table reaches past the end of the file by less than a cluster" {
    local table end
    make_image
    table=$(snapshot_table 0 2)
    end=$(($(stat -c %s image.qcow2) / 65536 * 65536 + 65536))
    damage set "u64:{$table+24}" 0x200 , set u64:snapshot:1 "$end"
    # What is not there reads as zeros, as for qemu-img.
    assert_equal "$(lines | tail -2)" 'Damaged snapshots: 1 "before".
Snapshots without damaged tables: 2 "after".'
    damage set u64:snapshot:1 "$((end + 65536))"
    assert_equal "$(lines | tail -1)" 'Damaged snapshots: 1 "before", 2 "after".'
}

@test "refused images" {
    make_image
    damage set l2:320K 0x200 , set header:crypt_method 9
    assert_equal "$(where)" null
}
