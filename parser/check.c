/*
 * check.c - a check from beginning to end: count and compare window by window, give the verdict.
 */
#include "bitmap_rules.h"
#include "check_run.h"
#include "compare.h"
#include "header.h"
#include "holes.h"
#include "l2_fast.h"
#include "memory.h"
#include "notes.h"
#include "references.h"
#include "snapshots.h"

static void start_reader(struct reader *reader, const refcow_image *image, const refcow_options *options)
{
    refcow_reader_start(reader, &image->source);
    refcow_reader_limit(reader, &options->limits);
    reader->progress = options->progress;
    reader->user = options->user;
    reader->at.pass = 1;
    reader->at.work = least(image->work, reader->most_work);
}

static void start_report(struct check *check)
{
    const refcow_header *header = check->header;
    refcow_refcount_report *report = &check->result->refcounts;
    report->refcount_order = header->refcount_order;
    report->refcount_table_clusters = header->refcount_table_clusters;
    report->refcount_table_offset = header->refcount_table_offset;
}

static struct l2_format l2_format_of(const refcow_header *header)
{
    struct l2_format format = {(header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0,
                               (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0};
    return format;
}

/* Begin with nothing counted. The reader may have read before, which stays on its account. */
static void start(struct check *check, const struct reader *reader, const refcow_image *image,
                  const refcow_options *options, refcow_result *result, bool is_wide)
{
    const refcow_header *header = &image->header;
    memset(check, 0, sizeof *check);
    memset(result, 0, sizeof *result);
    check->reader = *reader;
    check->result = result;
    check->orphan = options->orphan;
    check->header = header;
    check->cluster_size = (uint64_t)1 << header->cluster_bits;
    check->file_length = round_up(image->source.size, SECTOR_SIZE);
    check->clusters = units_of(check->file_length, header->cluster_bits);
    check->reader.at.total = check->clusters;
    check->observer = options->observer;
    check->l2 = l2_format_of(header);
    refcow_l2_fast_start(check);
    check->l1_span_bits = 2 * header->cluster_bits - (check->l2.extended ? 4 : 3);
    refcow_memory_divide(check, image, options, is_wide);
    check->refcounts.cache = &check->lookups;
    start_report(check);
    /* The header's cluster is part of the image even where no refcount can be looked up. */
    check->result->image_end_offset = check->cluster_size;
    check->is_report_complete = refcow_refcounts_start(&check->refcounts, header, &check->reader) &&
                                header->l1_size <= REFCOW_L1_ENTRIES_MAX &&
                                refcow_readable(header->l1_table_offset, 8 * (uint64_t)header->l1_size);
    check->findings.owed = &check->reader.owed;
    refcow_findings_start(&check->findings, options);
    check->refcount_limit = refcow_refcounts_limit(&check->refcounts);
}

/* A window begins. Most of its clusters may have no reference: the calls of the observer about them are work, too. */
static bool tell_window(struct check *check, uint64_t first, uint64_t end)
{
    uint32_t bits = check->header->cluster_bits;
    check->observer->window(check->observer->user, first << bits, (end - first) << bits);
    return refcow_charge(&check->reader, (end - first) / WORK_CLUSTERS);
}

/* One window: stored refcounts first, because copied flags are judged while references are counted. */
static bool check_window(struct check *check, uint64_t first)
{
    struct window *window = &check->window;
    uint64_t last = least(check->window_clusters - 1, check->clusters - first);
    uint64_t end = first + last + 1;
    if (!check->first_pass)
        check->reader.at.pass++;
    check->reader.at.done = greatest(check->reader.at.done, first);
    check->reader.at.next = greatest(check->reader.at.next, least(end, check->clusters));
    check->reader.at.tables = 0;
    check->reader.at.tables_known = 0;
    refcow_window_start(window, first, last);
    if (check->observer != NULL && !tell_window(check, first, end))
        return false;
    if (!refcow_call_progress(&check->reader) ||
        !refcow_charge(&check->reader, WORK_PAGE * units_of(end - first, PAGE_BITS)) ||
        !refcow_refcounts_load(&check->refcounts, window) || !refcow_references_walk(check))
        return false;
    if (check->report_only || window->saturated)
        return true;
    if (!refcow_references_walk_blocks(check))
        return false;
    return window->saturated || (refcow_compare_window(check) && refcow_holes_walk(check));
}

/* Where the next window begins. Clusters without a reference and without a refcount are skipped. */
static bool find_next_window(struct check *check, uint64_t *first)
{
    uint64_t stored = 0;
    if (!refcow_refcounts_next(&check->refcounts, check->window.end, &stored))
        return false;
    *first = least(check->window.beyond, stored);
    return true;
}

/* All windows. Bound: each window holds a cluster that is referenced or may have a refcount. */
static bool check_windows(struct check *check)
{
    uint64_t first = 0;
    check->first_pass = true;
    if (!refcow_refcounts_can_fail(&check->refcounts, &check->lookups_can_fail))
        return false;
    while (first < check->clusters + check->grown) {
        if (!check_window(check, first))
            return false;
        if (check->window.saturated && !check->report_only)
            return true;
        check->first_pass = false;
        if (!find_next_window(check, &first))
            return false;
    }
    return true;
}

static void give_verdict(struct check *check, refcow_error error)
{
    refcow_result *result = check->result;
    result->error = error;
    if (refcow_status_class(error.status) == REFCOW_CLASS_REFUSED)
        result->verdict = REFCOW_VERDICT_REFUSED;
    else if (error.status != REFCOW_STATUS_OK || result->check_errors > 0)
        result->verdict = REFCOW_VERDICT_INCOMPLETE;
    else if (result->corruptions > 0)
        result->verdict = REFCOW_VERDICT_CORRUPT;
    else
        result->verdict = result->leaks > 0 ? REFCOW_VERDICT_LEAKS : REFCOW_VERDICT_CLEAN;
}

/* The tables that opening does not look at, because that takes memory: like a bad header they can be a refusal. */
static void validate_tables(struct check *check, refcow_error *refusal)
{
    if (refusal->status == REFCOW_STATUS_OK)
        refcow_snapshots_validate(check->header, &check->directory, refusal);
    if (refusal->status == REFCOW_STATUS_OK)
        refcow_bitmaps_validate(check, refusal);
}

/* What a refused image gets: nothing but the refcount report. */
static void withdraw_counts(struct check *check)
{
    refcow_refcount_report report = check->result->refcounts;
    memset(check->result, 0, sizeof *check->result);
    check->result->refcounts = report;
    refcow_findings_forget(&check->findings);
}

static void finish(struct check *check, const refcow_error *refusal)
{
    refcow_result *result = check->result;
    refcow_compare_finish(check);
    refcow_notes_finish(check);
    result->total_clusters =
        units_of(round_down(check->header->virtual_size, SECTOR_SIZE), check->header->cluster_bits);
    if (check->report_only)
        withdraw_counts(check);
    refcow_findings_finish(&check->findings, result);
    result->refcounts.complete = check->is_report_complete && check->reader.error.status == REFCOW_STATUS_OK;
    result->passes = check->reader.at.pass;
    result->bytes_read = check->reader.at.bytes_read;
    result->work = check->reader.at.work;
    result->memory_used = check->memory_used;
    give_verdict(check, refusal->status != REFCOW_STATUS_OK ? *refusal : check->reader.error);
}

static refcow_status misuse(refcow_result *result, refcow_status status)
{
    result->error.status = status;
    result->verdict = REFCOW_VERDICT_INCOMPLETE;
    return status;
}

static refcow_status run_check(const refcow_image *image, const refcow_options *options, refcow_result *result,
                               bool wants_sharing)
{
    if (result == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    memset(result, 0, sizeof *result);
    if (image == NULL || options == NULL || !refcow_is_usable(image))
        return misuse(result, REFCOW_STATUS_BAD_ARGUMENT);
    if (options->memory == NULL || options->memory_size < REFCOW_MEMORY_MIN)
        return misuse(result, REFCOW_STATUS_MEMORY_TOO_SMALL);

    struct check check;
    struct reader reader;
    refcow_error refusal = image->error;
    start_reader(&reader, image, options);
    /* An observer is told everything once, so the counters must not run full; no page may be compared at a glance if
     * the most references are wanted. */
    start(&check, &reader, image, options, result, options->observer != NULL || wants_sharing);
    check.wants_sharing = wants_sharing;
    validate_tables(&check, &refusal);
    check.report_only = refusal.status != REFCOW_STATUS_OK || check.reader.error.status != REFCOW_STATUS_OK;
    if (check.report_only)
        check.observer = NULL;
    if (check_windows(&check) && check.window.saturated && !check.report_only) {
        if (options->orphan != NULL)
            options->orphan(options->user, NULL);
        reader = check.reader;
        reader.at.pass++;
        start(&check, &reader, image, options, result, true);
        check_windows(&check);
    }
    finish(&check, &refusal);
    return result->error.status;
}

refcow_status refcow_check(const refcow_image *image, const refcow_options *options, refcow_result *result)
{
    return run_check(image, options, result, false);
}

refcow_status refcow_check_sharing(const refcow_image *image, const refcow_options *options, refcow_result *result)
{
    return run_check(image, options, result, true);
}
