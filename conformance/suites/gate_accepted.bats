#!/usr/bin/env bats
# bats file_tags=long
# What "accepted" by the default policy of `refcow gate` means: of such an image, qemu-img opens no other file, connects
# to nothing, and writes no more than the policy allows. conformance/tools/watch-qemu-img sees it by strace.
#
# More random images, and others:
#     WATCH_SEED=2 WATCH_COUNT=10000 bats -f 'random images' conformance/suites/gate_accepted.bats

load ../lib/suite

watcher=$conformance/tools/watch-qemu-img
corpus=$conformance/../corpus
seed=${WATCH_SEED:-1}
count=${WATCH_COUNT:-2000}

# watch ARGUMENT...: nothing is reported. The counts are printed.
watch() {
    run -0 "$watcher" "$@"
    echo "# ${lines[-1]}" >&3
}

# counted WORD: how many images the last line has of them.
counted() {
    sed -n "\$s/.*[:;,] \([0-9]*\) $1[,;].*/\1/p" <<<"$output"
}

# ------------------------------------------------------------------ the watcher sees what is wrong

# reported REGEX...: the gate refuses image.qcow2, and the watcher reports these of it.
reported() {
    local line
    run -2 "$REFCOW" gate image.qcow2
    run -1 "$watcher" any image.qcow2
    for line; do
        assert_line --regexp "^image\.qcow2: $line"
    done
}

# Older versions of qemu-img open the data file for info, too.
@test "the watcher reports a backing file and a data file, which the gate refuses" {
    "$QEMU_IMG" create -q -f qcow2 -u -b base.raw -F raw image.qcow2 1M
    reported 'convert opens base\.raw$'
    "$QEMU_IMG" create -q -f qcow2 -u -b missing.raw -F raw image.qcow2 1M
    reported 'convert opens missing\.raw$'
    "$QEMU_IMG" create -q -f qcow2 -u -b "$PWD/missing.raw" -F raw image.qcow2 1M
    reported "convert opens $PWD/missing\.raw$"
    "$QEMU_IMG" create -q -f qcow2 -o data_file=guest.raw image.qcow2 1M
    reported 'convert opens guest\.raw$'
}

@test "the watcher reports a connection, which the gate refuses" {
    "$QEMU_IMG" create -q -f qcow2 -u -b 'nbd://127.0.0.1:1/' -F raw image.qcow2 1M
    reported 'convert socket .*AF_INET' 'convert connect .*127\.0\.0\.1'
}

# 131,072 L2 entries, 8 GiB, name one stream. That of the recipe is too short for a cluster.
@test "the watcher reports a bomb, which the gate refuses" {
    "$corpus/hostile/make-hostile" compressed-one-stream image.qcow2
    python3 -c 'import sys, zlib
deflate = zlib.compressobj(9, zlib.DEFLATED, -12)
sys.stdout.buffer.write(deflate.compress(b"A" * 65536) + deflate.flush())' |
        dd of=image.qcow2 bs=64K seek=5 conv=notrunc status=none
    run -0 "$QEMU_IO" -r -f qcow2 -c 'read -P 65 8589869056 64K' image.qcow2 # the last cluster
    reported 'convert writes too much: [0-9]+ bytes or more, limit [0-9]+$'
    assert_equal "$(counted stopped)" 1
    run -2 "$REFCOW" gate --output=json image.qcow2
    assert_equal "$(jq -r '.broken[].rule' <<<"$output")" amplification-limit
}

@test "the watcher accepts an image that the gate does not, if qemu-img does nothing else with it" {
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1M
    "$QEMU_IMG" snapshot -c one image.qcow2
    run -2 "$REFCOW" gate image.qcow2
    run -0 "$watcher" any image.qcow2
    assert_equal "$(counted refused)/$(counted converted)" 1/1
    run -0 "$watcher" accepted image.qcow2
    assert_equal "$(counted refused)/$(counted converted)" 1/0
}

# A qemu-img that does what the first bytes of the disk say, before it does what it is told.
make_qemu_img() {
    cat >reader <<'PYTHON'
#!/usr/bin/env python3
import os, signal, socket, sys, time
image = open("image.qcow2", "rb").read() if os.path.exists("image.qcow2") else b""
deed = image[image.find(b"DEED:") + 5:].split(b"\n")[0].decode() if b"DEED:" in image else ""
command = sys.argv[1]
if command == "convert" and deed == "look":
    os.path.exists("data.raw")
elif command == "convert" and deed == "change":
    os.close(os.open("image.qcow2", os.O_RDWR))
elif command == "convert" and deed == "touch":
    os.utime("image.qcow2")
elif command == "convert" and deed == "remove":
    os.unlink("base.raw")
elif command == "convert" and deed == "run":
    os.execv("/bin/true", ["true"])
elif command == "convert" and deed == "socket":
    socket.socket(socket.AF_UNIX).close()
elif command == "convert" and deed == "sleep":
    time.sleep(30)
elif command == "convert" and deed == "memory":
    bytearray(400 << 20)
elif command == "convert" and deed == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
elif command == "convert" and deed == "fail":
    sys.exit(1)
elif command == "info" and deed == "raw":
    print('{"format": "raw"}')
    sys.exit()
elif deed == "blind":
    sys.exit()
os.execv(os.environ["REAL_QEMU_IMG"], ["qemu-img"] + sys.argv[1:])
PYTHON
    chmod +x reader
}

