#!/usr/bin/env bats
# bats file_tags=long
# refcow map: each cluster has the owner that a naive reading finds; pictures, pages and records say the same.

load ../lib/suite

map() {
    "$REFCOW" map "$@"
}

# runs IMAGE [OPTION...]: the runs of an image, as the oracle prints them; into the file runs, the summary into summary.
runs() {
    map --output=jsonl --max-runs none "${@:2}" "$1" >records 2>/dev/null || true
    jq -cS 'select(.type == "run") | del(.type, .filename) | .roles |= sort' records >runs
    jq -c 'select(.type == "summary")' records >summary
}

# assert_map IMAGE: the runs are those of the oracle, in much memory and in little, and the sums are theirs.
assert_map() {
    local memory
    "$conformance/tools/map-oracle" "$1" | jq -cS '.roles |= sort' >oracle
    for memory in 164K 64M; do
        runs "$1" --memory "$memory"
        diff oracle runs || fail "$1: another map than the oracle's with --memory $memory"
    done
    "$conformance/tools/validate-json" map-record --lines records || fail "$1: not as in the schema"
    [ -s runs ]
    jq -sS 'group_by(.owner) | map({key: .[0].owner, value: (map(.length) | add)}) | from_entries' runs >sums
    jq -S '.owners | map_values(.bytes) | with_entries(select(.value > 0))' summary | diff -u sums - ||
        fail "$1: the sums are not those of the runs"
    assert_equal "$(jq -c '[.clusters * $size, .["runs-omitted"]]' --argjson size "$cluster" summary)" \
        "$(jq -sc '[(map(.length) | add), 0]' runs)"
}

# owners IMAGE: the words that own something.
owners() {
    runs "$1"
    jq -r '.owners | to_entries[] | select(.value.clusters > 0).key' summary | paste -sd' '
}

# owner_at IMAGE HOST: who owns a cluster, what is in it, its refcount and the references.
owner_at() {
    local host
    host=$(("$("$DAMAGE" "$1" get "$2")"))
    runs "$1"
    jq -r --argjson host "$host" 'select($host >= .["host-offset"] and $host < .["host-offset"] + .length) |
        "\(.owner) \(.roles | join("+")) \(.stored) \(.counted)"' runs
}

@test "plain images, in all widths and cluster sizes" {
    local options cluster
    for cluster in 512 4096 65536; do
        for options in $(creation_options 'v2 v3' "$cluster"); do
            create "$options" $((cluster / 8 + 20))
            guest 'write 0 4' "write $((cluster / 8 + 1)) 3" 'discard 1 1' 'write -z 2 1'
            assert_map image.qcow2
        done
    done
    assert_equal "$(owners image.qcow2)" 'header l1-table l2-table refcounts data free'
}

@test "snapshots: what they share with the active disk, and what is theirs alone" {
    local cluster=4096
    create compat=1.1,cluster_size=4096 1100
    guest 'write 0 8' 'write 520 4'
    "$QEMU_IMG" snapshot -c before image.qcow2
    guest 'write 0 2' 'write -c 1040 1'
    "$QEMU_IMG" snapshot -c after image.qcow2
    guest 'write 4 2' 'write 521 1'
    assert_map image.qcow2
    assert_equal "$(owners image.qcow2)" 'header l1-table l2-table refcounts snapshot shared data'
    assert_equal "$(owner_at image.qcow2 snapshot:0)" 'snapshot snapshot-table 1 1'
    assert_equal "$(owner_at image.qcow2 u64:snapshot:0)" 'snapshot l1-table 1 1'
    assert_equal "$(owner_at image.qcow2 host:6c)" 'shared data 3 3'
    assert_equal "$(owner_at image.qcow2 host:0)" 'shared data 2 2'
    assert_equal "$(owner_at image.qcow2 host:4c)" 'data data 1 1'
    "$QEMU_IMG" snapshot -a before image.qcow2
    "$QEMU_IMG" snapshot -d after image.qcow2
    assert_map image.qcow2
}

