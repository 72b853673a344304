#!/usr/bin/env bats
# bats file_tags=long
# What people come with, rebuilt from public reports: does the answer say what is wrong, what it means for the data, and
# what to do next? Each on both sides of its boundary.

load ../lib/suite

# 64 MiB of data in an image of 256 MiB.
make_image() { # [OPTIONS]
    "$QEMU_IMG" create -q -f qcow2 -o "cluster_size=64K${1:+,$1}" image.qcow2 256M
    "$QEMU_IO" -f qcow2 -c 'write -P 5 0 64M' image.qcow2 >/dev/null
}

# The name of the situation, "-" if there is none, and the exit status.
situation() { # [IMAGE]
    local status=0
    "$REFCOW" check --output=json "${1:-image.qcow2}" >answer 2>/dev/null || status=$?
    echo "$(jq -r '.refcow.situation.name // "-"' answer) $status"
}

# The lines for people, up to the numbers, as one line.
answer() {
    { "$REFCOW" check image.qcow2 2>/dev/null || true; } | sed -n '2,/^$/p' | paste -sd' ' | sed 's/  */ /g; s/ $//'
}

# Run the command of the next step on the image, or on another one that is made of it. What it needs from the user is
# filled in.
follow() { # [NAME]
    local command
    command=$("$REFCOW" check --output=json image.qcow2 2>/dev/null | jq -r .refcow.situation.command)
    command=${command//IMAGE/image.qcow2}
    command=${command//NEW/new.qcow2}
    command=${command//NAME/${1:-}}
    command=${command/qemu-img/"$QEMU_IMG"}
    $command >/dev/null
}

@test "a sound image, as it is made in any way" {
    local options
    for options in '' preallocation=metadata preallocation=falloc lazy_refcounts=on extended_l2=on; do
        make_image "$options"
        assert_equal "$options $(situation)" "$options - 0"
    done
    "$QEMU_IMG" convert -c -O qcow2 image.qcow2 compressed.qcow2
    assert_equal "$(situation compressed.qcow2)" '- 0'
    # The guest has discarded all that it had.
    "$QEMU_IO" -f qcow2 -c 'discard 0 64M' image.qcow2 >/dev/null
    assert_equal "$(situation)" '- 0'
}

@test "a file that is cut short" {
    make_image
    truncate -s -20M image.qcow2
    assert_equal "$(situation)" 'truncated 2'
    run -2 "$REFCOW" check image.qcow2
    assert_output --partial 'The file is cut short'
    assert_output --partial ': the file ends at 46465024, references reach 67436544; 20 MiB are missing'
    # All that is missing is one range.
    make_image
    truncate -s -1 image.qcow2
    assert_equal "$(situation)" '- 0'
}

@test "a wrong entry is no file that is cut short" {
    make_image
    "$DAMAGE" image.qcow2 set l2:0 1T
    assert_equal "$(situation)" 'overwritten 2'
}

@test "a compressed image that is cut short by less than a cluster" {
    local end
    seq 1 20000 >raw
    "$QEMU_IMG" convert -c -f raw -O qcow2 raw image.qcow2
    assert_equal "$(situation)" '- 0'
    # The last sector may be there in part: nothing of the stream is missing, as far as anyone can tell.
    end=$(stat -c %s image.qcow2)
    truncate -s $((end - 1 - (end - 1) % 512 + 1)) image.qcow2
    assert_equal "$(situation)" '- 0'
    truncate -s -1 image.qcow2
    assert_equal "$(situation)" 'compressed-past-end 0'
    [[ $(answer) == *'Copy or download the file again'* ]] || fail "$(answer)"
}

@test "an L2 table that is zeros" {
    make_image
    "$DAMAGE" image.qcow2 fill "$("$DAMAGE" image.qcow2 get l2_table:0)" 65536 0
    assert_equal "$(situation)" 'l2-table-empty 3'
    [[ $(answer) == *'guest data that no longer can be reached'*'before you repair'* ]] || fail "$(answer)"
}

@test "an image that QEMU has marked corrupt" {
    make_image
    "$DAMAGE" image.qcow2 set header:incompatible_features 2
    assert_equal "$(situation)" 'marked-corrupt 0'
    [[ $(answer) == 'Clean, but marked corrupt: '* ]] || fail "$(answer)"
    follow
    assert_equal "$(situation)" '- 0'
}

@test "a writer of lazy refcounts was killed" {
    make_image lazy_refcounts=on
    hold -f qcow2
    printf 'write 100M 4M\nflush\n' >&9
    patiently grep -q wrote holder.out
    assert_equal "$(situation)" 'in-use-dirty 2'
    [[ $(answer) == 'In use, not judged: '*'is no damage yet'* ]] || fail "$(answer)"
    kill -9 "$holder"
    let_go || true
    assert_equal "$(situation)" 'dirty 2'
    [[ $(answer) == *'Guest data is not damaged by that'* ]] || fail "$(answer)"
    follow
    assert_equal "$(situation)" '- 0'
}

@test "leaks" {
    make_image
    "$DAMAGE" image.qcow2 append 3 , set refcount:last 1
    assert_equal "$(situation)" 'leaks 3'
    follow
    assert_equal "$(situation)" '- 0'
}

@test "a cluster that lost its refcount" {
    make_image
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    assert_equal "$(situation)" 'corrupt 2'
    follow
    assert_equal "$(situation)" '- 0'
}

@test "an L2 table that was overwritten with data" {
    make_image
    "$DAMAGE" image.qcow2 fill "$("$DAMAGE" image.qcow2 get l2_table:0)" 4096 0x05
    assert_equal "$(situation)" 'overwritten 2'
    [[ $(answer) == *'Do not repair the image'* ]] || fail "$(answer)"
    follow
    assert_equal "$(situation new.qcow2)" '- 0'
}

@test "refcount blocks that cannot be found" {
    make_image
    cp image.qcow2 sound.qcow2
    "$DAMAGE" image.qcow2 set-bits refcount_table:0 512
    assert_equal "$(situation)" 'refcounts-unreadable 1'
    follow
    assert_equal "$(situation new.qcow2)" '- 0'
    "$QEMU_IMG" compare -q new.qcow2 sound.qcow2
}

@test "a bitmap that its writer did not store" {
    make_image
    "$QEMU_IMG" bitmap --add image.qcow2 backup
    "$DAMAGE" image.qcow2 set-bits 'u32:{bitmap:0+12}' 1
    assert_equal "$(situation)" 'bitmap-in-use 0'
    [[ $(answer) == *'Make the next backup a full one'* ]] || fail "$(answer)"
    follow backup
    assert_equal "$(situation)" '- 0'
}

@test "an image that a writer has open" {
    make_image
    hold -f qcow2
    assert_equal "$(situation)" 'in-use 0'
    let_go
    assert_equal "$(situation)" '- 0'
}

@test "a header that is not all there" {
    make_image
    "$DAMAGE" image.qcow2 set header:l1_table_offset 1000
    assert_equal "$(situation)" 'refused 1'
    [[ $(answer) == *'Restore the image from a backup'* ]] || fail "$(answer)"
}
