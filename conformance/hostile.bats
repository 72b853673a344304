# bats file_tags=long
# Hostile images: what refcow may spend on each of them is in corpus/hostile/CEILINGS.tsv. The name of a test is that of
# an image, and the options of refcow check.
#
# Seconds are user and system time: those do not depend on how busy the machine is as wall-clock time does, which is
# only printed. On a machine that is slower than that of the table, which is then measured, they may be as many more.
# After a change "conformance/hostile figures" prints the rows of the table as they are then.
# HOSTILE_CEILINGS names another table, to see tests fail.

load lib/suite

recipes=$conformance/../corpus/hostile/make-hostile
ceilings=${HOSTILE_CEILINGS:-$conformance/../corpus/hostile/CEILINGS.tsv}
columns=(name what options exit verdict qemu work bytes seconds resident output)
answers_of=(exit verdict work bytes seconds resident output wall same)

# rows: the lines of the table, without the comments and the names of the columns.
rows() {
    grep -v '^#' "$ceilings" | tail -n +2
}

# stated COLUMN: what the row says; fails if it leaves it open.
stated() {
    [ "${row[$1]}" != - ]
}

# expect COLUMN: the answer is the one of the row.
expect() {
    if stated "$1" && [ "${now[$1]}" != "${row[$1]}" ]; then
        broken+=("$1 is ${now[$1]}, expected ${row[$1]}")
    fi
}

# at_most COLUMN: the figure is not above its ceiling.
at_most() {
    if stated "$1" && [ "${now[$1]}" != - ] && awk "BEGIN {exit !(${now[$1]} > ${row[$1]})}"; then
        broken+=("$1 is ${now[$1]}, at most ${row[$1]}")
    fi
}

# in_time: the seconds are not above their ceiling, or only because the machine is slow. What runs beside it makes every
# run longer: the best of three counts.
in_time() {
    local slowness again
    for again in 1 2; do
        if [ "${now[seconds]}" != - ] && awk "BEGIN {exit !(${now[seconds]} > ${row[seconds]})}"; then
            IFS=$'\t' read -ra values \
                < <("$conformance/hostile" measure "$((row[seconds] * 5))" image.qcow2 "${options[@]}")
            echo "measured again ($again): ${values[4]} s"
            now[seconds]=$(printf '%s\n' "${now[seconds]}" "${values[4]}" | sort -n | head -n 1)
        fi
    done
    if [ "${now[seconds]}" != - ] && awk "BEGIN {exit !(${now[seconds]} > ${row[seconds]})}"; then
        slowness=$("$conformance/hostile" slowness)
        echo "this machine is $slowness times slower than that of the table"
        row[seconds]=$(awk "BEGIN {print ${row[seconds]} * $slowness}")
        at_most seconds
    fi
}

