/*
 * check.c - a check from beginning to end: divide the memory, count and compare window by window, give the verdict.
 */
#include "bitmaps.h"
#include "check.h"
#include "snapshots.h"

/* How the caller's block is divided. Everything but the clusters of the window has a fixed place in it. */
struct layout {
    size_t chunk;      /* bytes for reading tables */
    size_t names;      /* distinct L2 tables */
    size_t edges;      /* of L1 tables of snapshots, or of bitmap tables */
    uint64_t clusters; /* in a window */
    uint64_t used;     /* bytes in all */
};

#define ALIGNMENT 8u
#define CHUNK_SMALL ((size_t)8 << 10)
#define CHUNK_LARGE ((size_t)256 << 10)
#define LARGE_BLOCK ((uint64_t)4 << 20) /* blocks from here on have large chunks */
#define NAMES_MIN 64u
#define VIEWS 3u
#define NAME_BYTES (sizeof(struct table_name) + sizeof(struct table_range))

#define SECTOR_SIZE 512u

static uint64_t file_length_of(const refcow_image *image)
{
    return round_up(image->source.size, SECTOR_SIZE);
}

/* Clusters of the file, and the one that a reference may stick out into. */
static uint64_t clusters_to_count(const refcow_image *image)
{
    return units_of(file_length_of(image), image->header.cluster_bits) + 1;
}

/* As many names as the active disk and the snapshots can have between them, or the file has room for tables. */
static uint64_t names_wanted(const refcow_image *image)
{
    uint64_t trees = least(image->header.nb_snapshots, REFCOW_SNAPSHOTS_MAX) + 1;
    uint64_t entries = trees * least(image->header.l1_size, REFCOW_L1_ENTRIES_MAX);
    return greatest(NAMES_MIN, least(entries, clusters_to_count(image)));
}

/* Two for each snapshot or bitmap. */
static uint64_t edges_wanted(const refcow_image *image)
{
    const refcow_header *header = &image->header;
    return greatest(NAMES_MIN, 2 * greatest(least(header->nb_snapshots, REFCOW_SNAPSHOTS_MAX), header->nb_bitmaps));
}

/* Divide a block of at least REFCOW_MEMORY_MIN bytes. Names get at most a quarter of it, edges a
 * sixteenth. */
static struct layout divide(const refcow_image *image, uint64_t size, bool is_wide)
{
    uint32_t bytes = is_wide ? WINDOW_WIDE_BYTES : WINDOW_NARROW_BYTES;
    struct layout layout = {0};
    layout.chunk = size < LARGE_BLOCK ? CHUNK_SMALL : CHUNK_LARGE;
    layout.names = (size_t)least(names_wanted(image), size / 4 / NAME_BYTES);
    layout.edges = (size_t)least(edges_wanted(image), size / 16 / sizeof(struct table_name));
    uint64_t tables = layout.names * NAME_BYTES + layout.edges * sizeof(struct table_name);
    uint64_t fixed = ALIGNMENT + layout.chunk + VIEWS * REFCOW_VIEW_SIZE + tables;
    layout.clusters = least(clusters_to_count(image), (size - fixed) / bytes);
    layout.used = fixed + layout.clusters * bytes;
    return layout;
}

