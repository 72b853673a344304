#!/usr/bin/env bats
# bats file_tags=long
# --holes: which clusters in use lie in holes of the file. It is a note: no alarm, and nothing for qemu-img.

load ../lib/suite

# in_holes: what the file system says of the clusters in use of image.qcow2: the first offset and the length of each run.
in_holes() {
    "$REFCOW" map --output=jsonl --max-runs none image.qcow2 | python3 -c '
import json, os, sys

records = [json.loads(line) for line in sys.stdin]
cluster = records[0]["cluster-size"]
with open("image.qcow2", "rb") as file:
    size = os.fstat(file.fileno()).st_size
    runs = []
    for record in records:
        if record["type"] != "run" or record["counted"] == 0:
            continue
        for start in range(record["host-offset"], record["host-offset"] + record["length"], cluster):
            try:
                data = os.lseek(file.fileno(), start, os.SEEK_DATA)
            except OSError:
                data = size
            if data < min(start + cluster, size):
                continue
            if runs and sum(runs[-1]) == start:
                runs[-1][1] += cluster
            else:
                runs.append([start, cluster])
for start, length in runs:
    print(start, length)'
}

# noted [OPTION...]: what refcow says of them.
noted() {
    { "$REFCOW" check --holes --list data-in-hole --output=jsonl "$@" image.qcow2 || true; } |
        jq -r 'select(.type == "finding") | "\(.["host-offset"]) \(.length)"'
}

# assert_noted CLUSTERS: so many, the same runs as the file system says, in much memory and in little; and calm.
assert_noted() {
    local memory
    in_holes >expected
    assert_equal "$(awk -v size="$cluster" '{sum += $2} END {print sum / size}' expected)" "$1"
    for memory in 64K 70001 64M; do
        noted --memory "$memory" --max-findings 100000 | diff expected -
    done
    "$REFCOW" check --holes --output=json image.qcow2 >with.json
    "$REFCOW" check --output=json image.qcow2 >without.json
    assert_equal "$(jq '.refcow.found["data-in-hole"] // 0' with.json)" "$1"
    assert_equal "$(jq '.refcow.found["data-in-hole"]' without.json)" null
    diff <(jq -S 'del(.refcow)' without.json) <(jq -S 'del(.refcow)' with.json)
    diff <(jq -S '.refcow | [.verdict, .situation]' without.json) <(jq -S '.refcow | [.verdict, .situation]' with.json)
}

@test "a preallocated image" {
    local cluster=65536
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata image.qcow2 1G
    assert_noted 16384
    run -0 "$REFCOW" check --holes image.qcow2
    assert_line 'Clean: every stored refcount is the number of references.'
    assert_line --partial 'data-in-hole (16384): clusters in use lie in holes of the file, and read as zeros'
    refute_output --partial 'Next step'
    run -0 "$REFCOW" check image.qcow2
    refute_output --partial data-in-hole
    run -0 "$REFCOW" check --holes --brief image.qcow2
    assert_output "$("$REFCOW" check --brief image.qcow2)"
    run -0 "$REFCOW" check --holes -q --fail-on corrupt,leaks,not-judged image.qcow2
    assert_output ''
}

@test "many windows, clusters of 512 bytes" {
    local cluster=512
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata,cluster_size=512 image.qcow2 30M
    "$QEMU_IO" -f qcow2 -c 'write -P 1 10M 1M' -c 'write -P 1 20M 3K' image.qcow2 >/dev/null
    in_holes >expected
    [ "$(wc -l <expected)" -gt 3 ]
    assert_noted "$(awk '{sum += $2} END {print sum / 512}' expected)"
}

# Holes end at blocks of the file system.
@test "clusters that were punched out, wholly or in part" {
    local cluster=65536 host
    create compat=1.1 100
    guest 'write -P 1 0 100'
    assert_noted 0
    host=$(printf %d "$("$DAMAGE" image.qcow2 get host:10c)")
    fallocate -p -o "$host" -l $((3 * cluster)) image.qcow2
    assert_noted 3
    fallocate -p -o $((host + 10 * cluster + 4096)) -l $((2 * cluster - 4096)) image.qcow2
    assert_noted 4
    fallocate -p -o $((host + 20 * cluster)) -l $((cluster - 4096)) image.qcow2
    assert_noted 4
    fallocate -p -o $((host + 20 * cluster)) -l $cluster image.qcow2
    assert_noted 5
    assert_equal "$(noted | paste -sd' ')" \
        "$host 196608 $((host + 11 * cluster)) 65536 $((host + 20 * cluster)) 65536"
    # What is not in use is no news.
    "$DAMAGE" image.qcow2 append 20
    assert_noted 5
    compare 'punched out' image.qcow2
}

@test "compressed clusters, and a file without holes" {
    local cluster=65536
    create compat=1.1 100
    guest 'write -P 1 0 100'
    "$QEMU_IMG" convert -c -O qcow2 image.qcow2 other.qcow2
    cp --sparse=never image.qcow2 dense.qcow2
    mv dense.qcow2 image.qcow2
    assert_noted 0
    cp --sparse=never other.qcow2 image.qcow2
    assert_noted 0
}

@test "damage keeps its verdict" {
    local cluster=65536
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata image.qcow2 10M
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    run -2 "$REFCOW" check --holes --output=json image.qcow2
    assert_equal "$(jq -c '[.corruptions, .leaks, .refcow.found["data-in-hole"], .refcow.omitted]' <<<"$output")" \
        '[2,null,160,0]'
    "$conformance/tools/validate-json" check <(printf '%s\n' "$output")
}

@test "a server is not asked, and stderr says so" {
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata image.qcow2 10M
    serve nbdkit.pid nbdkit -f --exit-with-parent -U nbdkit.sock -P nbdkit.pid -r file image.qcow2
    run -0 --separate-stderr "$REFCOW" check --holes --output=json "nbd+unix:///?socket=$PWD/nbdkit.sock"
    assert_equal "$(jq '.refcow.found["data-in-hole"]' <<<"$output")" null
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *'refcow does not know where the file has holes'* ]] || fail "$stderr"
    run -0 --separate-stderr "$REFCOW" check --holes image.qcow2
    assert_equal "$stderr" ''
}
