/*
 * naive.h - the check as it is defined, with none of the parser's cleverness: no windows, no weights, no runs.
 *
 * A second reading of the format, to hold the parser against. It shares no code with the parser and is slow on purpose:
 * one counter per cluster, every table walked as often as it is named, one read per entry. It gives up on images that
 * are too large for that.
 */
#ifndef REFCOW_FUZZ_NAIVE_H
#define REFCOW_FUZZ_NAIVE_H

#include "refcow.h"

#include <string.h>

enum { NAIVE_CLUSTERS = 1 << 16, NAIVE_WORK = 1 << 18 };

#define NAIVE_COPIED ((uint64_t)1 << 63)
#define NAIVE_COMPRESSED ((uint64_t)1 << 62)
#define NAIVE_OFFSET 0x00fffffffffffe00u

typedef struct naive_state {
    const uint8_t *bytes; /* of the file; from length on there are zeros */
    size_t length;
    const refcow_header *header;
    uint64_t cluster;     /* in bytes */
    uint64_t file_length; /* size rounded up to 512 */
    uint64_t clusters;    /* of the file, as grown so far */
    uint64_t most;        /* the largest refcount */
    int is_active;        /* the active tree is being walked: statistics and the report are about it only */
    int extended;
    int data_file;
    uint64_t *counted; /* NAIVE_CLUSTERS of them */
    uint64_t work;     /* left; 0: given up */
    uint64_t corruptions;
    uint64_t leaks;
    uint64_t check_errors;
    uint64_t image_end;
    uint64_t total;
    uint64_t allocated;
    uint64_t fragmented;
    uint64_t compressed;
    uint64_t report_allocated;
    uint64_t report_orphans;
    uint64_t report_unknown;
} naive_state;

/* Big-endian; zeros past the end. */
static inline uint64_t naive_number(const naive_state *naive, uint64_t offset, unsigned width)
{
    uint64_t value = 0;
    for (uint64_t at = offset; at < offset + width; at++) {
        value = value << 8 | (at < naive->length ? naive->bytes[at] : 0u);
    }
    return value;
}

static inline int naive_has_work(naive_state *naive)
{
    naive->work -= naive->work > 0 ? 1 : 0;
    return naive->work > 0;
}

static inline int naive_aligned(const naive_state *naive, uint64_t offset)
{
    return offset % naive->cluster == 0;
}

/* ------------------------------------------------------------------ counting */

static inline void naive_reference(naive_state *naive, uint64_t offset, uint64_t size)
{
    if (size == 0) {
        return;
    }
    if (offset + size >= naive->file_length + naive->cluster) {
        naive->corruptions++;
        return;
    }
    for (uint64_t at = offset / naive->cluster; at <= (offset + size - 1) / naive->cluster; at++) {
        if (at >= naive->clusters) {
            naive->clusters = at + 1;
        }
        if (naive->counted[at] == naive->most) {
            naive->corruptions++;
        } else {
            naive->counted[at]++;
        }
    }
}

/* 1: looked up; 0: cannot be. */
static inline int naive_stored(const naive_state *naive, uint64_t cluster, uint64_t *refcount)
{
    uint32_t width = 1u << naive->header->refcount_order;
    uint64_t per_block = naive->cluster * 8 / width;
    uint64_t entries = naive->header->refcount_table_clusters * naive->cluster / 8;
    *refcount = 0;
    if (cluster / per_block >= entries) {
        return 1;
    }
    uint64_t block = naive_number(naive, naive->header->refcount_table_offset + cluster / per_block * 8, 8) & ~0x1ffull;
    if (block == 0) {
        return 1;
    }
    if (!naive_aligned(naive, block) || block > 0x7fffffffc0000000u - naive->cluster) {
        return 0;
    }
    uint64_t index = cluster % per_block;
    if (width >= 8) {
        *refcount = naive_number(naive, block + index * width / 8, width / 8);
    } else {
        uint64_t byte = naive_number(naive, block + index * width / 8, 1);
        *refcount = byte >> (index * width % 8) & ((1u << width) - 1);
    }
    return 1;
}

/* ------------------------------------------------------------------ L2 tables */

