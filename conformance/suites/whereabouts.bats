#!/usr/bin/env bats
# bats file_tags=long
# Which part of the disk a damaged host cluster holds, and who refers to it: the second look of a check. And the clusters
# whose uses exclude each other.

load ../lib/suite

check() {
    "$REFCOW" check "$@"
}

# findings [OPTION...]: kind, host offset, guest offset, guest length, roles, active and snapshots of the findings of
# image.qcow2 about clusters, which all forms must agree on. The answers are in the files answer.FORM.
findings() {
    local form
    for form in json jsonl csv; do
        check "$@" --output="$form" image.qcow2 >"answer.$form" 2>"messages.$form" || true
        python3 "$conformance/lib/findings.py" "$form" <"answer.$form" >"fields.$form"
    done
    "$conformance/tools/validate-json" check answer.json >/dev/null || fail 'json is not as in the schema'
    "$conformance/tools/validate-json" check-record --lines answer.jsonl >/dev/null || fail 'jsonl is not as in the schema'
    diff fields.json fields.jsonl
    diff fields.json fields.csv
    jq -r 'select(has("table-offset") | not) |
        [.kind, .["host-offset"], .["guest-offset"], .["guest-length"], .roles, .active, .snapshots] |
        map(. // "-") | join(" ")' fields.csv
}

# place VALUE: a number of the image, in decimal.
place() {
    printf %d "$("$DAMAGE" image.qcow2 get "$1")"
}

second_look() { # NAME: of the member of the second look in the answers, which all forms agree on
    local csv
    csv=$(python3 -c 'import csv, sys
print(list(csv.DictReader(open("answer.csv")))[-1]["second-look-" + sys.argv[1]])' "$1")
    assert_equal "$(jq -r --arg name "$1" '.refcow["second-look"][$name] // ""' answer.json)" "$csv"
    assert_equal "$(tail -n 1 answer.jsonl | jq -r --arg name "$1" '.["second-look"][$name] // ""')" "$csv"
    echo "$csv"
}

@test "a sound image is read once" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4' 'write -c 9 1'
    "$QEMU_IMG" snapshot -c one image.qcow2
    assert_equal "$(findings)" ''
    assert_equal "$(second_look name)" ''
    # What nobody refers to needs no second look.
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    assert_equal "$(findings)" "leaked $(place last) - - - - -"
    assert_equal "$(second_look name)" ''
    # Nor do entries: they have a place of their own.
    "$DAMAGE" image.qcow2 set refcount:last 0 , set l2:50c 1T+copied
    assert_equal "$(findings)" ''
    assert_equal "$(second_look name)" ''
}

@test "data of the active disk: where on the disk it is" {
    local cluster=65536
    create compat=1.1 20000
    guest 'write 0 16' 'write 8200 1'
    "$DAMAGE" image.qcow2 set refcount:host:3c 0
    assert_equal "$(findings)" "refcount-too-low $(place host:3c) $((3 * 65536)) 65536 data true false"
    assert_equal "$(second_look name)" ok
    "$DAMAGE" image.qcow2 set refcount:host:4c 0 , set refcount:host:8200c 0 , set refcount:host:9c 7
    assert_equal "$(findings)" "refcount-too-low $(place host:3c) $((3 * 65536)) 131072 data true false
refcount-too-low $(place host:8200c) $((8200 * 65536)) 65536 data true false
leaked $(place host:9c) $((9 * 65536)) 65536 data true false"
    run -2 check image.qcow2
    assert_line "$(printf '    host 0x%x..0x%x (2 clusters), data, guest 0x30000..0x4ffff: expected refcount 1, found 0' \
        "$(place host:3c)" $(($(place host:5c) - 1)))"
    assert_line "$(printf '    host 0x%x, data, guest 0x90000: expected refcount 1, found 7' "$(place host:9c)")"
}

@test "a long range of clusters" {
    local cluster=65536
    create compat=1.1 20000
    guest 'write 0 50' 'write 90 10'
    "$DAMAGE" image.qcow2 fill refcount_block:0 1c 0
    assert_equal "$(findings)" \
        "refcount-too-low 0 0 $((8192 * 65536)) header l1-table l2-table data refcount-table refcount-block true false"
    "$DAMAGE" image.qcow2 set refcount:0 1 , set refcount:1c 1 , set refcount:2c 1 , set refcount:3c 1 , set refcount:4c 1
    assert_equal "$(findings)" "refcount-too-low $(place host:0) 0 $((100 * 65536)) data true false"
    # 4096 clusters of which the library keeps no more than that they are alike.
    create compat=1.1,preallocation=metadata 20000
    "$DAMAGE" image.qcow2 fill refcount_block:0+8192 8192 0
    assert_equal "$(findings)" "refcount-too-low $((4096 * 65536)) $((4096 * 65536 - ($(place host:5000c) - 5000 * 65536))) \
$((4096 * 65536)) data true false"
}

@test "neighbours in the file that are far apart on the disk: from the lowest to the highest byte" {
    local cluster=65536
    create compat=1.1 20000
    guest 'write 9000 1' 'write 4 1' 'write 700 1'
    assert_equal "$(place host:700c)" $(($(place host:4c) + 65536))
    "$DAMAGE" image.qcow2 set refcount:host:4c 0 , set refcount:host:700c 0
    assert_equal "$(findings)" "refcount-too-low $(place host:4c) $((4 * 65536)) $((697 * 65536)) data true false"
}

@test "an L2 table stands for all that it maps, as far as the disk goes" {
    local cluster=65536
    create compat=1.1 10000
    guest 'write 0 1' 'write 9000 1'
    "$DAMAGE" image.qcow2 set refcount:l2_table:0 0
    assert_equal "$(findings)" "refcount-too-low $(place l2_table:0) 0 $((8192 * 65536)) l2-table true false"
    "$DAMAGE" image.qcow2 set refcount:l2_table:0 1 , set refcount:l2_table:1 0
    assert_equal "$(findings)" \
        "refcount-too-low $(place l2_table:1) $((8192 * 65536)) $((1808 * 65536 + 512)) l2-table true false"
    create compat=1.1,extended_l2=on 10000
    guest 'write 0 1' 'write 9000 1'
    "$DAMAGE" image.qcow2 set refcount:l2_table:0 0 , set refcount:host:9000c 0
    assert_equal "$(findings)" "refcount-too-low $(place l2_table:0) 0 $((4096 * 65536)) l2-table true false
refcount-too-low $(place host:9000c) $((9000 * 65536)) 65536 data true false"
}

@test "snapshots: only theirs, or the active disk's, too" {
    local cluster=65536 l1
    create compat=1.1 100
    guest 'write 0 4'
    "$QEMU_IMG" snapshot -c one image.qcow2
    cp image.qcow2 before.qcow2
    guest 'write 0 1'
    local theirs
    theirs=$("$DAMAGE" before.qcow2 get host:0)
    l1=$("$DAMAGE" image.qcow2 get u64:snapshot:0)
    "$DAMAGE" image.qcow2 set "refcount:$theirs" 0 , set refcount:host:1c 1 , set refcount:host:0 3 , set "refcount:$l1" 0
    assert_equal "$(findings)" "refcount-too-low $((theirs)) - - data false true
refcount-too-low $(place host:1c) 65536 65536 data true true
refcount-too-low $((l1)) - - l1-table false true
leaked $(place host:0) 0 65536 data true false"
    run -2 check image.qcow2
    assert_line "    host $theirs, data (only snapshots; the active disk is not affected): expected refcount 1, found 0"
    assert_line "    host $l1, l1-table (only snapshots; the active disk is not affected): expected refcount 1, found 0"
    assert_equal "$(grep -c 'only snapshots' <<<"$output")" 2
    run -2 "$REFCOW" map image.qcow2
    assert_line "    host $theirs: orphan, data (only snapshots; the active disk is not affected); refcount 0, 1 reference"
}

@test "compressed clusters: all that lie in the host cluster" {
    local cluster=65536 host
    create compat=1.1 200
    guest 'write -c 100 1' 'write -c 7 1' 'write -c 50 1'
    host=$(($("$DAMAGE" image.qcow2 get l2:7c) & 0x3fffffffff0000))
    "$DAMAGE" image.qcow2 set "refcount:$host" 1
    assert_equal "$(findings)" "refcount-too-low $host $((7 * 65536)) $((94 * 65536)) compressed true false"
}

@test "metadata: roles, and no part of the disk" {
    local cluster=65536 what role
    create compat=1.1 100
    guest 'write 0 4'
    "$QEMU_IMG" bitmap --add image.qcow2 one
    "$QEMU_IMG" snapshot -c one image.qcow2
    mv image.qcow2 sound.qcow2
    while read -r what role; do
        cp sound.qcow2 image.qcow2
        "$DAMAGE" image.qcow2 set "refcount:$what" 0
        assert_equal "$(findings)" "refcount-too-low $(place "$what") - - $role true false"
    done <<'ROWS'
0 header
header:l1_table_offset l1-table
header:refcount_table_offset refcount-table
refcount_block:0 refcount-block
snapshot:0 snapshot-table
bitmap:0 bitmap-directory
u64:bitmap:0 bitmap-table
ROWS
}

@test "two owners; more references than the refcounts can say; refcounts that cannot be read" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:0 l2_table:0
    assert_equal "$(findings | head -n 1)" "refcount-too-low $(place l2_table:0) 0 $((100 * 65536 + 512)) l2-table data true false"
    run -2 check image.qcow2
    assert_line --regexp '^    host 0x40000, l2-table and data, guest 0x0..0x6401ff: expected refcount 2, found 1$'
    cluster=512
    create compat=1.1,cluster_size=512,refcount_bits=1 60
    guest 'write 0 4'
    "$DAMAGE" image.qcow2 set l2:9c l2:1c
    assert_equal "$(findings)" "too-many-references $(place host:1c) 512 $((9 * 512)) data true false"
    # Too many, and too low: each finding knows it.
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    assert_equal "$(findings)" "too-many-references $(place host:1c) 512 $((9 * 512)) data true false
refcount-too-low $(place host:1c) 512 $((9 * 512)) data true false"
    cluster=65536
    create compat=1.1 100
    guest 'write 3 2'
    "$DAMAGE" image.qcow2 set refcount_table:0 header:refcount_table_offset+512
    assert_equal "$(findings)" "refcount-unreadable 0 0 $((100 * 65536 + 512)) header l1-table l2-table data refcount-table true false"
}

