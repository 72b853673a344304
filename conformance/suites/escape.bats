#!/usr/bin/env bats
# Nothing from an image, and no name of a file, commands a terminal or pretends to be other text.

load ../lib/suite

export LC_ALL=C.UTF-8 # so that characters beyond ASCII are printed as they are, unless they are dangerous

# Commands of a terminal, a new line, C1 in a byte and in UTF-8, from right to left, an isolate, no UTF-8 at all, a mark
# that is not seen. As many bytes as the name that they replace.
evil=$'\e[31m\a\r\n\x9b2J\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xff\xc3(\xed\xa0\x80\xe2\x80\x8b'
harmless=$(LC_ALL=C && printf '%*s' "${#evil}" '' | tr ' ' A)

# dangerous FILE...: lines with what must not be there. Text that no name has is ASCII.
dangerous() {
    LC_ALL=C grep -nH '[^ -~]' "$@"
}

# An image with these bytes wherever one can have a name.
make_evil_image() {
    local cluster=65536
    create compat=1.1 16
    guest 'write 0 4'
    "$QEMU_IMG" snapshot -c "$harmless" image.qcow2
    "$QEMU_IMG" bitmap --add image.qcow2 "$harmless"
    "$QEMU_IMG" rebase -u -b "$harmless" -F raw image.qcow2
    LC_ALL=C sed -i "s/$harmless/${evil//$'\n'/\\n}/g; s/corrupt bit/"$'\e]0;xy\a\xe2\x80\xae\xff'"/g" image.qcow2
    [ "$(LC_ALL=C grep -oaF $'\x9b2J' image.qcow2 | wc -l)" -ge 3 ] # snapshot, bitmap, backing file
}

@test "names in an image" {
    local output_kind
    make_evil_image
    for output_kind in human json; do
        "$REFCOW" check --output=$output_kind image.qcow2 >out 2>err
        [ -s out ]
        run ! dangerous out err
    done
    "$DAMAGE" image.qcow2 set header:incompatible_features 0x22
    "$REFCOW" check image.qcow2 >out 2>err || [ $? -eq 1 ]
    [ -s err ]
    run ! dangerous out err
}

@test "names of files" {
    local name escaped
    while read -r name escaped; do
        printf -v name %b "$name"
        run -1 --separate-stderr "$REFCOW" check "$name"
        # shellcheck disable=SC2154 # set by run
        [[ $stderr == "refcow: $escaped: "* ]] || fail "$(cat -v <<<"$stderr"), expected $escaped"
        run -1 --separate-stderr "$REFCOW" check --output=json "$name"
        printf '%s\n' "$output" >out
        run ! dangerous out
    done <<'NAMES'
e\u00e9\u65e5 eé日
\e[31m \x1b[31m
a\rb\nc\td a\x0db\x0ac\x09d
\x9b2J \x9b2J
\u009b2J \xc2\x9b2J
\u202eleft \xe2\x80\xaeleft
\u2066isolate\u2069 \xe2\x81\xa6isolate\xe2\x81\xa9
mark\u200f mark\xe2\x80\x8f
zero\u200bwidth zero\xe2\x80\x8bwidth
\u061carabic \xd8\x9carabic
\ufeffbom \xef\xbb\xbfbom
line\u2028paragraph\u2029 line\xe2\x80\xa8paragraph\xe2\x80\xa9
\xff\xc3\x28 \xff\xc3(
\xc0\xaf \xc0\xaf
\xed\xa0\x80 \xed\xa0\x80
\xf4\x90\x80\x80 \xf4\x90\x80\x80
back\\slash back\\slash
tag\U000e0041 tag\xf3\xa0\x81\x81
NAMES
}

@test "what a terminal takes for characters: the first of LC_ALL, LC_CTYPE and LANG says, known here or not" {
    local expected variables
    while read -r expected variables; do
        # shellcheck disable=SC2086 # each word is a variable
        run -1 --separate-stderr env -u LC_ALL -u LC_CTYPE -u LANG $variables "$REFCOW" check $'\xc3\xa9'
        [[ $stderr == "refcow: $expected: "* ]] || fail "$variables: $stderr"
    done <<'LOCALES'
é LC_ALL=C.UTF-8
é LC_ALL=de_DE.utf8@euro LC_CTYPE=C LANG=C
é LC_ALL= LC_CTYPE=xx_XX.UTF-8 LANG=C
é LC_CTYPE=UTF-8
é LANG=en_US.UTF-8
\xc3\xa9
\xc3\xa9 LC_ALL=C LC_CTYPE=C.UTF-8 LANG=C.UTF-8
\xc3\xa9 LC_CTYPE=POSIX LANG=C.UTF-8
\xc3\xa9 LANG=de_DE.ISO-8859-1
\xc3\xa9 LANG=utf
LOCALES
}

@test "words that are no option" {
    run -1 --separate-stderr "$REFCOW" check $'--\e[31m\u202e' image.qcow2
    [[ $stderr == *'--\x1b[31m\xe2\x80\xae'* ]] || fail "$stderr"
    run -1 --separate-stderr "$REFCOW" check --output=$'\e[31m\u202e' image.qcow2
    [[ $stderr == *'\x1b[31m\xe2\x80\xae'* ]] || fail "$stderr"
    run -1 --separate-stderr "$REFCOW" $'\e[31m\u202e'
    [[ $stderr == *'\x1b[31m\xe2\x80\xae'* ]] || fail "$stderr"
}
