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

/* An entry of a bitmap's table; its offset is in the bits of ENTRY_OFFSET. */
#define BITMAP_RESERVED_BITS 0xff000000000001feu
#define BITMAP_ALL_ONES 1u /* no cluster: all its bits are 1 */

/* Before the first entry. An entry also says where the next one begins. */
refcow_bitmap refcow_bitmaps_start(const refcow_header *header);

/* Go on to the next entry, whose first BITMAP_HEAD_SIZE bytes these are. */
void refcow_bitmap_decode(refcow_bitmap *bitmap, const uint8_t *bytes);

/* Read the next entry; false at the end of the directory and when the reader has failed. */
bool refcow_bitmaps_next(const refcow_header *header, struct cache *directory, refcow_bitmap *bitmap);

/* Name the tables of all bitmaps for a round of the check's sweep. */
bool refcow_bitmaps_add_tables(struct check *check);

/* Count the directory, the tables and the clusters that they name. */
bool refcow_bitmaps_count(struct check *check);

#endif
