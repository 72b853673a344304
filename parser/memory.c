#include "memory.h"

/* How the caller's block is divided. Everything but the clusters of the window has a fixed offset in it. */
struct layout {
    size_t chunk;      /* bytes for reading tables */
    size_t names;      /* distinct L2 tables in one scan */
    size_t ranges;     /* of L2 tables */
    size_t edges;      /* of L1 tables of snapshots, or of bitmap tables */
    size_t slots;      /* in the cache for look-ups */
    size_t findings;   /* that wait to be merged into the list */
    uint64_t clusters; /* in a window */
    uint64_t pages;    /* of them */
    uint64_t used;     /* bytes in all */
};

#define ALIGNMENT 8u
#define CHUNK_SMALL ((size_t)8 << 10)
#define CHUNK_LARGE ((size_t)256 << 10)
#define LARGE_BLOCK ((uint64_t)4 << 20) /* blocks from here on have large chunks */
#define NAMES_MIN 64u
#define LOOKUP_PAGE 256u
#define LOOKUP_BYTES (LOOKUP_PAGE + CACHE_LOOK_BYTES + sizeof(uint64_t))
#define DIRECTORY_EXTRA (CACHE_LOOK_BYTES + sizeof(uint64_t))
#define DIRECTORY_SHARE 4u /* of the chunk: what is read at a time of the tables of snapshots and bitmaps */
#define SLOTS_MIN 16u
#define SLOTS_MAX 32768u /* a refcount table of 8 MiB */

/* Names get at most a quarter of a block, ranges, edges, the cache and findings at most a sixteenth each. */
#define NAMES_SHARE 4u
#define OTHER_SHARE 16u

/* More findings would not make it faster to merge them. */
#define FINDINGS_MAX 16384u

/* ------------------------------------------------------- what one wants */

/*@ requires \valid_read(image) && 9 <= image->header.cluster_bits <= 21;
    assigns \nothing;
    ensures 1 <= \result <= 0x80000000000001; */
uint64_t refcow_memory_clusters(const refcow_image *image)
{
    return units_of(round_up(image->source.size, SECTOR_SIZE), image->header.cluster_bits) + 1;
}

/* As many names as the active disk and the snapshots can have between them, or the file has slots for tables: where
 * they are not aligned, they overlap. The names of bitmaps take the same room. */
/*@ requires \valid_read(image) && 9 <= image->header.cluster_bits <= 21;
    assigns \nothing; */
static uint64_t names_wanted(const refcow_image *image)
{
    const refcow_header *header = &image->header;
    uint64_t trees = least(header->nb_snapshots, REFCOW_SNAPSHOTS_MAX) + 1;
    uint64_t entries = trees * least(header->l1_size, REFCOW_L1_ENTRIES_MAX);
    uint64_t tables = least(entries, image->source.size / SECTOR_SIZE + 1);
    return greatest(NAMES_MIN, round_up(greatest(tables, header->nb_bitmaps), 2));
}

/* Two for each snapshot or bitmap. */
/*@ requires \valid_read(image) && 9 <= image->header.cluster_bits <= 21;
    assigns \nothing; */
static uint64_t edges_wanted(const refcow_image *image)
{
    const refcow_header *header = &image->header;
    return greatest(NAMES_MIN, 2 * greatest(least(header->nb_snapshots, REFCOW_SNAPSHOTS_MAX), header->nb_bitmaps));
}

/* Places for the refcount table and the refcounts of the file: a power of two. */
/*@ requires \valid_read(image) && 9 <= image->header.cluster_bits <= 21;
    assigns \nothing;
    ensures SLOTS_MIN <= \result <= SLOTS_MAX; */
static uint64_t slots_wanted(const refcow_image *image)
{
    const refcow_header *header = &image->header;
    uint64_t table =
        least((uint64_t)header->refcount_table_clusters << header->cluster_bits, REFCOW_REFCOUNT_TABLE_BYTES_MAX);
    uint64_t refcounts = refcow_memory_clusters(image) << least(header->refcount_order, 6) >> 3;
    uint64_t slots = SLOTS_MIN;
    /*@ loop invariant SLOTS_MIN <= slots <= SLOTS_MAX;
        loop assigns slots;
        loop variant SLOTS_MAX - slots; */
    while (slots <= SLOTS_MAX / 2 && slots * LOOKUP_PAGE < table + refcounts)
        slots *= 2;
    return slots;
}

/* ---------------------------------------------------------- what one gets */

/* How many elements to have: an even number, at most `wanted`, and not more than fit into `size` bytes. */
/*@ requires bytes > 0;
    assigns \nothing;
    ensures \result * bytes <= size; */
static size_t share(uint64_t wanted, uint64_t size, uint64_t bytes)
{
    return (size_t)round_down(least(wanted, size / bytes), 2);
}

