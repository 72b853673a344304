#include "l2.h"

#include "l2_fast.h"
#include "notes.h"

/* The entries in the chunk, which was read from this host offset. Bound: bytes of the chunk. */
static void visit_entries(struct check *check, struct l2_walk *walk, uint64_t offset, size_t bytes)
{
    if (check->l2.extended) { /* extended entries are never plain */
        refcow_l2_visit_entries(check, walk, offset, 0, bytes, 16);
        return;
    }
    for (size_t at = 0, others = 0; at < bytes; at = others) {
        at = refcow_l2_visit_fast(check, walk, at, bytes, &others);
        refcow_l2_visit_entries(check, walk, offset, at, others, 8);
    }
}

/* ------------------------------------------------------------ open tables */

/* Whether the copied flags of a table's entries can be tested: not where the refcount of the table itself cannot be
 * looked up, and not in a "table" at offset 0, which an L1 entry with only flags names. */
static bool are_flags_checked(struct check *check, const struct table_name *table)
{
    uint64_t refcount = 0;
    bool known = table->offset != 0 && table->active != 0;
    if (known && check->lookups_can_fail)
        refcow_refcounts_look_up(&check->refcounts, table->offset >> check->header->cluster_bits, &refcount, &known);
    return known;
}

struct l2_walk refcow_l2_start(struct table_name *tables)
{
    struct l2_walk walk = {0};
    walk.tables = tables;
    return walk;
}

/* Whether all of a table was visited, and is zeros. */
static bool is_empty_table(const struct check *check, const struct l2_walk *walk, const struct table_name *table)
{
    return check->first_pass && walk->zeros <= table->offset && is_aligned(table->offset, check->cluster_size);
}

/* The oldest open table ends. A source that changes meanwhile may have its flags judged differently than before. */
static void close_oldest(struct check *check, struct l2_walk *walk)
{
    const struct table_name *table = &walk->tables[walk->oldest++];
    if (is_empty_table(check, walk, table))
        refcow_note_empty_table(check, table);
    walk->weight -= table->weight;
    walk->active -= table->active;
    walk->reported -= table->offset != 0 ? table->active : 0;
    walk->judged -= are_flags_checked(check, table) ? least(table->active, walk->judged) : 0;
    /* The tables that have begun after this one have not seen more entries than it. */
    walk->fresh = least(walk->fresh, walk->active);
    if (walk->aligned == table)
        walk->aligned = NULL;
}

/* Where the oldest open table ends. */
static uint64_t end_of_oldest(const struct check *check, const struct l2_walk *walk)
{
    return walk->tables[least(walk->oldest, walk->newest)].offset + check->cluster_size;
}

/* Close the tables before this one that end at this offset or before. Bound: the open tables. */
static void close_until(struct check *check, struct l2_walk *walk, size_t number, uint64_t offset)
{
    while (walk->oldest < number && end_of_oldest(check, walk) <= offset)
        close_oldest(check, walk);
}

void refcow_l2_open(struct check *check, struct l2_walk *walk, size_t number)
{
    struct table_name *table = &walk->tables[number];
    close_until(check, walk, number, table->offset);
    walk->newest = number;
    walk->weight += table->weight;
    walk->active += table->active;
    walk->reported += table->offset != 0 ? table->active : 0;
    walk->judged += are_flags_checked(check, table) ? table->active : 0;
    walk->fresh += table->active;
    if (is_aligned(table->offset, check->cluster_size))
        walk->aligned = table;
}

/* The entries of a chunk. Those of the aligned table may turn out to be wrong. */
static void visit_chunk(struct check *check, struct l2_walk *walk, const struct extent *extent)
{
    uint64_t wrong = check->wrong_entries;
    walk->zeros = extent->start + extent->bytes; /* chunks of zeros are left out */
    if (check->first_pass)
        refcow_earn_table(&check->reader, check->chunk, extent->bytes);
    visit_entries(check, walk, extent->start, extent->bytes);
    if (check->wrong_entries == wrong || walk->aligned == NULL || walk->aligned->is_damaged != 0)
        return;
    walk->aligned->is_damaged = 1;
    check->result->damage.damaged_l2_tables++;
}

/* Bound: the open tables, which end one after the other. */
bool refcow_l2_visit(struct check *check, struct l2_walk *walk, uint64_t next_table)
{
    uint64_t at = walk->tables[walk->newest].offset;
    uint64_t end = least(at + check->cluster_size, next_table);
    while (at < end) {
        struct extent extent = {at, least(end, end_of_oldest(check, walk)), 0, 0};
        at = extent.end;
        while (refcow_next_chunk(&check->reader, &extent, check->chunk, check->chunk_size))
            visit_chunk(check, walk, &extent);
        if (check->reader.error.status != REFCOW_STATUS_OK)
            return false;
        if (at < end)
            close_until(check, walk, walk->newest, at);
    }
    return true;
}

void refcow_l2_finish(struct check *check, struct l2_walk *walk, size_t count)
{
    close_until(check, walk, count, UINT64_MAX);
}
