/*
 * rules.h - what must be true of every answer of refcow_check(), whatever the image was.
 *
 * Read off refcow.h, with no look at the parser. Each function gives NULL, or the rule that is broken in words, so that
 * a fuzzer can abort on it and a test can print it.
 */
#ifndef REFCOW_FUZZ_ORACLES_RULES_H
#define REFCOW_FUZZ_ORACLES_RULES_H

#include "refcow.h"

#define RULE(condition, words)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            return words;                                                                                              \
        }                                                                                                              \
    } while (0)

/* The table of codes.h, not the library's look-up: the two must agree. */
static inline refcow_severity rules_severity(size_t kind)
{
    static const refcow_severity severities[] = {
#define RULES_SEVERITY(name, number, severity, slug, text, rule) REFCOW_SEVERITY_##severity,
        REFCOW_FINDING_ROWS(RULES_SEVERITY)
#undef RULES_SEVERITY
    };
    return severities[kind];
}

static inline uint64_t rules_found(const refcow_result *result, refcow_severity severity)
{
    uint64_t sum = 0;
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        sum += rules_severity(kind) == severity ? result->found[kind] : 0;
    }
    return sum;
}

static inline const char *rules_sums(const refcow_result *result)
{
    RULE(result->corruptions == rules_found(result, REFCOW_SEVERITY_CORRUPTION), "corruptions is the sum of found[]");
    RULE(result->leaks == rules_found(result, REFCOW_SEVERITY_LEAK), "leaks is the sum of found[]");
    RULE(result->check_errors == rules_found(result, REFCOW_SEVERITY_ERROR), "check_errors is the sum of found[]");
    RULE(result->notes == rules_found(result, REFCOW_SEVERITY_NOTE), "notes is the sum of found[]");
    return NULL;
}

static inline const char *rules_error(const refcow_error *error)
{
    refcow_class class_ = refcow_status_class(error->status);
    RULE(error->status != REFCOW_STATUS_OK || (error->value == 0 && error->offset == 0),
         "no evidence without an error");
    RULE(class_ == REFCOW_CLASS_FOREIGN || class_ == REFCOW_CLASS_REFUSED || error->offset == 0,
         "only header fields have an offset in an error");
    return NULL;
}

/* The verdict of a check that went to its end. */
static inline refcow_verdict rules_complete_verdict(const refcow_result *result)
{
    if (result->check_errors != 0) {
        return REFCOW_VERDICT_INCOMPLETE;
    }
    if (result->corruptions != 0) {
        return REFCOW_VERDICT_CORRUPT;
    }
    return result->leaks != 0 ? REFCOW_VERDICT_LEAKS : REFCOW_VERDICT_CLEAN;
}

static inline const char *rules_verdict(const refcow_result *result)
{
    switch (refcow_status_class(result->error.status)) {
    case REFCOW_CLASS_OK:
        RULE(result->verdict == rules_complete_verdict(result), "the verdict follows from the counts");
        RULE(result->refcounts.complete, "a complete check has a complete refcount report");
        RULE(result->passes > 0, "a complete check took a pass");
        return NULL;
    case REFCOW_CLASS_REFUSED:
        RULE(result->verdict == REFCOW_VERDICT_REFUSED, "a refused image has the verdict refused");
        RULE(result->corruptions == 0 && result->leaks == 0 && result->check_errors == 0, "refused: no counts");
        RULE(result->image_end_offset == 0 && result->total_clusters == 0, "refused: no sizes");
        RULE(result->allocated_clusters == 0 && result->fragmented_clusters == 0 && result->compressed_clusters == 0,
             "refused: no statistics");
        RULE(result->data_clusters == 0 && result->snapshot_data_clusters == 0, "refused: no data");
        RULE(result->damage.l2_tables == 0 && result->damage.guest_end == 0, "refused: no damage");
        return NULL;
    case REFCOW_CLASS_IO:
    case REFCOW_CLASS_LIMIT:
        RULE(result->verdict == REFCOW_VERDICT_INCOMPLETE || result->verdict == REFCOW_VERDICT_REFUSED,
             "a check that was stopped is incomplete");
        return NULL;
    case REFCOW_CLASS_USAGE:
    case REFCOW_CLASS_FOREIGN:
        break;
    }
    return "a check of an open image ends with OK, IO, LIMIT or REFUSED";
}

