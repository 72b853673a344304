#include "l1.h"

#include "l2.h"
#include "snapshots.h"

struct l1_table {
    uint64_t offset;
    uint64_t entries;
    bool is_active;
};

/* The entry itself: is it sound, and its reference to the L2 table. */
static void visit_entry(struct check *check, const struct l1_table *table, const struct place *place)
{
    uint64_t offset = place->entry & ENTRY_OFFSET;
    uint8_t refcount = 0;
    struct reference reference = {REFCOW_ROLE_L2_TABLE, offset, check->cluster_size, 1};
    if ((place->entry & L1_RESERVED_BITS) != 0)
        refcow_report_entry(check, REFCOW_KIND_L1_RESERVED, &reference, place);
    refcow_count(check, &reference, place);
    if (!is_aligned(offset, check->cluster_size))
        refcow_report_entry(check, REFCOW_KIND_L2_UNALIGNED, &reference, place);
    if (table->is_active && offset != 0 &&
        refcow_stored_refcount(check, offset >> check->header->cluster_bits, &refcount))
        refcow_check_copied_flag(check, REFCOW_KIND_L1_COPIED, refcount, &reference, place);
}

/* The entries in the chunk, of which the first has this index in the table. Every word that is not 0 names an L2 table,
 * also when only its flags are set. Bound: bytes of the chunk. */
static void visit_chunk(struct check *check, const struct l1_table *table, uint64_t index, size_t bytes,
                        bool is_first_scan)
{
    for (size_t at = 0; at < bytes; at += 8, index++) {
        struct place place = {table->offset, index, REFCOW_NO_GUEST, load_be64(check->chunk + at)};
        if (place.entry == 0)
            continue;
        if (table->is_active)
            place.guest = index << check->l1_span_bits;
        if (is_first_scan)
            visit_entry(check, table, &place);
        struct table_name name = {place.entry & ENTRY_OFFSET, 1, table->is_active ? 1 : 0, place.guest};
        refcow_tables_add(&check->tables, &name);
    }
}

/* Bound: REFCOW_L1_ENTRIES_MAX entries. */
static bool scan_table(struct check *check, const struct l1_table *table, bool is_first_scan)
{
    struct reference reference = {REFCOW_ROLE_L1_TABLE, table->offset, 8 * table->entries, 1};
    uint64_t bytes = 0;
    if (is_first_scan)
        refcow_count(check, &reference, &NO_PLACE);
    for (uint64_t done = 0; done < reference.length; done += bytes) {
        bytes = least(reference.length - done, check->chunk_size);
        if (!refcow_read(&check->reader, table->offset + done, check->chunk, (size_t)bytes) ||
            !refcow_visit(&check->reader, bytes / 8))
            return false;
        visit_chunk(check, table, done / 8, (size_t)bytes, is_first_scan);
    }
    return true;
}

static bool scan_active(struct check *check, bool is_first_scan)
{
    const refcow_header *header = check->header;
    struct l1_table table = {header->l1_table_offset, least(header->l1_size, REFCOW_L1_ENTRIES_MAX), true};
    /* One that cannot be read is the L1 table of a refused image. */
    return !refcow_readable(table.offset, 8 * table.entries) || scan_table(check, &table, is_first_scan);
}

/* A snapshot's entry in the snapshot table: is it sound. */
static void visit_snapshot(struct check *check, const struct snapshot *snapshot)
{
    const refcow_header *header = check->header;
    struct reference reference = {REFCOW_ROLE_L1_TABLE, snapshot->l1_offset, 8 * (uint64_t)snapshot->l1_size, 1};
    struct place place = {header->snapshots_offset, snapshot->index, REFCOW_NO_GUEST, snapshot->l1_offset};
    if (refcow_snapshot_is_incomplete(header, snapshot)) {
        place.entry = snapshot->extra_size;
        refcow_report_entry(check, REFCOW_KIND_SNAPSHOT_INCOMPLETE, &reference, &place);
    }
    place.entry = snapshot->l1_offset;
    if (!is_aligned(snapshot->l1_offset, check->cluster_size)) {
        refcow_report_entry(check, REFCOW_KIND_SNAPSHOT_L1_UNALIGNED, &reference, &place);
    } else if (snapshot->l1_size > REFCOW_L1_ENTRIES_MAX) {
        place.entry = snapshot->l1_size;
        refcow_report_entry(check, REFCOW_KIND_SNAPSHOT_L1_LARGE, &reference, &place);
    }
}

/* The table's length is known when its last entry has been read. */
static void count_snapshot_table(struct check *check, const struct snapshot *last)
{
    const refcow_header *header = check->header;
    struct reference table = {REFCOW_ROLE_SNAPSHOT_TABLE, header->snapshots_offset,
                              last->end - header->snapshots_offset, 1};
    refcow_count(check, &table, &NO_PLACE);
    if (check->l2.data_file && header->nb_snapshots != 0)
        refcow_report_entry(check, REFCOW_KIND_SNAPSHOTS_AND_DATA_FILE, &table, &NO_PLACE);
}

/* Bound: REFCOW_SNAPSHOTS_MAX snapshots. */
static bool scan_snapshots(struct check *check, bool is_first_scan)
{
    struct snapshot snapshot = refcow_snapshots_start(check->header);
    while (refcow_snapshots_next(check, &snapshot)) {
        struct l1_table table = {snapshot.l1_offset, snapshot.l1_size, false};
        if (is_first_scan)
            visit_snapshot(check, &snapshot);
        if (refcow_snapshot_has_l1(check->header, &snapshot) && !scan_table(check, &table, is_first_scan))
            return false;
    }
    if (is_first_scan)
        count_snapshot_table(check, &snapshot);
    return check->reader.error.status == REFCOW_STATUS_OK;
}

/* Bound of the scans: each deals with at least half as many of the distinct L2 tables as there is room for. */
bool refcow_l1_walk(struct check *check)
{
    bool is_first_scan = true;
    refcow_tables_start(&check->tables);
    do {
        if (!scan_active(check, is_first_scan) || (!check->report_only && !scan_snapshots(check, is_first_scan)))
            return false;
        refcow_tables_finish(&check->tables);
        for (size_t i = 0; i < check->tables.count; i++)
            if (!refcow_l2_walk(check, &check->tables.names[i]))
                return false;
        is_first_scan = false;
    } while (refcow_tables_continue(&check->tables));
    return true;
}
