# Images as life makes them: writers that were killed, file systems, disks that grew and shrank, snapshots, chains.
# bats file_tags=long
# Each one is compared as it is, and damaged.

load ../lib/suite

# An image with an L2 table for guest offset 0.
common=(
    'set refcount:0 0'
    'set refcount:refcount_block:0 max'
    'append 1 , set refcount:last 1'
    'truncate last'
    'set refcount_table:0 0'
    'clear-bits l1:0 copied'
    'flip-bits refcount:l2_table:0 1'
    'set-bits l1:0 1'
    'fill l2_table:0 64 0xff'
)

# An image with a snapshot.
snapshot=(
    'set header:nb_snapshots 0'
    'add header:nb_snapshots 1'
    'add u64:snapshot:0 512'
    'set u64:snapshot:0 header:l1_table_offset'
    'add u32:{snapshot:0+8} 1'
    'flip-bits u64:{u64:snapshot:0} 2'
    'set refcount:header:snapshots_offset 0'
    'set refcount:u64:snapshot:0 0'
)

# An image with a bitmap.
bitmap=(
    'set header:autoclear_features 0'
    'flip-bits u32:{bitmap:0+12} 1'
    'set refcount:u64:bitmap:0 0'
    'set refcount:u64:{extension:0x23852875+16} 0'
    'add u64:bitmap:0 8'
    'set-bits u64:{u64:bitmap:0} 1'
)

# compare_life CASE [STATEMENTS...]: image.qcow2 as it is, and damaged.
compare_life() {
    compare "$1" image.qcow2
    compare_damaged "$1" image.qcow2 "${@:2}"
}

# do_quietly COMMAND...: what it says is only of interest when it fails.
do_quietly() {
    "$@" >said 2>&1 || {
        cat said
        return 1
    }
}

# killed_guest COMMAND...: qemu-io ends itself with SIGKILL after the commands. It flushes nothing unasked.
killed_guest() {
    local command
    local -a script=()
    for command; do
        script+=(-c "$command")
    done
    (
        "$QEMU_IO" -f qcow2 "${script[@]}" -c 'sigraise 9' image.qcow2 || [ $? -eq 137 ]
    ) >qemu-io.out 2>&1 # a subshell: it is the shell that says "Killed"
}

# ----------------------------------------------------------- killed writers

killed_writer() { # OPTIONS
    local moment
    local -a requests=('write 0 256k' 'write -c 1M 64k' 'discard 0 64k' 'aio_write 8M 512k' 'aio_write 16M 512k' 'flush'
        'aio_write 24M 2M' 'aio_write 12M 1M' 'aio_write -z 8M 256k')
    for moment in 1 2 4 5 6 7 8 9; do
        "$QEMU_IMG" create -q -f qcow2 -o "$1" image.qcow2 64M
        killed_guest "${requests[@]:0:moment}"
        compare "$1 killed after $moment requests" image.qcow2
    done
    compare_damaged "$1 killed after $moment requests" image.qcow2 'set refcount:0 0' 'set refcount_table:0 0' \
        'truncate last' 'set l1:0 0' 'add l1:0 512' 'clear-bits l1:0 copied' 'set u64:72 2'
}

@test "a writer that was killed" {
    killed_writer compat=0.10
    killed_writer cluster_size=4096
    killed_writer extended_l2=on,cluster_size=16384
}

@test "a writer that was killed, lazy refcounts" {
    killed_writer lazy_refcounts=on
    assert_equal "$("$DAMAGE" image.qcow2 get header:incompatible_features)" 0x1
    killed_writer lazy_refcounts=on,cluster_size=512,refcount_bits=64
}

@test "a writer that was killed, after snapshots" {
    local lazy
    for lazy in on off; do
        "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4096,lazy_refcounts=$lazy image.qcow2 8M
        killed_guest 'write 0 256k' flush
        "$QEMU_IMG" snapshot -c one image.qcow2
        killed_guest 'write 64k 64k' 'write 1M 64k' flush 'aio_write 128k 64k' 'aio_write 4M 1M'
        compare_life "lazy refcounts $lazy" "${snapshot[@]}"
    done
}

# serve FILE: qemu-storage-daemon exports an image on the socket "nbd"; its number is in $daemon.
serve() {
    rm -f nbd
    "$QEMU_STORAGE_DAEMON" --blockdev driver=file,node-name=file,filename="$1" \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --nbd-server addr.type=unix,addr.path=nbd --export nbd,id=export,node-name=disk,name=disk,writable=on \
        >daemon.out 2>&1 3>&- &
    daemon=$!
    until [ -S nbd ]; do
        kill -0 "$daemon" || return
        sleep 0.01
    done
}