static inline const char *rules_statistics(const refcow_result *result)
{
    const refcow_refcount_report *report = &result->refcounts;
    RULE(result->compressed_clusters <= result->allocated_clusters, "compressed clusters are allocated");
    RULE(result->fragmented_clusters <= result->allocated_clusters, "fragmented clusters are allocated");
    RULE(result->allocated_clusters <= result->data_clusters, "allocated clusters may have data");
    RULE(report->orphan_clusters <= report->allocated_clusters, "orphans are allocated");
    RULE(report->unknown_clusters <= report->allocated_clusters - report->orphan_clusters,
         "unknown ones are no orphans");
    RULE(result->damage.damaged_l2_tables <= result->damage.l2_tables || result->error.status != REFCOW_STATUS_OK,
         "damaged tables are tables");
    RULE(result->found[REFCOW_KIND_L2_TABLE_DAMAGED] >= result->damage.damaged_l2_tables ||
             result->error.status != REFCOW_STATUS_OK,
         "each damaged table is named");
    RULE(report->complete == 0 || report->complete == 1, "complete is 0 or 1");
    return NULL;
}

static inline const char *rules_work(const refcow_result *result, const refcow_options *options)
{
    const refcow_limits *limits = &options->limits;
    RULE(result->memory_used <= options->memory_size, "memory_used is within the block");
    RULE(limits->max_read == 0 || result->bytes_read <= limits->max_read, "max_read is kept");
    RULE(limits->max_work == 0 || result->work <= limits->max_work, "max_work is kept");
    return NULL;
}

/* The room that a kind has in the array. */
static inline size_t rules_room(const refcow_options *options, size_t kind)
{
    uint32_t kinds = options->findings_kinds != 0 ? options->findings_kinds : UINT32_MAX;
    size_t listed = 0;
    for (size_t i = 0; i < REFCOW_KINDS; i++) {
        listed += kinds >> i & 1;
    }
    int is_listed = options->findings != NULL && (kinds >> kind & 1) != 0;
    return is_listed ? options->findings_capacity / listed : 0;
}

/* One kind's findings: [first, last) of the array. */
static inline const char *rules_kind(const refcow_result *result, const refcow_options *options, size_t kind,
                                     size_t count, uint64_t times)
{
    size_t room = rules_room(options, kind);
    RULE(count <= room, "a kind stays in its share of the findings");
    RULE(times <= result->found[kind], "findings stand for no more defects than were found");
    RULE(count > 0 || room == 0 || result->found[kind] == 0, "a kind that was found has a finding if there is room");
    return NULL;
}

static inline int comes_before(const refcow_finding *one, const refcow_finding *other)
{
    if (one->table != other->table)
        return one->table < other->table;
    if (one->index != other->index)
        return one->index < other->index;
    return one->host <= other->host;
}

static inline const char *rules_findings(const refcow_result *result, const refcow_options *options)
{
    uint64_t all_times = 0;
    uint64_t all_found = 0;
    size_t at = 0;
    RULE(options->findings != NULL || result->findings_count == 0, "no findings without an array");
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        size_t first = at;
        uint64_t times = 0;
        for (; at < result->findings_count && (size_t)options->findings[at].kind == kind; at++) {
            const refcow_finding *finding = &options->findings[at];
            RULE(at == first || comes_before(&options->findings[at - 1], finding),
                 "findings are sorted by their place");
            RULE(finding->times > 0, "a finding stands for at least one defect");
            RULE((unsigned)finding->role <= REFCOW_ROLE_BITMAP_DATA, "a finding's role has a name");
            times += finding->times;
        }
        const char *broken = rules_kind(result, options, kind, at - first, times);
        RULE(broken == NULL, broken);
        all_times += times;
        all_found += result->found[kind];
    }
    RULE(at == result->findings_count, "findings are sorted by kind");
    RULE(all_times + result->findings_omitted == all_found, "a defect is written or counted as omitted");
    return NULL;
}

