#include "findings.h"

/* Units of work: to bring a finding among others that wait into order, and to pass one when they are merged. */
#define WORK_SORT 24u
#define WORK_MERGE 2u

static bool is_listed(const struct findings *findings, size_t kind)
{
    return (findings->kinds >> kind & 1) != 0;
}

/* The listed kinds before this one. Bound: REFCOW_KINDS. */
static size_t place_of(const struct findings *findings, size_t kind)
{
    size_t place = 0;
    for (size_t i = 0; i < kind; i++)
        place += is_listed(findings, i) ? 1 : 0;
    return place;
}

void refcow_findings_start(struct findings *findings, const refcow_options *options)
{
    uint32_t all = (uint32_t)low_bits(REFCOW_KINDS);
    findings->kinds = options->findings_kinds != 0 ? options->findings_kinds & all : all;
    size_t listed = place_of(findings, REFCOW_KINDS);
    findings->list = options->findings;
    findings->room = options->findings != NULL && listed > 0 ? options->findings_capacity / listed : 0;
    refcow_findings_forget(findings);
}

void refcow_findings_forget(struct findings *findings)
{
    memset(findings->kept, 0, sizeof findings->kept);
    memset(findings->found, 0, sizeof findings->found);
    findings->waiting_count = 0;
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

static bool is_before(const refcow_finding *one, const refcow_finding *other)
{
    return one->kind < other->kind || (one->kind == other->kind && compare(one, other) < 0);
}

static void add_finding(refcow_finding *to, const refcow_finding *from)
{
    to->times += from->times;
    to->guest = least(to->guest, from->guest);
}

/* ------------------------------------------------------------------ sorting */

/* Heapsort: it takes as long whatever the order. Let findings[root] sink to its place in the heap
 * findings[0 .. count - 1]. Bound: log2(count). */
static void sink(refcow_finding *findings, size_t root, size_t count)
{
    refcow_finding sinking = findings[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && is_before(&findings[child], &findings[child + 1]))
            child++;
        if (!is_before(&sinking, &findings[child]))
            break;
        findings[root] = findings[child];
        root = child;
    }
    findings[root] = sinking;
}

/* Bound: count times log2(count). */
static void sort_findings(refcow_finding *findings, size_t count)
{
    for (size_t roots = count / 2; roots > 0; roots--)
        sink(findings, roots - 1, count);
    for (size_t last = count; last > 1; last--) {
        refcow_finding finding = findings[last - 1];
        findings[last - 1] = findings[0];
        findings[0] = finding;
        sink(findings, 0, last - 1);
    }
}

/* ------------------------------------------------------------------ merging */

/* Add up those of `more`, which are sorted, that are equal to each other or to one in the list: how many are left. */
static size_t add_equal(refcow_finding *list, size_t kept, refcow_finding *more, size_t count)
{
    size_t at = 0;
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        refcow_finding finding = more[i];
        while (at < kept && compare(&list[at], &finding) < 0)
            at++;
        if (at < kept && compare(&list[at], &finding) == 0)
            add_finding(&list[at], &finding);
        else if (left > 0 && compare(&more[left - 1], &finding) == 0)
            add_finding(&more[left - 1], &finding);
        else
            more[left++] = finding;
    }
    return left;
}

/* Merge sorted findings, none of which is equal to another, into a list with room for them, from the end. */
static void merge(refcow_finding *list, size_t kept, const refcow_finding *more, size_t count)
{
    size_t to = kept + count;
    while (count > 0) {
        bool is_kept_behind = kept > 0 && compare(&list[kept - 1], &more[count - 1]) > 0;
        list[--to] = is_kept_behind ? list[--kept] : more[--count];
    }
}

/* Merge sorted findings of one kind into its list; of too many the last ones are dropped. No more are kept before than
 * there is room for, so some of `more` are left as long as there are too many. */
static void merge_kind(struct findings *findings, refcow_finding *more, size_t count)
{
    size_t kind = (size_t)more->kind;
    refcow_finding *list = findings->list + place_of(findings, kind) * findings->room;
    size_t kept = findings->kept[kind];
    *findings->owed += WORK_MERGE * (kept + count);
    count = add_equal(list, kept, more, count);
    while (kept + count > findings->room) {
        if (kept > 0 && compare(&list[kept - 1], &more[count - 1]) > 0)
            kept--;
        else
            count--;
    }
    merge(list, kept, more, count);
    findings->kept[kind] = kept + count;
}

/* Merge all that wait into the lists of their kinds. */
static void merge_waiting(struct findings *findings)
{
    size_t count = findings->waiting_count;
    refcow_finding *waiting = findings->waiting;
    sort_findings(waiting, count);
    *findings->owed += WORK_SORT * count;
    for (size_t start = 0, end = 0; start < count; start = end) {
        for (end = start + 1; end < count && waiting[end].kind == waiting[start].kind;)
            end++;
        merge_kind(findings, waiting + start, end - start);
    }
    findings->waiting_count = 0;
}

void refcow_findings_add(struct findings *findings, const refcow_finding *finding)
{
    size_t kind = (size_t)finding->kind;
    findings->found[kind] += finding->times;
    if (findings->room == 0 || !is_listed(findings, kind))
        return;
    refcow_finding *list = findings->list + place_of(findings, kind) * findings->room;
    size_t kept = findings->kept[kind];
    int order = kept > 0 ? compare(&list[kept - 1], finding) : -1;
    *findings->owed += 1;
    if (order == 0) {
        add_finding(&list[kept - 1], finding);
    } else if (order > 0) {
        if (findings->waiting_count == findings->waiting_room)
            merge_waiting(findings);
        findings->waiting[findings->waiting_count++] = *finding;
    } else if (kept < findings->room) {
        list[kept] = *finding;
        findings->kept[kind] = kept + 1;
    }
}

/* ------------------------------------------------------------------ ranges */

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
    merge_waiting(findings);
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        uint64_t found = findings->found[kind];
        result->found[kind] = found;
        result->findings_omitted += found;
        *counters[refcow_kind_severity((refcow_kind)kind)] += found;
        size_t first = place_of(findings, kind) * findings->room;
        for (size_t i = 0; i < findings->kept[kind]; i++)
            write_finding(findings, result, first + i);
    }
}
