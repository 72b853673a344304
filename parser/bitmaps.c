#include "bitmaps.h"

#include "notes.h"

#define BITMAP_ALIGNMENT 8u

refcow_bitmap refcow_bitmaps_start(const refcow_header *header)
{
    refcow_bitmap bitmap = {0};
    bitmap.end = header->bitmap_directory.offset;
    return bitmap;
}

void refcow_bitmap_decode(refcow_bitmap *bitmap, const uint8_t *bytes)
{
    bitmap->offset = bitmap->end;
    bitmap->index = bitmap->next++;
    bitmap->table_offset = load_be64(bytes + BITMAP_AT_TABLE_OFFSET);
    bitmap->table_entries = load_be32(bytes + BITMAP_AT_TABLE_SIZE);
    bitmap->flags = load_be32(bytes + BITMAP_AT_FLAGS);
    bitmap->type = bytes[BITMAP_AT_TYPE];
    bitmap->granularity = bytes[BITMAP_AT_GRANULARITY];
    bitmap->extra_size = load_be32(bytes + BITMAP_AT_EXTRA_SIZE);
    bitmap->name.offset = bitmap->offset + BITMAP_HEAD_SIZE + bitmap->extra_size;
    bitmap->name.length = load_be16(bytes + BITMAP_AT_NAME_SIZE);
    bitmap->end = round_up(bitmap->name.offset + bitmap->name.length, BITMAP_ALIGNMENT);
}

bool refcow_bitmaps_next(const refcow_header *header, struct cache *directory, refcow_bitmap *bitmap)
{
    if (bitmap->next == header->nb_bitmaps)
        return false;
    const uint8_t *head = refcow_look(directory, bitmap->end);
    if (head == NULL || !refcow_charge(directory->reader, 1))
        return false;
    refcow_bitmap_decode(bitmap, head);
    return true;
}

bool refcow_bitmaps_add_tables(struct check *check)
{
    refcow_bitmap bitmap = refcow_bitmaps_start(check->header);
    while (refcow_bitmaps_next(check->header, &check->directory, &bitmap)) {
        uint64_t length = 8 * (uint64_t)bitmap.table_entries;
        if (refcow_readable(bitmap.table_offset, length))
            refcow_sweep_add(&check->sweep, bitmap.table_offset, bitmap.table_offset + length);
    }
    return refcow_sweep_sort(&check->sweep);
}

/* The clusters that the entries in the chunk name. Bound: bytes of the chunk. */
static void count_chunk(struct check *check, const struct piece *piece)
{
    const struct segment *segment = &piece->segment;
    uint64_t index = (piece->extent.start - segment->table) / 8;
    for (size_t at = 0; at < piece->extent.bytes; at += 8, index++) {
        struct origin origin = {segment->table, index, REFCOW_NO_GUEST, load_be64(check->chunk + at)};
        struct reference data = {REFCOW_ROLE_BITMAP_DATA, origin.entry & ENTRY_OFFSET, check->cluster_size,
                                 segment->depth, segment->depth};
        if (data.offset != 0)
            refcow_count(check, &data, &origin);
    }
}

/* Bound of the rounds: each deals with at least half as many edges as there is room for. */
static bool count_clusters(struct check *check)
{
    struct piece piece = {0};
    refcow_sweep_start(&check->sweep);
    do {
        if (!refcow_bitmaps_add_tables(check))
            return false;
        while (refcow_sweep_next(&check->sweep, &piece, check->chunk, check->chunk_size))
            count_chunk(check, &piece);
    } while (refcow_sweep_continue(&check->sweep));
    return check->reader.error.status == REFCOW_STATUS_OK;
}

/* Bound: the bitmaps that the header announces, at most 65535. */
static void count_tables(struct check *check)
{
    refcow_bitmap bitmap = refcow_bitmaps_start(check->header);
    while (refcow_bitmaps_next(check->header, &check->directory, &bitmap)) {
        uint64_t length = 8 * (uint64_t)bitmap.table_entries;
        struct origin origin = {check->header->bitmap_directory.offset, bitmap.index, REFCOW_NO_GUEST,
                                bitmap.table_offset};
        struct reference table = {REFCOW_ROLE_BITMAP_TABLE, bitmap.table_offset, length, 1, 1};
        if (refcow_readable(table.offset, table.length))
            refcow_count(check, &table, &origin);
        if (check->first_pass)
            refcow_note_bitmap(check, &bitmap);
    }
}

bool refcow_bitmaps_count(struct check *check)
{
    const refcow_span *span = &check->header->bitmap_directory;
    struct reference directory = {REFCOW_ROLE_BITMAP_DIRECTORY, span->offset, span->length, 1, 1};
    refcow_count(check, &directory, &NO_ORIGIN);
    count_tables(check);
    return count_clusters(check);
}