/* True of any answer, even if the file changes while it is read: several passes may then see several files. */
static inline const char *rules_unstable_result(const refcow_result *result, const refcow_options *options)
{
    const char *broken = rules_error(&result->error);
    broken = broken != NULL ? broken : rules_sums(result);
    broken = broken != NULL ? broken : rules_verdict(result);
    broken = broken != NULL ? broken : rules_work(result, options);
    broken = broken != NULL ? broken : rules_findings(result, options);
    return broken;
}

/* True of any answer about one file, also of one that was cut short. */
static inline const char *rules_result(const refcow_result *result, const refcow_options *options)
{
    const char *broken = rules_unstable_result(result, options);
    return broken != NULL ? broken : rules_statistics(result);
}

static inline const char *rules_same_report(const refcow_refcount_report *a, const refcow_refcount_report *b)
{
    RULE(a->refcount_order == b->refcount_order, "same refcounts.refcount_order");
    RULE(a->refcount_table_clusters == b->refcount_table_clusters, "same refcounts.refcount_table_clusters");
    RULE(a->refcount_table_offset == b->refcount_table_offset, "same refcounts.refcount_table_offset");
    RULE(a->allocated_clusters == b->allocated_clusters, "same refcounts.allocated_clusters");
    RULE(a->orphan_clusters == b->orphan_clusters, "same refcounts.orphan_clusters");
    RULE(a->unknown_clusters == b->unknown_clusters, "same refcounts.unknown_clusters");
    RULE(a->complete == b->complete, "same refcounts.complete");
    return NULL;
}

/* The answer, without what it took and without how much of it was written down. */
static inline const char *rules_same_counts(const refcow_result *a, const refcow_result *b)
{
    RULE(a->verdict == b->verdict, "same verdict");
    RULE(a->error.status == b->error.status, "same status");
    RULE(a->error.value == b->error.value && a->error.offset == b->error.offset, "same evidence");
    RULE(a->corruptions == b->corruptions, "same corruptions");
    RULE(a->leaks == b->leaks, "same leaks");
    RULE(a->check_errors == b->check_errors, "same check_errors");
    RULE(a->image_end_offset == b->image_end_offset, "same image_end_offset");
    RULE(a->total_clusters == b->total_clusters, "same total_clusters");
    RULE(a->allocated_clusters == b->allocated_clusters, "same allocated_clusters");
    RULE(a->fragmented_clusters == b->fragmented_clusters, "same fragmented_clusters");
    RULE(a->compressed_clusters == b->compressed_clusters, "same compressed_clusters");
    RULE(a->data_clusters == b->data_clusters, "same data_clusters");
    RULE(a->snapshot_data_clusters == b->snapshot_data_clusters, "same snapshot_data_clusters");
    RULE(a->damage.l2_tables == b->damage.l2_tables, "same l2_tables");
    RULE(a->damage.damaged_l2_tables == b->damage.damaged_l2_tables, "same damaged_l2_tables");
    RULE(a->damage.guest == b->damage.guest && a->damage.guest_end == b->damage.guest_end, "same damaged guest range");
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        RULE(a->found[kind] == b->found[kind], "same found[]");
    }
    return rules_same_report(&a->refcounts, &b->refcounts);
}

static inline const char *rules_same_finding(const refcow_finding *a, const refcow_finding *b)
{
    RULE(a->kind == b->kind, "same finding: kind");
    RULE(a->role == b->role, "same finding: role");
    RULE(a->host == b->host, "same finding: host");
    RULE(a->length == b->length, "same finding: length");
    RULE(a->guest == b->guest, "same finding: guest");
    RULE(a->table == b->table, "same finding: table");
    RULE(a->index == b->index, "same finding: index");
    RULE(a->expected == b->expected, "same finding: expected");
    RULE(a->found == b->found, "same finding: found");
    RULE(a->times == b->times, "same finding: times");
    return NULL;
}