static inline int naive_names_cluster(const naive_state *naive, uint64_t entry)
{
    if ((entry & NAIVE_COMPRESSED) != 0) {
        return 0;
    }
    int is_zero = (entry & 1) != 0 && !naive->extended;
    return (entry & NAIVE_OFFSET) != 0 || (!is_zero && naive->data_file && (entry & NAIVE_COPIED) != 0);
}

static inline void naive_compressed(naive_state *naive, uint64_t entry, uint64_t bitmap)
{
    uint32_t shift = 62 - (naive->header->cluster_bits - 8);
    uint64_t offset = entry & (((uint64_t)1 << shift) - 1);
    uint64_t sectors = (entry >> shift & (((uint64_t)1 << (naive->header->cluster_bits - 8)) - 1)) + 1;
    naive->corruptions += (entry & NAIVE_COPIED) != 0 ? 1 : 0;
    if (naive->data_file || bitmap != 0) {
        naive->corruptions++;
        return;
    }
    naive_reference(naive, offset, 512 * sectors - offset % 512);
    naive->allocated += naive->is_active ? 1 : 0;
    naive->compressed += naive->is_active ? 1 : 0;
    naive->fragmented += naive->is_active ? 1 : 0;
}

static inline void naive_standard(naive_state *naive, uint64_t entry, uint64_t bitmap, uint64_t *next)
{
    uint64_t offset = entry & NAIVE_OFFSET;
    naive->corruptions += (entry & 0x3f000000000001feu) != 0 ? 1 : 0;
    if (!naive_names_cluster(naive, entry)) {
        int is_unallocated = (entry & 1) == 0 || naive->extended;
        naive->corruptions += is_unallocated && (bitmap & 0xffffffffu) != 0 ? 1 : 0;
        return;
    }
    naive->corruptions += (bitmap >> 32 & bitmap & 0xffffffffu) != 0 ? 1 : 0;
    naive->corruptions += naive_aligned(naive, offset) ? 0 : 1;
    naive->allocated += naive->is_active ? 1 : 0;
    naive->fragmented += naive->is_active && *next != 0 && offset != *next ? 1 : 0;
    *next = offset + naive->cluster;
    if (!naive->data_file) {
        naive_reference(naive, offset, naive->cluster);
    }
}

static inline void naive_report(naive_state *naive, uint64_t entry)
{
    uint64_t refcount = 0;
    if (!naive_names_cluster(naive, entry) || ((entry & 1) != 0 && !naive->extended)) {
        return;
    }
    naive->report_allocated++;
    if (!naive->data_file && !naive_stored(naive, (entry & NAIVE_OFFSET) / naive->cluster, &refcount)) {
        naive->report_unknown++;
    } else if (!naive->data_file && refcount == 0) {
        naive->report_orphans++;
    }
}

static inline void naive_l2_table(naive_state *naive, uint64_t table)
{
    uint64_t next = 0;
    uint64_t entry_size = naive->extended ? 16 : 8;
    for (uint64_t at = 0; at < naive->cluster && naive_has_work(naive); at += entry_size) {
        uint64_t entry = naive_number(naive, table + at, 8);
        uint64_t bitmap = naive->extended ? naive_number(naive, table + at + 8, 8) : 0;
        if ((entry & NAIVE_COMPRESSED) != 0) {
            naive_compressed(naive, entry, bitmap);
        } else {
            naive_standard(naive, entry, bitmap, &next);
        }
        if (table != 0 && naive->is_active) {
            naive_report(naive, entry);
        }
    }
}

/* The L1 table at this offset, of `size` entries. */
static inline void naive_tree(naive_state *naive, uint64_t l1, uint64_t size)
{
    naive_reference(naive, l1, 8 * size);
    for (uint64_t index = 0; index < size && naive_has_work(naive); index++) {
        uint64_t entry = naive_number(naive, l1 + 8 * index, 8);
        if (entry == 0) {
            continue;
        }
        naive->corruptions += (entry & 0x7f000000000001ffu) != 0 ? 1 : 0;
        naive_reference(naive, entry & NAIVE_OFFSET, naive->cluster);
        naive->corruptions += naive_aligned(naive, entry & NAIVE_OFFSET) ? 0 : 1;
        naive_l2_table(naive, entry & NAIVE_OFFSET);
    }
}

/* ----------------------------------------------------- snapshots and bitmaps */