# check_row: make the image of the test's name, measure, and hold it against the row.
check_row() {
    local -A row now
    local -a values options=() broken=()
    local i column
    set +T # bats looks at every command, which takes longer than the commands
    IFS=$'\t' read -ra values < <(rows | awk -F '\t' -v test="$BATS_TEST_DESCRIPTION" \
        '{options = $3 == "-" ? "" : " " $3} $1 options == test')
    assert_equal "${#values[@]}" "${#columns[@]}"
    for i in "${!columns[@]}"; do
        row[${columns[i]}]=${values[i]}
    done
    stated options && read -ra options <<<"${row[options]}"
    "$recipes" "${row[name]}" image.qcow2
    IFS=$'\t' read -ra values < <("$conformance/hostile" measure "$((row[seconds] * 5))" image.qcow2 "${options[@]}")
    for i in "${!answers_of[@]}"; do
        now[${answers_of[i]}]=${values[i]}
    done
    echo "measured: exit ${now[exit]}, ${now[verdict]}, ${now[work]} units of work, ${now[bytes]} bytes," \
        "${now[seconds]} s (all runs ${now[wall]} s by the clock), ${now[resident]} KiB, ${now[output]} bytes of output"
    expect exit
    expect verdict
    for column in work bytes resident output; do
        at_most $column
    done
    in_time
    if [ "${now[same]}" != same ]; then
        broken+=("two runs: ${now[same]}")
    fi
    if [ "${row[qemu]}" = yes ]; then
        : >guest.raw # the data file of an image that has one
        (ulimit -v 4000000 && compare "$BATS_TEST_DESCRIPTION" image.qcow2)
    fi
    [ ${#broken[@]} -eq 0 ] || fail "$(printf '%s\n' "${broken[@]}")"
}

@test "every row has a test, every test a row, every image a row" {
    assert_equal "$(rows | awk -F '\t' '{print $1 ($3 == "-" ? "" : " " $3)}')" \
        "$(sed -n 's/^@test "\(.*\)" { check_row; }$/\1/p' "$BATS_TEST_FILENAME")"
    assert_equal "$(rows | cut -f 1 | uniq | sort -u)" "$("$recipes" --list | sort)"
}

@test "an image is the same on every run" {
    "$recipes" scattered-tables one.qcow2
    "$recipes" scattered-tables other.qcow2
    assert_equal "$(stat -c %b-%s one.qcow2)" "$(stat -c %b-%s other.qcow2)"
    cmp -n 32M one.qcow2 other.qcow2
}

@test "l1-one-table" { check_row; }
@test "l1-one-table --memory 64K" { check_row; }
@test "l2-names-against-quicksort" { check_row; }
@test "l2-names-against-quicksort-often" { check_row; }
@test "thousand-entries-one-table" { check_row; }
@test "thousand-entries-one-table --memory 64K" { check_row; }
@test "l2-tables-in-holes" { check_row; }
@test "l2-tables-in-holes --memory 64K" { check_row; }
@test "l2-tables-in-holes-shuffled" { check_row; }
@test "l2-tables-in-holes-descending" { check_row; }
@test "l2-overlapping" { check_row; }
@test "l2-overlapping-full" { check_row; }
@test "l2-overlapping-broken" { check_row; }
@test "l2-overlapping-millions" { check_row; }
@test "snapshot-l2-overlapping" { check_row; }
@test "l2-tables-far-blocks" { check_row; }
@test "descending" { check_row; }
@test "descending --memory 64K" { check_row; }
@test "snapshot-of-a-terabyte" { check_row; }
@test "snapshots-one-l1" { check_row; }
@test "snapshots-one-l1 --memory 64K" { check_row; }
@test "snapshots-overlapping-l1" { check_row; }
@test "snapshots-overlapping-l1-full" { check_row; }
@test "snapshots-l1-in-holes" { check_row; }
@test "snapshot-table-at-limit" { check_row; }
@test "snapshot-table-longest-entries" { check_row; }
@test "snapshot-table-over-limit" { check_row; }
@test "snapshot-table-in-hole" { check_row; }
@test "compressed-one-stream" { check_row; }
@test "compressed-one-stream --memory 64K" { check_row; }
@test "compressed-beside-bitmaps" { check_row; }
@test "compressed-scattered" { check_row; }
@test "apparent-size" { check_row; }
@test "apparent-size --memory 64K" { check_row; }
@test "exabytes" { check_row; }
@test "exabytes --memory 64K" { check_row; }
@test "exabytes-with-tail" { check_row; }
@test "refcount-blocks-shared" { check_row; }
@test "refcount-blocks-shared-2m" { check_row; }
@test "refcount-blocks-shared-exabytes" { check_row; }
@test "refcount-blocks-alternating" { check_row; }
@test "refcount-blocks-1-bit" { check_row; }
@test "refcount-blocks-many" { check_row; }
@test "refcount-blocks-far-apart" { check_row; }
@test "refcount-blocks-unaligned" { check_row; }
@test "luks-header-as-long-as-the-file" { check_row; }
@test "luks-header-as-long-as-the-file --memory 64K" { check_row; }
@test "luks-header-of-exabytes" { check_row; }
@test "scattered-references" { check_row; }
@test "scattered-references-exabytes" { check_row; }
@test "scattered-tables" { check_row; }
@test "past-the-end-references" { check_row; }
@test "past-the-end-references-anywhere" { check_row; }
@test "past-the-end-tables" { check_row; }
@test "scattered-l2-tables" { check_row; }
@test "snapshots-every-window" { check_row; }
@test "bitmaps-one-table" { check_row; }
@test "bitmaps-overlapping" { check_row; }
@test "bitmaps-overlapping-full" { check_row; }
@test "bitmaps-every-window" { check_row; }
@test "bitmap-names-colliding" { check_row; }
@test "bitmap-names-repeated" { check_row; }
@test "l1-names-itself" { check_row; }
@test "l2-names-itself" { check_row; }
@test "l1-names-the-header" { check_row; }
@test "refcount-table-names-itself" { check_row; }
@test "refcount-block-is-the-l1-table" { check_row; }
@test "snapshot-table-is-the-l1-table" { check_row; }
@test "snapshot-l1-is-the-active-l2" { check_row; }
@test "one-cluster" { check_row; }
@test "one-cluster-of-flags" { check_row; }
@test "every-entry-a-finding" { check_row; }
@test "every-entry-a-finding --memory 64K" { check_row; }
@test "every-entry-a-finding-interleaved" { check_row; }
@test "findings-of-later-windows-first" { check_row; }
@test "findings-of-later-windows-first --list leaked" { check_row; }
@test "findings-before-others --list leaked" { check_row; }
@test "every-entry-a-finding-scattered" { check_row; }
@test "every-extended-entry-a-finding" { check_row; }
@test "every-l1-entry-a-finding" { check_row; }
@test "data-file-findings" { check_row; }
@test "saturated-1-bits" { check_row; }
@test "saturated-2-bits" { check_row; }
@test "saturated-4-bits" { check_row; }
@test "saturated-8-bits" { check_row; }
@test "saturated-8-bits --memory 64K" { check_row; }
@test "saturated-16-bits" { check_row; }
@test "saturated-32-bits" { check_row; }
@test "saturated-64-bits" { check_row; }
@test "saturated-everywhere" { check_row; }
@test "saturated-late" { check_row; }
@test "header-all-ones" { check_row; }
@test "header-at-limits" { check_row; }
@test "header-over-limits" { check_row; }
@test "extension-chain" { check_row; }
@test "extension-chain-of-luks" { check_row; }
@test "extension-chain-of-two-luks" { check_row; }
@test "extension-length-near-4g" { check_row; }
@test "backing-name-longest" { check_row; }
@test "every-entry-a-finding --max-findings 1000" { check_row; }
