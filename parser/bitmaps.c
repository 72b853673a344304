#include "bitmaps.h"

#define ENTRY_ALIGNMENT 8u

struct bitmap refcow_bitmaps_start(const struct check *check)
{
    struct bitmap bitmap = {0};
    bitmap.end = check->header->bitmap_directory.offset;
    return bitmap;
}

bool refcow_bitmaps_next(struct check *check, struct bitmap *bitmap)
{
    if (bitmap->next == check->header->nb_bitmaps)
        return false;
    const uint8_t *head = refcow_view(&check->directory, &check->reader, bitmap->end, BITMAP_HEAD_SIZE);
    if (head == NULL || !refcow_visit(&check->reader, 1))
        return false;
    bitmap->index = bitmap->next++;
    bitmap->offset = bitmap->end;
    bitmap->table_offset = load_be64(head + BITMAP_AT_TABLE_OFFSET);
    bitmap->table_entries = load_be32(head + BITMAP_AT_TABLE_SIZE);
    bitmap->flags = load_be32(head + BITMAP_AT_FLAGS);
    bitmap->type = head[BITMAP_AT_TYPE];
    bitmap->granularity = head[BITMAP_AT_GRANULARITY];
    bitmap->name_size = load_be16(head + BITMAP_AT_NAME_SIZE);
    bitmap->extra_size = load_be32(head + BITMAP_AT_EXTRA_SIZE);
    bitmap->end = round_up(bitmap->offset + BITMAP_HEAD_SIZE + bitmap->extra_size + bitmap->name_size, ENTRY_ALIGNMENT);
    return true;
}

/* The clusters that the entries in the chunk name, of which the first has this index. Bound: bytes of the chunk. */
static void count_chunk(struct check *check, const struct bitmap *bitmap, uint64_t index, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 8, index++) {
        struct place place = {bitmap->table_offset, index, REFCOW_NO_GUEST, load_be64(check->chunk + at)};
        struct reference data = {REFCOW_ROLE_BITMAP_DATA, place.entry & ENTRY_OFFSET, check->cluster_size, 1};
        if (data.offset != 0)
            refcow_count(check, &data, &place);
    }
}

/* Bound: the entries that validation has accepted; a source that changes meanwhile can make it 2^32. */
static bool count_table(struct check *check, const struct bitmap *bitmap)
{
    struct place place = {check->header->bitmap_directory.offset, bitmap->index, REFCOW_NO_GUEST, bitmap->table_offset};
    struct reference table = {REFCOW_ROLE_BITMAP_TABLE, bitmap->table_offset, 8 * (uint64_t)bitmap->table_entries, 1};
    uint64_t bytes = 0;
    refcow_count(check, &table, &place);
    for (uint64_t done = 0; done < table.length; done += bytes) {
        bytes = least(table.length - done, check->chunk_size);
        if (!refcow_read(&check->reader, table.offset + done, check->chunk, (size_t)bytes) ||
            !refcow_visit(&check->reader, bytes / 8))
            return false;
        count_chunk(check, bitmap, done / 8, (size_t)bytes);
    }
    return true;
}

/* Bound: the bitmaps that the header announces, at most 65535. */
bool refcow_bitmaps_count(struct check *check)
{
    const refcow_span *span = &check->header->bitmap_directory;
    struct reference directory = {REFCOW_ROLE_BITMAP_DIRECTORY, span->offset, span->length, 1};
    struct bitmap bitmap = refcow_bitmaps_start(check);
    refcow_count(check, &directory, &NO_PLACE);
    while (refcow_bitmaps_next(check, &bitmap))
        if (refcow_readable(bitmap.table_offset, 8 * (uint64_t)bitmap.table_entries) && !count_table(check, &bitmap))
            return false;
    return check->reader.error.status == REFCOW_STATUS_OK;
}