static inline void naive_snapshots(naive_state *naive)
{
    const refcow_header *header = naive->header;
    uint64_t end = header->snapshots_offset;
    naive->corruptions += naive->data_file && header->nb_snapshots > 0 ? 1 : 0;
    for (uint32_t index = 0; index < header->nb_snapshots && naive_has_work(naive); index++) {
        uint64_t at = (end + 7) / 8 * 8;
        uint64_t l1 = naive_number(naive, at, 8);
        uint64_t l1_size = naive_number(naive, at + 8, 4);
        uint64_t extra = naive_number(naive, at + 36, 4);
        end = at + 40 + extra + naive_number(naive, at + 12, 2) + naive_number(naive, at + 14, 2);
        naive->corruptions += header->version == 3 && extra < 16 ? 1 : 0;
        if (!naive_aligned(naive, l1) || l1_size > 4194304) {
            naive->corruptions++;
        } else {
            naive_tree(naive, l1, l1_size);
        }
    }
    naive_reference(naive, header->snapshots_offset, end - header->snapshots_offset);
}

static inline void naive_bitmaps(naive_state *naive)
{
    const refcow_header *header = naive->header;
    uint64_t at = header->bitmap_directory.offset;
    if (header->nb_bitmaps > 0) {
        naive_reference(naive, at, header->bitmap_directory.length);
    }
    for (uint32_t index = 0; index < header->nb_bitmaps && naive_has_work(naive); index++) {
        uint64_t table = naive_number(naive, at, 8);
        uint64_t entries = naive_number(naive, at + 8, 4);
        naive_reference(naive, table, 8 * entries);
        for (uint64_t entry = 0; entry < entries && naive_has_work(naive); entry++) {
            uint64_t offset = naive_number(naive, table + 8 * entry, 8) & NAIVE_OFFSET;
            if (offset != 0) {
                naive_reference(naive, offset, naive->cluster);
            }
        }
        at += (24 + naive_number(naive, at + 18, 2) + 7) / 8 * 8; /* there is no extra data in a valid bitmap */
    }
}

/* ------------------------------------------------------------ refcount blocks */

static inline void naive_block(naive_state *naive, uint64_t entry)
{
    uint64_t offset = entry & ~0x1ffull;
    if (entry % 512 != 0 || !naive_aligned(naive, offset) || offset / naive->cluster >= naive->clusters) {
        naive->corruptions++;
        return;
    }
    naive_reference(naive, offset, naive->cluster);
    naive->corruptions += naive->counted[offset / naive->cluster] != 1 ? 1 : 0;
}

static inline void naive_refcount_table(naive_state *naive)
{
    const refcow_header *header = naive->header;
    uint64_t entries = header->refcount_table_clusters * naive->cluster / 8;
    for (uint64_t index = 0; index < entries && naive_has_work(naive); index++) {
        uint64_t entry = naive_number(naive, header->refcount_table_offset + 8 * index, 8);
        if (entry != 0) {
            naive_block(naive, entry);
        }
    }
}

/* ----------------------------------------------------------------- comparison */

static inline void naive_compare(naive_state *naive)
{
    uint64_t last = 0;
    for (uint64_t cluster = 0; cluster < naive->clusters; cluster++) {
        uint64_t stored = 0;
        if (!naive_stored(naive, cluster, &stored)) {
            naive->check_errors++;
            continue;
        }
        last = stored != 0 || naive->counted[cluster] != 0 ? cluster : last;
        naive->corruptions += stored < naive->counted[cluster] ? 1 : 0;
        naive->leaks += stored > naive->counted[cluster] ? 1 : 0;
    }
    naive->image_end = (last + 1) * naive->cluster;
}

static inline void naive_l2_flags(naive_state *naive, uint64_t table)
{
    for (uint64_t at = 0; at < naive->cluster && naive_has_work(naive); at += naive->extended ? 16 : 8) {
        uint64_t entry = naive_number(naive, table + at, 8);
        uint64_t refcount = 1;
        if (!naive_names_cluster(naive, entry)) {
            continue;
        }
        if (naive->data_file || naive_stored(naive, (entry & NAIVE_OFFSET) / naive->cluster, &refcount)) {
            naive->corruptions += (refcount == 1) != ((entry & NAIVE_COPIED) != 0) ? 1 : 0;
        }
    }
}

