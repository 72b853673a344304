# Images at random, for the random differential. Needs below(), one_of(), one_in() and the commands.
#
# make_image leaves image.qcow2, in $recipe the commands that make it, and for those who damage it: $cluster (bytes),
# $table (clusters that an L2 table maps), $extended (1: extended L2 entries), $snapshots and $bitmaps (how many were
# made), $encryption (none, luks or aes), $long (1: the file goes on far behind what is in use).

# as_typed COMMAND...: the command as it would be typed.
as_typed() {
    local word line=${1##*/}
    for word in "${@:2}"; do
        case $word in
        *[!a-zA-Z0-9_.,:=+-]*) line+=" '$word'" ;;
        *) line+=" $word" ;;
        esac
    done
    echo "$line"
}

# run COMMAND...: a step of the recipe. Its failure is no matter: an image of 1-bit refcounts has no snapshots.
run() {
    recipe+=("$(as_typed "$@")")
    ("$@" || :) >/dev/null 2>&1 </dev/null # a subshell: what it says about an abort goes to /dev/null, too
}

# on_image COMMAND...: the same; the word IMAGE stands for the image, and for its key.
on_image() {
    local word
    local -a command=()
    for word; do
        if [ "$word" != IMAGE ]; then
            command+=("$word")
        elif [ "$encryption" = none ]; then
            command+=(image.qcow2)
        else
            command+=("${secret[@]}" --image-opts 'driver=qcow2,file.filename=image.qcow2,encrypt.key-secret=key')
        fi
    done
    run "${command[@]}"
}

# A place on the virtual disk, in clusters, in $guest: often at the start or around the end of an L2 table.
choose_guest() {
    one_of 0 0 0 $((table - 2)) $((2 * table - 1))
    guest=$word
    below 6
    guest=$((guest + number))
}

choose_options() {
    one_of 512 512 512 1024 4096 4096 16384 65536 65536 2097152
    cluster=$word
    one_of 0.10 1.1 1.1 1.1
    version=$word
    extended=0 encryption=none other=none
    options=compat=$version,cluster_size=$cluster
    if [ "$version" = 1.1 ]; then
        one_of 1 2 4 8 16 16 16 32 64
        options+=,refcount_bits=$word
        if [ "$cluster" -ge 16384 ] && one_in 3; then
            extended=1
            options+=,extended_l2=on
        fi
        ! one_in 3 || options+=,compression_type=zstd
        ! one_in 4 || options+=,lazy_refcounts=on
    fi
    one_of none none none none none data raw backing aes keys
    other=$word
    case $other in
    data | raw) [ "$version" = 1.1 ] || other=none ;;
    aes) encryption=aes options+=,encrypt.format=aes,encrypt.key-secret=key ;;
    keys) # a LUKS image takes seconds
        if one_in 6; then
            encryption=luks options+=,encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10
        fi
        ;;
    esac
    if [ "$other" = data ]; then options+=,data_file=guest.raw; fi
    if [ "$other" = raw ]; then options+=,data_file=guest.raw,data_file_raw=on; fi
    if [ "$other" != backing ] && [ "$cluster" -le 4096 ] && one_in 8; then
        one_of metadata falloc full
        options+=,preallocation=$word
    fi
}

create_image() {
    local size tries
    local -a backing=() key=()
    table=$((cluster / (extended ? 16 : 8)))
    one_of 0 1 3 $((table - 1)) "$table" $((table + 2)) $((2 * table)) $((2 * table + 3)) $((2 * table + 8))
    size=$((word * cluster))
    ! one_in 3 || size=$((size + 512))
    [ "$other" != backing ] || backing=(-b base_file.qcow2 -F qcow2)
    [ "$encryption" = none ] || key=("${secret[@]}")
    for ((tries = 0; tries < 60; tries++)); do # on a busy machine qemu-img may fail to measure how long a key takes
        recipe=()
        [ "$other" != backing ] || run "$QEMU_IMG" create -q -f qcow2 base_file.qcow2 $((20 * cluster))
        run "$QEMU_IMG" create -q "${key[@]}" -f qcow2 "${backing[@]}" -o "$options" image.qcow2 "$size"
        if "$DAMAGE" image.qcow2 get header:size >/dev/null 2>&1; then
            return
        fi
        rm -f image.qcow2
        sleep 0.2
    done
    echo "random: this image cannot be made: ${recipe[-1]}" >&2
    return 1
}

# Some requests of a guest, the last of which may be to die.
choose_writes() {
    local count command length
    local -a script=()
    below 8
    for ((count = number + 1; count > 0; count--)); do
        one_of 'write' 'write' 'write' 'write -z' 'write -z -u' 'discard' 'write -c'
        command=$word
        choose_guest
        below 4
        length=$((number + 1))
        [ "$command" != 'write -c' ] || length=1
        if [ "$command" = write ] && { [ "$cluster" -gt 65536 ] || { [ "$extended" = 1 ] && one_in 2; }; }; then
            command="write $((guest * cluster + 2048)) 512"
        else
            command+=" $((guest * cluster)) $((length * cluster))"
        fi
        script+=(-c "$command")
    done
    ! one_in 8 || script+=(-c flush -c abort)
    if [ "$encryption" = none ]; then
        run "$QEMU_IO" -f qcow2 -t unsafe -d unmap "${script[@]}" image.qcow2
    else
        on_image "$QEMU_IO" -t unsafe -d unmap "${script[@]}" IMAGE
    fi
}

choose_snapshot_step() {
    local name
    if [ "$snapshots" -eq 0 ] || one_in 2; then
        name=s$((++snapshots))
        on_image "$QEMU_IMG" snapshot -c "$name" IMAGE
        # The time of day would make another image each time.
        run "$DAMAGE" image.qcow2 set "u64:{snapshot:$((snapshots - 1))+16}" 0
        return
    fi
    below "$snapshots"
    name=s$((number + 1))
    one_of -a -a -d
    on_image "$QEMU_IMG" snapshot "$word" "$name" IMAGE
}

choose_bitmap_step() {
    local name
    if [ "$bitmaps" -eq 0 ] || one_in 2; then
        name=b$((++bitmaps))
        one_of 512 4096 65536 65536 2097152
        local granularity=$word
        one_of --enable --disable
        on_image "$QEMU_IMG" bitmap --add "$word" -g "$granularity" IMAGE "$name"
        return
    fi
    below "$bitmaps"
    name=b$((number + 1))
    one_of --remove --clear --enable --disable
    on_image "$QEMU_IMG" bitmap "$word" IMAGE "$name"
}

# What no command leaves behind at once: bitmaps in use, an image of so many clusters that counting takes passes.
choose_states() {
    local i
    for ((i = 0; i < bitmaps; i++)); do
        ! one_in 3 || run "$DAMAGE" image.qcow2 set-bits "u32:{bitmap:$i+12}" 1
    done
    if [ "$cluster" -le 65536 ] && one_in 5; then
        one_of 70000 150000
        run "$DAMAGE" image.qcow2 append "$word"
        long=1
    fi
}

make_image() {
    local version options other steps
    recipe=() snapshots=0 bitmaps=0 long=0
    choose_options
    create_image
    below 6
    for ((steps = number; steps > 0; steps--)); do
        one_of choose_writes choose_writes choose_writes choose_snapshot_step choose_snapshot_step choose_bitmap_step
        "$word"
    done
    choose_states
}
