#include "findings.h"

void refcow_findings_start(struct findings *findings, refcow_finding *list, size_t capacity)
{
    memset(findings, 0, sizeof *findings);
    findings->list = list;
    findings->room = list != NULL ? capacity / REFCOW_KINDS : 0;
}

static int compare_numbers(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

/* The order of findings of a kind: by the entry that is wrong, then by host offset, then by whatever tells them apart.
 * The guest offset does not: a table that is named twice is one place with two guest offsets, of which the lower one is
 * kept. */
static int compare(const refcow_finding *one, const refcow_finding *other)
{
    const uint64_t ones[] = {one->table,  one->index,    one->host, (uint64_t)one->role,
                             one->length, one->expected, one->found};
    const uint64_t others[] = {other->table,  other->index,    other->host, (uint64_t)other->role,
                               other->length, other->expected, other->found};
    int order = 0;
    for (size_t i = 0; i < sizeof ones / sizeof *ones && order == 0; i++)
        order = compare_numbers(ones[i], others[i]);
    return order;
}

/* Where in a sorted stretch the finding stands or would stand. Bound: log2(count). */
static size_t position_of(const refcow_finding *sorted, size_t count, const refcow_finding *finding)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&sorted[middle], finding) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void refcow_findings_add(struct findings *findings, const refcow_finding *finding)
{
    size_t kind = (size_t)finding->kind;
    size_t room = findings->room;
    findings->found[kind] += finding->times;
    if (room == 0)
        return;
    refcow_finding *sorted = findings->list + kind * room;
    size_t kept = (size_t)least(findings->kept[kind], room);
    if (kept == room && compare(&sorted[kept - 1], finding) < 0)
        return;
    size_t at = position_of(sorted, (size_t)least(kept, room - 1), finding);
    if (at < kept && compare(&sorted[at], finding) == 0) {
        sorted[at].times += finding->times;
        sorted[at].guest = least(sorted[at].guest, finding->guest);
        return;
    }
    if (kept < room)
        findings->kept[kind] = ++kept;
    for (size_t i = kept - 1; i > at; i--) {
        refcow_finding moved = sorted[i - 1];
        sorted[i] = moved;
    }
    sorted[at] = *finding;
}

/* Whether `high` is so much more than `low`. */
static bool is_further(uint64_t low, uint64_t high, uint64_t difference)
{
    return high >= low && high - low == difference;
}

/* Whether a number is so many times another one. */
static bool is_product(uint64_t number, uint64_t entries, uint64_t each)
{
    uint64_t times = greatest(entries, 1);
    return number % times == 0 && number / times == each;
}

/* Whether a finding is the same defect in the next entry, which names the next place. */
static bool is_next_entry(const refcow_finding *range, const refcow_finding *next)
{
    uint64_t entries = next->index - least(range->index, next->index);
    bool is_same = range->kind == next->kind && range->role == next->role && range->expected == next->expected;
    bool is_next = range->table == next->table && range->table != REFCOW_NO_TABLE && entries != 0 &&
                   is_further(range->host, next->host, range->length) &&
                   is_further(range->found, next->found, range->length);
    return is_same && is_next && next->length != 0 && is_product(range->length, entries, next->length) &&
           is_product(range->times, entries, next->times);
}

/* Write down a finding that is kept at `from`, behind those that come before it. */
static void write_finding(struct findings *findings, refcow_result *result, size_t from)
{
    refcow_finding finding = findings->list[from];
    size_t count = (size_t)least(result->findings_count, from); /* never more than were read */
    refcow_finding *last = count > 0 ? &findings->list[count - 1] : NULL;
    if (last != NULL && is_next_entry(last, &finding)) {
        last->length += finding.length;
        last->times += finding.times;
    } else {
        findings->list[count++] = finding;
    }
    result->findings_count = count;
    result->findings_omitted -= finding.times;
}

void refcow_findings_finish(struct findings *findings, refcow_result *result)
{
    uint64_t *counters[] = {&result->corruptions, &result->leaks, &result->check_errors};
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        uint64_t found = findings->found[kind];
        result->found[kind] = found;
        result->findings_omitted += found;
        *counters[refcow_kind_severity((refcow_kind)kind)] += found;
        size_t kept = (size_t)least(findings->kept[kind], findings->room);
        for (size_t i = 0; i < kept; i++)
            write_finding(findings, result, kind * findings->room + i);
    }
}