static inline void naive_flags(naive_state *naive)
{
    for (uint64_t index = 0; index < naive->header->l1_size && naive_has_work(naive); index++) {
        uint64_t entry = naive_number(naive, naive->header->l1_table_offset + 8 * index, 8);
        uint64_t table = entry & NAIVE_OFFSET;
        uint64_t refcount = 0;
        if (table == 0 || !naive_stored(naive, table / naive->cluster, &refcount)) {
            continue;
        }
        naive->corruptions += (refcount == 1) != ((entry & NAIVE_COPIED) != 0) ? 1 : 0;
        naive_l2_flags(naive, table);
    }
}

/* ----------------------------------------------------------------- the answer */

static inline void naive_start(naive_state *naive, const refcow_header *header, const uint8_t *bytes, size_t length,
                               uint64_t size)
{
    static uint64_t counters[NAIVE_CLUSTERS];
    naive_state fresh = {.bytes = bytes, .length = length, .header = header, .counted = counters, .work = NAIVE_WORK};
    fresh.cluster = (uint64_t)1 << header->cluster_bits;
    fresh.file_length = (size + 511) / 512 * 512;
    fresh.clusters = (fresh.file_length + fresh.cluster - 1) / fresh.cluster;
    fresh.most = header->refcount_order == 6 ? UINT64_MAX : ((uint64_t)1 << (1u << header->refcount_order)) - 1;
    fresh.extended = (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    fresh.data_file = (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    *naive = fresh;
    /* A reference may stick out into one cluster more. */
    memset(counters, 0, (size_t)(fresh.clusters + 1) * sizeof *counters);
}

/* 1: naive has the answer for an image that refcow_check() answered with status OK; 0: given up. */
static inline int naive_check(naive_state *naive, const refcow_header *header, const uint8_t *bytes, size_t length,
                              uint64_t size)
{
    if (size >> header->cluster_bits >= NAIVE_CLUSTERS - 2) {
        return 0;
    }
    naive_start(naive, header, bytes, length, size);
    naive_reference(naive, 0, naive->cluster);
    naive->is_active = 1;
    naive_tree(naive, header->l1_table_offset, header->l1_size);
    naive->is_active = 0;
    naive_snapshots(naive);
    naive_bitmaps(naive);
    if (header->encryption_header.length <= INT64_MAX) {
        naive_reference(naive, header->encryption_header.offset, header->encryption_header.length);
    }
    naive_reference(naive, header->refcount_table_offset, header->refcount_table_clusters * naive->cluster);
    naive_refcount_table(naive);
    naive_compare(naive);
    naive_flags(naive);
    naive->total = (header->virtual_size / 512 * 512 + naive->cluster - 1) / naive->cluster;
    return naive->work > 0;
}

#define NAIVE_SAME(is, wanted, words)                                                                                  \
    do {                                                                                                               \
        if ((is) != (wanted)) {                                                                                        \
            return words;                                                                                              \
        }                                                                                                              \
    } while (0)

/* NULL, or what the parser and this reading disagree on. */
static inline const char *naive_difference(const naive_state *naive, const refcow_result *result)
{
    NAIVE_SAME(result->corruptions, naive->corruptions, "naive: corruptions");
    NAIVE_SAME(result->leaks, naive->leaks, "naive: leaks");
    NAIVE_SAME(result->check_errors, naive->check_errors, "naive: check_errors");
    NAIVE_SAME(result->image_end_offset, naive->image_end, "naive: image_end_offset");
    NAIVE_SAME(result->total_clusters, naive->total, "naive: total_clusters");
    NAIVE_SAME(result->allocated_clusters, naive->allocated, "naive: allocated_clusters");
    NAIVE_SAME(result->fragmented_clusters, naive->fragmented, "naive: fragmented_clusters");
    NAIVE_SAME(result->compressed_clusters, naive->compressed, "naive: compressed_clusters");
    NAIVE_SAME(result->refcounts.allocated_clusters, naive->report_allocated, "naive: report's allocated_clusters");
    NAIVE_SAME(result->refcounts.orphan_clusters, naive->report_orphans, "naive: orphan_clusters");
    NAIVE_SAME(result->refcounts.unknown_clusters, naive->report_unknown, "naive: unknown_clusters");
    return NULL;
}

#endif
