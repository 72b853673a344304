#include "l1.h"

#include "copied.h"

#include "l2.h"
#include "snapshots.h"

/* What a scan over all L1 entries is for. */
enum scan {
    FIRST_SCAN,    /* count the references to L2 tables, and collect the tables */
    LATER_SCAN,    /* collect those for which there was no room in the scans before */
    SCAN_OF_KNOWN, /* count: the tables are still there from the window before */
    DAMAGE_SCAN    /* note the references to tables of this scan that turned out to be damaged */
};

static bool counts(enum scan scan)
{
    return scan == FIRST_SCAN || scan == SCAN_OF_KNOWN;
}

static bool collects(enum scan scan)
{
    return scan == FIRST_SCAN || scan == LATER_SCAN;
}

/* With its searches, a scan for damage takes less than so many other scans. */
#define DAMAGE_SCANS 6u

struct l1_table {
    uint64_t offset;
    uint64_t weight; /* how many tables this is, when the tables of snapshots overlap */
    bool is_active;
};

static struct reference reference_to_l2(const struct check *check, const struct l1_table *table, uint64_t entry)
{
    struct reference reference = {REFCOW_ROLE_L2_TABLE, entry & ENTRY_OFFSET, check->cluster_size, table->weight,
                                  table->is_active ? 1 : 0};
    return reference;
}

/* A note: an L1 entry is damaged, or refers to a damaged L2 table. The image does not pay for it. */
static void note_damage(struct check *check, const struct reference *reference, const struct origin *origin)
{
    uint64_t owed = check->reader.owed;
    refcow_finding note = refcow_finding_at(REFCOW_KIND_L2_TABLE_DAMAGED, reference, origin);
    refcow_findings_add(&check->findings, &note);
    refcow_earn(&check->reader, check->reader.owed - owed);
}

/* The entry itself: is it sound, and its reference to the L2 table. */
static void visit_entry(struct check *check, const struct l1_table *table, const struct origin *origin)
{
    uint64_t offset = origin->entry & ENTRY_OFFSET;
    uint64_t wrong = check->wrong_entries;
    uint8_t refcount = 0;
    struct reference reference = reference_to_l2(check, table, origin->entry);
    if ((origin->entry & L1_RESERVED_BITS) != 0)
        refcow_add_entry_finding(check, REFCOW_KIND_L1_RESERVED, &reference, origin);
    refcow_count(check, &reference, origin);
    if (!is_aligned(offset, check->cluster_size))
        refcow_add_entry_finding(check, REFCOW_KIND_L2_UNALIGNED, &reference, origin);
    if (check->wrong_entries != wrong)
        note_damage(check, &reference, origin);
    if (table->is_active && offset != 0 &&
        refcow_stored_refcount(check, offset >> check->header->cluster_bits, &refcount))
        refcow_check_copied_flag(check, REFCOW_KIND_L1_COPIED, refcount, &reference, origin);
}

/* A sound entry may name a damaged table. Only aligned tables that begin in the file can be damaged: nothing but
 * reserved bits makes an entry wrong that names one. */
static void look_for_damage(struct check *check, const struct l1_table *table, const struct origin *origin)
{
    struct reference reference = reference_to_l2(check, table, origin->entry);
    const struct table_name *name = refcow_tables_find(&check->tables, reference.offset);
    if (name != NULL && name->is_damaged != 0 && (origin->entry & L1_RESERVED_BITS) == 0)
        note_damage(check, &reference, origin);
}

/* The entries in the chunk, which begins at this host offset. Every word that is not 0 names an L2 table, also when
 * only its flags are set. Bound: bytes of the chunk. */
static void visit_l1_chunk(struct check *check, const struct l1_table *table, const struct extent *extent,
                           enum scan scan)
{
    uint64_t index = (extent->start - table->offset) / 8;
    for (size_t at = 0; at < extent->bytes; at += 8, index++) {
        struct origin origin = {table->offset, index, REFCOW_NO_GUEST, load_be64(check->chunk + at)};
        if (origin.entry == 0)
            continue;
        if (table->is_active)
            origin.guest = index << check->l1_span_bits;
        if (counts(scan))
            visit_entry(check, table, &origin);
        if (scan == DAMAGE_SCAN)
            look_for_damage(check, table, &origin);
        struct table_name name = {origin.entry & ENTRY_OFFSET, table->weight, origin.guest, table->is_active ? 1 : 0,
                                  0};
        /* Past the end of the file it is a table of zeros, with nothing in it. */
        if (collects(scan) && name.offset < check->file_length)
            refcow_tables_add(&check->tables, &name);
    }
}