/*@ logic integer pages(integer clusters) = (clusters + PAGE_CLUSTERS - 1) / PAGE_CLUSTERS;
    logic integer bytes(integer clusters, integer each) = clusters * each + pages(clusters) * WINDOW_PAGE_BYTES;
    lemma fewer_pages: \forall integer few, many; 0 <= few <= many ==> pages(few) <= pages(many);
    lemma fewer_narrow: \forall integer few, many; 0 <= few <= many ==>
          bytes(few, WINDOW_NARROW_BYTES) <= bytes(many, WINDOW_NARROW_BYTES);
    lemma fewer_wide: \forall integer few, many; 0 <= few <= many ==>
          bytes(few, WINDOW_WIDE_BYTES) <= bytes(many, WINDOW_WIDE_BYTES); */

/*@ requires clusters <= UINT64_MAX - PAGE_CLUSTERS;
    assigns \nothing;
    ensures \result == pages(clusters); */
static uint64_t pages_of(uint64_t clusters)
{
    return (clusters + PAGE_CLUSTERS - 1) / PAGE_CLUSTERS;
}

/*@ requires bytes_per_cluster <= WINDOW_WIDE_BYTES && clusters < 0x100000000000000;
    assigns \nothing;
    ensures \result == bytes(clusters, bytes_per_cluster); */
static uint64_t window_bytes(uint64_t clusters, uint32_t bytes_per_cluster)
{
    return clusters * bytes_per_cluster + pages_of(clusters) * WINDOW_PAGE_BYTES;
}

/* As many clusters as fit, with a byte or more for each, and a page for every PAGE_CLUSTERS of them. */
/*@ requires bytes_per_cluster == WINDOW_NARROW_BYTES || bytes_per_cluster == WINDOW_WIDE_BYTES;
    assigns \nothing;
    ensures bytes(\result, bytes_per_cluster) <= size;
    ensures size >= 0x1000 ==> \result >= 1; */
static uint64_t clusters_in(uint64_t size, uint32_t bytes_per_cluster)
{
    uint64_t page = PAGE_CLUSTERS * bytes_per_cluster + WINDOW_PAGE_BYTES;
    uint64_t rest = size % page;
    uint64_t whole = size / page * PAGE_CLUSTERS;
    uint64_t some = (rest - least(rest, WINDOW_PAGE_BYTES)) / bytes_per_cluster;
    //@ assert some < PAGE_CLUSTERS;
    //@ assert pages(whole + some) == size / page + (some > 0 ? 1 : 0);
    return whole + some;
}

/* Everything but the window. */
/*@ requires \valid_read(layout) && layout->slots <= SLOTS_MAX && layout->chunk <= CHUNK_LARGE;
    requires layout->names * sizeof(struct table_name) <= SIZE_MAX / NAMES_SHARE;
    requires layout->ranges * sizeof(struct range) <= SIZE_MAX / OTHER_SHARE;
    requires layout->edges * sizeof(struct table_name) <= SIZE_MAX / OTHER_SHARE;
    requires layout->findings <= FINDINGS_MAX;
    assigns \nothing;
    ensures \result == ALIGNMENT + layout->names * sizeof(struct table_name) +
            layout->ranges * sizeof(struct range) + layout->edges * sizeof(struct table_name) +
            layout->slots * LOOKUP_BYTES + layout->findings * sizeof(refcow_finding) + DIRECTORY_EXTRA +
            layout->chunk + layout->chunk / DIRECTORY_SHARE; */
static uint64_t fixed_bytes(const struct layout *layout)
{
    return ALIGNMENT + layout->names * sizeof(struct table_name) + layout->ranges * sizeof(struct range) +
           layout->edges * sizeof(struct table_name) + layout->slots * LOOKUP_BYTES +
           layout->findings * sizeof(refcow_finding) + DIRECTORY_EXTRA + layout->chunk +
           layout->chunk / DIRECTORY_SHARE;
}

/* Divide a block of at least REFCOW_MEMORY_MIN bytes. */
/*@ requires REFCOW_MEMORY_MIN <= size <= SIZE_MAX;
    requires \valid_read(image) && 9 <= image->header.cluster_bits <= 21;
    assigns \nothing;
    ensures 1 <= \result.clusters && \result.used <= size && \result.pages == pages(\result.clusters);
    ensures \result.used == ALIGNMENT + \result.names * sizeof(struct table_name) +
            \result.ranges * sizeof(struct range) + \result.edges * sizeof(struct table_name) +
            \result.slots * LOOKUP_BYTES + \result.findings * sizeof(refcow_finding) + DIRECTORY_EXTRA +
            \result.chunk + \result.chunk / DIRECTORY_SHARE +
            bytes(\result.clusters, is_wide ? WINDOW_WIDE_BYTES : WINDOW_NARROW_BYTES); */
