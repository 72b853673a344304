/*
 * naive_rules.c - the rules for snapshots and bitmaps that make an image refused, in the second reading.
 */
#include "naive_state.h"

/* Returns whether the rule is broken, and remembers the first one that is. */
static int rule(naive_state *naive, int is_broken, refcow_status status, uint64_t value, uint64_t offset)
{
    if (is_broken && naive->answer.error.status == REFCOW_STATUS_OK) {
        naive->answer.error.status = status;
        naive->answer.error.value = value;
        naive->answer.error.offset = offset;
    }
    return is_broken;
}

static int goes_on(naive_state *naive)
{
    return naive->answer.error.status == REFCOW_STATUS_OK && naive_has_work(naive);
}

/* ----------------------------------------------------------------- snapshots */

uint64_t naive_snapshot_end(const naive_state *naive, uint64_t snapshot)
{
    return snapshot + 40 + naive_number(naive, snapshot + 36, 4) + naive_number(naive, snapshot + 12, 2) +
           naive_number(naive, snapshot + 14, 2);
}

void naive_judge_snapshots(naive_state *naive)
{
    const refcow_header *header = &naive->header;
    uint64_t at = header->snapshots_offset;
    for (uint32_t index = 0; index < header->nb_snapshots && goes_on(naive); index++) {
        uint64_t l1 = naive_number(naive, at, 8);
        uint64_t l1_size = naive_number(naive, at + 8, 4);
        uint64_t extra = naive_number(naive, at + 36, 4);
        uint64_t end = naive_snapshot_end(naive, at);
        uint64_t size = end - header->snapshots_offset;
        int is_walked = naive_aligned(naive, l1) && l1_size <= 4194304;
        rule(naive, extra > 1024, REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, extra, at + 36);
        rule(naive, size > 64 << 20 || !naive_readable(header->snapshots_offset, size),
             REFCOW_STATUS_SNAPSHOT_TABLE_SIZE, index, at);
        rule(naive, is_walked && !naive_readable(l1, 8 * l1_size), REFCOW_STATUS_SNAPSHOT_L1_OFFSET, l1, at);
        at = (end + 7) / 8 * 8;
    }
}

/* ------------------------------------------------------------------- bitmaps */

enum { IN_USE = 1 };

uint64_t naive_bitmap_end(const naive_state *naive, uint64_t bitmap)
{
    uint64_t end = bitmap + 24 + naive_number(naive, bitmap + 20, 4) + naive_number(naive, bitmap + 18, 2);
    return (end + 7) / 8 * 8;
}

/* A bit per granule, in words of 64 bits, in clusters. */
static uint64_t table_size_needed(const naive_state *naive, uint64_t granularity)
{
    uint64_t disk = naive->header.virtual_size / 512 * 512;
    uint64_t granule = (uint64_t)1 << granularity;
    uint64_t granules = disk / granule + (disk % granule != 0 ? 1 : 0);
    uint64_t bytes = (granules + 63) / 64 * 8;
    return (bytes + naive->cluster - 1) / naive->cluster;
}

static void judge_bitmap(naive_state *naive, uint64_t at)
{
    uint64_t table = naive_number(naive, at, 8);
    uint64_t size = naive_number(naive, at + 8, 4);
    uint64_t flags = naive_number(naive, at + 12, 4);
    uint64_t type = naive_number(naive, at + 16, 1);
    uint64_t granularity = naive_number(naive, at + 17, 1);
    uint64_t name = naive_number(naive, at + 18, 2);
    uint64_t extra = naive_number(naive, at + 20, 4);
    int is_no_place = table == 0 || !naive_aligned(naive, table) || !naive_readable(table, 8 * size);
    int is_no_size = size == 0 || size > 0x8000000 || size * naive->cluster > (uint64_t)512 << 20;
    rule(naive, is_no_place, REFCOW_STATUS_BITMAP_TABLE_OFFSET, table, at);
    rule(naive, is_no_size, REFCOW_STATUS_BITMAP_TABLE_SIZE, size, at + 8);
    rule(naive, flags > 3, REFCOW_STATUS_BITMAP_FLAGS, flags, at + 12);
    rule(naive, type != 1, REFCOW_STATUS_BITMAP_TYPE, type, at + 16);
    rule(naive, granularity < 9 || granularity > 31, REFCOW_STATUS_BITMAP_GRANULARITY, granularity, at + 17);
    rule(naive, name > 1023, REFCOW_STATUS_BITMAP_NAME_SIZE, name, at + 18);
    rule(naive, extra != 0, REFCOW_STATUS_BITMAP_EXTRA_SIZE, extra, at + 20);
    if (naive->answer.error.status == REFCOW_STATUS_OK && (flags & IN_USE) == 0) {
        rule(naive, size != table_size_needed(naive, granularity), REFCOW_STATUS_BITMAP_TABLE_SIZE, size, at + 8);
    }
}