refcow_status refcow_plan_memory(const refcow_image *image, refcow_plan *plan)
{
    if (image == NULL || plan == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    uint64_t names = names_wanted(image) * NAME_BYTES;
    uint64_t edges = edges_wanted(image) * sizeof(struct table_name);
    uint64_t fixed = ALIGNMENT + CHUNK_LARGE + VIEWS * REFCOW_VIEW_SIZE;
    uint64_t window = WINDOW_NARROW_BYTES * clusters_to_count(image);
    plan->minimum = REFCOW_MEMORY_MIN;
    plan->one_pass = greatest(REFCOW_MEMORY_MIN, greatest(fixed + names + edges + window, greatest(4 * names, 16 * edges)));
    return REFCOW_STATUS_OK;
}

/* Hand out the parts of the block. */
static void take_memory(struct check *check, const refcow_options *options, const struct layout *layout, bool is_wide)
{
    uint8_t *at = options->memory;
    at += (ALIGNMENT - (uintptr_t)at % ALIGNMENT) % ALIGNMENT;
    check->tables.names = (struct table_name *)(void *)at;
    check->tables.room = layout->names;
    at += layout->names * sizeof(struct table_name);
    check->ranges = (struct table_range *)(void *)at;
    at += layout->names * sizeof(struct table_range);
    check->sweep.edges.names = (struct table_name *)(void *)at;
    check->sweep.edges.room = layout->edges;
    at += layout->edges * sizeof(struct table_name);
    check->refcounts.table.buffer = at;
    at += REFCOW_VIEW_SIZE;
    check->refcounts.block.buffer = at;
    at += REFCOW_VIEW_SIZE;
    check->directory.buffer = at;
    at += REFCOW_VIEW_SIZE;
    check->chunk = check->refcounts.chunk = at;
    check->chunk_size = check->refcounts.chunk_size = layout->chunk;
    at += layout->chunk;
    if (is_wide) {
        check->window.wide = (uint64_t *)(void *)at;
        at += layout->clusters * sizeof(uint64_t);
    } else {
        check->window.narrow = at;
        at += layout->clusters;
    }
    check->window.stored = at;
}

static void start_reader(struct reader *reader, const refcow_image *image, const refcow_options *options)
{
    reader->source = &image->source;
    reader->limits = options->limits;
    reader->progress = options->progress;
    reader->user = options->user;
}

static void start_report(struct check *check)
{
    const refcow_header *header = check->header;
    refcow_refcount_report *report = &check->result->refcounts;
    report->refcount_order = header->refcount_order;
    report->refcount_table_clusters = header->refcount_table_clusters;
    report->refcount_table_offset = header->refcount_table_offset;
}

/* Begin with nothing counted; what was read so far stays on the account. */
static void start(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide)
{
    struct layout layout = divide(image, options->memory_size, is_wide);
    const refcow_header *header = &image->header;
    struct check fresh = {0};
    fresh.result = check->result;
    fresh.reader = check->reader;
    fresh.report_only = check->report_only;
    fresh.header = header;
    fresh.cluster_size = (uint64_t)1 << header->cluster_bits;
    fresh.file_length = file_length_of(image);
    fresh.clusters = units_of(fresh.file_length, header->cluster_bits);
    fresh.l2.extended = (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    fresh.l2.entry_size = fresh.l2.extended ? 16 : 8;
    fresh.l2.data_file = (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    fresh.l1_span_bits = 2 * header->cluster_bits - (fresh.l2.extended ? 4 : 3);
    fresh.window_clusters = layout.clusters;
    fresh.memory_used = layout.used;
    *check = fresh;
    take_memory(check, options, &layout, is_wide);
    memset(check->result, 0, sizeof *check->result);
    start_report(check);
    /* The header's cluster is part of the image even where no refcount can be looked up. */
    check->result->image_end_offset = check->cluster_size;
    check->is_report_complete = refcow_refcounts_start(&check->refcounts, header, &check->reader) &&
                                header->l1_size <= REFCOW_L1_ENTRIES_MAX &&
                                refcow_readable(header->l1_table_offset, 8 * (uint64_t)header->l1_size);
    refcow_findings_start(&check->findings, options->findings, options->findings_capacity);
    check->refcount_limit = refcow_refcounts_limit(&check->refcounts);
}

/* One window: stored refcounts first, because copied flags are judged while references are counted. */
static bool check_window(struct check *check, uint64_t first, uint64_t end)
{
    struct window *window = &check->window;
    check->reader.at.pass++;
    check->reader.at.done = first;
    refcow_window_start(window, first, end);
    return refcow_report(&check->reader) && refcow_visit(&check->reader, end - first) &&
           refcow_refcounts_load(&check->refcounts, first, end - first, window->stored) &&
           refcow_references_walk(check) &&
           (check->report_only || window->saturated || refcow_references_walk_blocks(check)) &&
           (check->report_only || window->saturated || refcow_compare_window(check));
}

/* Where the next window begins: clusters that nobody names and that have no refcount are passed over. */
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
    check->reader.at.total = check->clusters;
    check->first_pass = true;
    if (!refcow_refcounts_can_fail(&check->refcounts, &check->lookups_can_fail))
        return false;
    while (first < check->clusters + check->grown) {
        if (!check_window(check, first, least(first + check->window_clusters, check->clusters + 1)))
            return false;
        if (check->window.saturated)
            return true;
        check->first_pass = false;
        if (!find_next_window(check, &first))
            return false;
    }
    refcow_compare_finish(check);
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
        refcow_snapshots_validate(check, refusal);
    if (refusal->status == REFCOW_STATUS_OK)
        refcow_bitmaps_validate(check, refusal);
}

/* What a refused image gets: nothing but the refcount report. */
static void withdraw_counts(struct check *check)
{
    refcow_refcount_report report = check->result->refcounts;
    memset(check->result, 0, sizeof *check->result);
    check->result->refcounts = report;
    refcow_findings_start(&check->findings, NULL, 0);
}

static void finish(struct check *check, const refcow_error *refusal)
{
    refcow_result *result = check->result;
    if (check->report_only)
        withdraw_counts(check);
    else
        result->total_clusters = units_of(round_down(check->header->virtual_size, SECTOR_SIZE), check->header->cluster_bits);
    refcow_findings_finish(&check->findings, result);
    result->refcounts.complete = check->is_report_complete && check->reader.error.status == REFCOW_STATUS_OK;
    result->passes = check->reader.at.pass;
    result->bytes_read = check->reader.at.bytes_read;
    result->entries_visited = check->reader.at.entries_visited;
    result->memory_used = check->memory_used;
    give_verdict(check, refusal->status != REFCOW_STATUS_OK ? *refusal : check->reader.error);
}

static bool is_open(const refcow_image *image)
{
    refcow_class kind = refcow_status_class(image->error.status);
    return kind == REFCOW_CLASS_OK || kind == REFCOW_CLASS_REFUSED;
}

static refcow_status misuse(refcow_result *result, refcow_status status)
{
    result->error.status = status;
    result->verdict = REFCOW_VERDICT_INCOMPLETE;
    return status;
}

refcow_status refcow_check(const refcow_image *image, const refcow_options *options, refcow_result *result)
{
    if (result == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    memset(result, 0, sizeof *result);
    if (image == NULL || options == NULL || !is_open(image))
        return misuse(result, REFCOW_STATUS_BAD_ARGUMENT);
    if (options->memory == NULL || options->memory_size < REFCOW_MEMORY_MIN)
        return misuse(result, REFCOW_STATUS_MEMORY_TOO_SMALL);

    struct check check = {0};
    refcow_error refusal = image->error;
    check.result = result;
    start_reader(&check.reader, image, options);
    start(&check, image, options, false);
    validate_tables(&check, &refusal);
    check.report_only = refusal.status != REFCOW_STATUS_OK;
    if (check_windows(&check) && check.window.saturated) {
        start(&check, image, options, true);
        check_windows(&check);
    }
    finish(&check, &refusal);
    return result->error.status;
}