@test "an entry past the end of the disk has the place that it would have" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 1'
    "$DAMAGE" image.qcow2 append 1 , set l2:0 0 , set "u64:{l2_table:0+1600}" last+copied
    assert_equal "$(findings | head -n 1)" "refcount-too-low $(place last) $((200 * 65536)) 65536 data true false"
}

@test "a disk of more guest clusters than 32 bits can count" {
    local cluster=65536 first=$((299 << 24))
    create compat=1.1 $((300 << 24))
    guest "write $first 1" 'write 5 1'
    "$DAMAGE" image.qcow2 set "refcount:host:${first}c" 0 , set refcount:host:5c 0
    assert_equal "$(findings)" "refcount-too-low $(place "host:${first}c") $((first * 65536)) 65536 data true false
refcount-too-low $(place host:5c) $((5 * 65536)) 65536 data true false"
    "$DAMAGE" image.qcow2 set "refcount:host:${first}c" 1 , set refcount:host:5c 1 , set refcount:l2_table:$((first >> 13)) 0
    assert_equal "$(findings)" \
        "refcount-too-low $(place l2_table:$((first >> 13))) $((first * 65536)) $((8192 * 65536)) l2-table true false"
}

@test "several images: each has its own answer" {
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 6'
    cp image.qcow2 sound.qcow2
    "$DAMAGE" image.qcow2 set refcount:host:1c 0 , set l2:4c refcount_block:0
    cp image.qcow2 one.qcow2
    "$DAMAGE" image.qcow2 set refcount:host:1c 1 , set refcount:header:l1_table_offset 0
    cp image.qcow2 two.qcow2
    "$DAMAGE" image.qcow2 set l2:4c 0 , append 1 , set refcount:last 1
    check --list all --output=jsonl one.qcow2 two.qcow2 sound.qcow2 image.qcow2 one.qcow2 |
        jq -c 'select(.type == "finding" and .role == "none") | [.filename, .kind, .["guest-offset"], .roles]' >together
    for image in one two sound image one; do
        check --list all --output=jsonl "$image.qcow2" |
            jq -c 'select(.type == "finding" and .role == "none") | [.filename, .kind, .["guest-offset"], .roles]' || true
    done | diff - together
    [ "$(wc -l <together)" -ge 10 ]
}

