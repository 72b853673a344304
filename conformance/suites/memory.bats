#!/usr/bin/env bats
# bats file_tags=long
# The answer does not depend on the memory: images of many clusters, clean and damaged, in blocks of several sizes.

load ../lib/suite

readonly sizes=(64K 150000 1M)

# answer SIZE: what refcow says about image.qcow2 in so much memory, less what it took; the number of passes in $passes.
answer() {
    local json code=0
    json=$("$REFCOW" check --memory "$1" --max-findings 1000 --output=json image.qcow2 2>/dev/null) || code=$?
    passes=$(jq .refcow.passes <<<"$json")
    echo "exit $code"
    jq -S 'del(.refcow | .passes, .["memory-used", "bytes-read", "work"]) |
        (.refcow["second-look"] | objects) |= {name}' <<<"$json"
}

# expect_same NAME: image.qcow2 gets one answer. Adds up the passes in 64 KiB in $least.
expect_same() {
    local size
    answer 64M >ample
    for size in "${sizes[@]}"; do
        answer "$size" >little
        cmp -s ample little || fail "$1, --memory $size: $(diff ample little | head -n 40)"
        [ "$size" != 64K ] || least=$((least + passes))
    done
    images=$((images + 1))
}

# The damage, a statement in each line, for any image in which these places exist.
damages() {
    cat <<'STATEMENTS'
set refcount:host:0 0
set refcount:host:0 0 , set refcount:host:1c 0 , set refcount:last 0
set refcount:last max
fill refcount_block:0 64 0xff
fill refcount_block:0 1c 0
fill refcount_block:0 1c 0x55
set refcount_table:0 0
set refcount_table:1 refcount_table:0
set-bits refcount_table:0 512
set refcount_table:1 0x7ffffffffffffe00
set l1:0 0
set l1:1 l1:0
set l1:0 l1:1
set l1:1 l1:0+512
set-bits l1:0 0x100
clear-bits l1:0 copied
clear-bits l2:0 copied
set l2:0 l2:1c
set l2:0 0x80000000000000ff
set l2:0 0x8000010000000000
set l2:0 copied+50c+512
fill l2_table:0 1c 0
fill l2_table:0 1c 0xff
fill l2_table:0 256 0x5a
append 20000
append 20000 , set l2:0 copied+20000c , set refcount:last 1
STATEMENTS
}

# sweep: image.qcow2 as it is, and damaged in each of the ways.
sweep() {
    local statements damaged=0
    images=0 least=0
    cp image.qcow2 base.qcow2
    expect_same sound
    while read -r statements; do
        cp --sparse=always base.qcow2 image.qcow2
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" image.qcow2 $statements 2>/dev/null || continue
        damaged=$((damaged + 1))
        expect_same "$statements"
    done < <(damages)
    echo "# $images images, $least passes in 64 KiB" >&3
    [ "$damaged" -ge 18 ] || fail "only $damaged of the damages can be done"
    [ "$least" -gt $((images + images / 2)) ] || fail "only $least passes for $images images"
}

@test "clusters of 512 bytes" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,preallocation=metadata image.qcow2 16M
    sweep
}

@test "clusters of 4 KiB, refcounts of 64 bits, data in places" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4K,refcount_bits=64,preallocation=metadata image.qcow2 128M
    "$QEMU_IO" -c 'discard 1M 3M' -c 'discard 64M 100K' image.qcow2 >/dev/null
    sweep
}

@test "refcounts of 1 bit" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,refcount_bits=1,preallocation=metadata image.qcow2 12M
    sweep
}

@test "refcounts of 4 bits, snapshots" {
    local i
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,refcount_bits=4,preallocation=metadata image.qcow2 8M
    for i in 1 2 3; do
        "$QEMU_IMG" snapshot -c "s$i" image.qcow2
        "$QEMU_IO" -c "write -q ${i}M 30K" image.qcow2 >/dev/null
    done
    sweep
}

@test "compressed" {
    # Digits at random: they shrink to a little more than half.
    awk 'BEGIN {srand(1); for (i = 0; i < 2097152; i++) printf "%08x", rand() * 4294967295}' >raw
    "$QEMU_IMG" convert -c -f raw -O qcow2 -o cluster_size=512 raw image.qcow2
    sweep
}

@test "bitmaps" {
    local i
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,preallocation=metadata image.qcow2 16M
    for i in 1 2 3 4; do
        "$QEMU_IMG" bitmap --add -g 512 image.qcow2 "b$i"
    done
    sweep
}

@test "extended L2 entries" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=16K,extended_l2=on,preallocation=metadata image.qcow2 400M
    sweep
}

@test "more references than a byte holds" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=512,preallocation=metadata image.qcow2 8M
    local i
    local -a statements=()
    for i in $(seq 2 400); do
        statements+=(',' set "l2:${i}c" l2:1c)
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}"
    sweep
}

# Windows begin anywhere, the refcounts end within one.
@test "refcount tables that end within a window" {
    local i
    images=0 least=0
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=1024,refcount_bits=32 base.qcow2 265216
    "$DAMAGE" base.qcow2 append 150000
    for i in 0x8000000000000000 1024 header:refcount_table_offset 512 0x200; do
        cp --sparse=always base.qcow2 image.qcow2
        "$DAMAGE" image.qcow2 set refcount_table:127 "$i"
        expect_same "the last block at $i"
    done
    [ "$least" -gt 5 ] || fail "only $least passes"
}
