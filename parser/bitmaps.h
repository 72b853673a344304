/*
 * bitmaps.h - persistent dirty bitmaps: a directory of entries of varying length, each naming a table of clusters.
 */
#ifndef REFCOW_BITMAPS_H
#define REFCOW_BITMAPS_H

#include "count.h"

/* Host offsets in an entry of the directory. */
enum {
    BITMAP_AT_TABLE_OFFSET = 0,
    BITMAP_AT_TABLE_SIZE = 8,
    BITMAP_AT_FLAGS = 12,
    BITMAP_AT_TYPE = 16,
    BITMAP_AT_GRANULARITY = 17,
    BITMAP_AT_NAME_SIZE = 18,
    BITMAP_AT_EXTRA_SIZE = 20,
    BITMAP_HEAD_SIZE = 24
};

#define BITMAP_IN_USE 1u /* flag: a writer has not stored it, the contents of the bitmap are unknown */

/* An entry of a bitmap's table; its offset is in the bits of ENTRY_OFFSET. */
#define BITMAP_RESERVED_BITS 0xff000000000001feu
#define BITMAP_ALL_ONES 1u /* no cluster: all its bits are 1 */

/* One entry of the directory, and at the same time the place from which the next one is read. */
struct bitmap {
    uint64_t index;
    uint64_t offset; /* of the entry */
    uint64_t end;    /* behind its padding */
    uint64_t next;   /* index of the entry that refcow_bitmaps_next() reads */
    uint64_t table_offset;
    uint32_t table_entries;
    uint32_t flags;
    uint32_t extra_size;
    uint32_t name_size;
    uint8_t type;
    uint8_t granularity; /* log2 of the bytes of the disk that a bit stands for */
};

/* Before the first entry. */
struct bitmap refcow_bitmaps_start(const struct check *check);

/* Read the next entry; false at the end of the directory and when the reader has failed. */
bool refcow_bitmaps_next(struct check *check, struct bitmap *bitmap);

/* Name the tables of all bitmaps for a round of the check's sweep. */
bool refcow_bitmaps_add_tables(struct check *check);

/* Count the directory, the tables and the clusters that they name. */
bool refcow_bitmaps_count(struct check *check);

/* Validate the directory and the tables. What breaks a rule that the oracle insists on is a refusal. */
bool refcow_bitmaps_validate(struct check *check, refcow_error *refusal);

/* Whether a bitmap that is not in use has the name of one before it. Uses the room for table names. */
bool refcow_bitmaps_are_names_repeated(struct check *check, bool *are_repeated);

#endif
