# Real images, made by qemu-img and qemu-io. Always the same bytes.

# in_all_widths VERSIONS CLUSTER_SIZE MAKE [STATEMENTS...]: for each refcount width that the versions ("v2", "v3",
# "v2 v3") allow, let the function MAKE make image.qcow2 with the creation options that it is given, compare it, then
# compare it damaged by each of the statements. Large clusters take long: a width gets every fourth statement.
#
# Functions named MAKE find the shape of the image in $cluster (bytes) and $table (clusters that an L2 table maps).
in_all_widths() {
    local versions=$1 cluster=$2 make=$3 table=$(($2 / 8)) options turn=0 step=1 i
    local -a chosen
    shift 3
    [ "$cluster" -le 65536 ] || step=4
    for options in $(creation_options "$versions" "$cluster"); do
        "$make" "$options"
        cp --sparse=always image.qcow2 sparse.qcow2
        mv sparse.qcow2 image.qcow2
        compare "$options" image.qcow2
        chosen=()
        for ((i = turn++ % step + 1; i <= $#; i += step)); do
            chosen+=("${!i}")
        done
        compare_damaged "$options" image.qcow2 "${chosen[@]}"
        rm -f image.qcow2
    done
}

creation_options() {
    local width
    case $1 in *v2*)
        echo "compat=0.10,cluster_size=$2" ;;
    esac
    case $1 in *v3*)
        for width in 1 2 4 8 16 32 64; do
            echo "compat=1.1,cluster_size=$2,refcount_bits=$width"
        done ;;
    esac
}

# create OPTIONS CLUSTERS [ARGUMENT...]: an image whose virtual size is half a kilobyte more than so many clusters.
create() {
    "$QEMU_IMG" create -q -f qcow2 -o "$1" "${@:3}" image.qcow2 $(($2 * cluster + 512))
}

# guest COMMAND...: let a guest run commands of qemu-io. Offsets and lengths are in clusters:
# "write 4 2" writes clusters 4 and 5, "write -z 4 1" makes cluster 4 zero. Large clusters are only written in part.
guest() {
    local command first count
    local -a words script=()
    for command; do
        read -ra words <<<"$command"
        first=${words[-2]} count=${words[-1]}
        unset 'words[-1]' 'words[-1]'
        if [ "${words[*]}" = write ] && [ "$cluster" -gt 65536 ]; then
            for ((; count > 0; count--, first++)); do
                script+=(-c "write $((first * cluster + 1024)) 512")
            done
        else
            script+=(-c "${words[*]} $((first * cluster)) $((count * cluster))")
        fi
    done
    "$QEMU_IO" -f qcow2 -t unsafe -d unmap "${script[@]}" image.qcow2 >qemu-io.out || {
        cat qemu-io.out
        return 1
    }
}

# patiently COMMAND...: up to sixty times, until it succeeds. To make a LUKS header qemu-img measures how fast it derives
# keys; on a busy machine it cannot ("Unable to get accurate CPU usage") and gives up.
patiently() {
    local attempt
    for attempt in {1..60}; do
        if "$@"; then
            return 0
        fi
        sleep 0.2
    done
    return 1
}

# hold OPTION...: a process of qemu-io with these options holds image.qcow2 open, and takes commands from descriptor 9,
# until let_go. The prompt comes when it has all its locks.
hold() {
    mkfifo commands
    "$QEMU_IO" "$@" image.qcow2 <commands >holder.out 2>&1 3>&- &
    holder=$!
    exec 9>commands
    patiently test -s holder.out
    kill -0 "$holder"
}

let_go() {
    exec 9>&-
    wait "$holder"
    rm commands holder.out
}
