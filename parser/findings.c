#include "findings.h"

/* Units of work: to bring a finding among others that wait into order, and to pass one when they are merged. */
#define WORK_SORT 24u
#define WORK_MERGE 2u

/*@ requires \valid_read(findings) && kind < REFCOW_KINDS;
    assigns \nothing; */
static bool is_listed(const struct findings *findings, size_t kind)
{
    return (findings->kinds >> kind & 1) != 0;
}

/* Where the list of a listed kind begins. */
/*@ requires \valid_read(findings) && kind < REFCOW_KINDS;
    requires findings->room <= findings->end;
    assigns \nothing;
    ensures \result + findings->room <= findings->end; */
static size_t first_of(const struct findings *findings, size_t kind)
{
    size_t first = findings->ranks[kind] * findings->room;
    return (size_t)least(first, findings->end - findings->room); /* never more */
}

/* How many findings of a kind are kept. */
/*@ requires \valid_read(findings) && kind < REFCOW_KINDS;
    assigns \nothing;
    ensures \result <= findings->room; */
static size_t kept_of(const struct findings *findings, size_t kind)
{
    return (size_t)least(findings->kept[kind], findings->room); /* never more */
}

void refcow_findings_start(struct findings *findings, const refcow_options *options)
{
    uint32_t all = (uint32_t)low_bits(REFCOW_KINDS);
    findings->kinds = options->findings_kinds != 0 ? options->findings_kinds & all : all;
    uint8_t listed = 0;
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        findings->ranks[kind] = listed;
        listed = (uint8_t)(listed + (is_listed(findings, kind) ? 1 : 0));
    }
    size_t lists = (size_t)greatest(listed, 1);
    findings->list = options->findings;
    findings->room = options->findings != NULL ? (size_t)least(options->findings_capacity / lists, UINT32_MAX) : 0;
    findings->end = findings->room * lists;
    refcow_findings_forget(findings);
}

void refcow_findings_forget(struct findings *findings)
{
    memset(findings->kept, 0, sizeof findings->kept);
    memset(findings->found, 0, sizeof findings->found);
    findings->waiting_count = 0;
}

