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

# Run the command of the next step on a copy of the image, copy.qcow2. What it needs from the user is filled in: NEW is
# new.qcow2, NAME and BASE are the argument.
follow() { # [NAME]
    local command
    command=$("$REFCOW" check --output=json image.qcow2 2>/dev/null | jq -er .refcow.situation.command)
    command=${command//IMAGE/copy.qcow2}
    command=${command//NEW/new.qcow2}
    command=${command//NAME/${1:-}}
    command=${command//BASE/${1:-}}
    command=${command/qemu-img/"$QEMU_IMG"}
    cp --sparse=always image.qcow2 copy.qcow2
    $command >/dev/null 2>&1
}

# assert_same_disk [IMAGE]: the guest's disk is as it was in sound.qcow2.
assert_same_disk() {
    "$QEMU_IMG" compare -q "${1:-copy.qcow2}" sound.qcow2
}

# The advice about a file that is no image, or breaks a rule.
advice() {
    { "$REFCOW" check --output=json image.qcow2 2>/dev/null || true; } | jq -r '.refcow.status.advice // "-"'
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
    assert_equal "$(situation copy.qcow2)" '- 0'
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
    assert_equal "$(situation copy.qcow2)" '- 0'
}

@test "leaks" {
    make_image
    "$DAMAGE" image.qcow2 append 3 , set refcount:last 1
    assert_equal "$(situation)" 'leaks 3'
    follow
    assert_equal "$(situation copy.qcow2)" '- 0'
}

@test "a cluster that lost its refcount" {
    make_image
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    assert_equal "$(situation)" 'corrupt 2'
    follow
    assert_equal "$(situation copy.qcow2)" '- 0'
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
    assert_equal "$(situation copy.qcow2)" '- 0'
}

@test "an image that a writer has open" {
    make_image
    hold -f qcow2
    assert_equal "$(situation)" 'in-use 0'
    let_go
    assert_equal "$(situation)" '- 0'
}


# ------------------------------------------------------------------ headers

@test "a header with a wrong field" {
    make_image
    "$DAMAGE" image.qcow2 set header:l1_table_offset 1000
    assert_equal "$(situation)" 'refused 1'
    [[ $(answer) == *'Restore the image from a backup'* ]] || fail "$(answer)"
    make_image
    "$DAMAGE" image.qcow2 set header:l1_size 0 # too small for the disk
    assert_equal "$(situation)" 'refused 1'
}

@test "a header that was overwritten: what can be tried works on an image of standard make" {
    make_image
    cp image.qcow2 sound.qcow2
    dd if=/dev/urandom of=image.qcow2 bs=65536 count=1 conv=notrunc status=none
    run -63 "$REFCOW" check image.qcow2
    [[ $(advice) == *'restore it from a backup. If there is none, try this on a copy'* ]] || fail "$(advice)"
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=64K new.qcow2 256M
    dd if=new.qcow2 of=image.qcow2 bs=65536 count=1 conv=notrunc status=none
    assert_equal "$(situation)" '- 0'
    assert_same_disk image.qcow2
}

@test "a snapshot table that is somewhere else" {
    local place
    make_image
    cp image.qcow2 sound.qcow2
    "$QEMU_IMG" snapshot -c one image.qcow2
    cp image.qcow2 snapshot.qcow2
    assert_equal "$(situation)" '- 0'
    for place in 0x40000 0x40001; do
        cp snapshot.qcow2 image.qcow2
        "$DAMAGE" image.qcow2 set header:snapshots_offset "$place"
        assert_equal "$(situation)" 'snapshots-unreadable 1'
        [[ $(answer) == *'The active disk does not need the table'* ]] || fail "$(answer)"
        cp image.qcow2 new.qcow2
        follow
        assert_equal "$(situation new.qcow2)" 'leaks 3' # what the snapshot has
        assert_same_disk new.qcow2
    done
    # Where the header is wrong as well, the snapshots are not all.
    "$DAMAGE" image.qcow2 set header:l1_size 0
    assert_equal "$(situation)" 'refused 1'
}

# ------------------------------------------------------------------ tables

@test "an L1 table that is zeros" {
    make_image
    cp image.qcow2 sound.qcow2
    "$DAMAGE" image.qcow2 fill "$("$DAMAGE" image.qcow2 get header:l1_table_offset)" 8 0
    assert_equal "$(situation)" 'disk-empty 3'
    [[ $(answer) == *'guest data that no longer can be reached'*'before you repair'* ]] || fail "$(answer)"
    # With the refcounts gone too, as after holes were punched into the first clusters.
    cp sound.qcow2 image.qcow2
    fallocate -p -o 64K -l 40M image.qcow2
    assert_equal "$(situation)" 'disk-empty 2'
    # An empty disk has a leaked cluster: that is no disk.
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 256M
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    assert_equal "$(situation)" 'leaks 3'
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    assert_equal "$(situation)" 'disk-empty 3'
    # A snapshot has the data.
    cp sound.qcow2 image.qcow2
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$DAMAGE" image.qcow2 fill "$("$DAMAGE" image.qcow2 get header:l1_table_offset)" 8 0
    assert_equal "$(situation)" 'leaks 3'
    # Data is there.
    cp sound.qcow2 image.qcow2
    "$DAMAGE" image.qcow2 append 2 , set refcount:last 1 , set 'refcount:{last-1c}' 1
    assert_equal "$(situation)" 'leaks 3'
}

@test "holes in data cannot be told from preallocation" {
    make_image
    fallocate -p -o 20M -l 10M image.qcow2
    assert_equal "$(situation)" '- 0'
}

@test "a refcount block that was overwritten with data" {
    local bits
    for bits in 16 32 64; do
        make_image refcount_bits=$bits
        cp image.qcow2 sound.qcow2
        python3 -c 'print("the quick brown fox " * 4000)' |
            dd of=image.qcow2 bs=65536 count=1 iflag=fullblock conv=notrunc status=none \
                seek=$(($("$DAMAGE" image.qcow2 get refcount_block:0) / 65536))
        assert_equal "$bits $(situation)" "$bits refcounts-overwritten 2"
        [[ $(answer) == *'The leaked clusters are no wasted space'* ]] || fail "$(answer)"
        follow
        assert_equal "$(situation copy.qcow2)" '- 0'
        assert_same_disk
    done
}

# raise COUNT EXCESS: the refcounts of so many data clusters are so much too high.
raise() {
    local i
    make_image
    for ((i = 0; i < $1; i++)); do
        "$DAMAGE" image.qcow2 add "refcount:host:$((i * 65536))" "$2"
    done
}

@test "refcounts that are too high, as writers leave them, are not overwritten" {
    raise 4 256
    assert_equal "$(situation)" 'refcounts-overwritten 2'
    raise 4 255
    assert_equal "$(situation)" 'corrupt 2'
    raise 3 256
    assert_equal "$(situation)" 'corrupt 2'
    # Clusters that nothing refers to do not count, and there may be more of them.
    raise 4 256
    "$DAMAGE" image.qcow2 append 4 , set refcount:last 1 , set 'refcount:{last-1c}' 1 , \
        set 'refcount:{last-2c}' 1 , set 'refcount:{last-3c}' 1
    assert_equal "$(situation)" 'refcounts-overwritten 2'
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1000
    assert_equal "$(situation)" 'corrupt 2'
}

@test "many compressed clusters in one, and snapshots that were lost, are not overwritten refcounts" {
    local i
    # A guest cluster of one repeated byte takes 40 bytes.
    python3 -c 'for i in range(3000): print(end=chr(65 + i % 50) * 16384)' >raw
    "$QEMU_IMG" convert -c -f raw -O qcow2 -o cluster_size=16K raw image.qcow2
    "$QEMU_IMG" snapshot -c one image.qcow2
    assert_equal "$(situation)" '- 0'
    # The snapshot is gone: all its references are too many.
    "$DAMAGE" image.qcow2 set header:nb_snapshots 0
    run -3 "$REFCOW" check image.qcow2
    [ "$(grep -cE 'expected refcount [3-9][0-9][0-9], found [0-9]{3}' <<<"$output")" -ge 4 ] || fail "$output"
    assert_equal "$(situation)" 'leaks 3'
    follow
    assert_equal "$(situation copy.qcow2)" '- 0'
    make_image
    for i in {1..20}; do
        "$QEMU_IMG" snapshot -c "$i" image.qcow2
    done
    "$DAMAGE" image.qcow2 set header:nb_snapshots 0
    assert_equal "$(situation)" 'leaks 3'
}

@test "a snapshot whose deletion was not complete" {
    make_image
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$QEMU_IO" -f qcow2 -c 'write -P 9 0 1M' image.qcow2 >/dev/null
    cp image.qcow2 sound.qcow2
    "$DAMAGE" image.qcow2 set header:nb_snapshots 0 # the first that is written
    assert_equal "$(situation)" 'leaks 3'
    [[ $(answer) == *'The data that the disk refers to is not affected'* ]] || fail "$(answer)"
    follow
    assert_equal "$(situation copy.qcow2)" '- 0'
    assert_same_disk
}

# ------------------------------------------------------------------ writers

# hold_unlocked: as hold does, a process that takes no lock.
hold_unlocked() {
    mkfifo commands
    "$QEMU_IO" --image-opts driver=qcow2,file.driver=file,file.filename=image.qcow2,file.locking=off \
        <commands >holder.out 2>&1 3>&- &
    holder=$!
    exec 9>commands
    patiently test -s holder.out
}

@test "an image that was resized under a writer without locks" {
    make_image
    hold_unlocked
    printf 'write -P 7 64M 8M\nflush\n' >&9
    patiently grep -q wrote holder.out
    "$QEMU_IMG" resize -q image.qcow2 1G # the L1 table has room: both write the same
    let_go
    assert_equal "$(situation)" '- 0'
    make_image
    hold_unlocked
    printf 'write -P 7 64M 8M\nflush\n' >&9
    patiently grep -q wrote holder.out
    "$QEMU_IMG" resize -q image.qcow2 10T
    printf 'write -P 8 128M 8M\n' >&9
    let_go
    run "$REFCOW" check image.qcow2
    [ "$status" -ge 2 ] || fail "$output"
    assert_output --partial 'Next step: '
}

@test "two writers at once, without locks" {
    make_image cluster_size=4K
    hold_unlocked
    printf 'write -P 7 100M 1M\nflush\n' >&9
    patiently grep -q wrote holder.out
    sleep 0.5
    "$QEMU_IO" --image-opts driver=qcow2,file.driver=file,file.filename=image.qcow2,file.locking=off \
        -c 'write -P 8 150M 12M' >/dev/null
    printf 'write -P 7 200M 4M\n' >&9
    let_go
    assert_equal "$(situation)" 'owners-clash 2'
    [[ $(answer) == *'Guest data is lost. Next step: Do not repair'* ]] || fail "$(answer)"
    follow
    assert_equal "$(situation new.qcow2)" '- 0'
}

@test "clusters that are shared as they may be" {
    make_image
    "$DAMAGE" image.qcow2 set l2:64K "{l2:0}"
    assert_equal "$(situation)" 'owners-clash 2'
    make_image refcount_bits=1 # which has no room for two
    "$DAMAGE" image.qcow2 set l2:64K "{l2:0}"
    assert_equal "$(situation)" 'owners-clash 2'
    # With a snapshot that uses the cluster as well, it cannot be told.
    make_image
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$DAMAGE" image.qcow2 set refcount:host:0 1
    assert_equal "$(situation)" 'corrupt 2'
    # Compressed clusters share.
    seq 1 20000 >raw
    "$QEMU_IMG" convert -c -f raw -O qcow2 raw image.qcow2
    "$DAMAGE" image.qcow2 set "refcount:$("$REFCOW" map --output=jsonl image.qcow2 |
        jq -r 'select(.type == "run" and .owner == "compressed") | ."host-offset"' | head -n 1)" 1
    assert_equal "$(situation)" 'corrupt 2'
}

@test "a writer at work: no defect without the word that the image is in use" {
    local i name seen=0
    make_image cluster_size=4K,lazy_refcounts=on
    hold -f qcow2
    for ((i = 0; i < 40; i++)); do
        printf 'write -P %d %dM 256K\n' "$i" $((64 + 4 * i)) >&9
    done
    for ((i = 0; i < 30; i++)); do
        "$REFCOW" check --output=json image.qcow2 >"answer.$i" || true
    done
    let_go
    for ((i = 0; i < 30; i++)); do
        name=$(jq -r '.refcow | [.situation.name, .found["in-use"]] | join(" ")' "answer.$i")
        [[ $name =~ ^(in-use|in-use-dirty|changed)\ 1$ ]] || fail "$(cat "answer.$i")"
        seen=$((seen + $(jq '.corruptions // 0' "answer.$i")))
    done
    [ "$seen" -gt 0 ]
    assert_equal "$(situation)" '- 0'
}

@test "in-use is a note in every form, with its evidence" {
    make_image
    assert_equal "$("$REFCOW" check --output=json image.qcow2 | jq -c '.refcow | [.found, .writer]')" '[{},false]'
    hold -f qcow2
    run -0 "$REFCOW" check image.qcow2
    assert_output --partial '  in-use (1): another process has the image open for writing
    host 0x65: locked for write, resize'
    "$REFCOW" check --output=json image.qcow2 >answer
    run -0 "$conformance/tools/validate-json" check answer
    assert_equal "$(jq -c '.refcow | [.found, .omitted, (.findings[] | .kind, .severity, ."host-offset", .length)]' answer)" \
        '[{"in-use":1},0,"in-use","note",101,1]'
    "$REFCOW" check --output=jsonl image.qcow2 >answer
    run -0 "$conformance/tools/validate-json" check-record --lines answer
    assert_equal "$(jq -c 'select(.type == "finding") | [.kind, .severity]' answer)" '["in-use","note"]'
    assert_equal "$("$REFCOW" check --output=csv image.qcow2 | csv_values finding kind severity)" 'in-use note'
    # It can be left out, or be all that is listed.
    assert_equal "$("$REFCOW" check --list in-use --output=csv image.qcow2 | csv_values finding kind)" in-use
    run -0 "$REFCOW" check --list leaked image.qcow2
    assert_output --partial 'Not listed: in-use (1) (see --list all)'
    # As a reader has it, or as raw.
    let_go
    hold -r -f qcow2
    assert_equal "$("$REFCOW" check --output=json image.qcow2 | jq -c .refcow.found)" '{}'
    let_go
    hold -f raw
    assert_equal "$("$REFCOW" check --output=json image.qcow2 | jq -c .refcow.found)" '{"in-use":1}'
    let_go
}

@test "an image that is marked dirty, with right refcounts" {
    make_image
    "$DAMAGE" image.qcow2 set header:incompatible_features 1
    assert_equal "$(situation)" 'marked-dirty 0'
    [[ $(answer) == *'There is nothing to do: QEMU takes the mark away'* ]] || fail "$(answer)"
    "$QEMU_IO" -f qcow2 -c 'write 0 512' image.qcow2 >/dev/null
    assert_equal "$(situation)" '- 0'
}

# ------------------------------------------------------------------ backing files

# itself NAME [IMAGE]: whether an image that names NAME is said to name itself.
itself() {
    "$QEMU_IMG" rebase -u -F qcow2 -b "$1" image.qcow2
    "$REFCOW" check --output=json "${2:-image.qcow2}" | jq -r '.refcow.found["backing-file-itself"] // 0'
}

@test "an image that names itself as its backing file" {
    local name
    mkdir -p folder other
    make_image
    cp image.qcow2 base.qcow2
    cp image.qcow2 sound.qcow2
    ln -s image.qcow2 link.qcow2
    ln image.qcow2 hard.qcow2
    ln image.qcow2 nbd:image.qcow2
    ln image.qcow2 json:image.qcow2
    ln -s "$PWD" other/here
    for name in image.qcow2 ./image.qcow2 .//./image.qcow2 "../${PWD##*/}/image.qcow2" "$PWD/image.qcow2" link.qcow2 \
        hard.qcow2; do
        assert_equal "$name $(itself "$name")" "$name 1"
        # The image by other names.
        assert_equal "$name $(itself "$name" "$PWD/image.qcow2")" "$name 1"
        assert_equal "$name $(itself "$name" ./link.qcow2)" "$name 1"
        assert_equal "$name $(cd / && "$REFCOW" check --output=json "${OLDPWD#/}/image.qcow2" |
            jq '.refcow.found["backing-file-itself"]')" "$name 1"
    done
    # Other files, missing ones, and names that are not followed: of protocols, in folders that the user has not named, and
    # with ".." behind the name of a folder.
    for name in base.qcow2 missing.qcow2 json:image.qcow2 nbd:image.qcow2 folder image.qcow2/image.qcow2 \
        other/here/image.qcow2 folder/../image.qcow2 "$PWD/folder/../image.qcow2" ../image.qcow2 /; do
        assert_equal "$name $(itself "$name")" "$name 0"
    done
    # The folder is the one of the name that is given.
    ln -s ../image.qcow2 folder/image.qcow2
    assert_equal "$(itself ../image.qcow2 folder/image.qcow2)" 0 # the file's own folder is not named
    assert_equal "$(itself image.qcow2 folder/image.qcow2)" 1
    itself image.qcow2
    assert_equal "$(situation)" 'backing-file-itself 0'
    run -0 "$REFCOW" check image.qcow2
    assert_output --partial 'host 0x210, header: "image.qcow2"'
    run -124 timeout 5 "$QEMU_IMG" check image.qcow2
    follow base.qcow2
    assert_equal "$(situation copy.qcow2)" '- 0'
    assert_same_disk
    run -0 "$conformance/tools/validate-json" check answer
}

@test "no file that an image names is opened, and none outside of the folders of the images is asked for" {
    local name
    make_image
    mkdir folder
    cp image.qcow2 folder/base.qcow2
    for name in folder/base.qcow2 /etc/passwd image.qcow2 folder/../../x; do
        "$QEMU_IMG" rebase -u -F qcow2 -b "$name" image.qcow2
        strace -f -e trace=file -o calls "$REFCOW" check -q --no-sandbox image.qcow2
        run -1 grep -e passwd -e base.qcow2 -e '[.][.]/x' calls
    done
    "$QEMU_IMG" rebase -u -F qcow2 -b base.qcow2 image.qcow2
    strace -f -e trace=file -o calls "$REFCOW" check -q --no-sandbox image.qcow2
    assert_equal "$(grep base.qcow2 calls | sed 's/^[0-9]* *//; s/(.*//')" newfstatat
}

@test "an image on a server names nothing that is followed" {
    command -v nbdkit >/dev/null || skip 'nbdkit is not installed'
    make_image
    itself image.qcow2
    serve pid nbdkit -f --exit-with-parent -U socket -P pid -r file image.qcow2
    assert_equal "$(situation "nbd+unix:///?socket=$PWD/socket")" '- 0'
    run -0 "$REFCOW" check "nbd+unix:///?socket=$PWD/socket" image.qcow2
    assert_output --partial "socket=$PWD/socket needs \"image.qcow2\": not found among these images"
    assert_output --partial 'image.qcow2 needs image.qcow2: a loop without an end'
}

# chain IMAGE...: the lines about chains.
chain() {
    { "$REFCOW" check "$@" 2>/dev/null || true; } | sed -n '/ images: /,$p' | sed -n '/^  chain/,$p' | sed 's/^  chain//; s/^ *//'
}

@test "a chain of images: is all of it here, and is it sound?" {
    local i
    make_image
    mv image.qcow2 base.qcow2
    "$QEMU_IMG" create -q -f qcow2 -F qcow2 -b base.qcow2 mid.qcow2
    "$QEMU_IMG" create -q -f qcow2 -F qcow2 -b "$PWD/mid.qcow2" top.qcow2
    assert_equal "$(chain base.qcow2 mid.qcow2 top.qcow2)" \
        'top.qcow2 needs mid.qcow2, which needs base.qcow2: given in full, all clean'
    assert_equal "$(chain "$PWD/top.qcow2" ./mid.qcow2 base.qcow2)" \
        "$PWD/top.qcow2 needs ./mid.qcow2, which needs base.qcow2: given in full, all clean"
    assert_equal "$(chain mid.qcow2 top.qcow2)" \
        'top.qcow2 needs mid.qcow2, which needs "base.qcow2": not found among these images'
    assert_equal "$(chain top.qcow2 base.qcow2)" "top.qcow2 needs \"$PWD/mid.qcow2\": not found among these images"
    assert_equal "$(chain base.qcow2 base.qcow2)" ''
    run -0 "$REFCOW" check --brief base.qcow2 mid.qcow2 top.qcow2
    refute_output --partial needs
    run -0 "$REFCOW" check base.qcow2 mid.qcow2 top.qcow2
    refute_output --partial 'names itself'
    # Several on one base.
    cp mid.qcow2 other.qcow2
    assert_equal "$(chain base.qcow2 mid.qcow2 other.qcow2)" \
        'mid.qcow2 needs base.qcow2: given in full, all clean
other.qcow2 needs base.qcow2: given in full, all clean'
    # Damage, an image that cannot be read, a loop.
    "$DAMAGE" base.qcow2 append 1 , set refcount:last 1
    assert_equal "$(chain base.qcow2 mid.qcow2)" 'mid.qcow2 needs base.qcow2: given in full, not all clean'
    dd if=/dev/zero of=base.qcow2 bs=512 count=1 conv=notrunc status=none
    assert_equal "$(chain base.qcow2 mid.qcow2)" 'mid.qcow2 needs base.qcow2: not known what that needs'
    "$QEMU_IMG" create -q -f qcow2 -u -F qcow2 -b top.qcow2 base.qcow2 1M
    assert_equal "$(chain base.qcow2 mid.qcow2 top.qcow2)" \
        'base.qcow2 needs top.qcow2, which needs mid.qcow2, which needs base.qcow2: a loop without an end'
    assert_equal "$(chain other.qcow2 base.qcow2 mid.qcow2 top.qcow2)" \
        'other.qcow2 needs base.qcow2, which needs top.qcow2, which needs mid.qcow2, which needs base.qcow2: a loop without an end'
    # Names are escaped, and the list is short.
    "$QEMU_IMG" create -q -f qcow2 -u -F qcow2 -b $'a\e[31m\nb' new.qcow2 1M
    assert_equal "$(chain new.qcow2 base.qcow2 mid.qcow2 top.qcow2 | head -n 1)" \
        'new.qcow2 needs "a\x1b[31m\x0ab": not found among these images'
    for ((i = 0; i < 12; i++)); do
        cp new.qcow2 "$i.qcow2"
    done
    assert_equal "$(chain [0-9].qcow2 1[01].qcow2 | tail -n 1)" 'and 4 more'
    assert_equal "$(chain [0-9].qcow2 1[01].qcow2 | wc -l)" 9
    assert_equal "$(chain [0-7].qcow2 | wc -l)" 8
}

# ------------------------------------------------------------------ files

@test "no image: what it is, and what to do" {
    local format words
    while IFS='|' read -r format words; do
        rm -rf image.qcow2
        case $format in
        qcow) "$QEMU_IMG" create -q -f qcow image.qcow2 1M ;;
        raw) truncate -s 1M image.qcow2 && printf '\x55\xaa' | dd of=image.qcow2 bs=1 seek=510 conv=notrunc status=none ;;
        gzip) echo text | gzip >image.qcow2 ;;
        html) echo '<html>404</html>' >image.qcow2 ;;
        empty) : >image.qcow2 ;;
        short) head -c 50 /dev/zero >image.qcow2 ;;
        esac
        run -63 --separate-stderr "$REFCOW" check image.qcow2
        # shellcheck disable=SC2154 # set by run
        [[ $stderr == *"$words"* ]] || fail "$format: $stderr"
        [ "$(advice)" != - ] || fail "$format"
    done <<'ROWS'
