#!/usr/bin/env bats
# bats file_tags=long
# What `refcow gate` accepts is nothing else to the readers that look for it: qemu-img, which guesses the format of raw
# data, and blkid and file, which look for file systems, volumes and partition tables in any file.

load ../lib/suite

# MUTATE_SEED=2 bats conformance/suites/gate_probes.bats: other heads and places.
seed=${MUTATE_SEED:-1}

@test "raw: of ten thousand mutated heads, those that are accepted are raw to qemu-img" {
    run -0 "$conformance/tools/mutate-heads" "$seed" 10000
    echo "# $output" >&3
}

@test "raw: the heads that mutants have taught" {
    local head
    while read -r head; do
        printf '%b' "$head" >image.raw
        truncate -s 1M image.raw
        run ! timeout 10 "$QEMU_IMG" info image.raw # it knows that this is a vmdk, whose extents are not there
        run -2 "$REFCOW" gate --expect raw image.raw
        assert_output --partial 'other-magic'
    done <<'ROWS'
# a\0b\nversion=1\nRW 1 FLAT "missing" 0\n
#\0\0\0\n# \r\n  \r\n \nversion=2\r\nRW 1 FLAT "missing" 0\n
ROWS
    # qemu-img goes by the name, and then finds no trailer
    truncate -s 1M image.dmg
    run ! "$QEMU_IMG" info image.dmg
    run -2 "$REFCOW" gate --expect raw image.dmg
    assert_output --partial 'dmg, by the name of the file'
    run -0 "$REFCOW" gate --allow other-magic --expect raw image.dmg
    mv image.dmg dmg
    run -0 "$REFCOW" gate --expect raw dmg
}

@test "raw: text with the version of a vmdk is not accepted, other text is" {
    local head
    while read -r head; do
        printf '%b' "$head" >image.raw
        run -2 "$REFCOW" gate --expect raw --allow raw-size image.raw
    done <<'ROWS'
version=1
# other readers take more\nVersion = 1\n
anything\n\t\r\0 version=
ROWS
    { head -c 2040 /dev/zero && printf '\nversion='; } | head -c 2048 >image.raw
    run -0 "$REFCOW" gate --expect raw --allow raw-size image.raw # the last byte is past what readers look at
    while read -r head; do
        printf '%b' "$head" >image.raw
        run -0 "$REFCOW" gate --expect raw --allow raw-size image.raw
    done <<'ROWS'
# version=1\n
conversion=1\n
versions=1\n
version\n=1\n
ROWS
}

@test "raw: a partitioned disk with file systems is accepted, with the names of its partition tables" {
    local table
    for table in mbr gpt; do
        "$conformance/tools/probe-superblocks" disk "$table" image.raw
        run -0 blkid -p -o value -s PTTYPE image.raw
        assert_output "${table/mbr/dos}"
        run -0 "$REFCOW" gate --expect raw image.raw
        run -0 "$QEMU_IMG" info image.raw
        assert_output --partial 'file format: raw'
    done
}

@test "a superblock of each format is refused, wherever its readers look for it" {
    run -0 "$conformance/tools/probe-superblocks" table
    echo "# $output" >&3
}

@test "superblocks at random places: what is accepted is nothing to blkid and file, and ordinary guests are accepted" {
    run -0 "$conformance/tools/probe-superblocks" random "$seed" 300
    echo "# $output" >&3
}

@test "images of a guest with a file system are accepted in clusters of all sizes" {
    local bits options
    truncate -s 4M disk.raw
    mkfs.ext4 -q -F disk.raw
    for options in compat=1.1 compat=0.10; do
        for bits in {9..21}; do
            "$QEMU_IMG" convert -t unsafe -f raw -O qcow2 -o "$options,cluster_size=$((1 << bits))" disk.raw image.qcow2
            run -0 "$REFCOW" gate --check image.qcow2
            run -2 blkid -p image.qcow2
        done
    done
}

# A tar archive of the seventh Unix has no magic, only a sum.
@test "an image that is a tar archive without a magic is refused" {
    local sum
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1M
    run -0 "$REFCOW" gate --check image.qcow2
    printf '00000000000' | dd of=image.qcow2 bs=1 seek=124 conv=notrunc status=none
    printf '0' | dd of=image.qcow2 bs=1 seek=156 conv=notrunc status=none
    printf '        ' | dd of=image.qcow2 bs=1 seek=148 conv=notrunc status=none
    sum=$(head -c 512 image.qcow2 | od -An -v -tu1 -w1 | awk '{ sum += $1 } END { print sum }')
    printf '%06o\0 ' "$sum" | dd of=image.qcow2 bs=1 seek=148 conv=notrunc status=none
    tar -tf image.qcow2 >/dev/null
    run -2 "$REFCOW" gate image.qcow2
    assert_line --regexp '^ +tar at offset 0'
    printf '%06o\0 ' "$((sum + 1))" | dd of=image.qcow2 bs=1 seek=148 conv=notrunc status=none
    run -0 "$REFCOW" gate image.qcow2
}
