/*
 * human_findings.c - for people: the findings, a line each.
 */
#include "../run/check_report.h"

#include "../run/listed.h"
#include "../text/sizes.h"

#include <inttypes.h>

static bool is_about_refcount(refcow_kind kind)
{
    return kind == REFCOW_KIND_REFCOUNT_LOW || kind == REFCOW_KIND_REFCOUNT_HIGH;
}

static bool is_about_copied_flag(refcow_kind kind)
{
    return kind == REFCOW_KIND_L1_COPIED || kind == REFCOW_KIND_L2_COPIED;
}

/* "host 0x50000", "host 0x50000..0x6ffff". A hostile entry may name a place that ends beyond 2^64. */
static void print_range(FILE *out, const char *what, uint64_t start, uint64_t length, uint64_t cluster)
{
    fprintf(out, "%s 0x%" PRIx64, what, start);
    if (length > cluster) {
        uint64_t behind = length - 1;
        uint64_t last = behind > UINT64_MAX - start ? UINT64_MAX : start + behind;
        fprintf(out, "..0x%" PRIx64, last);
    }
}

static void print_ranges(FILE *out, const listed_finding *listed, uint64_t cluster)
{
    const refcow_finding *finding = listed->finding;

    print_range(out, "host", finding->host, finding->length, cluster);
    if (finding->length > cluster) {
        fputs(" (", out);
        count_print(out, finding->length / cluster + (finding->length % cluster != 0), "cluster");
        fputc(')', out);
    }
    if (finding->role != REFCOW_ROLE_NONE)
        fprintf(out, ", %s", refcow_role_name(finding->role));
    if (listed->users != 0) {
        fputs(", ", out);
        users_print(out, listed->users);
    }
    if (listed->guest != REFCOW_NO_GUEST) {
        fputs(", ", out);
        print_range(out, "guest", listed->guest, listed->guest_length, cluster);
    }
}

static void print_missing(FILE *out, const refcow_finding *truncated)
{
    fprintf(out, ": the file ends at %" PRIu64 ", references reach %" PRIu64 "; ", truncated->found,
            truncated->expected);
    size_print(out, truncated->length);
    fputs(" are missing", out);
}

static void print_uses(FILE *out, const listed_finding *listed)
{
    fputs(": ", out);
    count_print(out, listed->finding->expected, "reference");
    if (listed->is_stored)
        fprintf(out, ", refcount %" PRIu64, listed->finding->found);
}

/* Of a note of the command. */
static void print_own_evidence(FILE *out, const check_report *report, unsigned kind)
{
    const char *separator = ": locked for ";

    if (kind == KIND_BACKING_ITSELF) {
        fputs(": \"", out);
        name_print(out, &report->backing_name);
        fputc('"', out);
        return;
    }
    for (unsigned permission = 0; permission < PERMISSIONS; permission++) {
        if ((lock_bytes_of_writer(report->live.locks) >> permission & 1) == 0)
            continue;
        fprintf(out, "%s%s", separator, permission_name((image_permission)permission));
        separator = ", ";
    }
}

static void print_evidence(FILE *out, const check_report *report, const listed_finding *listed)
{
    const refcow_finding *finding = listed->finding;

    if (listed->kind >= REFCOW_KINDS && listed->kind < KIND_ORPHAN)
        print_own_evidence(out, report, listed->kind);
    else if (finding->kind == REFCOW_KIND_TRUNCATED)
        print_missing(out, finding);
    else if (finding->kind == REFCOW_KIND_MARKED_DIRTY || finding->kind == REFCOW_KIND_MARKED_CORRUPT)
        fprintf(out, ": incompatible_features 0x%" PRIx64, finding->found);
    else if (is_about_copied_flag(finding->kind))
        fprintf(out, ": expected flag %" PRIu64 ", found entry 0x%" PRIx64, finding->expected, finding->found);
    else if (finding->table != REFCOW_NO_TABLE)
        fprintf(out, ": found entry 0x%" PRIx64, finding->found);
    else if (listed->kind == KIND_OVERLAPPING)
        print_uses(out, listed);
    else if (is_about_refcount(finding->kind))
        fprintf(out, ": expected refcount %" PRIu64 ", found %" PRIu64, finding->expected, finding->found);
    if (listed->entries == 1)
        fprintf(out, " (table 0x%" PRIx64 " entry %" PRIu64 ")", finding->table, finding->index);
    if (listed->entries > 1)
        fprintf(out, " (table 0x%" PRIx64 " entries %" PRIu64 "..%" PRIu64 ")", finding->table, finding->index,
                finding->index + listed->entries - 1);
}

static void print_snapshot(FILE *out, const listed_finding *listed)
{
    if (listed->snapshot == NULL)
        return;
    fputs(", only in snapshot ", out);
    check_print_snapshot(out, listed->image, listed->snapshot);
}

static void print_finding(FILE *out, const check_report *report, const listed_finding *listed)
{
    const refcow_finding *finding = listed->finding;
    uint64_t cluster = UINT64_C(1) << report->image.header.cluster_bits;

    fputs("    ", out);
    print_ranges(out, listed, cluster);
    print_evidence(out, report, listed);
    if (finding->times > 1 && finding->length <= cluster)
        fprintf(out, ", counts %" PRIu64 " times", finding->times);
    print_snapshot(out, listed);
    fputc('\n', out);
}

static void print_findings_of_kind(FILE *out, const check_report *report, unsigned kind, uint64_t count)
{
    listed_finding next;

    fprintf(out, "\n  %s (%" PRIu64 "): %s\n", kind_name(kind), count, kind_text(kind));
    for (size_t at = 0; listed_next(report, KIND_BIT(kind), &at, &next);) {
        print_finding(out, report, &next);
        count -= next.finding->times;
    }
    if (count > 0)
        fprintf(out, "    and %" PRIu64 " more that are not listed\n", count);
}

void check_print_human_findings(FILE *out, const check_report *report)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint64_t count = listed_found(report, kind);
        if (count > 0 && kind_set_has(report->listed, kind))
            print_findings_of_kind(out, report, kind, count);
    }
}