@test "compressed clusters, several in a host cluster" {
    local cluster=65536
    create compat=1.1 200
    guest 'write -c 0 1' 'write -c 1 1' 'write -c 2 1' 'write 8 2' 'write -c 20 1'
    assert_map image.qcow2
    assert_equal "$(owners image.qcow2)" 'header l1-table l2-table refcounts data compressed'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 0 1'
    assert_map image.qcow2
}

@test "bitmaps, extended L2 entries, an external data file, LUKS" {
    local cluster=65536
    create compat=1.1,extended_l2=on 100
    guest 'write 0 4'
    "$QEMU_IMG" bitmap --add -g 4096 image.qcow2 one
    "$QEMU_IMG" bitmap --add image.qcow2 two
    guest 'write 9 1'
    assert_map image.qcow2
    assert_equal "$(owners image.qcow2)" 'header l1-table l2-table refcounts bitmaps data free'
    create compat=1.1,data_file=guest.raw 100
    guest 'write 0 4'
    assert_map image.qcow2
    assert_equal "$(owners image.qcow2)" 'header l1-table l2-table refcounts'
    patiently "$QEMU_IMG" create -q --object secret,id=key,data=secret -f qcow2 \
        -o encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10 image.qcow2 10M
    assert_map image.qcow2
    assert_equal "$(owners image.qcow2)" 'header l1-table refcounts encryption'
}

@test "damage: each word where it belongs" {
    local what where owner
    local -a statements
    local cluster=65536
    create compat=1.1 10000
    guest 'write 0 4' 'write 9000 1' 'write -c 20 1'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 0 1'
    mv image.qcow2 sound.qcow2
    assert_map sound.qcow2
    set +T
    while IFS='|' read -r what where owner; do
        cp sound.qcow2 image.qcow2
        read -ra statements <<<"$what"
        "$DAMAGE" image.qcow2 "${statements[@]}"
        assert_map image.qcow2
        assert_equal "$what: $(owner_at image.qcow2 "$where")" "$what: $owner"
    done <<'ROWS'
set refcount:host:0 0|host:0|orphan data 0 1
set refcount:host:0 2|host:0|leaked data 2 1
set refcount:host:1c 1|host:1c|undercounted data 1 2
append 1 , set refcount:last 3|last|leaked  3 0
append 1|last|free  0 0
set refcount:l2_table:0 0|l2_table:0|orphan l2-table 0 1
set refcount:header:l1_table_offset 0|header:l1_table_offset|orphan l1-table 0 1
set refcount:0 0|0|orphan header 0 1
set l2:0 l2_table:0|l2_table:0|overlapping data+l2-table 1 2
set l2:0 header:refcount_table_offset|header:refcount_table_offset|overlapping data+refcount-table 1 2
set l2:0 l2:1c|host:1c|undercounted data 2 3
set l2:0 0x10000000000|host:1c|shared data 2 2
set l1:1 header:l1_table_offset|header:l1_table_offset|overlapping data+l1-table+l2-table 1 3
set u64:snapshot:0 header:l1_table_offset|header:l1_table_offset|overlapping l1-table 1 2
set u64:snapshot:0 header:l1_table_offset , set refcount:header:l1_table_offset 2|header:l1_table_offset|overlapping l1-table 2 2
set refcount_table:1 refcount_table:0|refcount_block:0|overlapping refcount-block 1 2
set header:snapshots_offset header:l1_table_offset|header:l1_table_offset|overlapping l1-table+snapshot-table 1 2
ROWS
}

@test "what lies between windows, and behind the last one, is free" {
    local cluster=512
    create compat=1.1,cluster_size=512 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 append 60000 , set l2:0 copied+last , append 60000
    assert_map image.qcow2
    assert_equal "$(jq -sc 'map([.owner, .length >= 60000 * 512 - 512]) | .[-3:]' runs)" \
        '[["free",true],["orphan",false],["free",true]]'
}

