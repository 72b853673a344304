#!/usr/bin/env bats
# bats file_tags=long
# Every JSON answer is what its schema in schemas/ says: real images, the whole corpus, and what is no image at all.

load ../lib/suite

validate() {
    "$conformance/tools/validate-json" "$@"
}

@test "every kind of finding is in the schema, and no other" {
    jq -r '.["$defs"].kind.enum[]' "$conformance/schemas/check.json" | sort >in-schema
    sed -n '/define REFCOW_FINDING_ROWS/,$s/.*X([A-Z0-9_]*, [0-9]*, [A-Z]*, "\([a-z0-9-]*\)".*/\1/p' \
        "$conformance/../parser/codes.h" | sort >in-parser
    [ "$(wc -l <in-parser)" -gt 20 ]
    "$REFCOW" check --list help | cut -f 1 | grep -vxe all -e orphan | sort >in-command
    diff in-command in-schema
    assert_equal "$(comm -23 in-command in-parser | xargs)" 'backing-file-itself in-use overlapping' # kinds of the command
    comm -13 in-command in-parser | diff /dev/null -
}

@test "every image of the corpus, one at a time and all in one call" {
    local file
    local -a files=("$conformance"/../corpus/*/*.qcow2)
    set +T
    for file in "${files[@]}"; do
        "$REFCOW" check --output=json "$file" >"$(basename "$file").json" 2>/dev/null || true
        "$REFCOW" check --output=json --list all "$file" >"$(basename "$file").all.json" 2>/dev/null || true
    done
    run -0 validate check ./*.json
    assert_output "$((2 * ${#files[@]})) values, 0 wrong"
    "$REFCOW" check --output=jsonl "${files[@]}" >records 2>/dev/null || true
    "$REFCOW" check --output=jsonl --list all --max-findings 9 "${files[@]}" >listed 2>/dev/null || true
    run -0 validate check-record --lines records listed
    # Each entry of a range counts as often as the others.
    assert_equal "$(jq -c 'select(.entries != null and .times % .entries != 0)' records listed)" ''
    assert_output "$(cat records listed | wc -l) values, 0 wrong"
    assert_equal "$(cat records listed | grep -c '"type": "summary"')" $((2 * ${#files[@]}))
}

@test "what is no image, what cannot be read, and what is given up" {
    local cluster=65536 file
    create compat=1.1 1000
    guest 'write 0 4'
    truncate -s 1M zeros
    mkfifo fifo
    for file in image.qcow2 zeros fifo missing /dev/zero; do
        for limit in none 1000; do
            "$REFCOW" check --max-work "$limit" --output=json "$file" >"$(basename "$file").$limit.json" 2>/dev/null || true
            "$REFCOW" check --max-work "$limit" --output=jsonl "$file" >>records 2>/dev/null || true
        done
    done
    run -0 validate check ./*.json
    assert_output '10 values, 0 wrong'
    run -0 validate check-record --lines records
    assert_output '20 values, 0 wrong'
}

@test "the validator sees what is wrong" {
    local change
    local cluster=65536
    create compat=1.1 1000
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    "$REFCOW" check --output=json image.qcow2 >good.json || true
    run -0 validate check good.json
    while read -r change; do
        jq "$change" good.json >bad.json
        run -1 validate check bad.json
    done <<'CHANGES'
del(.refcow)
del(.refcow.status)
del(.refcow.changed)
del(.["check-errors"])
.refcow.verdict = "good"
.refcow.extra = 1
.leaks = 0
.refcow.findings[0].kind = "leek"
.refcow.findings[0].times = -1
del(.refcow.findings[0]["guest-offset"])
del(.refcow.findings[0]["found-entry-hex"])
.refcow.findings[0]["found-refcount"] = null
.refcow.findings[0]["expected-flag"] = 0
.refcow.findings[0]["table-offset"] = 65536
.refcow.findings[0].extra = 1
.refcow.schema = 2
del(.refcow.schema)
.refcow.writer = "yes"
CHANGES
    run -1 validate check
    "$REFCOW" check --output=jsonl image.qcow2 >good || true
    run -0 validate check-record --lines good
    while read -r change; do
        jq -c "$change" good >bad
        run -1 validate check-record --lines bad
    done <<'CHANGES'
.type = "other"
del(.filename)
if .type == "finding" then del(.entries) else . end
if .type == "finding" then .["found-entry"] = 1 else . end
if .type == "finding" then .extra = 1 else . end
if .type == "image" then del(.schema) else . end
if .type == "summary" then del(.omitted) else . end
if .type == "summary" then .["exit-code"] = 4 else . end
if .type == "image" then del(.["cluster-size"]) else . end
CHANGES
}