/* ------------------------------------------------------------ active disk */

/* Without its L1 table the active disk is lost. */
static void count_active_l1(struct check *check, const struct reference *reference)
{
    uint64_t wrong = check->wrong_entries;
    refcow_count(check, reference, &NO_ORIGIN);
    if (check->wrong_entries != wrong)
        refcow_note_guest_range(check, 0, reference->length / 8 << check->l1_span_bits);
}

/* Bound: REFCOW_L1_ENTRIES_MAX entries. */
static bool scan_active(struct check *check, enum scan scan)
{
    const refcow_header *header = check->header;
    struct l1_table table = {header->l1_table_offset, 1, true};
    uint64_t length = 8 * least(header->l1_size, REFCOW_L1_ENTRIES_MAX);
    struct reference reference = {REFCOW_ROLE_L1_TABLE, table.offset, length, 1, 1};
    if (!refcow_readable(table.offset, length))
        return true; /* the L1 table of a refused image */
    if (counts(scan))
        count_active_l1(check, &reference);
    struct extent extent = {table.offset, table.offset + length, 0, 0};
    while (refcow_next_chunk(&check->reader, &extent, check->chunk, check->chunk_size))
        visit_l1_chunk(check, &table, &extent, scan);
    return check->reader.error.status == REFCOW_STATUS_OK;
}

/* -------------------------------------------------------------- snapshots */

/* A snapshot's entry in the snapshot table: is it sound, and its reference to the L1 table. */
static void visit_snapshot(struct check *check, const refcow_snapshot *snapshot)
{
    const refcow_header *header = check->header;
    struct reference reference = {REFCOW_ROLE_L1_TABLE, snapshot->l1_offset, 8 * (uint64_t)snapshot->l1_size, 1, 0};
    struct origin origin = {header->snapshots_offset, snapshot->index, REFCOW_NO_GUEST, snapshot->l1_offset};
    if (refcow_snapshot_is_incomplete(header, snapshot)) {
        origin.entry = snapshot->extra_size;
        refcow_add_entry_finding(check, REFCOW_KIND_SNAPSHOT_INCOMPLETE, &reference, &origin);
    }
    origin.entry = snapshot->l1_offset;
    if (!is_aligned(snapshot->l1_offset, check->cluster_size)) {
        refcow_add_entry_finding(check, REFCOW_KIND_SNAPSHOT_L1_UNALIGNED, &reference, &origin);
    } else if (snapshot->l1_size > REFCOW_L1_ENTRIES_MAX) {
        origin.entry = snapshot->l1_size;
        refcow_add_entry_finding(check, REFCOW_KIND_SNAPSHOT_L1_LARGE, &reference, &origin);
    } else if (refcow_snapshot_has_l1(header, snapshot)) {
        refcow_count(check, &reference, &origin);
    }
}

/* The table's length is known when its last entry has been read. */
static void count_snapshot_table(struct check *check, const refcow_snapshot *last)
{
    const refcow_header *header = check->header;
    struct reference table = {REFCOW_ROLE_SNAPSHOT_TABLE, header->snapshots_offset,
                              last->end - header->snapshots_offset, 1, 1};
    refcow_count(check, &table, &NO_ORIGIN);
    if (check->l2.data_file && header->nb_snapshots != 0)
        refcow_add_entry_finding(check, REFCOW_KIND_SNAPSHOTS_AND_DATA_FILE, &table, &NO_ORIGIN);
}

/* What all snapshots of a sweep's round have to say for themselves. Bound: REFCOW_SNAPSHOTS_MAX snapshots. */
static bool add_snapshots(struct check *check, bool are_visited)
{
    refcow_snapshot snapshot = refcow_snapshots_start(check->header);
    while (refcow_snapshots_next(check->header, &check->directory, &snapshot)) {
        uint64_t length = 8 * (uint64_t)snapshot.l1_size;
        if (are_visited)
            visit_snapshot(check, &snapshot);
        if (refcow_snapshot_has_l1(check->header, &snapshot))
            refcow_sweep_add(&check->sweep, snapshot.l1_offset, snapshot.l1_offset + length);
    }
    if (are_visited)
        count_snapshot_table(check, &snapshot);
    return refcow_sweep_sort(&check->sweep);
}