@test "overlaps are named in the picture and in the page" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:0 l2_table:0
    run -2 map image.qcow2
    assert_line --regexp '^    host 0x40000: overlapping, l2-table and data, guest 0x0..0x6401ff; refcount 1, 2 references$'
    assert_line --regexp '^  0x00000  HRR1XLDDD$'
    run -2 map --output=html image.qcow2
    assert_line --regexp '>overlapping</td><td class="place">0x40000..0x4ffff</td><td>l2-table and data</td><td class="place">0x0..0x6401ff</td><td[^>]*>1<'
    assert_equal "$(grep -o '<rect [^>]*class="[^"]*"' <<<"$output" | sed 's/.*class=//' | paste -sd' ')" \
        '"header" "refcounts" "refcounts" "l1-table" "overlapping" "leaked" "data" "data" "data"'
}

@test "refcounts that cannot be looked up" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set refcount_table:0 header:refcount_table_offset+512
    run -1 --separate-stderr map image.qcow2
    assert_line --regexp '^  0x00000  \?+$'
    runs image.qcow2
    assert_equal "$(jq -s 'map(.stored) | unique' -c runs)" '[null]'
    "$conformance/tools/validate-json" map-record --lines records
}

@test "past the end of the file: findings, and none of the runs" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:0 1T+copied , set refcount_table:1 1T
    runs image.qcow2
    "$conformance/tools/validate-json" map-record --lines records
    assert_equal "$(jq -c 'select(.type == "finding") | [.kind, .role, .["host-offset"], .["guest-offset"]]' records)" \
        '["out-of-file","data",1099511627776,0]
["refcount-block-out-of-file","refcount-block",1099511627776,null]'
    assert_equal "$(jq -c '[.["past-end"], .["past-end-omitted"]]' summary)" '[2,0]'
    run -2 map image.qcow2
    assert_line --regexp 'host 0x10000000000, data, guest 0x0: found entry'
    run -2 map --output=html image.qcow2
    assert_line --regexp '<td class="place">0x10000000000..0x1000000ffff</td><td>data</td>'
    run -2 map --output=jsonl --max-runs 0 image.qcow2
    assert_equal "$(tail -n 1 <<<"$output" | jq '.["past-end-omitted"]')" 2
}