static struct layout divide(const refcow_image *image, uint64_t size, bool is_wide)
{
    uint32_t bytes = is_wide ? WINDOW_WIDE_BYTES : WINDOW_NARROW_BYTES;
    struct layout layout = {0};
    layout.chunk = size < LARGE_BLOCK ? CHUNK_SMALL : CHUNK_LARGE;
    layout.names = share(names_wanted(image), size / NAMES_SHARE, sizeof(struct table_name));
    layout.ranges = share(names_wanted(image), size / OTHER_SHARE, sizeof(struct range));
    layout.edges = share(edges_wanted(image), size / OTHER_SHARE, sizeof(struct table_name));
    layout.findings = (size_t)least(size / OTHER_SHARE / sizeof(refcow_finding), FINDINGS_MAX);
    layout.slots = (size_t)slots_wanted(image);
    /*@ loop invariant 1 <= layout.slots <= SLOTS_MAX;
        loop assigns layout.slots;
        loop variant layout.slots; */
    while (layout.slots > SLOTS_MIN && layout.slots * LOOKUP_BYTES > size / OTHER_SHARE)
        layout.slots /= 2;
    uint64_t fixed = fixed_bytes(&layout);
    //@ assert fixed + 0x1000 <= size;
    layout.clusters = least(refcow_memory_clusters(image), clusters_in(size - fixed, bytes));
    layout.pages = pages_of(layout.clusters);
    layout.used = fixed + window_bytes(layout.clusters, bytes);
    return layout;
}

uint64_t refcow_memory_window(const refcow_image *image, size_t size)
{
    return divide(image, size, false).clusters;
}

uint64_t refcow_memory_for_one_window(const refcow_image *image)
{
    struct layout wanted = {CHUNK_LARGE, 0, 0, 0, 0, FINDINGS_MAX, 0, 0, 0};
    uint64_t names = names_wanted(image);
    uint64_t edges = edges_wanted(image);
    uint64_t fixed = fixed_bytes(&wanted) + names * (sizeof(struct table_name) + sizeof(struct range)) +
                     edges * sizeof(struct table_name) + slots_wanted(image) * LOOKUP_BYTES;
    uint64_t size = fixed + window_bytes(refcow_memory_clusters(image), WINDOW_NARROW_BYTES);
    size = greatest(size, NAMES_SHARE * names * sizeof(struct table_name));
    size = greatest(size, OTHER_SHARE * names * sizeof(struct range));
    return greatest(size, OTHER_SHARE * edges * sizeof(struct table_name));
}

/* The next array of the block. */
/*@ requires \valid(at) && count * size <= SIZE_MAX;
    assigns *at;
    ensures \result == (void *)\old(*at) && *at == \old(*at) + count * size; */
static void *take(uint8_t **at, uint64_t count, uint64_t size)
{
    uint8_t *array = *at;
    *at += count * size;
    return array;
}

/*@ requires \valid(check) && \valid_read(image) && \valid_read(options) && 9 <= image->header.cluster_bits <= 21;
    requires options->memory_size >= REFCOW_MEMORY_MIN;
    requires \separated(check, image, options); */
void refcow_memory_divide(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide)
{
    struct layout layout = divide(image, options->memory_size, is_wide);
    uint8_t *at = options->memory;
    at += (ALIGNMENT - (uintptr_t)at % ALIGNMENT) % ALIGNMENT;
    check->tables.reader = check->sweep.edges.reader = &check->reader;
    check->tables.room = layout.names;
    check->ranges.room = layout.ranges;
    check->sweep.edges.room = layout.edges;
    check->lookups.slots = layout.slots;
    check->lookups.page_size = LOOKUP_PAGE;
    check->directory.slots = 1;
    check->directory.page_size = layout.chunk / DIRECTORY_SHARE;
    check->window_clusters = layout.clusters;
    check->chunk_size = check->refcounts.chunk_size = layout.chunk;
    check->memory_used = layout.used;
    /* What is made of 64-bit numbers comes first, so that all of it is aligned. */
    check->tables.names = take(&at, check->tables.room, sizeof *check->tables.names);
    check->ranges.list = take(&at, check->ranges.room, sizeof *check->ranges.list);
    check->sweep.edges.names = take(&at, check->sweep.edges.room, sizeof *check->sweep.edges.names);
    check->lookups.numbers = take(&at, check->lookups.slots, sizeof *check->lookups.numbers);
    check->directory.numbers = take(&at, check->directory.slots, sizeof *check->directory.numbers);
    check->findings.waiting_room = layout.findings;
    check->findings.waiting = take(&at, layout.findings, sizeof *check->findings.waiting);
    check->window.pages = take(&at, layout.pages, sizeof *check->window.pages);
    if (is_wide)
        check->window.wide = take(&at, check->window_clusters, sizeof *check->window.wide);
    else
        check->window.narrow = take(&at, check->window_clusters, sizeof *check->window.narrow);
    check->window.stored = take(&at, check->window_clusters, sizeof *check->window.stored);
    check->lookups.pages = take(&at, check->lookups.slots, check->lookups.page_size + CACHE_LOOK_BYTES);
    check->directory.pages = take(&at, check->directory.slots, check->directory.page_size + CACHE_LOOK_BYTES);
    check->chunk = check->refcounts.chunk = take(&at, check->chunk_size, sizeof *check->chunk);
    //@ assert at <= (uint8_t *)options->memory + options->memory_size;
    refcow_cache_start(&check->lookups, &check->reader);
    refcow_cache_start(&check->directory, &check->reader);
}
