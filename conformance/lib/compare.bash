# Compare the answers of refcow and qemu-img: compare() asks both and records the answers, judge() looks at the record.
#
# Needs REFCOW, DAMAGE and QEMU_IMG, the commands, and answers, the file for the record.

# csv_values RECORD COLUMN...: of a table on standard input, the values in the records of this type, a line for each.
csv_values() {
    python3 -c 'import csv, sys
for row in csv.DictReader(sys.stdin):
    if row["record"] == sys.argv[1]:
        print(*(row[name] for name in sys.argv[2:]))' "$@"
}

# compare CASE IMAGE [OPTION...]: ask both about an image. The options replace "-f qcow2" and go to both.
compare() {
    local case=$1 image=$2 theirs ours qemu_code=0 refcow_code=0
    local -a options=(-f qcow2)
    shift 2
    if [ $# -gt 0 ]; then
        options=("$@")
    fi
    theirs=$(timeout 60 "$QEMU_IMG" check "${options[@]}" --output=json "$image" 2>/dev/null) || qemu_code=$?
    ours=$(timeout 60 "$REFCOW" check "${options[@]}" --output=json "$image" 2>/dev/null) || refcow_code=$?
    theirs=${theirs:-null} ours=${ours:-null}
    printf '{"case": "%s", "qemu": %s, "qemu-exit": %d, "refcow": %s, "refcow-exit": %d}\n' \
        "$case" "${theirs//$'\n'/}" "$qemu_code" "${ours//$'\n'/}" "$refcow_code" >>"$answers"
}

# compare_damaged CASE IMAGE STATEMENTS...: compare copies of the image, each one damaged by statements for damage.
compare_damaged() {
    local case=$1 image=$2 statements
    shift 2
    set +T # bats looks at every command, which takes longer than the commands
    for statements in "$@"; do
        cp --sparse=always "$image" "damaged-$image"
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" "damaged-$image" $statements || {
            echo "$case: cannot plant: $statements"
            return 1
        }
        compare "$case: $statements" "damaged-$image"
        rm "damaged-$image"
    done
}

# judge: fail and print both answers where they differ in a key, a value or the exit code, and where refcow's answer
# contradicts itself.
judge() {
    local differences
    differences=$(jq -Rr -f "$conformance/lib/differences.jq" "$answers") || {
        echo 'the answers cannot be judged'
        return 1
    }
    if [ -n "$differences" ]; then
        echo "$(grep -c '^[^ ]' <<<"$differences") of $(wc -l <"$answers") images are answered differently:"
        head -n 30 <<<"$differences"
        return 1
    fi
}
