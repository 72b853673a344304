#include "memory.h"

#include "header.h"

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

/* Clusters of the file, and the one that a reference may stick out into. */
static uint64_t clusters_to_count(const refcow_image *image)
{
    return units_of(round_up(image->source.size, SECTOR_SIZE), image->header.cluster_bits) + 1;
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
    if (image == NULL || plan == NULL || !refcow_is_usable(image))
        return REFCOW_STATUS_BAD_ARGUMENT;
    uint64_t names = names_wanted(image) * NAME_BYTES;
    uint64_t edges = edges_wanted(image) * sizeof(struct table_name);
    uint64_t fixed = ALIGNMENT + CHUNK_LARGE + VIEWS * REFCOW_VIEW_SIZE;
    uint64_t window = WINDOW_NARROW_BYTES * clusters_to_count(image);
    plan->minimum = REFCOW_MEMORY_MIN;
    plan->one_pass =
        greatest(REFCOW_MEMORY_MIN, greatest(fixed + names + edges + window, greatest(4 * names, 16 * edges)));
    return REFCOW_STATUS_OK;
}

/* The next part of the block. */
static uint8_t *take(uint8_t **at, uint64_t bytes)
{
    uint8_t *part = *at;
    *at += bytes;
    return part;
}

void refcow_memory_divide(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide)
{
    struct layout layout = divide(image, options->memory_size, is_wide);
    uint8_t *at = options->memory;
    at += (ALIGNMENT - (uintptr_t)at % ALIGNMENT) % ALIGNMENT;
    /* What is made of 64-bit numbers comes first, so that all of it is aligned. */
    check->tables.names = (struct table_name *)(void *)take(&at, layout.names * sizeof(struct table_name));
    check->ranges = (struct table_range *)(void *)take(&at, layout.names * sizeof(struct table_range));
    check->sweep.edges.names = (struct table_name *)(void *)take(&at, layout.edges * sizeof(struct table_name));
    if (is_wide)
        check->window.wide = (uint64_t *)(void *)take(&at, layout.clusters * sizeof(uint64_t));
    else
        check->window.narrow = take(&at, layout.clusters);
    check->window.stored = take(&at, layout.clusters);
    check->refcounts.table.buffer = take(&at, REFCOW_VIEW_SIZE);
    check->refcounts.block.buffer = take(&at, REFCOW_VIEW_SIZE);
    check->directory.buffer = take(&at, REFCOW_VIEW_SIZE);
    check->chunk = check->refcounts.chunk = take(&at, layout.chunk);
    check->chunk_size = check->refcounts.chunk_size = layout.chunk;
    check->tables.room = layout.names;
    check->sweep.edges.room = layout.edges;
    check->window_clusters = layout.clusters;
    check->memory_used = layout.used;
}