/* Bound of the rounds: each deals with at least half as many edges as there is room for. */
static bool scan_snapshots(struct check *check, enum scan scan)
{
    bool is_first_round = true;
    struct piece piece = {0};
    refcow_sweep_start(&check->sweep);
    do {
        if (!add_snapshots(check, counts(scan) && is_first_round))
            return false;
        while (refcow_sweep_next(&check->sweep, &piece, check->chunk, check->chunk_size)) {
            struct l1_table table = {piece.segment.table, piece.segment.depth, false};
            visit_l1_chunk(check, &table, &piece.extent, scan);
        }
        is_first_round = false;
    } while (refcow_sweep_continue(&check->sweep));
    return check->reader.error.status == REFCOW_STATUS_OK;
}

/* --------------------------------------------------------------- L2 tables */

/* Whether the table, the one with this number in a pass, is known to refer to no cluster of the window. */
static bool is_elsewhere(const struct check *check, uint64_t number, struct range *range)
{
    return !check->first_pass && refcow_ranges_find(&check->ranges, number, range) &&
           (range->lowest >= check->window.end || range->highest < check->window.first);
}

static bool walk_l2_table(struct check *check, struct l2_walk *walk, uint64_t walked, size_t index, uint64_t next_table)
{
    struct range range = {0, 0};
    refcow_l2_open(check, walk, index);
    if (is_elsewhere(check, walked + index, &range)) {
        if (range.lowest <= range.highest)
            refcow_window_ask(&check->window, range.lowest, range.lowest);
        return true;
    }
    refcow_window_watch(&check->window);
    if (!refcow_l2_visit(check, walk, next_table))
        return false;
    if (check->first_pass)
        refcow_ranges_add(&check->ranges, &check->window.asked);
    return true;
}

/* The tables of one scan; `walked` is how many there were in earlier scans of the pass. Bound: the room for names. */
static bool walk_l2_tables(struct check *check, uint64_t walked)
{
    const struct table_set *tables = &check->tables;
    struct l2_walk walk = refcow_l2_start(tables->names);
    for (size_t i = 0; i < tables->count; i++) {
        uint64_t next = i + 1 < tables->count ? tables->names[i + 1].offset : UINT64_MAX;
        if (!refcow_charge(&check->reader, WORK_TABLE) || !walk_l2_table(check, &walk, walked, i, next))
            return false;
        check->reader.at.tables++;
    }
    refcow_l2_finish(check, &walk, tables->count);
    return true;
}

/* A scan over the L1 tables of the disk and of the snapshots. */
static bool scan_all(struct check *check, enum scan scan)
{
    return scan_active(check, scan) && (check->report_only || scan_snapshots(check, scan)) &&
           (!collects(scan) || refcow_tables_finish(&check->tables));
}

/* The tables of a scan, which took so many units. Which of them are damaged is known when all entries have been
 * visited: then there is another scan, and the image does not pay for it. */
static bool walk_and_note(struct check *check, uint64_t walked, uint64_t units)
{
    uint64_t damaged = check->result->damage.damaged_l2_tables;
    if (!walk_l2_tables(check, walked))
        return false;
    if (check->result->damage.damaged_l2_tables == damaged)
        return true;
    refcow_earn(&check->reader, DAMAGE_SCANS * units);
    return scan_all(check, DAMAGE_SCAN);
}

/* Bound of the scans: each deals with at least half as many of the distinct L2 tables as there is room for. */
bool refcow_l1_walk(struct check *check)
{
    enum scan scan = !check->first_pass && check->are_tables_known ? SCAN_OF_KNOWN : FIRST_SCAN;
    uint64_t walked = 0;
    if (scan == FIRST_SCAN)
        refcow_tables_start(&check->tables);
    do {
        uint64_t before = check->reader.at.work;
        if (!scan_all(check, scan))
            return false;
        check->reader.at.tables_known = walked + check->tables.count;
        if (!walk_and_note(check, walked, check->reader.at.work - before))
            return false;
        walked += check->tables.count;
        check->are_tables_known = walked == check->tables.count;
        scan = LATER_SCAN;
    } while (refcow_tables_continue(&check->tables));
    check->result->damage.l2_tables = walked;
    return true;
}
