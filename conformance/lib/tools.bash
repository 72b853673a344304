# Which QEMU the suites compare with: the one place that decides.
#
# QEMU_IMG names qemu-img; without it, the qemu-img in PATH is taken. The other tools are those in the folder of qemu-img,
# so that all of them are of one version; QEMU_IO, QEMU_NBD and QEMU_STORAGE_DAEMON name others.

# absolute COMMAND: its path, which is good in every folder. A command that cannot be found stays as it is.
absolute() {
    local path
    path=$(command -v -- "$1") || path=$1
    case $path in
    /* | '') echo "$path" ;;
    */*) echo "$PWD/$path" ;;
    *) echo "$path" ;;
    esac
}

QEMU_IMG=$(absolute "${QEMU_IMG:-qemu-img}")
case $QEMU_IMG in
*/*) beside=${QEMU_IMG%/*}/ ;;
*) beside='' ;;
esac
QEMU_IO=$(absolute "${QEMU_IO:-${beside}qemu-io}")
QEMU_NBD=$(absolute "${QEMU_NBD:-${beside}qemu-nbd}")
QEMU_STORAGE_DAEMON=$(absolute "${QEMU_STORAGE_DAEMON:-${beside}qemu-storage-daemon}")
unset beside
export QEMU_IMG QEMU_IO QEMU_NBD QEMU_STORAGE_DAEMON

# qemu_release: what qemu-img says about its version, such as "qemu-img version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)".
qemu_release() {
    "$QEMU_IMG" --version | head -n 1
}

# qemu_version: its number, such as 10.0.13.
qemu_version() {
    qemu_release | sed -n 's/^.* version \([0-9][0-9.]*[0-9]\).*/\1/p'
}

# lacking_tools COMMAND...: those that cannot be run, a line each.
lacking_tools() {
    local tool
    for tool; do
        command -v -- "$tool" >/dev/null || echo "$tool"
    done
}

# qemu_is_before VERSION: whether qemu-img is older.
qemu_is_before() {
    [ "$(printf '%s\n' "$1" "$(qemu_version)" | sort -V | head -n 1)" != "$1" ]
}

# of_version TEXT: what is expected of this qemu-img. "1": of every version. "1 before 10.0 139": 1 of 10.0 and newer, 139
# of older ones.
of_version() {
    local newest before version older
    read -r newest before version older <<<"$1"
    if [ -n "$before" ] && qemu_is_before "$version"; then echo "$older"; else echo "$newest"; fi
}