# when_it DEED CODE [REGEX...]: what the watcher reports of an image whose reader does this.
when_it() {
    local line
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1M
    "$DAMAGE" image.qcow2 append 1 , poke last "$(printf 'DEED:%s\n' "$1" | od -An -v -tx1 | tr -d ' \n')"
    run -0 "$REFCOW" gate image.qcow2
    run "-$2" env QEMU_IMG="$PWD/reader" REAL_QEMU_IMG="$QEMU_IMG" QEMU_IO="$QEMU_IO" "$watcher" accepted image.qcow2
    assert_equal "${#lines[@]}" $(($# - 1)) # and the counts
    for line in "${@:3}"; do
        assert_line --regexp "^image\.qcow2: $line"
    done
}

@test "the watcher reports each deed of a reader" {
    make_qemu_img
    when_it nothing 0
    when_it fail 0
    when_it look 1 'convert looks up data\.raw$'
    when_it change 1 'convert opens to write image\.qcow2$'
    when_it touch 1 'convert utimensat image\.qcow2$' 'the image was changed$'
    when_it remove 1 'convert unlink base\.raw$'
    when_it run 1 'convert execve /bin/true$'
    when_it socket 1 'convert socket AF_UNIX, '
    when_it memory 1 'convert needs too much memory: 4[0-9][0-9] MiB, limit 256 MiB$'
    when_it crash 1 'convert ends with exit code -11$'
    when_it raw 1 'info takes it for raw$'
    SECONDS_MAX=2 when_it sleep 1 'convert takes too long: 2\.[0-9] s or more, limit 2 s$'
}

@test "the watcher fails where it would see nothing" {
    printf '#!/bin/sh\nexec true\n' >true
    chmod +x true
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 1M
    run -2 env QEMU_IMG="$PWD/true" QEMU_IO="$PWD/true" "$watcher" any image.qcow2
    assert_output --partial 'info of a sound image'
    # a strace that says nothing
    mkdir bin
    cat >bin/strace <<'SHELL'
#!/bin/sh
while [ "$1" != -o ]; do shift; done
shift 2
exec "$@"
SHELL
    chmod +x bin/strace
    run -2 env PATH="$PWD/bin:$PATH" "$watcher" any image.qcow2
    assert_output --partial 'info of a sound image'
}

# ------------------------------------------------------------------ accepted images

@test "the corpus" {
    watch accepted "$corpus"/*/*.qcow2
    [ "$(counted accepted)" -gt 80 ] && [ "$(counted converted)" -gt 70 ]
}

@test "hostile images that are accepted" {
    SECONDS_MAX=1 watch hostile
    [ "$(counted accepted)" -gt 20 ]
}

# Clusters of all kinds: with data, compressed, zero, discarded.
make_sound() { # NAME CLUSTER_SIZE OPTIONS
    local table=$(($2 / 8))
    "$QEMU_IMG" create -q -f qcow2 -o "cluster_size=$2,$3" "$1" $((2 * table * $2 < 1 << 40 ? 2 * table * $2 : 1 << 40))
    "$QEMU_IO" -f qcow2 -t unsafe -d unmap -c "write -P 1 0 512" -c "write -P 2 $((3 * $2 - 512)) 1K" \
        -c "write -c -P 3 $((5 * $2)) $2" -c "write -z $((6 * $2)) $((2 * $2))" -c "write -z -u $((7 * $2)) $2" \
        -c "write -P 4 $((table * $2)) 4K" -c "discard $((5 * $2)) $2" -c "write -c -P 5 $((9 * $2)) $2" "$1" >/dev/null
}

@test "sound images of all kinds" {
    local bits width options name made=0
    for bits in {9..21}; do
        for options in compat=0.10 compat=1.1 compression_type=zstd lazy_refcounts=on; do
            make_sound "$bits-$options.qcow2" $((1 << bits)) "$options"
        done
        [ "$bits" -lt 14 ] || make_sound "$bits-extended.qcow2" $((1 << bits)) extended_l2=on
    done
    for width in 1 2 4 8 16 32 64; do
        make_sound "refcounts-$width.qcow2" 4096 "refcount_bits=$width"
    done
    for options in metadata falloc full; do
        "$QEMU_IMG" create -q -f qcow2 -o "preallocation=$options" "preallocation-$options.qcow2" 10M
        "$QEMU_IO" -f qcow2 -c 'write -P 1 1M 1M' "preallocation-$options.qcow2" >/dev/null
    done
    "$QEMU_IMG" create -q -f qcow2 empty.qcow2 1T
    cp refcounts-16.qcow2 base.qcow2
    "$QEMU_IMG" create -q -f qcow2 -b base.qcow2 -F qcow2 rebased.qcow2
    "$QEMU_IMG" rebase -f qcow2 -b '' rebased.qcow2
    cp refcounts-16.qcow2 resized.qcow2
    "$QEMU_IMG" resize -q -f qcow2 --shrink resized.qcow2 1M
    cp refcounts-16.qcow2 states.qcow2 # what was there and is removed
    "$QEMU_IMG" snapshot -c one states.qcow2
    "$QEMU_IMG" snapshot -d one states.qcow2
    "$QEMU_IMG" bitmap --add states.qcow2 one
    "$QEMU_IMG" bitmap --remove states.qcow2 one
    "$QEMU_IMG" convert -O qcow2 -c refcounts-16.qcow2 packed.qcow2
    for name in *.qcow2; do
        made=$((made + 1))
    done
    watch accepted ./*.qcow2
    assert_equal "$(counted accepted)/$(counted converted)" "$made/$made"
}

@test "random images" {
    watch random "$seed" "$count"
    [ "$(counted accepted)" -gt $((count / 2)) ] && [ "$(counted refused)" -gt $((count / 20)) ]
}