# An image of many windows in little memory, with damage everywhere.
make_many() {
    local cluster=512 i
    local -a statements=()
    create compat=1.1,cluster_size=512 60000
    guest 'write 0 60000'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 100 3000'
    for ((i = 0; i < 30; i++)); do
        statements+=(',' set "refcount:host:$((2000 * i))c" 0 ',' set "refcount:host:$((2000 * i + 1500))c" 9)
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}" , set l2:7c l2_table:5 , set l2:8c refcount_block:3 \
        , fill refcount_block:90 1c 0 , set l2:50000c l2:100c
}

# without_costs FORM: the answer, less what depends on the memory.
without_costs() {
    jq -S 'del(.refcow | .passes, .["memory-used", "bytes-read", "work"], .["second-look"])' "answer.$1"
}

@test "the answer does not depend on the memory" {
    local memory
    make_many
    findings --list all --max-findings 1000 >ample
    without_costs json >answer
    assert_equal "$(second_look name) $(second_look passes)" 'ok 1'
    [ "$(wc -l <ample)" -gt 60 ] || fail "$(cat ample)"
    for memory in 64K 100000 200K 1M; do
        findings --list all --max-findings 1000 --memory "$memory" | diff ample -
        without_costs json | diff answer -
        [ "$memory" = 1M ] || [ "$(second_look passes)" -gt 4 ]
        # Also where not all findings are listed.
        findings --max-findings 3 --memory "$memory" | diff <(findings --max-findings 3) -
        assert_equal "$(second_look name)" ok
    done
}

