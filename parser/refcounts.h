/*
 * refcounts.h - the refcounts that the image stores: the refcount table names blocks, a block has the refcounts of
 * cluster_size * 8 / width clusters, widths are 1, 2, 4, 8, 16, 32 or 64 bits.
 */
#ifndef REFCOW_REFCOUNTS_H
#define REFCOW_REFCOUNTS_H

#include "cache.h"
#include "window.h"

struct refcounts {
    struct reader *reader;
    uint64_t table_offset;
    uint64_t table_entries;
    uint32_t order;        /* a refcount has 1 << order bits; 0 to 6 */
    uint32_t cluster_bits; /* log2 of the bytes of a block */
    uint8_t *chunk;        /* scratch for loading, chunk_size bytes */
    size_t chunk_size;
    struct cache *cache; /* for single look-ups */
    bool usable;         /* false: the header's fields are so wrong that no refcount can be looked up */
};

/* Take the offset and the width of the refcounts from the header; buffers are the caller's to set. False: the header is
 * outside the format's limits, so that some or all refcounts are unknown. */
bool refcow_refcounts_start(struct refcounts *refcounts, const refcow_header *header, struct reader *reader);

/* The largest refcount of the image's width. */
uint64_t refcow_refcounts_limit(const struct refcounts *refcounts);

/* The entries of the table that are not 0, in their order. */
struct table_walk {
    struct extent extent;
    size_t at; /* bytes of the chunk that are behind */
};

struct table_walk refcow_refcounts_walk(const struct refcounts *refcounts, uint64_t first);

/* The next one; false at the end and when the reader has failed. It is in the chunk, so nothing else may use the chunk
 * between two calls. Bound: the entries of the table, at most 8 MiB of them in an image that is not refused. */
bool refcow_refcounts_next_entry(struct refcounts *refcounts, struct table_walk *walk, uint64_t *index,
                                 uint64_t *entry);

/* The stored refcount of one cluster; *known is false when its block is unaligned or unreadable. */
bool refcow_refcounts_look_up(struct refcounts *refcounts, uint64_t cluster, uint64_t *refcount, bool *known);

/* A stored refcount as a byte of a window. */
uint8_t refcow_refcount_byte(uint64_t refcount);

/* Load the stored refcounts of all clusters of a window. */
bool refcow_refcounts_load(struct refcounts *refcounts, struct window *window);

/* The lowest cluster at or after first whose stored refcount may not be 0; UINT64_MAX: there is none. */
bool refcow_refcounts_next(struct refcounts *refcounts, uint64_t first, uint64_t *next);

/* Whether the look-up of any cluster can fail. */
bool refcow_refcounts_can_fail(struct refcounts *refcounts, bool *can_fail);

#endif