# end_daemon: with SIGKILL, and the shell does not say so.
end_daemon() {
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null || true
}

# Until the daemon is killed.
write_on_and_on() {
    local i
    local -a script=()
    for ((i = 0; i < 400; i++)); do
        script+=(-c "write $((i * 37 % 512 * 128))k $((i % 7 * 32 + 32))k")
    done
    "$QEMU_IO" -f raw "${script[@]}" 'nbd+unix:///disk?socket=nbd' >writer.out 2>&1 3>&- || true
}

@test "a storage daemon that was killed while a guest wrote" {
    local options moment writer daemon
    for options in compat=0.10 lazy_refcounts=on cluster_size=4096; do
        for moment in 0.01 0.04 0.1 0.2 0.4; do
            "$QEMU_IMG" create -q -f qcow2 -o $options image.qcow2 80M
            serve image.qcow2
            write_on_and_on &
            writer=$!
            sleep $moment
            end_daemon
            wait $writer
            compare "$options killed after $moment s" image.qcow2
        done
        # The last cluster may be one that no refcount block covers, so the leak is that of a table.
        compare_damaged "$options" image.qcow2 'set refcount:0 0' 'set l1:0 0' 'truncate last' \
            'set refcount_table:0 0'
    done
}

@test "bitmaps that a killed storage daemon leaves in use" {
    local daemon
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4096 image.qcow2 64M
    "$QEMU_IMG" bitmap --add -g 512 image.qcow2 fine
    "$QEMU_IMG" bitmap --add image.qcow2 coarse
    "$QEMU_IMG" bitmap --add --disable image.qcow2 disabled
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write 32M 64k' image.qcow2 >qemu-io.out
    compare_life 'before' "${common[@]}" "${bitmap[@]}"
    serve image.qcow2
    "$QEMU_IO" -f raw -c 'write 1M 1M' -c flush 'nbd+unix:///disk?socket=nbd' >writer.out
    end_daemon
    assert_equal "$("$DAMAGE" image.qcow2 get 'u32:{bitmap:0+12}')" 0x3 # in use, and enabled
    compare_life 'in use' "${common[@]}" "${bitmap[@]}" 'set u8:{bitmap:1+24} u8:{bitmap:0+24}' \
        'set-bits u64:{u64:bitmap:0} 2' 'subtract u32:{bitmap:0+8} 1' 'set u64:bitmap:0 0x8000000000000000'
    do_quietly "$QEMU_IMG" check -r all image.qcow2
    compare_life 'repaired' "${bitmap[@]}"
}

# ------------------------------------------------------------ file systems

make_file_system() {
    local i
    mkdir -p tree/folder
    for i in {1..40}; do
        seq "$i" $((i * 300)) >"tree/folder/$i"
    done
    truncate -s 5M tree/holes
    head -c 700000 /dev/urandom >tree/noise
    do_quietly mke2fs -q -t ext4 -d tree disk.raw 24M
}

@test "a file system, converted" {
    local options
    make_file_system
    for options in '-o compat=0.10' '-o cluster_size=512' '-o cluster_size=2M' '-S 0' '-S 4k' \
        '-S 64k -o cluster_size=4k' '-o extended_l2=on' '-o preallocation=metadata' '-o refcount_bits=1' \
        '-m 16 -W -o refcount_bits=64'; do
        # shellcheck disable=SC2086 # the options are words
        "$QEMU_IMG" convert -f raw -O qcow2 $options disk.raw image.qcow2
        compare_life "convert $options" "${common[@]}"
    done
}

@test "a file system, converted and compressed" {
    local options
    make_file_system
    for options in '-o compat=0.10' '-o cluster_size=4k' '-o cluster_size=512' '-o cluster_size=2M' \
        '-o compression_type=zstd' '-o compression_type=zstd,cluster_size=4k,refcount_bits=64' '-o extended_l2=on' \
        '-m 16 -W'; do
        # shellcheck disable=SC2086 # the options are words
        "$QEMU_IMG" convert -c -f raw -O qcow2 $options disk.raw image.qcow2
        compare_life "convert -c $options" "${common[@]}" 'set refcount:host:0 0' 'add l2:0 1' 'set-bits l2:0 copied'
    done
}

# ------------------------------------------------------------------- sizes

