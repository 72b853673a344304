# Images for the suites of the gate, and its answers.
# shellcheck shell=bash

validate=$conformance/tools/validate-json

# ------------------------------------------------------------------ images

plain() { # [OPTION...]
    cluster=65536 create compat=1.1 16 "$@"
    "$QEMU_IO" -f qcow2 -c 'write -P 1 0 64K' image.qcow2 >/dev/null
}

version_2() {
    cluster=512 create compat=0.10,cluster_size=512 16
}

backing() { # NAME
    "$QEMU_IMG" create -q -f qcow2 -u -b "$1" -F qcow2 image.qcow2 1M
}

data_file() { # NAME
    "$QEMU_IMG" create -q -f qcow2 -o data_file="$1" image.qcow2 1M
}

data_file_raw() {
    "$QEMU_IMG" create -q -f qcow2 -o data_file=guest.raw,data_file_raw=on image.qcow2 1M
}

data_file_absolute() {
    data_file "$PWD/guest.raw"
}

snapshots() {
    plain
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$QEMU_IMG" snapshot -c two image.qcow2
}

bitmaps() {
    plain
    "$QEMU_IMG" bitmap --add image.qcow2 one
}

luks() {
    patiently "$QEMU_IMG" create -q -f qcow2 --object secret,id=key,data=x \
        -o encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10 image.qcow2 1M
}

aes() {
    "$QEMU_IMG" create -q -f qcow2 --object secret,id=key,data=x -o encrypt.format=aes,encrypt.key-secret=key \
        image.qcow2 1M
}

# A writer with lazy refcounts that has not closed the image.
killed_writer() {
    plain -o lazy_refcounts=on
    "$QEMU_IO" -f qcow2 -c 'write -P 2 128K 64K' -c abort image.qcow2 >/dev/null 2>&1 || true
}

# A download that stopped short of its end by less than a cluster.
compressed_and_cut() {
    "$QEMU_IMG" create -q -f raw data.raw 1M
    "$QEMU_IO" -f raw -c 'write -P 1 0 512K' data.raw >/dev/null
    head -c 300K /dev/urandom | dd of=data.raw conv=notrunc status=none
    "$QEMU_IMG" convert -c -f raw -O qcow2 data.raw image.qcow2
    truncate -s -20000 image.qcow2
}

# A fixed VHD is raw data with a footer.
vpc_footer() {
    plain
    "$QEMU_IMG" create -q -f vpc -o subformat=fixed other.vpc 1M
    tail -c 512 other.vpc >>image.qcow2
}

# make "MADE" "DAMAGE": image.qcow2, as a row says.
make() {
    local -a words statements
    rm -rf ./*
    read -ra words <<<"$1"
    "${words[@]}"
    read -ra statements <<<"$2"
    # shellcheck disable=SC2153 # set by the suite
    [ "$2" = - ] || "$DAMAGE" image.qcow2 "${statements[@]}"
}

# ------------------------------------------------------------------ answers

# gate CODE OPTION...: the exit code is this one; the answer is in $answer, and is held against its schema later.
gate() {
    local code=$1
    shift
    run "-$code" --separate-stderr timeout 20 "$REFCOW" gate --output=json "$@"
    answer=$(mktemp -p "$BATS_TEST_TMPDIR" XXXXXXXX.answer)
    printf '%s\n' "$output" >"$answer"
    assert_equal "$(jq '."exit-code"' "$answer")" "$code"
}

# All answers of a test at once.
judge_more() {
    local -a given
    given=("$BATS_TEST_TMPDIR"/*.answer)
    [ ! -e "${given[0]}" ] || "$validate" gate "${given[@]}"
}

ids() { # KEY
    jq -r "[.\"$1\"[].rule] | unique | join(\",\")" "$answer"
}

# Options that allow these rules.
allowing() { # ID,ID...
    local id
    for id in ${1//,/ }; do
        printf -- '--allow\n%s\n' "$id"
    done
}

allowable() {
    "$REFCOW" gate --list-rules | awk -F'\t' '$3 == "--allow" {printf "%s%s", comma, $1; comma = ","}'
}

unlimited=(--max-virtual-size none --max-amplification none --max-sharing none)