# runs_in_findings FILE: what the runs of a map in FILE say about each finding of answer.json about clusters.
runs_in_findings() {
    jq -rn --slurpfile runs "$1" --slurpfile answer answer.json '
        def union: map(select(.["guest-offset"] != null)) | if . == [] then ["-", "-"] else
            (map(.["guest-offset"]) | min) as $start | (map(.["guest-offset"] + .["guest-length"]) | max) as $behind |
            [$start, $behind - $start] end;
        $answer[0].refcow.findings[] | select(.role == "none") | . as $finding |
        ($finding["host-offset"] + $finding.length) as $behind |
        [$runs[] | select(.["host-offset"] >= $finding["host-offset"] and .["host-offset"] < $behind)] |
        ([.[].roles[]] | unique | sort) as $roles | [$finding.kind, $finding["host-offset"]] + union +
        if $roles == [] then ["-", "-", "-"] else [($roles | join("+")), any(.[]; .active), any(.[]; .snapshots)] end |
        join(" ")'
}

# assert_as_mapped IMAGE: the findings about clusters have what the map says of them; adds their number to $compared.
assert_as_mapped() {
    check --list all --max-findings 1000 --output=json "$1" >answer.json 2>/dev/null || true
    "$conformance/tools/validate-json" check answer.json >/dev/null || fail "$1: not as in the schema"
    [ "$(jq -r '.refcow["second-look"].name // ""' answer.json)" = ok ] || return 0
    "$REFCOW" map --output=jsonl --max-runs none "$1" 2>/dev/null | jq -c 'select(.type == "run")' >runs || true
    runs_in_findings runs >of-map
    jq -r '.refcow.findings[] | select(.role == "none") | [.kind, .["host-offset"],
        .["guest-offset"] // "-", .["guest-length"] // "-"] + if .roles == null then ["-", "-", "-"] else
        [(.roles | sort | join("+")), .active, .snapshots] end | join(" ")' answer.json >of-check
    diff of-map of-check || fail "$1: check and map differ"
    # All that overlaps is listed, and nothing else.
    jq -c 'select(.owner == "overlapping") | [.["host-offset"], .length, .stored, .counted]' runs |
        diff - <(jq -c '.refcow.findings[] | select(.kind == "overlapping") |
            [.["host-offset"], .length, .["found-refcount"], .["expected-refcount"]]' answer.json) || fail "$1: overlaps"
    compared=$((compared + $(wc -l <of-check)))
}

@test "check and map say the same, of the whole corpus" {
    local file compared=0
    set +T
    for file in "$conformance"/../corpus/*/*.qcow2; do
        assert_as_mapped "$file"
    done
    echo "# $compared findings compared" >&3
    [ "$compared" -gt 150 ]
}

@test "overlapping: an entry that names a table, a refcount block, the header" {
    local what owners guest snapshots
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 4'
    "$QEMU_IMG" snapshot -c one image.qcow2
    guest 'write 0 4'
    mv image.qcow2 sound.qcow2
    cp sound.qcow2 image.qcow2
    # What is shared does not overlap.
    "$DAMAGE" image.qcow2 set l2:9c l2:1c , set refcount:host:1c 2
    assert_equal "$(findings --list overlapping)" ''
    assert_equal "$(second_look name)" ok
    while read -r what owners guest snapshots; do
        cp sound.qcow2 image.qcow2
        "$DAMAGE" image.qcow2 set l2:0 "$what"
        assert_equal "$(findings --list overlapping)" "overlapping $(place "$what") ${guest/-/ } ${owners//+/ } true $snapshots"
        assert_equal "$(jq -c '.refcow.findings[0] | [.severity, .length, .["expected-refcount"], .["found-refcount"], .times]' answer.json)" \
            '["corruption",65536,2,1,1]'
        run -2 check --list overlapping image.qcow2
        assert_line '  overlapping (1): clusters have uses that exclude each other'
        run -2 check image.qcow2
        refute_line --partial 'overlapping ('
        assert_line --partial ", ${owners//+/ and }, guest 0x"
    done <<ROWS
l2_table:0 l2-table+data 0-$((100 * 65536 + 512)) false
refcount_block:0 data+refcount-block 0-65536 false
header:refcount_table_offset data+refcount-table 0-65536 false
header:l1_table_offset l1-table+data 0-65536 false
u64:snapshot:0 l1-table+data 0-65536 true
ROWS
    # Offset 0 is none, so a compressed entry names the header.
    cp sound.qcow2 image.qcow2
    "$DAMAGE" image.qcow2 set l2:3c compressed+512
    assert_equal "$(findings --list overlapping)" "overlapping 0 196608 65536 header compressed true false"
}

@test "overlapping: also where the refcounts are right, and the exit status stays" {
    local cluster=65536 l1
    create compat=1.1 100
    guest 'write 0 4'
    "$QEMU_IMG" snapshot -c one image.qcow2
    l1=$(place header:l1_table_offset)
    "$DAMAGE" image.qcow2 set refcount:u64:snapshot:0 0 , set u64:snapshot:0 header:l1_table_offset \
        , set refcount:header:l1_table_offset 2
    run -0 check image.qcow2
    assert_output --partial Clean
    assert_equal "$(findings --list overlapping)" "overlapping $l1 - - l1-table true true"
    run -0 check --list overlapping image.qcow2
    assert_line "    host 0x30000, l1-table: 2 references, refcount 2"
    assert_equal "$(check --list help | tail -n 1)" \
        "$(printf 'overlapping\tcorruption\tclusters have uses that exclude each other')"
}

@test "overlapping: what does not fit is counted" {
    local i cluster=512
    local -a statements=()
    create compat=1.1,cluster_size=512 2000
    guest 'write 0 2000'
    for ((i = 0; i < 20; i++)); do
        statements+=(',' set "l2:$((64 * i))c" "l2_table:$i")
    done
    "$DAMAGE" image.qcow2 "${statements[@]:1}"
    findings --list overlapping --max-findings 3 >listed
    assert_equal "$(wc -l <listed)" 3
    assert_equal "$(jq .refcow.omitted answer.json)" 17
    assert_equal "$(jq 'select(.type == "summary").omitted' answer.jsonl)" 17
    run -2 check --list overlapping --max-findings 3 image.qcow2
    assert_line '    and 17 more that are not listed'
}

# preload: what is read of the image is counted on stderr, a dot each time, and from read number AFTER on it takes 50 ms,
# or some bytes of it are others: CHANGE is "OFFSET=VALUE OFFSET=VALUE", in hexadecimal.
preload() {
    cat >preload.c <<'C'
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static long reads, after = -1;
static char change[4096];
__attribute__((constructor)) static void begin(void)
{
    if (getenv("AFTER"))
        after = atol(getenv("AFTER"));
    if (getenv("CHANGE"))
        strncpy(change, getenv("CHANGE"), sizeof change - 1);
}
static void wait(void)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 50);
}
ssize_t pread64(int descriptor, void *buffer, size_t length, off64_t offset)
{
    ssize_t got = syscall(SYS_pread64, descriptor, buffer, length, offset);
    reads++;
    if (after < 0)
        return write(2, ".", 1) < 0 ? -1 : got;
    if (reads <= after)
        return got;
    if (change[0] == 0)
        wait();
    for (char *next = change; *next != 0;) {
        unsigned long at = strtoul(next, &next, 16), value = strtoul(next + 1, &next, 16);
        if (at >= (unsigned long)offset && at < (unsigned long)offset + length)
            ((unsigned char *)buffer)[at - offset] = value;
    }
    return got;
}
ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset)
{
    return pread64(descriptor, buffer, length, offset);
}
C
    cc -shared -fPIC -o preload.so preload.c
}

# Reads of the first look: with -q there is no second one.
first_reads() {
    LD_PRELOAD=$PWD/preload.so check -q image.qcow2 2>&1 | sed -n 's/^\(\.*\).*/\1/p' | tr -d '\n' | wc -c
}

# assert_first_answer REASON: the answers in answer.FORM are those of a check without a second look, and say why.
assert_first_answer() {
    assert_equal "$(second_look name)" "$1"
    jq -S 'del(.refcow["second-look"])' answer.json |
        diff - <(jq -S 'del(.refcow["second-look"]) | .refcow.findings[] |= if .["table-offset"] == null then
            .roles = null | .active = null | .snapshots = null | .["guest-offset"] = null | .["guest-length"] = null
            else . end' whole.json)
}

@test "a limit ends the second look: the answer of the first one stands" {
    local work bytes
    make_many
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    work=$(jq .refcow.work whole.json) bytes=$(jq '.refcow["bytes-read"]' whole.json)
    [ "$(jq '.refcow["second-look"].work' whole.json)" -gt "$work" ]
    # Just enough for the first one.
    findings --max-work "$work" >/dev/null
    assert_first_answer work-limit
    run -2 --separate-stderr check --max-work "$work" --output=json image.qcow2
    # shellcheck disable=SC2154 # set by run
    assert_equal "$stderr" ''
    run -2 check --max-work "$work" image.qcow2
    assert_line --regexp '^  Guest ranges and owners of clusters are not known: the limit on work was reached: '
    assert_line --regexp '^    host 0x[0-9a-f]+: expected refcount 2, found 0$'
    # Just enough for both, or nearly.
    findings --max-work "$(jq '.refcow["second-look"].work' whole.json)" >/dev/null
    assert_equal "$(second_look name)" ok
    findings --max-work "$(($(jq '.refcow["second-look"].work' whole.json) - 1))" >/dev/null
    assert_first_answer work-limit
    findings --max-read "$bytes" >/dev/null
    assert_first_answer read-limit
    # Part of a list would look like all of it.
    assert_equal "$(findings --list overlapping | wc -l)" 2
    assert_equal "$(findings --list overlapping --max-work "$work")" ''
    assert_equal "$(second_look name) $(jq .refcow.omitted answer.json)" 'work-limit 0'
    # A limit that ends the first one: no second one.
    findings --max-work "$((work - 1))" >/dev/null
    assert_equal "$(second_look name) $(jq -r .refcow.verdict answer.json)" ' incomplete'
}

@test "the deadline is one for both looks" {
    local begun took
    make_many
    preload
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    begun=$(($(date +%s%N) / 1000000))
    run -2 --separate-stderr env LD_PRELOAD="$PWD/preload.so" AFTER="$(first_reads)" "$REFCOW" check --timeout 1 \
        --output=json image.qcow2
    took=$(($(date +%s%N) / 1000000 - begun))
    echo "$output" >answer.json
    assert_equal "$(jq -r '.refcow["second-look"].name' answer.json)" timeout
    assert_equal "$(jq -c '[.corruptions, .leaks, .refcow.complete, .refcow.verdict]' answer.json)" \
        "$(jq -c '[.corruptions, .leaks, .refcow.complete, .refcow.verdict]' whole.json)"
    assert_equal "$(jq -c '[.refcow.findings[].roles] | unique' answer.json)" '[null]'
    [ "$took" -lt 3000 ] || fail "$took ms"
}

@test "an image that changes between the looks" {
    local cluster=65536 reads block
    create compat=1.1 100
    guest 'write 0 6'
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    preload
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(first_reads)
    block=$("$DAMAGE" image.qcow2 locate refcount:host:0)
    changed() { # CHANGE [OPTION]: name of the second look, what is known of the first finding
        LD_PRELOAD=$PWD/preload.so AFTER=$reads CHANGE=$1 check --list all --output=json "${@:2}" image.qcow2 >answer.json || true
        "$conformance/tools/validate-json" check answer.json >/dev/null
        assert_equal "$(jq -c '[.corruptions, .leaks, .refcow.found]' answer.json)" \
            "$(jq -c '[.corruptions, .leaks, .refcow.found]' whole.json)"
        jq -c '[.refcow["second-look"].name] + (.refcow.findings[0] | [.["guest-offset"], .roles])' answer.json
    }
    assert_equal "$(changed '0=51')" '["ok",65536,["data"]]'
    # It is sound now; another cluster is damaged; the same one has another refcount.
    assert_equal "$(changed "$(printf '%x=1' $((block + 3)))")" '["changed",null,null]'
    assert_equal "$(changed "$(printf '%x=1 %x=0' $((block + 3)) $((block + 5)))")" '["changed",null,null]'
    assert_equal "$(changed "$(printf '%x=7' $((block + 3)))")" '["changed",null,null]'
    # Refcounts that are too low, but not as low as they were.
    "$DAMAGE" image.qcow2 set l2:8c host:1c , set l2:9c host:1c , clear-bits l2:1c copied
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(first_reads)
    assert_equal "$(changed "$(printf '%x=2' $((block + 3)))")" '["changed",null,null]'
    "$DAMAGE" image.qcow2 set l2:8c 0 , set l2:9c 0 , set-bits l2:1c copied
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(first_reads)
    # Another entry names it: as true as the first one would have been.
    local table
    table=$("$DAMAGE" image.qcow2 locate l2:0)
    assert_equal "$(changed "$(printf '%x=%x %x=%x' $((table + 8 + 5)) $(($(place host:2c) >> 16)) \
        $((table + 16 + 5)) $(($(place host:1c) >> 16)))")" '["ok",131072,["data"]]'
    # The entry of the snapshot, at which the check would have refused the image.
    "$DAMAGE" image.qcow2 set refcount:host:1c 1
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(($(first_reads) - 1)) # the last one comes when both looks are over
    assert_equal "$(changed "$(printf '%x=7f' $(($(place snapshot:0) + 36)))")" '["changed",null,null]'
    "$DAMAGE" image.qcow2 set refcount:host:1c 2
    "$QEMU_IMG" snapshot -d one image.qcow2
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    check --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(first_reads)
    # The L1 table is gone.
    assert_equal "$(changed "$(for i in 0 1 2 3 4 5 6 7; do
        printf '%x=0 ' $(($("$DAMAGE" image.qcow2 locate l1:0) + i))
    done)")" '["changed",null,null]'
    # The last entry for a cluster so far away that nothing is said about it then.
    cluster=512
    create compat=1.1,cluster_size=512 100
    guest 'write 0 6'
    "$DAMAGE" image.qcow2 append 60000 , set l2:3c copied+last
    check --memory 64K --output=json image.qcow2 >whole.json || assert_equal $? 2
    reads=$(LD_PRELOAD=$PWD/preload.so check -q --memory 64K image.qcow2 2>&1 | tr -dc . | wc -c)
    reads=$((reads - $(check -q --memory 64K image.qcow2 2>&1 | tr -dc . | wc -c)))
    table=$("$DAMAGE" image.qcow2 locate l2:3c)
    assert_equal "$(changed 0=51 --memory=64K)" '["ok",1536,["data"]]'
    assert_equal "$(changed "$(for i in 0 1 2 3 4 5 6 7; do printf '%x=0 ' $((table + i)); done)" --memory=64K)" \
        '["changed",null,null]'
}

@test "-q, --brief, and no findings in a list: no second look, and the same exit status" {
    local option reads
    local cluster=65536
    create compat=1.1 100
    guest 'write 0 6'
    "$DAMAGE" image.qcow2 set refcount:host:1c 0
    preload
    reads=$(first_reads)
    for option in -q --brief '--max-findings 0' '--output=json --max-findings 0' '--output=csv --list leaked' \
        '-q --list overlapping' '--brief --list all'; do
        # shellcheck disable=SC2086 # options
        run -2 --separate-stderr env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check $option image.qcow2
        assert_equal "$option $(tr -dc . <<<"${stderr%%refcow*}" | wc -c)" "$option $reads"
    done
    run -2 --separate-stderr env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check image.qcow2
    [ "$(tr -dc . <<<"$stderr" | wc -c)" -gt "$reads" ]
}

@test "progress does not go back" {
    make_many
    run -2 --separate-stderr check -p --memory 64K image.qcow2
    tr '\r' '\n' <<<"$stderr" | sed -En 's/^    \(([0-9]+)\.([0-9]+).*/\1\2/p' | sort -cn
    assert_equal "$(tail -n 1 <<<"$stderr" | tr '\r' '\n' | tail -n 1 | sed 's/ *$//')" '    (100.00/100%)'
}