@test "grown and shrunk" {
    local options
    for options in compat=0.10 cluster_size=512 cluster_size=4096,refcount_bits=1 cluster_size=65536 \
        lazy_refcounts=on; do
        "$QEMU_IMG" create -q -f qcow2 -o $options image.qcow2 4M
        "$QEMU_IO" -f qcow2 -c 'write 0 3M' image.qcow2 >qemu-io.out
        "$QEMU_IMG" resize -q image.qcow2 64M
        "$QEMU_IO" -f qcow2 -c 'write 63M 1M' -c 'write 30M 64k' image.qcow2 >qemu-io.out
        compare_life "$options grown" "${common[@]}"
        "$QEMU_IMG" resize -q --shrink image.qcow2 1000448
        compare_life "$options shrunk" "${common[@]}"
        "$QEMU_IMG" resize -q --preallocation=metadata image.qcow2 4M
        compare_life "$options grown again, preallocated" "${common[@]}"
    done
}

@test "preallocated, then written" {
    local options mode
    for options in compat=0.10 cluster_size=512 extended_l2=on; do
        for mode in metadata falloc full; do
            "$QEMU_IMG" create -q -f qcow2 -o $options,preallocation=$mode image.qcow2 4M
            "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write -z 512k 256k' -c 'discard 2M 1M' image.qcow2 >qemu-io.out
            compare_life "$options $mode" "${common[@]}"
        done
    done
}

# --------------------------------------------------------------- snapshots

@test "snapshots made, applied, deleted" {
    local options
    for options in compat=0.10 cluster_size=512 cluster_size=4096,refcount_bits=8 extended_l2=on lazy_refcounts=on; do
        "$QEMU_IMG" create -q -f qcow2 -o $options image.qcow2 4M
        "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write -c 2M 64k' image.qcow2 >qemu-io.out
        "$QEMU_IMG" snapshot -c one image.qcow2
        compare_life "$options one" "${common[@]:0:7}" "${snapshot[@]}"
        "$QEMU_IO" -f qcow2 -c 'write 512k 1M' -c 'discard 0 128k' image.qcow2 >qemu-io.out
        "$QEMU_IMG" snapshot -c two image.qcow2
        compare "$options two" image.qcow2
        "$QEMU_IMG" snapshot -a one image.qcow2
        "$QEMU_IO" -f qcow2 -c 'write 3M 64k' image.qcow2 >qemu-io.out
        compare_life "$options applied" "${snapshot[@]}" 'set u64:snapshot:1 u64:snapshot:0'
        "$QEMU_IMG" snapshot -d one image.qcow2
        compare_life "$options one deleted" "${snapshot[@]}"
        "$QEMU_IMG" snapshot -d two image.qcow2
        compare_life "$options all deleted" "${common[@]}"
    done
}

@test "a snapshot that failed: refcounts are too narrow" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4096,refcount_bits=2 image.qcow2 4M
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write -c 2M 64k' image.qcow2 >qemu-io.out
    run ! "$QEMU_IMG" snapshot -c one image.qcow2
    compare_life 'failed' "${common[@]:0:6}"
}

@test "snapshots, then another size" {
    "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4096 image.qcow2 4M
    "$QEMU_IO" -f qcow2 -c 'write 0 4M' image.qcow2 >qemu-io.out
    "$QEMU_IMG" snapshot -c small image.qcow2
    "$QEMU_IMG" resize -q image.qcow2 32M
    "$QEMU_IO" -f qcow2 -c 'write 30M 1M' image.qcow2 >qemu-io.out
    "$QEMU_IMG" snapshot -c large image.qcow2
    compare_life 'grown' "${snapshot[@]}"
    "$QEMU_IMG" snapshot -a small image.qcow2
    compare_life 'applied' "${snapshot[@]}"
}

# ------------------------------------------------------------------ chains

# base.qcow2 <- middle.qcow2 <- image.qcow2, each with something of its own.
make_chain() { # OPTIONS
    "$QEMU_IMG" create -q -f qcow2 base.qcow2 8M
    "$QEMU_IO" -f qcow2 -c 'write 0 4M' base.qcow2 >qemu-io.out
    "$QEMU_IMG" create -q -f qcow2 -o "$1" -b base.qcow2 -F qcow2 middle.qcow2
    "$QEMU_IO" -f qcow2 -c 'write 1M 64k' -c 'write -z 2M 64k' middle.qcow2 >qemu-io.out
    "$QEMU_IMG" create -q -f qcow2 -o "$1" -b middle.qcow2 -F qcow2 image.qcow2 16M
    "$QEMU_IO" -f qcow2 -c 'write 0 64k' -c 'write 5000k 4k' -c 'discard 3M 64k' -c 'write 12M 64k' image.qcow2 \
        >qemu-io.out
}