/* The entries fill the directory exactly. That one reaches out of it is said before anything else about it. */
static void judge_directory(naive_state *naive)
{
    const refcow_header *header = &naive->header;
    refcow_span directory = header->bitmap_directory;
    uint64_t directory_end = directory.offset + directory.length;
    uint64_t at = directory.offset;
    uint64_t last = at;
    for (uint32_t index = 0; index < header->nb_bitmaps && goes_on(naive); index++) {
        last = at;
        at = naive_bitmap_end(naive, at);
        rule(naive, at > directory_end, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory.length, last);
        judge_bitmap(naive, last);
    }
    rule(naive, at != directory_end, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory.length, last);
}

/* A name ends at its first zero byte. */
static int are_names_equal(const naive_state *naive, uint64_t one, uint64_t other)
{
    uint64_t one_size = naive_number(naive, one + 18, 2);
    uint64_t other_size = naive_number(naive, other + 18, 2);
    for (uint64_t i = 0;; i++) {
        uint64_t here = i < one_size ? naive_number(naive, one + 24 + i, 1) : 0;
        uint64_t there = i < other_size ? naive_number(naive, other + 24 + i, 1) : 0;
        if (here != there || here == 0) {
            return here == there;
        }
    }
}

/* A bitmap that is not in use has no name that one before it has. */
static void judge_names(naive_state *naive)
{
    uint64_t directory = naive->header.bitmap_directory.offset;
    uint64_t at = directory;
    for (uint32_t index = 0; index < naive->header.nb_bitmaps && goes_on(naive); index++) {
        uint64_t earlier = directory;
        while (earlier < at && (naive_number(naive, at + 12, 4) & IN_USE) == 0 && goes_on(naive)) {
            rule(naive, are_names_equal(naive, at, earlier), REFCOW_STATUS_BITMAP_NAME_REPEATED, 0, directory);
            earlier = naive_bitmap_end(naive, earlier);
        }
        at = naive_bitmap_end(naive, at);
    }
}

static int is_bad_table_entry(const naive_state *naive, uint64_t entry)
{
    uint64_t offset = entry & NAIVE_OFFSET;
    return (entry & 0xff000000000001feu) != 0 || !naive_aligned(naive, offset) || (offset != 0 && (entry & 1) != 0);
}

/* Of several bad entries the one that stands first in the file is told. */
static void judge_table(naive_state *naive, uint64_t table, uint64_t size, refcow_error *first)
{
    uint64_t end = table + 8 * size;
    uint64_t at = naive_next_entry(naive, table, end, 8);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, end, 8)) {
        uint64_t entry = naive_number(naive, at, 8);
        refcow_error bad = {REFCOW_STATUS_BITMAP_TABLE_ENTRY, entry, at};
        if (is_bad_table_entry(naive, entry) && (first->status == REFCOW_STATUS_OK || at < first->offset)) {
            *first = bad;
        }
    }
}

static void judge_bitmap_tables(naive_state *naive)
{
    refcow_error first = {REFCOW_STATUS_OK, 0, 0};
    uint64_t at = naive->header.bitmap_directory.offset;
    for (uint32_t index = 0; index < naive->header.nb_bitmaps && naive_has_work(naive); index++) {
        judge_table(naive, naive_number(naive, at, 8), naive_number(naive, at + 8, 4), &first);
        at = naive_bitmap_end(naive, at);
    }
    naive->answer.error = first;
}

void naive_judge_bitmaps(naive_state *naive)
{
    judge_directory(naive);
    if (goes_on(naive)) {
        judge_names(naive);
    }
    if (goes_on(naive)) {
        judge_bitmap_tables(naive);
    }
}
