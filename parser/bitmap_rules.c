#include "bitmap_rules.h"

#include "bitmap_names.h"
#include "bitmaps.h"

#define KNOWN_FLAGS 3u
#define TYPE_DIRTY_TRACKING 1u
#define GRANULARITY_MIN 9u
#define GRANULARITY_MAX 31u
#define NAME_MAX 1023u
#define BITMAP_BYTES_MAX ((uint64_t)512 << 20)

static refcow_error refusal_at(const refcow_bitmap *bitmap, refcow_status status, uint64_t value, uint32_t field)
{
    refcow_error refusal = {status, value, bitmap->offset + field};
    return refusal;
}

static uint64_t disk_size(const struct check *check)
{
    return round_down(check->header->virtual_size, SECTOR_SIZE);
}

/* Table entries that a stored bitmap of this disk has: a bit for each granule, in whole words of 64 bits. */
static uint64_t table_entries_needed(const struct check *check, const refcow_bitmap *bitmap)
{
    uint64_t granules = units_of(disk_size(check), bitmap->granularity);
    return units_of(units_of(granules, 6) * 8, check->header->cluster_bits);
}

/* The rules of one entry of the directory, in the order of its fields. */
static refcow_error judge_entry(const struct check *check, const refcow_bitmap *bitmap)
{
    uint64_t entries = bitmap->table_entries;
    refcow_error none = {REFCOW_STATUS_OK, 0, 0};
    if (bitmap->table_offset == 0 || !is_aligned(bitmap->table_offset, check->cluster_size) ||
        !refcow_readable(bitmap->table_offset, 8 * entries))
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_TABLE_OFFSET, bitmap->table_offset, BITMAP_AT_TABLE_OFFSET);
    if (entries == 0 || entries << check->header->cluster_bits > BITMAP_BYTES_MAX)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_TABLE_SIZE, entries, BITMAP_AT_TABLE_SIZE);
    if ((bitmap->flags & ~KNOWN_FLAGS) != 0)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_FLAGS, bitmap->flags, BITMAP_AT_FLAGS);
    if (bitmap->type != TYPE_DIRTY_TRACKING)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_TYPE, bitmap->type, BITMAP_AT_TYPE);
    if (bitmap->granularity < GRANULARITY_MIN || bitmap->granularity > GRANULARITY_MAX)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_GRANULARITY, bitmap->granularity, BITMAP_AT_GRANULARITY);
    if (bitmap->name.length > NAME_MAX)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_NAME_SIZE, bitmap->name.length, BITMAP_AT_NAME_SIZE);
    if (bitmap->extra_size != 0)
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_EXTRA_SIZE, bitmap->extra_size, BITMAP_AT_EXTRA_SIZE);
    if ((bitmap->flags & REFCOW_BITMAP_IN_USE) == 0 && entries != table_entries_needed(check, bitmap))
        return refusal_at(bitmap, REFCOW_STATUS_BITMAP_TABLE_SIZE, entries, BITMAP_AT_TABLE_SIZE);
    return none;
}

/* The entries fill the directory exactly. */
static refcow_error judge_directory(struct check *check)
{
    const refcow_span *directory = &check->header->bitmap_directory;
    refcow_bitmap bitmap = refcow_bitmaps_start(check->header);
    refcow_error refusal = {REFCOW_STATUS_OK, 0, 0};
    uint64_t end = directory->offset + directory->length;
    while (refusal.status == REFCOW_STATUS_OK && refcow_bitmaps_next(check->header, &check->directory, &bitmap)) {
        refusal = judge_entry(check, &bitmap);
        if (bitmap.end > end)
            refusal = refusal_at(&bitmap, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory->length, 0);
    }
    bool is_read = check->reader.error.status == REFCOW_STATUS_OK;
    if (is_read && refusal.status == REFCOW_STATUS_OK && bitmap.end != end)
        refusal = refusal_at(&bitmap, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory->length, 0);
    return refusal;
}

static bool is_valid_table_entry(const struct check *check, uint64_t entry)
{
    uint64_t offset = entry & ENTRY_OFFSET;
    return (entry & BITMAP_RESERVED_BITS) == 0 && is_aligned(offset, check->cluster_size) &&
           (offset == 0 || (entry & BITMAP_ALL_ONES) == 0);
}

/* The entries of a table in the chunk. Bound: bytes of the chunk. */
static refcow_error judge_table_chunk(const struct check *check, uint64_t offset, size_t bytes)
{
    refcow_error refusal = {REFCOW_STATUS_OK, 0, 0};
    for (size_t at = 0; at < bytes && refusal.status == REFCOW_STATUS_OK; at += 8) {
        uint64_t entry = load_be64(check->chunk + at);
        refcow_error bad = {REFCOW_STATUS_BITMAP_TABLE_ENTRY, entry, offset + at};
        if (!is_valid_table_entry(check, entry))
            refusal = bad;
    }
    return refusal;
}

/* Bound: the file, in the rounds of the sweep. */
static bool judge_tables(struct check *check, refcow_error *refusal)
{
    struct piece piece = {0};
    refcow_sweep_start(&check->sweep);
    do {
        if (!refcow_bitmaps_add_tables(check))
            return false;
        while (refusal->status == REFCOW_STATUS_OK &&
               refcow_sweep_next(&check->sweep, &piece, check->chunk, check->chunk_size))
            *refusal = judge_table_chunk(check, piece.extent.start, piece.extent.bytes);
    } while (refusal->status == REFCOW_STATUS_OK && refcow_sweep_continue(&check->sweep));
    return check->reader.error.status == REFCOW_STATUS_OK;
}

bool refcow_bitmaps_validate(struct check *check, refcow_error *refusal)
{
    bool are_repeated = false;
    *refusal = judge_directory(check);
    if (refusal->status != REFCOW_STATUS_OK)
        return true;
    if (!refcow_bitmaps_are_names_repeated(check->header, &check->directory, &check->tables, &are_repeated))
        return false;
    if (are_repeated) {
        refusal->status = REFCOW_STATUS_BITMAP_NAME_REPEATED;
        refusal->offset = check->header->bitmap_directory.offset;
        return true;
    }
    return judge_tables(check, refusal);
}
