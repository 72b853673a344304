#include "refcounts.h"

#include "entries.h"

#define ORDER_MAX 6u
#define TABLE_ENTRIES_MAX (REFCOW_REFCOUNT_TABLE_BYTES_MAX / 8)

bool refcow_refcounts_start(struct refcounts *refcounts, const refcow_header *header, struct reader *reader)
{
    uint64_t entries = (uint64_t)header->refcount_table_clusters << (header->cluster_bits - 3);
    refcounts->reader = reader;
    refcounts->cluster_bits = header->cluster_bits;
    refcounts->order = (uint32_t)least(header->refcount_order, ORDER_MAX);
    refcounts->table_offset = header->refcount_table_offset;
    refcounts->table_entries = least(entries, TABLE_ENTRIES_MAX);
    refcounts->usable = header->refcount_order <= ORDER_MAX && refcow_readable(refcounts->table_offset, 8 * entries);
    return refcounts->usable && entries == refcounts->table_entries;
}

uint64_t refcow_refcounts_limit(const struct refcounts *refcounts)
{
    uint32_t width = 1u << refcounts->order;
    return width == 64 ? UINT64_MAX : low_bits(width);
}

/* log2 of the refcounts in a block. */
static uint32_t block_bits(const struct refcounts *refcounts)
{
    return refcounts->cluster_bits + 3 - refcounts->order;
}

/* The entry of the refcount table at index; 0 past its end. */
static bool look_up_entry(struct refcounts *refcounts, uint64_t index, uint64_t *entry)
{
    *entry = 0;
    if (index >= refcounts->table_entries)
        return true;
    const uint8_t *bytes = refcow_look(refcounts->cache, refcounts->table_offset + 8 * index);
    if (bytes == NULL)
        return false;
    *entry = load_be64(bytes);
    return true;
}

struct table_walk refcow_refcounts_walk(const struct refcounts *refcounts, uint64_t first)
{
    uint64_t entries = refcounts->usable ? refcounts->table_entries : 0;
    uint64_t start = refcounts->table_offset + 8 * least(first, entries);
    struct table_walk walk = {{start, refcounts->table_offset + 8 * entries, start, 0}, 0};
    return walk;
}

bool refcow_refcounts_next_entry(struct refcounts *refcounts, struct table_walk *walk, uint64_t *index, uint64_t *entry)
{
    struct extent *extent = &walk->extent;
    do {
        while (walk->at < extent->bytes) {
            *index = (extent->start + walk->at - refcounts->table_offset) / 8;
            *entry = load_be64(refcounts->chunk + walk->at);
            walk->at += 8;
            if (*entry != 0)
                return true;
        }
        walk->at = 0;
    } while (refcow_next_chunk(refcounts->reader, extent, refcounts->chunk, refcounts->chunk_size));
    return false;
}

static uint64_t block_offset(uint64_t entry)
{
    return entry & ~(uint64_t)BLOCK_RESERVED_BITS;
}

/* Whether refcounts can be looked up in the block that an entry names: low bits are masked, nothing else is tested. */
static bool is_block_readable(const struct refcounts *refcounts, uint64_t entry)
{
    uint64_t size = (uint64_t)1 << refcounts->cluster_bits;
    return is_aligned(block_offset(entry), size) && refcow_readable(block_offset(entry), size);
}

/* Widths below 8 are packed from the least significant bit up. */
static uint64_t narrow_refcount_at(const uint8_t *bytes, uint64_t index, uint32_t order)
{
    uint64_t bit = index << order;
    return ((uint64_t)bytes[bit / 8] >> (bit % 8)) & low_bits(1u << order);
}

/* The refcount at an index of an extent of a block; wide ones are big-endian. */
static uint64_t refcount_at(const uint8_t *bytes, uint64_t index, uint32_t order)
{
    switch (order) {
    case 3:
        return bytes[index];
    case 4:
        return load_be16(bytes + 2 * index);
    case 5:
        return load_be32(bytes + 4 * index);
    case 6:
        return load_be64(bytes + 8 * index);
    default:
        return narrow_refcount_at(bytes, index, order);
    }
}

bool refcow_refcounts_look_up(struct refcounts *refcounts, uint64_t cluster, uint64_t *refcount, bool *known)
{
    *refcount = 0;
    *known = refcounts->usable;
    uint64_t entry = 0;
    if (!*known)
        return true;
    if (!look_up_entry(refcounts, cluster >> block_bits(refcounts), &entry))
        return false;
    if (block_offset(entry) == 0)
        return true;
    *known = is_block_readable(refcounts, entry);
    if (!*known)
        return true;
    /* Eight refcounts begin at a whole byte in every width. */
    uint64_t index = cluster & low_bits(block_bits(refcounts));
    uint64_t group = block_offset(entry) + ((index / 8) << refcounts->order);
    const uint8_t *bytes = refcow_look(refcounts->cache, group);
    if (bytes == NULL)
        return false;
    *refcount = refcount_at(bytes, index % 8, refcounts->order);
    return true;
}

uint8_t refcow_refcount_byte(uint64_t refcount)
{
    return refcount > REFCOUNT_EXACT_MAX ? REFCOUNT_MANY : (uint8_t)refcount;
}

/* Whether the refcounts of the indexes first .. end - 1 are all the same, as they are nearly everywhere. Widths below 8
 * are not tried where they begin or end within a byte. */
static bool are_equal(const uint8_t *from, uint32_t order, uint64_t first, uint64_t end)
{
    uint64_t width = (uint64_t)1 << order; /* bits */
    uint64_t unit = greatest(width, 8) / 8;
    uint64_t at = first * width / 8;
    if (!is_aligned(first * width, 8) || !is_aligned(end * width, 8))
        return false;
    if (!are_repeated(from, at, end * width / 8, unit))
        return false;
    /* All bytes are the same; the refcounts in one are if they are all ones or all zeros. */
    return width >= 8 || from[at] == 0 || from[at] == 0xff;
}