/* Two answers with equal room for findings. */
static inline const char *rules_same_answer(const refcow_result *a, const refcow_finding *findings_a,
                                            const refcow_result *b, const refcow_finding *findings_b)
{
    const char *broken = rules_same_counts(a, b);
    RULE(broken == NULL, broken);
    RULE(a->findings_count == b->findings_count, "same findings_count");
    RULE(a->findings_omitted == b->findings_omitted, "same findings_omitted");
    for (size_t i = 0; i < a->findings_count; i++) {
        broken = rules_same_finding(&findings_a[i], &findings_b[i]);
        RULE(broken == NULL, broken);
    }
    return NULL;
}

/* With less room, each kind keeps the first of the findings that it has with more room, of a range perhaps only the
 * beginning. */
static inline const char *rules_first_ones(const refcow_result *few, const refcow_finding *findings_few,
                                           const refcow_result *many, const refcow_finding *findings_many)
{
    size_t at = 0;
    for (size_t i = 0; i < few->findings_count; i++) {
        if (i == 0 || findings_few[i].kind != findings_few[i - 1].kind) {
            while (at < many->findings_count && findings_many[at].kind < findings_few[i].kind) {
                at++;
            }
        }
        RULE(at < many->findings_count, "with more room nothing is lost");
        refcow_finding whole = findings_many[at];
        if (findings_few[i].length < whole.length && findings_few[i].times < whole.times) {
            whole.length = findings_few[i].length;
            whole.times = findings_few[i].times;
        }
        const char *broken = rules_same_finding(&findings_few[i], &whole);
        RULE(broken == NULL, broken);
        at++;
    }
    return NULL;
}

/* What does not depend on how many findings are kept. */
static inline const char *rules_same_reading(const refcow_result *a, const refcow_result *b)
{
    RULE(a->passes == b->passes, "same passes");
    RULE(a->memory_used == b->memory_used, "same memory_used");
    RULE(a->bytes_read == b->bytes_read, "same bytes_read");
    return NULL;
}

static inline const char *rules_same_work(const refcow_result *a, const refcow_result *b)
{
    RULE(a->work == b->work, "same work");
    return rules_same_reading(a, b);
}

/* An answer that was cut short says nothing that the whole one does not. */
static inline const char *rules_lower_bound(const refcow_result *part, const refcow_result *whole)
{
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        RULE(part->found[kind] <= whole->found[kind], "lower bound: found[]");
    }
    RULE(part->allocated_clusters <= whole->allocated_clusters, "lower bound: allocated_clusters");
    RULE(part->fragmented_clusters <= whole->fragmented_clusters, "lower bound: fragmented_clusters");
    RULE(part->compressed_clusters <= whole->compressed_clusters, "lower bound: compressed_clusters");
    RULE(part->data_clusters <= whole->data_clusters, "lower bound: data_clusters");
    RULE(part->snapshot_data_clusters <= whole->snapshot_data_clusters, "lower bound: snapshot_data_clusters");
    RULE(part->image_end_offset <= whole->image_end_offset, "lower bound: image_end_offset");
    RULE(part->damage.l2_tables <= whole->damage.l2_tables, "lower bound: l2_tables");
    RULE(part->damage.damaged_l2_tables <= whole->damage.damaged_l2_tables, "lower bound: damaged_l2_tables");
    RULE(part->damage.guest_end <= whole->damage.guest_end, "lower bound: the end of the damaged guest range");
    RULE(part->refcounts.allocated_clusters <= whole->refcounts.allocated_clusters, "lower bound: report's allocated");
    RULE(part->refcounts.orphan_clusters <= whole->refcounts.orphan_clusters, "lower bound: orphans");
    RULE(part->refcounts.unknown_clusters <= whole->refcounts.unknown_clusters, "lower bound: unknown");
    return NULL;
}

#endif