@test "the whole corpus: records are as in the schema, sums and verdicts as those of check" {
    local file
    local -a files=("$conformance"/../corpus/*/*.qcow2)
    set +T
    for file in "${files[@]}"; do
        map --output=jsonl --max-runs none "$file" >one 2>/dev/null || true
        cat one >>records
        # What check counts as leaked is what is in the runs, and nothing is told twice.
        jq -s 'map(select(.type == "run")) as $runs | .[-1] as $last | ($last.complete | not) or (
            (([$runs[] | select(.stored > .counted) | .length] | add // 0) / .[0]["cluster-size"] == $last.leaks) and
            ([$runs[:-1], $runs[1:]] | transpose | all(.[0]["host-offset"] + .[0].length == .[1]["host-offset"])))' \
            one >>sound
    done
    assert_equal "$(sort sound | uniq -c | tr -s ' ')" " ${#files[@]} true"
    run -0 "$conformance/tools/validate-json" map-record --lines records
    assert_output "$(wc -l <records) values, 0 wrong"
    map --output=jsonl "${files[@]}" 2>/dev/null | jq -c 'select(.type == "summary") | [.filename, .verdict, .["exit-code"]]' >of-map
    "$REFCOW" check --output=jsonl "${files[@]}" 2>/dev/null |
        jq -c 'select(.type == "summary") | [.filename, .verdict, .["exit-code"]]' >of-check
    assert_equal "$(wc -l <of-map)" "${#files[@]}"
    diff of-check of-map
}

@test "data is where qemu-img map says" {
    local cluster=65536
    create compat=1.1 300
    guest 'write 0 4' 'write 100 20' 'write 50 1'
    "$QEMU_IMG" map --output=json image.qcow2 | jq -c '.[] | select(.data) | [.offset, .length]' | sort -n >theirs
    runs image.qcow2
    [ -s theirs ]
    assert_equal "$(jq -s 'map(select(.owner == "data").length) | add' runs)" "$(jq -s 'map(.[1]) | add' theirs)"
    while read -r extent; do
        jq -se --argjson extent "$extent" 'any(.[]; .owner == "data" and .["host-offset"] <= $extent[0] and
            .["host-offset"] + .length >= $extent[0] + $extent[1])' runs >/dev/null || fail "no data at $extent"
    done <theirs
}

@test "runs are bounded, sums are not" {
    local cluster=512 i
    create compat=1.1,cluster_size=512 6000
    guest 'write 0 6000'
    set +T
    for ((i = 0; i < 5000; i += 2)); do
        echo "set refcount:host:${i}c 0"
    done | paste -sd, | sed 's/,/ , /g' | xargs "$DAMAGE" image.qcow2
    run -2 map --output=jsonl image.qcow2
    assert_equal "$(grep -c '"type": "run"' <<<"$output")" 2048
    tail -n 1 <<<"$output" | jq -c 'del(.["runs-omitted"], .runs)' >bounded
    assert_equal "$(tail -n 1 <<<"$output" | jq '.runs - .["runs-omitted"]')" 2048
    runs image.qcow2
    assert_equal "$(jq .runs summary)" "$(wc -l <runs)"
    jq -c 'del(.["runs-omitted"], .runs)' summary | diff bounded -
    assert_equal "$(jq .owners.orphan.clusters summary)" 2500
    run -2 map image.qcow2
    assert_line '    and 2492 more (see --max-runs)'
    run -2 map --max-runs 3 image.qcow2
    assert_line '    and 2497 more (see --max-runs)'
    run -2 map --output=html image.qcow2
    assert_line --partial 'And 2244 more'
}

# rows FORM: the runs, findings, owners and the summary in the file answer.FORM, as objects of texts that are alike.
rows() {
    python3 - "$1" <<'PYTHON'
import csv, json, sys

def text(value):
    return " ".join(value) if isinstance(value, list) else json.dumps(value) if isinstance(value, bool) else str(value)

def show(kind, row):
    print(kind, json.dumps({name: text(value) for name, value in row.items() if value not in (None, "", [])}, sort_keys=True))

if sys.argv[1] == "csv":
    table = list(csv.reader(open("answer.csv")))
    assert {len(row) for row in table} == {len(table[0])}
    for row in table[1:]:
        row = {name: value.replace("\\\\", "\\") for name, value in zip(table[0], row)} # as a name is escaped
        kind = row.pop("record")
        if kind == "summary":
            row = {name: value for name, value in row.items() if name != "bytes" and not name.startswith("situation-")}
        show(kind, row)
else:
    for record in map(json.loads, open("answer.jsonl")):
        kind = record.pop("type")
        if kind == "summary":
            for owner, sums in record.pop("owners", {}).items():
                if sums["clusters"] > 0:
                    show("owner", {"filename": record["filename"], "owner": owner, **sums})
            record.update({f"status-{name}": value for name, value in record.pop("status").items() if name != "advice"})
            record.pop("locks", None), record.pop("changes", None)
        if kind != "image":
            show(kind, record)
PYTHON
}

@test "a table has the runs, the findings and the sums of the records" {
    local cluster=65536 option
    create compat=1.1 100
    guest 'write 0 4' 'write -c 9 1'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 0 1'
    "$DAMAGE" image.qcow2 set l2:0 l2_table:0 , set l2:2c 1T+copied , set refcount_table:1 1T , append 1 , \
        set refcount:last 1
    cp image.qcow2 refused.qcow2 && "$DAMAGE" refused.qcow2 set header:refcount_order 7
    truncate -s 1M zeros
    for option in '' '--max-runs 3' '--max-work 15000'; do
        for form in jsonl csv; do
            # shellcheck disable=SC2086 # option and value
            map $option --output="$form" image.qcow2 refused.qcow2 zeros missing >"answer.$form" 2>/dev/null || true
            rows "$form" >"rows.$form"
        done
        diff rows.jsonl rows.csv
        assert_equal "$(grep -c '^summary' rows.csv)" 4
    done
    map --output=csv image.qcow2 >answer.csv || true
    [ "$(grep -c '^run' answer.csv)" -gt 8 ]
    assert_equal "$(grep -c '^finding' answer.csv)" 2
    assert_equal "$(grep -c '^owner' answer.csv)" "$(owners image.qcow2 | wc -w)"
    assert_equal "$(python3 "$conformance/lib/findings.py" csv <answer.csv)" \
        "$(map --output=jsonl image.qcow2 | python3 "$conformance/lib/findings.py" jsonl)"
    run -2 map -q --output=csv image.qcow2
    assert_output ''
}

@test "hostile images: no more than 2 s and 1 MiB of output" {
    local name form figures slowness
    slowness=$("$conformance/tools/hostile" slowness) # 2 s are for the machine of corpus/hostile/CEILINGS.tsv
    echo "this machine is $slowness times slower"
    for name in bitmaps-every-window compressed-scattered every-entry-a-finding-scattered exabytes exabytes-with-tail \
        l2-overlapping-millions l2-tables-in-holes-shuffled luks-header-of-exabytes; do
        "$conformance/../corpus/hostile/make-hostile" "$name" image.qcow2
        for form in human jsonl csv html; do
            TIMEFORMAT='%U %S'
            figures=$({ time map --output="$form" image.qcow2 >out 2>/dev/null || true; } 2>&1)
            echo "$name $form: $figures s, $(stat -c %s out) bytes"
            awk "BEGIN {split(\"$figures\", s); exit !(s[1] + s[2] <= 2 * $slowness)}"
            [ "$(stat -c %s out)" -le 1048576 ]
            [ "$form" != jsonl ] || "$conformance/tools/validate-json" map-record --lines out
        done
        rm image.qcow2
    done
}

@test "more memory may be granted than there is, as to a check" {
    local cluster=65536 memory
    create compat=1.1 100
    guest 'write 0 100'
    run -0 map image.qcow2
    local ample=$output
    for memory in 100T 16000000T; do
        run -0 "$REFCOW" check -q --memory "$memory" image.qcow2
        run -0 map --memory "$memory" image.qcow2
        assert_equal "$output" "$ample"
    done
    run -0 bash -c "ulimit -v 50000 && '$REFCOW' map --memory 1G image.qcow2"
}

@test "a map that was stopped is not complete, and ends where it was" {
    local cluster=512
    create compat=1.1,cluster_size=512 60000
    guest 'write 0 60000'
    run -1 --separate-stderr map --memory 164K --max-work 70000 --output=jsonl image.qcow2
    "$conformance/tools/validate-json" map-record --lines /dev/stdin <<<"$output"
    assert_equal "$(tail -n 1 <<<"$output" | jq -c '[.complete, .verdict, .status.name]')" '[false,"incomplete","work-limit"]'
    local told
    told=$(tail -n 1 <<<"$output" | jq .clusters)
    [ "$told" -gt 1000 ] && [ "$told" -lt 60000 ]
    runs image.qcow2
    [ "$(jq .clusters summary)" -gt 60000 ]
}

# width TEXT: of the longest line of the picture.
width() {
    grep '^  0x' <<<"$1" | awk '{ if (length > most) most = length } END { print most }'
}

@test "the picture fits the terminal and has no colour but on one" {
    local cluster=4096 columns
    create compat=1.1,cluster_size=4096 3000
    guest 'write 0 3000'
    for columns in 40 80 132 200; do
        run -0 env COLUMNS="$columns" LINES=30 "$REFCOW" map image.qcow2
        [ "$(width "$output")" -le "$columns" ]
        [ "$(width "$output")" -gt $((columns - 17)) ]
        [ "$(grep -c '^  0x' <<<"$output")" -le 16 ]
        refute_output --partial $'\033'
        [ "$columns" -lt 80 ] || assert_equal "$(sed '1,2d' <<<"$output" | awk 'length > 80 && !/^  0x/')" ''
    done
    # One cluster of damage among many shows.
    "$DAMAGE" image.qcow2 set refcount:host:1500c 0
    run -2 env COLUMNS=80 LINES=24 "$REFCOW" map image.qcow2
    assert_equal "$(grep '^  0x' <<<"$output" | cut -c 13- | tr -dc OLXU)" O
    # With the letter of its owner: the leak in the same cell is less bad.
    "$DAMAGE" image.qcow2 set refcount:host:1501c 7
    run -2 env COLUMNS=80 LINES=24 "$REFCOW" map --color=always image.qcow2
    assert_output --partial $'\033[48;5;214;38;5;16mD\033[0m'
    refute_output --partial $'\033[48;5;227;38;5;16mD\033[0m'
    "$DAMAGE" image.qcow2 set refcount:host:1501c 1
    run -2 map --output=html image.qcow2
    assert_equal "$(grep -c 'class="orphan"' <<<"$output")" 1
    "$DAMAGE" image.qcow2 set refcount:host:1500c 1
    # Offsets of an enormous file take more room.
    truncate -s 4T image.qcow2
    run -0 env COLUMNS=80 "$REFCOW" map image.qcow2
    assert_equal "$(width "$output")" 65
    truncate -s 14M image.qcow2
    run -0 script -qec "stty cols 100 rows 40; TERM=xterm $REFCOW map image.qcow2" /dev/null
    assert_output --partial $'\033[48;5;100'
    [ "$(width "$(sed 's/\x1b\[[0-9;]*m//g; s/\r//' <<<"$output")")" -gt 83 ]
    run -0 script -qec "NO_COLOR=1 TERM=xterm $REFCOW map image.qcow2" /dev/null
    refute_output --partial $'\033'
    run -0 script -qec "TERM=dumb $REFCOW map image.qcow2" /dev/null
    refute_output --partial $'\033'
    run -0 map --color=always image.qcow2
    assert_output --partial $'\033[48;5;100'
    run -0 script -qec "TERM=xterm $REFCOW map --color=never image.qcow2" /dev/null
    refute_output --partial $'\033'
}

@test "a damaged cluster keeps the letter of its owner where there are colours" {
    local cluster=65536 cells
    create compat=1.1 100
    guest 'write 0 4'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 0 1'
    "$DAMAGE" image.qcow2 set refcount:host:0 0 , set refcount:host:2c 3 , set refcount:header:l1_table_offset 0 , \
        set refcount:host:3c 1 , set l2:1c l2_table:0 , append 1 , set refcount:last 1
    run -2 map image.qcow2
    cells=$(sed -n 's/^  0x[0-9a-f]*  //p' <<<"$output")
    run -2 map --color=always image.qcow2
    assert_line --partial 'Damage has a bright colour; the letter is that of the owner.'
    # Without colours the damage has the letters, and the same clusters the others.
    assert_equal "$cells" HRROSSLLUSSXOL
    assert_equal "$(sed -n 's/\x1b\[[0-9;]*m//g; s/^  0x[0-9a-f]*  //p' <<<"$output")" HRR1SSS++SS2D.
    # The colour of orphans for the L1 table and the data, that of overlaps for the L2 table.
    assert_line --partial $'\033[48;5;214;38;5;16m1\033[0m'
    assert_line --partial $'\033[48;5;209;38;5;16m2\033[0m\033[48;5;214;38;5;16mD\033[0m'
    run -2 map --output=html image.qcow2
    assert_equal "$(sed -n 's/.*class="\([a-z0-9-]*\)".*<text class="mark"[^>]*>\(.\)<.*/\1 \2/p' <<<"$output" | paste -sd,)" \
        'orphan 1,leaked S,leaked +,undercounted +,overlapping 2,orphan D,leaked .'
    assert_output --partial 'A cell with a letter is damaged'
}

@test "colours differ for people who cannot tell red from green, and damage is brighter than all else" {
    local sight least darkest brightest pair
    local cluster=65536
    create compat=1.1 100
    map --output=html image.qcow2 >page.html
    python3 "$conformance/lib/palette.py" page.html >differences
    assert_equal "$(wc -l <differences)" 3
    while read -r sight least darkest brightest pair; do
        [ "$least" -ge 15 ] || fail "$sight $least $pair"
        [ "$darkest" -gt $((brightest + 5)) ] || fail "$sight damage of $darkest, others of $brightest"
    done <differences
}

@test "a page is whole, has no script, asks for nothing, and shows a hostile name as it is" {
    local cluster=65536 name=$'<script>alert(1)<\033[31m\xe2\x80\xae"\'&.qcow2'
    create compat=1.1 200
    guest 'write 0 120'
    mv image.qcow2 "$name"
    run -0 map --output=html "$name"
    assert_output --partial '<h1>&#60;script&#62;alert(1)&#60;\x1b[31m\xe2\x80\xae&#34;&#39;&#38;.qcow2</h1>'
    refute_output --partial '<script'
    refute_output --partial $'\033'
    refute_output --regexp '(href|src=|url\(|@import|https?:)'
    assert_output --partial "default-src 'none'"
    echo "$output" >page.html
    python3 "$conformance/lib/page.py" page.html
    assert_equal "$(grep -o '<rect ' page.html | wc -l)" "$(($(stat -c %s "$name") / 65536))"
}

@test "the validator sees what is wrong with a record" {
    local cluster=65536 change
    create compat=1.1 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:0 1T+copied
    runs image.qcow2
    run -0 "$conformance/tools/validate-json" map-record --lines records
    while read -r change; do
        jq -c "$change" records >bad
        run -1 "$conformance/tools/validate-json" map-record --lines bad
    done <<'CHANGES'
if .type == "run" then .owner = "nobody" else . end
if .type == "run" then .roles[0] = "other" else . end
if .type == "run" then del(.stored) else . end
if .type == "run" then del(.["guest-offset"]) else . end
if .type == "run" then .["guest-offset"] = 0 | .["guest-length"] = null else . end
if .type == "run" then .length = 0 else . end
if .type == "finding" then .kind = "leaked" else . end
if .type == "summary" then del(.owners) else . end
if .type == "summary" then del(.owners.free) else . end
if .type == "summary" then del(.["runs-omitted"]) else . end
CHANGES
}

@test "several images, quiet, wrong usage" {
    local cluster=65536
    create compat=1.1 100
    cp image.qcow2 leaks.qcow2 && "$DAMAGE" leaks.qcow2 append 1 , set refcount:last 1
    run -3 map leaks.qcow2 image.qcow2
    assert_equal "$(grep -c ': qcow2 version 3' <<<"$output")" 2
    run -3 map -q leaks.qcow2
    assert_output ''
    run -3 map -q --output=jsonl leaks.qcow2
    assert_output ''
    truncate -s 1M zeros
    run -63 --separate-stderr map zeros
    run -1 --separate-stderr map -f qcow2 zeros
    assert_output --partial 'zeros: Refused: not a QCOW2 image'
    run -1 map --output=html image.qcow2 leaks.qcow2
    assert_output --partial 'takes one image'
    run -1 map --output=json image.qcow2
    assert_output --partial 'must be human, jsonl, csv or html'
    run -1 map --memory 163K image.qcow2
    run -1 map --color=sometimes image.qcow2
    run -1 map --max-runs many image.qcow2
    run -1 map --max-runs 100001 image.qcow2
    run -1 map --list all image.qcow2
    run -1 map
}