/* The refcounts of clusters of one page, at least 1: the indexes first .. end - 1 of an extent of a block. Returns how
 * many were decoded one by one. */
static uint64_t store_in_page(struct window *window, uint64_t cluster, const uint8_t *from, uint32_t order,
                              uint64_t first, uint64_t end)
{
    if (are_equal(from, order, first, end)) {
        refcow_window_store(window, cluster, end - first, refcow_refcount_byte(refcount_at(from, first, order)));
        return 0;
    }
    uint64_t at = refcow_window_store_each(window, cluster);
    for (uint64_t i = first; i < end; i++, at++)
        window->stored[least(at, window->last)] = refcow_refcount_byte(refcount_at(from, i, order));
    return end - first;
}

/* The same for any clusters of the window, from the chunk. False when the reader has failed. Bound: end - first. */
static bool store(struct refcounts *refcounts, struct window *window, uint64_t cluster, uint32_t order, uint64_t first,
                  uint64_t end)
{
    while (first < end) {
        uint64_t next = least(first + (refcow_window_page_end(window, cluster) - cluster), end);
        uint64_t decoded = store_in_page(window, cluster, refcounts->chunk, order, first, next);
        if (!refcow_charge(refcounts->reader, decoded / WORK_REFCOUNTS))
            return false;
        cluster += next - first;
        first = next;
    }
    return true;
}

/* The same refcount for any clusters of the window. Bound: their pages. */
static void store_same(struct window *window, uint64_t cluster, uint64_t count, uint8_t refcount)
{
    uint64_t end = cluster + count;
    while (cluster < end) {
        uint64_t some = least(end, refcow_window_page_end(window, cluster)) - cluster;
        refcow_window_store(window, cluster, some, refcount);
        cluster += some;
    }
}

/* The refcounts of one readable block from index on. Bound: count. */
static bool load_block(struct refcounts *refcounts, struct window *window, uint64_t cluster, uint64_t block,
                       uint64_t index, uint64_t count)
{
    uint32_t order = refcounts->order;
    /*@ split order; */
    uint64_t most = (uint64_t)refcounts->chunk_size * 8 >> order;
    while (count > 0) {
        uint64_t skipped = index % 8; /* eight refcounts begin at a whole byte in every width */
        uint64_t end = least(skipped + count, most);
        uint64_t some = end - skipped;
        uint64_t bytes = least(units_of(end << order, 3), refcounts->chunk_size);
        if (!refcow_read(refcounts->reader, block + ((index / 8) << order), refcounts->chunk, (size_t)bytes))
            return false;
        if (!store(refcounts, window, cluster, order, skipped, end))
            return false;
        cluster += some;
        index += some;
        count -= some;
    }
    return true;
}

/* All refcounts of a window are 0 at first, which is what they are behind the refcount table. Bound: the clusters of
 * the window. */
bool refcow_refcounts_load(struct refcounts *refcounts, struct window *window)
{
    uint64_t cluster = window->first;
    if (!refcounts->usable) {
        store_same(window, cluster, window->end - cluster, REFCOUNT_UNKNOWN);
        return true;
    }
    uint64_t per_block = (uint64_t)1 << block_bits(refcounts);
    while (cluster < window->end && cluster >> block_bits(refcounts) < refcounts->table_entries) {
        uint64_t index = cluster & (per_block - 1);
        uint64_t some = least(window->end - cluster, per_block - index);
        uint64_t entry = 0;
        if (!refcow_charge(refcounts->reader, WORK_BLOCK) ||
            !look_up_entry(refcounts, cluster >> block_bits(refcounts), &entry))
            return false;
        if (block_offset(entry) == 0)
            store_same(window, cluster, some, 0);
        else if (!is_block_readable(refcounts, entry))
            store_same(window, cluster, some, REFCOUNT_UNKNOWN);
        else if (!load_block(refcounts, window, cluster, block_offset(entry), index, some))
            return false;
        cluster += some;
    }
    /* Behind the refcount table all refcounts are 0. So are the refcounts of a page that was never set. */
    if (cluster < window->end)
        store_same(window, cluster, refcow_window_page_end(window, cluster) - cluster, 0);
    return true;
}

bool refcow_refcounts_next(struct refcounts *refcounts, uint64_t first, uint64_t *next)
{
    uint32_t bits = block_bits(refcounts);
    struct table_walk walk = refcow_refcounts_walk(refcounts, first >> bits);
    uint64_t index = 0;
    uint64_t entry = 0;
    *next = UINT64_MAX;
    while (*next == UINT64_MAX && refcow_refcounts_next_entry(refcounts, &walk, &index, &entry)) {
        bool is_zeros = block_offset(entry) == 0 || block_offset(entry) >= refcounts->reader->source->size;
        if (!is_zeros || !is_block_readable(refcounts, entry))
            *next = greatest(first, index << bits);
    }
    return refcounts->reader->error.status == REFCOW_STATUS_OK;
}

bool refcow_refcounts_can_fail(struct refcounts *refcounts, bool *can_fail)
{
    struct table_walk walk = refcow_refcounts_walk(refcounts, 0);
    uint64_t index = 0;
    uint64_t entry = 0;
    *can_fail = false;
    while (!*can_fail && refcow_refcounts_next_entry(refcounts, &walk, &index, &entry))
        *can_fail = !is_block_readable(refcounts, entry);
    return refcounts->reader->error.status == REFCOW_STATUS_OK;
}