qcow|a QCOW version 1 image
raw|it is a raw disk image
gzip|it is a gzip file
html|it is an HTML page
empty|the file is empty
short|the file is too short
ROWS
    mkdir folder
    run -1 "$REFCOW" check folder
    assert_output --partial 'neither a regular file nor a block device: directory'
    run -1 "$REFCOW" check missing.qcow2
    assert_output --partial 'the file cannot be opened: No such file or directory'
    if [ "$(id -u)" -ne 0 ]; then
        chmod 0 image.qcow2
        run -1 "$REFCOW" check image.qcow2
        assert_output --partial 'the file cannot be opened: Permission denied'
    fi
}

@test "an external data file that is lost is said not to be looked at" {
    "$QEMU_IMG" create -q -f qcow2 -o data_file=data.raw image.qcow2 64M
    rm data.raw
    run -0 "$REFCOW" check image.qcow2
    assert_output --partial 'external data file (not followed)'
    assert_equal "$("$REFCOW" check --output=json image.qcow2 | jq -c '.refcow."not-followed"')" '["data-file"]'
}

@test "features that a target cannot read are refused by a policy" {
    local options feature
    while read -r options feature; do
        # shellcheck disable=SC2086 # an option with its value
        "$QEMU_IMG" create -q -f qcow2 ${options//,/ } image.qcow2 64M
        run -2 "$REFCOW" gate --allow data-file --allow backing-file --allow backing-format-missing --refuse "$feature" image.qcow2
        assert_output --partial "            $feature"
        printf 'refuse %s\n' "$feature" >target.policy
        run -2 "$REFCOW" gate --policy target.policy image.qcow2
        make_image
        run -0 "$REFCOW" gate --refuse "$feature" image.qcow2
    done <<'ROWS'
-o,compression_type=zstd zstd
-o,extended_l2=on extended-l2
-o,data_file=data.raw data-file
-o,lazy_refcounts=on lazy-refcounts
-o,compat=0.10 version-2
ROWS
}

@test "a nightly job over images: one raw, one cut short, one in use, one corrupt" {
    local i
    make_image
    cp image.qcow2 sound.qcow2
    for ((i = 0; i < 8; i++)); do
        cp --reflink=auto sound.qcow2 "$i.qcow2"
    done
    truncate -s 1M raw.qcow2
    truncate -s -20M 3.qcow2
    "$DAMAGE" 5.qcow2 append 1 , set refcount:last 1
    hold -f qcow2
    run -2 --separate-stderr "$REFCOW" check -q --fail-on corrupt,not-judged ./*.qcow2
    let_go
    assert_output ''
    assert_equal "$(cut -d: -f 2,3 <<<"$stderr")" ' ./3.qcow2: corrupt
 ./raw.qcow2: not judged'
    rm 3.qcow2 raw.qcow2
    run -0 --separate-stderr "$REFCOW" check -q --fail-on corrupt,not-judged ./*.qcow2
    assert_equal "$stderr" ''
}
