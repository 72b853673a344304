#!/usr/bin/env bats
# bats file_tags=long
# Images that others have open: who holds them, by the locks of qemu, and whether they have changed meanwhile.

load ../lib/suite

make_image() {
    local cluster=65536
    create compat=1.1 16000
    guest 'write 0 4'
}

own() { # FILTER [FILE]
    "$REFCOW" check --output=json "${2:-image.qcow2}" | jq -c ".refcow | $1"
}

@test "nobody" {
    make_image
    assert_equal "$(own '[.writer, .locks["in-use"], .locks["not-shared"], .changed, .changes]')" '[false,[],[],false,[]]'
    run -0 "$REFCOW" check image.qcow2
    refute_output --partial 'Another process'
    refute_output --partial 'changed'
}

@test "a writer" {
    make_image
    hold -f qcow2
    assert_equal "$(own '[.writer, .locks["in-use"], .locks["not-shared"]]')" \
        '[true,["consistent-read","write","resize"],["write","resize"]]'
    assert_equal "$("$REFCOW" check --output=jsonl image.qcow2 | jq -c 'select(.type == "summary") | .writer')" true
    assert_equal "$("$REFCOW" check --output=csv image.qcow2 | csv_values summary writer changed)" 'true false'
    run -0 "$REFCOW" check image.qcow2
    assert_output --partial 'Another process has the image open for writing.'
    let_go
    assert_equal "$(own .writer)" false
}

@test "a writer to the file as raw, who shares" {
    make_image
    hold -f raw
    assert_equal "$(own '[.writer, .locks["in-use"]]')" '[true,["consistent-read","write"]]'
    let_go
}

@test "readers" {
    make_image
    hold -r -f qcow2
    assert_equal "$(own '[.writer, .locks["in-use"], .locks["not-shared"]]')" '[false,["consistent-read"],["write","resize"]]'
    let_go
    hold -r -U -f qcow2
    assert_equal "$(own '[.writer, .locks["in-use"], .locks["not-shared"]]')" '[false,["consistent-read"],[]]'
    let_go
}

@test "a storage daemon that exports the image" {
    make_image
    "$QEMU_STORAGE_DAEMON" --blockdev driver=file,node-name=file,filename=image.qcow2 \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --nbd-server addr.type=unix,addr.path=socket --export type=nbd,id=export,node-name=disk,writable=on \
        --pidfile pid 3>&- &
    holder=$!
    for _ in {1..100}; do [ -s pid ] && break || sleep 0.1; done
    assert_equal "$(own .writer)" true
    kill "$holder"
    wait "$holder" || true
    assert_equal "$(own .writer)" false
}

# while_stopped COMMAND...: check an image that takes a while, and let the commands run in the middle of it; the answer is
# in the file answer.
while_stopped() {
    "$conformance/../corpus/hostile/make-hostile" scattered-references image.qcow2
    truncate -s 15T image.qcow2 # a file system may not have larger ones
    "$REFCOW" check --max-work none --max-read none --timeout 3 --output=json image.qcow2 >answer 2>/dev/null 3>&- &
    local check=$!
    sleep 1
    kill -s STOP "$check"
    "$@"
    kill -s CONT "$check"
    wait "$check" || true
}

@test "an image that has grown meanwhile" {
    while_stopped truncate -s +1M image.qcow2
    assert_equal "$(jq -c '.refcow | [.changed, .changes]' answer)" '[true,["size","time"]]'
}

@test "an image whose header has changed meanwhile" {
    while_stopped "$DAMAGE" image.qcow2 set header:autoclear_features 4
    assert_equal "$(jq -c '.refcow | [.changed, .changes]' answer)" '[true,["header","time"]]'
}

@test "an image in which data has been written" {
    while_stopped dd if=/dev/zero of=image.qcow2 bs=512 count=1 seek=100 conv=notrunc status=none
    assert_equal "$(jq -c '.refcow | [.changed, .changes]' answer)" '[true,["time"]]'
}

write_and_set_back() {
    cp --attributes-only --preserve=timestamps image.qcow2 before
    dd if=/dev/zero of=image.qcow2 bs=512 count=1 seek=100 conv=notrunc status=none
    touch --reference=before image.qcow2
}

@test "an image in which data has been written, whose time of modification was set back" {
    while_stopped write_and_set_back
    [ "$(stat -c %y image.qcow2)" = "$(stat -c %y before)" ]
    assert_equal "$(jq -c '.refcow | [.changed, .changes]' answer)" '[true,["time"]]'
}

@test "an image that has become shorter" {
    while_stopped truncate -s 20M image.qcow2
    assert_equal "$(jq -c '.refcow | [.changed, .changes, .complete]' answer)" '[true,["size","time"],false]'
}

# locks: what the system has on record for image.qcow2.
locks() {
    grep ":$(stat -c %i image.qcow2) " /proc/locks
}

locks_to_file() {
    locks >taken || true
}

@test "no lock is taken" {
    while_stopped locks_to_file
    assert_equal "$(cat taken)" ''
    # Locks do show.
    rm image.qcow2
    make_image
    hold -f qcow2
    locks >taken
    let_go
    [ -s taken ]
}

@test "an image that was left alone" {
    while_stopped true
    assert_equal "$(jq -c '.refcow | [.changed, .changes]' answer)" '[false,[]]'
}

@test "people are told" {
    "$conformance/../corpus/hostile/make-hostile" scattered-references image.qcow2
    truncate -s 15T image.qcow2
    "$REFCOW" check --max-work none --max-read none --timeout 2 image.qcow2 >answer 2>/dev/null 3>&- &
    local check=$!
    sleep 0.7
    truncate -s +1M image.qcow2
    wait "$check" || true
    grep -q '^The image changed while refcow read it' answer
}

@test "a process of qemu that writes meanwhile, and one that comes to stay" {
    while_stopped "$QEMU_IO" -f raw -c 'write 1M 64k' image.qcow2
    assert_equal "$(jq -c '.refcow | [.changed, .changes, .writer]' answer)" '[true,["time"],false]'
    while_stopped hold -f raw
    assert_equal "$(jq -c '.refcow | [.changed, .writer]' answer)" '[false,true]'
    let_go
}