/*@ assigns \nothing; */
static int compare_numbers(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

/* The order of findings of a kind: by the entry that is wrong, then by host offset, then by whatever tells them apart.
 * The guest offset does not: a table that is named twice has two guest offsets, of which the lower one is
 * kept. */
/*@ requires \valid_read(one) && \valid_read(other);
    assigns \nothing; */
static int compare(const refcow_finding *one, const refcow_finding *other)
{
    const uint64_t ones[] = {one->table,  one->index,    one->host, (uint64_t)one->role,
                             one->length, one->expected, one->found};
    const uint64_t others[] = {other->table,  other->index,    other->host, (uint64_t)other->role,
                               other->length, other->expected, other->found};
    int order = 0;
    /*@ loop invariant 0 <= i <= 7;
        loop assigns i, order;
        loop variant 7 - i; */
    for (size_t i = 0; i < sizeof ones / sizeof *ones && order == 0; i++)
        order = compare_numbers(ones[i], others[i]);
    return order;
}

/*@ requires \valid_read(one) && \valid_read(other);
    assigns \nothing; */
static bool is_before(const refcow_finding *one, const refcow_finding *other)
{
    return one->kind < other->kind || (one->kind == other->kind && compare(one, other) < 0);
}

/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    assigns *to; */
static void add_finding(refcow_finding *to, const refcow_finding *from)
{
    to->times += from->times;
    to->guest = least(to->guest, from->guest);
}

/* The contract is what makes this a function: nothing but *to changes. */
/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    assigns *to; */
static void put_finding(refcow_finding *to, const refcow_finding *from)
{
    *to = *from;
}

/* ------------------------------------------------------------------ sorting */

/*@ requires \valid(one) && \valid(other) && \separated(one, other);
    assigns *one, *other; */
static void swap_findings(refcow_finding *one, refcow_finding *other)
{
    refcow_finding finding = *one;
    *one = *other;
    *other = finding;
}

/* Heapsort: it takes as long whatever the order. Let findings[root] sink to its place in the heap
 * findings[0 .. count - 1]. Bound: log2(count). */
/*@ requires root < count <= SIZE_MAX / 4 && \valid(findings + (0 .. count - 1));
    assigns findings[0 .. count - 1]; */
static void sink(refcow_finding *findings, size_t root, size_t count)
{
    refcow_finding sinking = findings[root];
    /*@ loop invariant root < count && child == 2 * root + 1;
        loop assigns root, child, findings[0 .. count - 1];
        loop variant count - root; */
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
/*@ requires count <= SIZE_MAX / 4 && \valid(findings + (0 .. count - 1));
    assigns findings[0 .. count - 1]; */
static void sort_findings(refcow_finding *findings, size_t count)
{
    /*@ loop invariant roots <= count / 2;
        loop assigns roots, findings[0 .. count - 1];
        loop variant roots; */
    for (size_t roots = count / 2; roots > 0; roots--)
        sink(findings, roots - 1, count);
    /*@ loop invariant last <= count;
        loop assigns last, findings[0 .. count - 1];
        loop variant last; */
    for (size_t last = count; last > 1; last--) {
        swap_findings(&findings[0], &findings[last - 1]);
        sink(findings, 0, last - 1);
    }
}

/* ------------------------------------------------------------------ merging */

/* Add up those of `more`, which are sorted, that are equal to each other or to one in the list: how many are left. */
/*@ requires \valid(list + (0 .. kept - 1)) && \valid(more + (0 .. count - 1));
    requires \separated(list + (0 .. kept - 1), more + (0 .. count - 1));
    assigns list[0 .. kept - 1], more[0 .. count - 1];
    ensures \result <= count; */
static size_t add_equal(refcow_finding *list, size_t kept, refcow_finding *more, size_t count)
{
    size_t at = 0;
    size_t left = 0;
    /*@ loop invariant left <= i <= count && at <= kept;
        loop assigns i, at, left, list[0 .. kept - 1], more[0 .. count - 1];
        loop variant count - i; */
    for (size_t i = 0; i < count; i++) {
        refcow_finding finding = more[i];
        /*@ loop invariant at <= kept;
            loop assigns at;
            loop variant kept - at; */
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
/*@ requires kept + count <= SIZE_MAX;
    requires \valid(list + (0 .. kept + count - 1)) && \valid_read(more + (0 .. count - 1));
    requires \separated(list + (0 .. kept + count - 1), more + (0 .. count - 1));
    assigns list[0 .. kept + count - 1]; */
static void merge(refcow_finding *list, size_t kept, const refcow_finding *more, size_t count)
{
    size_t to = kept + count;
    /*@ loop invariant to == kept + count && kept <= \at(kept, Pre) && count <= \at(count, Pre);
        loop assigns to, kept, count, list[0 .. \at(kept + count, Pre) - 1];
        loop variant to; */
    while (count > 0) {
        bool is_kept_behind = kept > 0 && compare(&list[kept - 1], &more[count - 1]) > 0;
        list[--to] = is_kept_behind ? list[--kept] : more[--count];
    }
}

/* Merge sorted findings of one kind into its list; of too many the last ones are dropped. No more are kept before than
 * there is room for, so some of `more` are left as long as there are too many. */
/*@ requires are_ready(findings) && 1 <= count <= SIZE_MAX / 4 && \valid(more + (0 .. count - 1));
    requires \separated(more + (0 .. count - 1), findings, findings->owed,
                        findings->list + (0 .. findings->end - 1));
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->list[0 .. findings->end - 1],
            more[0 .. count - 1], *findings->owed; */
static void merge_kind(struct findings *findings, refcow_finding *more, size_t count)
{
    size_t kind = (size_t)least((uint64_t)more->kind, REFCOW_KINDS - 1); /* never another */
    refcow_finding *list = findings->list + first_of(findings, kind);
    size_t kept = kept_of(findings, kind);
    *findings->owed += WORK_MERGE * (kept + count);
    count = add_equal(list, kept, more, count);
    /*@ loop invariant kept <= findings->room && count <= \at(count, Pre);
        loop assigns kept, count;
        loop variant kept + count; */
    while (kept + count > findings->room) {
        if (kept > 0 && compare(&list[kept - 1], &more[count - 1]) > 0)
            kept--;
        else
            count--;
    }
    merge(list, kept, more, count);
    findings->kept[kind] = (uint32_t)(kept + count); /* not more than the room */
}

/* Merge all that wait into the lists of their kinds. */
/*@ requires are_ready(findings);
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->list[0 .. findings->end - 1],
            findings->waiting_count, findings->waiting[0 .. findings->waiting_room - 1], *findings->owed;
    ensures findings->waiting_count == 0; */
static void merge_waiting(struct findings *findings)
{
    size_t count = findings->waiting_count;
    refcow_finding *waiting = findings->waiting;
    sort_findings(waiting, count);
    *findings->owed += WORK_SORT * count;
    /*@ loop invariant start == end <= count;
        loop invariant findings->list == \at(findings->list, Pre) && findings->room == \at(findings->room, Pre);
        loop invariant findings->end == \at(findings->end, Pre) && findings->waiting == waiting;
        loop invariant findings->waiting_room == \at(findings->waiting_room, Pre);
        loop invariant findings->waiting_count == count && findings->owed == \at(findings->owed, Pre);
        loop assigns start, end, findings->kept[0 .. REFCOW_KINDS - 1], *\at(findings->owed, Pre),
                     *(\at(findings->list, Pre) + (0 .. \at(findings->end, Pre) - 1)),
                     waiting[0 .. \at(findings->waiting_room, Pre) - 1];
        loop variant count - start; */
    for (size_t start = 0, end = 0; start < count; start = end) {
        /*@ loop invariant start < end <= count;
            loop assigns end;
            loop variant count - end; */
        for (end = start + 1; end < count && waiting[end].kind == waiting[start].kind;)
            end++;
        merge_kind(findings, waiting + start, end - start);
    }
    findings->waiting_count = 0;
}

/* Leave a finding that is out of order for later. */
/*@ requires are_ready(findings) && \valid_read(finding);
    requires \separated(findings, findings->owed, finding);
    requires \separated(finding, findings->list + (0 .. findings->end - 1));
    requires \separated(finding, findings->waiting + (0 .. findings->waiting_room - 1));
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->list[0 .. findings->end - 1],
            findings->waiting_count, findings->waiting[0 .. findings->waiting_room - 1], *findings->owed;
    ensures findings->waiting_count <= \old(findings->waiting_room); */
static void wait_with(struct findings *findings, const refcow_finding *finding)
{
    if (findings->waiting_count == findings->waiting_room)
        merge_waiting(findings);
    put_finding(&findings->waiting[findings->waiting_count++], finding);
}

/* Keep a finding of a listed kind, now or later. */
/*@ requires are_ready(findings) && findings->room > 0 && \valid_read(finding) && kind < REFCOW_KINDS;
    requires \separated(findings, findings->owed, finding);
    requires \separated(finding, findings->list + (0 .. findings->end - 1));
    requires \separated(finding, findings->waiting + (0 .. findings->waiting_room - 1));
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->list[0 .. findings->end - 1],
            findings->waiting_count, findings->waiting[0 .. findings->waiting_room - 1], *findings->owed;
    ensures findings->waiting_count <= \old(findings->waiting_room); */
static void keep(struct findings *findings, size_t kind, const refcow_finding *finding)
{
    refcow_finding *list = findings->list + first_of(findings, kind);
    size_t kept = kept_of(findings, kind);
    int order = kept > 0 ? compare(&list[kept - 1], finding) : -1;
    *findings->owed += 1;
    if (order == 0) {
        add_finding(&list[kept - 1], finding);
    } else if (order > 0) {
        wait_with(findings, finding);
    } else if (kept < findings->room) {
        findings->kept[kind] = (uint32_t)(kept + 1);
        put_finding(&list[kept], finding);
    }
}

void refcow_findings_add(struct findings *findings, const refcow_finding *finding)
{
    size_t kind = (size_t)finding->kind;
    findings->found[kind] += finding->times;
    if (findings->room > 0 && is_listed(findings, kind))
        keep(findings, kind, finding);
}

/* ------------------------------------------------------------------ ranges */

/* Whether high - low is the difference. */
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

/* Whether a finding is the same defect in the next entry, which names the next origin. */
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

/* Write down all that is kept of a kind. */
static void write_kind(struct findings *findings, refcow_result *result, size_t kind)
{
    size_t first = first_of(findings, kind);
    size_t kept = kept_of(findings, kind);
    for (size_t i = 0; i < kept; i++)
        write_finding(findings, result, first + i);
}

void refcow_findings_drop(struct findings *findings, refcow_kind kind)
{
    merge_waiting(findings);
    findings->kept[kind] = 0;
    findings->found[kind] = 0;
}

void refcow_findings_finish(struct findings *findings, refcow_result *result)
{
    uint64_t *counters[] = {&result->corruptions, &result->leaks, &result->check_errors, &result->notes};
    merge_waiting(findings);
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        uint64_t found = findings->found[kind];
        result->found[kind] = found;
        result->findings_omitted += found;
        *counters[refcow_kind_severity((refcow_kind)kind)] += found;
        write_kind(findings, result, kind);
    }
}