@test "chains of backing files, committed and rebased" {
    local options
    for options in compat=0.10 cluster_size=4096 extended_l2=on; do
        make_chain $options
        compare "$options middle" middle.qcow2
        compare_life "$options top" "${common[@]}"
        do_quietly "$QEMU_IMG" rebase -f qcow2 -b base.qcow2 -F qcow2 image.qcow2
        compare_life "$options rebased" "${common[@]}"
        do_quietly "$QEMU_IMG" commit -f qcow2 image.qcow2
        compare_life "$options committed, now empty" 'set refcount:0 0' 'append 1 , set refcount:last 1'
        compare "$options base that got the rest" base.qcow2
        make_chain $options
        do_quietly "$QEMU_IMG" commit -f qcow2 -d image.qcow2
        compare "$options committed, kept" image.qcow2
        compare "$options middle that got the rest" middle.qcow2
        do_quietly "$QEMU_IMG" rebase -f qcow2 -b '' image.qcow2
        compare_life "$options without a backing file" "${common[@]}"
        do_quietly "$QEMU_IMG" rebase -u -f qcow2 -b base.qcow2 -F qcow2 image.qcow2
        compare_life "$options with another name only" "${common[@]}"
    done
}

@test "amended" {
    local option
    "$QEMU_IMG" create -q -f qcow2 -o compat=0.10 image.qcow2 8M
    "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write 4M 64k' image.qcow2 >qemu-io.out
    for option in compat=1.1 lazy_refcounts=on lazy_refcounts=off size=16M refcount_bits=64 refcount_bits=2 \
        refcount_bits=16 compat=0.10; do
        do_quietly "$QEMU_IMG" amend -f qcow2 -o $option image.qcow2
        compare_life "amended: $option" "${common[@]}"
    done
    "$QEMU_IO" -f qcow2 -c 'write 1M 1M' image.qcow2 >qemu-io.out
    "$QEMU_IMG" snapshot -c one image.qcow2
    compare_life 'amended, then a snapshot' "${snapshot[@]}"
    do_quietly "$QEMU_IMG" amend -f qcow2 -o compat=1.1 image.qcow2
    compare_life 'a snapshot, then amended' "${snapshot[@]}"
}

@test "repaired" {
    local statements
    for statements in 'set refcount:0 0' 'set refcount_table:0 0' 'truncate last' 'set l1:0 0' \
        'fill refcount_block:0 64 0xff'; do
        "$QEMU_IMG" create -q -f qcow2 -o cluster_size=4096 image.qcow2 8M
        "$QEMU_IO" -f qcow2 -c 'write 0 1M' -c 'write 4M 64k' image.qcow2 >qemu-io.out
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" image.qcow2 $statements
        "$QEMU_IMG" check -r all image.qcow2 >said 2>&1 || true
        compare_life "repaired: $statements" 'append 1 , set refcount:last 1' 'set refcount:0 0' 'truncate last'
    done
}

# -------------------------------------------------------------- encryption

# make_encrypted FORMAT: image.qcow2, whose password takes a second or more to measure. That fails on a busy machine.
make_encrypted() {
    local tries options=cluster_size=4096,encrypt.format=$1,encrypt.key-secret=key
    [ "$1" = aes ] || options+=,encrypt.iter-time=10
    for tries in {1..60}; do
        if do_quietly "$QEMU_IMG" create "${key[@]}" -q -f qcow2 -o "$options" image.qcow2 8M; then
            "$QEMU_IO" "${key[@]}" --image-opts "$opened" -c 'write 0 1M' -c 'write 4M 64k' >qemu-io.out
            return
        fi
        sleep 0.2
    done
    return 1
}

# compare_with_key CASE: qemu-img gets the key of image.qcow2, which gives it another name. refcow needs none.
compare_with_key() {
    local theirs ours qemu_code=0 refcow_code=0
    theirs=$("$QEMU_IMG" check "${key[@]}" --output=json --image-opts "$opened" 2>/dev/null) || qemu_code=$?
    theirs=${theirs/"$opened"/image.qcow2}
    ours=$("$REFCOW" check --output=json image.qcow2 2>/dev/null) || refcow_code=$?
    printf '{"case": "%s", "qemu": %s, "qemu-exit": %d, "refcow": %s, "refcow-exit": %d}\n' \
        "$1" "${theirs:-null}" "$qemu_code" "${ours:-null}" "$refcow_code" | tr '\n' ' ' >>"$answers"
    echo >>"$answers"
}

@test "encrypted: the key is for qemu-img only" {
    local format statements opened=driver=qcow2,file.filename=image.qcow2,encrypt.key-secret=key
    local -a key=(--object 'secret,id=key,data=not a secret')
    for format in aes luks; do
        make_encrypted $format
        cp image.qcow2 intact.qcow2
        compare_with_key $format
        for statements in "${common[@]}"; do
            cp intact.qcow2 image.qcow2
            # shellcheck disable=SC2086 # the statements are words
            "$DAMAGE" image.qcow2 $statements
            compare_with_key "$format: $statements"
        done
    done
}
