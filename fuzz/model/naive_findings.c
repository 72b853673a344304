/*
 * naive_findings.c - what a finding says, held against the image: its entry is there, its refcounts are those of the
 * clusters, its guest offset is the lowest.
 */
#include "../oracles/rules.h"
#include "naive_state.h"

/* Of a range the first ones and the last one are looked at. */
enum { LOOKED_AT = 64 };

static uint64_t looked_at(uint64_t i, uint64_t count)
{
    return i + 1 < LOOKED_AT ? i : count - 1;
}

/* ------------------------------------------------------------------ clusters */

static const char *compare_cluster(const naive_state *naive, const refcow_finding *finding, uint64_t cluster)
{
    uint64_t stored = 0;
    uint64_t counted = naive_counted(naive, cluster);
    int is_known = naive_look_up(naive, cluster, &stored);
    if (finding->kind == REFCOW_KIND_TOO_MANY_REFERENCES) {
        RULE(finding->expected == naive_counts_get(&naive->counts, cluster), "finding: all references are counted");
        RULE(finding->found == naive->limit, "finding: found is the highest refcount");
        return NULL;
    }
    RULE(is_known == (finding->kind != REFCOW_KIND_REFCOUNT_UNREADABLE), "finding: can the refcount be looked up");
    RULE(!is_known || finding->found == stored, "finding: found is the stored refcount");
    RULE(!is_known || finding->expected == counted, "finding: expected is the counted references");
    RULE(is_known || (finding->found == 0 && finding->expected == 0), "finding: no refcount, no numbers");
    return NULL;
}

static const char *compare_clusters(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t count = finding->length / naive->cluster;
    uint64_t each = finding->kind == REFCOW_KIND_TOO_MANY_REFERENCES ? finding->expected - finding->found : 1;
    RULE(naive_aligned(naive, finding->host) && naive_aligned(naive, finding->length), "finding: whole clusters");
    RULE(finding->table == REFCOW_NO_TABLE && finding->guest == REFCOW_NO_GUEST, "finding: a cluster has no entry");
    RULE(finding->times == count * each, "finding: times is the number of clusters, or of excess references");
    for (uint64_t i = 0; i < count && i < LOOKED_AT; i++) {
        const char *broken = compare_cluster(naive, finding, finding->host / naive->cluster + looked_at(i, count));
        RULE(broken == NULL, broken);
    }
    return NULL;
}

/* ------------------------------------------------------------- guest offsets */

static uint64_t entry_size(const naive_state *naive, const refcow_finding *finding)
{
    int is_l2 = finding->role == REFCOW_ROLE_DATA || finding->role == REFCOW_ROLE_COMPRESSED;
    return is_l2 && naive->is_extended ? 16 : 8;
}

/* An entry with only flags names the table at offset 0. */
static int is_named(uint64_t entry, uint64_t table)
{
    return entry != 0 && (entry & NAIVE_OFFSET) == table;
}

/* The lowest index in the active L1 table of an entry that names the L2 table; the size of it: there is none. */
static uint64_t index_in_l1(const naive_state *naive, uint64_t table)
{
    uint64_t l1 = naive->header.l1_table_offset;
    uint64_t end = l1 + 8 * (uint64_t)naive->header.l1_size;
    uint64_t at = naive_next_entry(naive, l1, end, 8);
    while (at < end && !is_named(naive_number(naive, at, 8), table)) {
        at = naive_next_entry(naive, at + 8, end, 8);
    }
    return (at - l1) / 8;
}

static uint64_t guest_of(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t entries = naive->cluster / (naive->is_extended ? 16 : 8);
    int is_l1 = finding->role == REFCOW_ROLE_L2_TABLE && finding->table == naive->header.l1_table_offset;
    int is_l2 = finding->role == REFCOW_ROLE_DATA || finding->role == REFCOW_ROLE_COMPRESSED;
    uint64_t l1_index = naive->header.l1_size;
    l1_index = is_l1 ? finding->index : l1_index;
    l1_index = is_l2 ? index_in_l1(naive, finding->table) : l1_index;
    if (l1_index >= naive->header.l1_size) {
        return REFCOW_NO_GUEST;
    }
    return (l1_index * entries + (is_l2 ? finding->index : 0)) * naive->cluster;
}

/* -------------------------------------------------------------------- entries */

static uint64_t place_of(const naive_state *naive, const refcow_finding *finding)
{
    switch (finding->role) {
    case REFCOW_ROLE_COMPRESSED:
        return finding->found & (((uint64_t)1 << (70 - naive->header.cluster_bits)) - 1);
    case REFCOW_ROLE_REFCOUNT_BLOCK:
        return finding->found / 512 * 512;
    default:
        return finding->found & NAIVE_OFFSET;
    }
}

/* The copied flag of an entry that names this place. */
static const char *compare_flag(const naive_state *naive, const refcow_finding *finding, uint64_t host)
{
    uint64_t refcount = 1;
    int is_l2 = finding->kind == REFCOW_KIND_L2_COPIED;
    int is_known = (is_l2 && naive->has_data_file) || naive_look_up(naive, host / naive->cluster, &refcount);
    RULE(is_known && finding->expected == (refcount == 1 ? 1 : 0), "finding: expected is the right copied flag");
    RULE(((finding->found & NAIVE_COPIED) != 0) != (finding->expected != 0), "finding: the copied flag is wrong");
    return NULL;
}

/* ----------------------------------------------------------- tables of entries */

/* Whether a snapshot has an L1 table there of at least so many entries. */
static int has_snapshot_l1(const naive_state *naive, uint64_t table, uint64_t entries)
{
    uint64_t at = naive->header.snapshots_offset;
    for (uint32_t index = 0; index < naive->header.nb_snapshots; index++) {
        if (naive_number(naive, at, 8) == table && naive_number(naive, at + 8, 4) >= entries) {
            return 1;
        }
        at = (naive_snapshot_end(naive, at) + 7) / 8 * 8;
    }
    return 0;
}

/* The same for the table of a bitmap. */
static int has_bitmap_table(const naive_state *naive, uint64_t table, uint64_t entries)
{
    uint64_t at = naive->header.bitmap_directory.offset;
    for (uint32_t index = 0; index < naive->header.nb_bitmaps; index++) {
        if (naive_number(naive, at, 8) == table && naive_number(naive, at + 8, 4) >= entries) {
            return 1;
        }
        at = naive_bitmap_end(naive, at);
    }
    return 0;
}

/* Whether the finding's table has so many entries. */
static int has_entries(const naive_state *naive, const refcow_finding *finding, uint64_t entries)
{
    switch (finding->role) {
    case REFCOW_ROLE_L2_TABLE:
        return (finding->table == naive->header.l1_table_offset && entries <= naive->header.l1_size) ||
               has_snapshot_l1(naive, finding->table, entries);
    case REFCOW_ROLE_BITMAP_DATA:
        return has_bitmap_table(naive, finding->table, entries);
    case REFCOW_ROLE_DATA:
    case REFCOW_ROLE_COMPRESSED:
        return entries <= naive->cluster / entry_size(naive, finding);
    default:
        return 1;
    }
}

/* A range has the entries of adjacent clusters; compressed data has other lengths, and the first stands for all. */
static const char *compare_entries(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t size = entry_size(naive, finding);
    uint64_t count = finding->role == REFCOW_ROLE_COMPRESSED ? 1 : finding->length / naive->cluster;
    int is_flag = finding->kind == REFCOW_KIND_L1_COPIED || finding->kind == REFCOW_KIND_L2_COPIED;
    RULE(count > 0 && finding->times % count == 0, "finding: each entry of a range counts as often as the others");
    RULE(has_entries(naive, finding, finding->index + count), "finding: the table has the entry");
    RULE(finding->host == place_of(naive, finding), "finding: host is what the entry names");
    RULE(finding->guest == guest_of(naive, finding), "finding: guest is the lowest offset");
    for (uint64_t i = 0; i < count && i < LOOKED_AT; i++) {
        uint64_t at = looked_at(i, count);
        uint64_t entry = naive_number(naive, finding->table + (finding->index + at) * size, 8);
        RULE(entry == finding->found + at * naive->cluster, "finding: found is the entry");
        const char *broken = is_flag ? compare_flag(naive, finding, finding->host + at * naive->cluster) : NULL;
        RULE(broken == NULL, broken);
    }
    return NULL;
}

/* ------------------------------------------------------- snapshots and bitmaps */

/* Entries have varying lengths. */
static const char *compare_snapshot(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t at = finding->table;
    for (uint64_t index = 0; index < finding->index; index++) {
        at = (naive_snapshot_end(naive, at) + 7) / 8 * 8;
    }
    uint64_t l1 = naive_number(naive, at, 8);
    uint64_t size = naive_number(naive, at + 8, 4);
    uint64_t found = finding->kind == REFCOW_KIND_SNAPSHOT_INCOMPLETE ? naive_number(naive, at + 36, 4) : l1;
    found = finding->kind == REFCOW_KIND_SNAPSHOT_L1_LARGE ? size : found;
    RULE(finding->found == found, "finding: found is the snapshot's field");
    RULE(finding->host == l1 && finding->length == 8 * size, "finding: the place of the snapshot's L1 table");
    return NULL;
}

static const char *compare_bitmap(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t at = finding->table;
    for (uint64_t index = 0; index < finding->index; index++) {
        at = naive_bitmap_end(naive, at);
    }
    RULE(finding->found == naive_number(naive, at, 8), "finding: found is where the bitmap's table is");
    RULE(finding->host == finding->found, "finding: host is what the bitmap names");
    RULE(finding->length == 8 * naive_number(naive, at + 8, 4), "finding: the length of the bitmap's table");
    return NULL;
}

/* ---------------------------------------------------------------------- notes */

static const char *compare_truncation(const naive_state *naive, const refcow_finding *finding)
{
    RULE(finding->host == naive->file->size && finding->found == naive->file->size, "truncated: where the file ends");
    RULE(finding->expected == naive->missing_end, "truncated: where it should end");
    RULE(finding->length == naive->missing_end - naive->file->size, "truncated: what is missing");
    return NULL;
}

static const char *compare_mark(const naive_state *naive, const refcow_finding *finding)
{
    RULE(finding->host == 72 && finding->length == 8, "mark: the place of incompatible_features");
    RULE(finding->found == naive->header.incompatible_features, "mark: found is the field");
    return NULL;
}

static const char *compare_empty_table(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t end = finding->host + naive->cluster;
    uint64_t index = index_in_l1(naive, finding->host);
    uint64_t span = naive->cluster / (naive->is_extended ? 16 : 8) * naive->cluster;
    RULE(naive_aligned(naive, finding->host) && finding->length == naive->cluster, "empty table: a cluster");
    RULE(naive_next_entry(naive, finding->host, end, 8) >= end, "empty table: no entry");
    RULE(finding->guest == (index < naive->header.l1_size ? index * span : REFCOW_NO_GUEST),
         "empty table: the lowest guest offset");
    return NULL;
}

static const char *compare_bitmap_mark(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t at = naive->header.bitmap_directory.offset;
    for (uint64_t index = 0; index < finding->index; index++) {
        at = naive_bitmap_end(naive, at);
    }
    RULE(finding->host == at && finding->length == naive_bitmap_end(naive, at) - at, "bitmap in use: its entry");
    RULE(finding->found == naive_number(naive, at + 12, 4) && finding->found % 2 == 1, "bitmap in use: its flags");
    return NULL;
}

static const char *compare_in_hole(const naive_state *naive, const refcow_finding *finding)
{
    uint64_t first = finding->host / naive->cluster;
    uint64_t count = finding->length / naive->cluster;
    RULE(naive_aligned(naive, finding->host) && naive_aligned(naive, finding->length), "in a hole: whole clusters");
    RULE(finding->times == count, "in a hole: each cluster counts once");
    for (uint64_t i = 0; i < count && i < LOOKED_AT; i++) {
        uint64_t cluster = first + looked_at(i, count);
        RULE(naive_counts_get(&naive->counts, cluster) != 0, "in a hole: a cluster in use");
        RULE(naive_is_in_hole(naive, cluster), "in a hole: nothing but zeros");
    }
    return NULL;
}

/* A note that is about no entry of a table. */
static const char *compare_note(const naive_state *naive, const refcow_finding *finding)
{
    RULE(finding->table == REFCOW_NO_TABLE, "note: no entry");
    switch (finding->kind) {
    case REFCOW_KIND_TRUNCATED:
        return compare_truncation(naive, finding);
    case REFCOW_KIND_L2_TABLE_EMPTY:
        return compare_empty_table(naive, finding);
    case REFCOW_KIND_BITMAP_IN_USE:
        return compare_bitmap_mark(naive, finding);
    case REFCOW_KIND_DATA_IN_HOLE:
        return compare_in_hole(naive, finding);
    default:
        return compare_mark(naive, finding);
    }
}

const char *naive_finding_difference(const naive_state *naive, const refcow_finding *finding)
{
    switch (finding->kind) {
    case REFCOW_KIND_TOO_MANY_REFERENCES:
    case REFCOW_KIND_REFCOUNT_LOW:
    case REFCOW_KIND_REFCOUNT_HIGH:
    case REFCOW_KIND_REFCOUNT_UNREADABLE:
        return compare_clusters(naive, finding);
    case REFCOW_KIND_TRUNCATED:
    case REFCOW_KIND_L2_TABLE_EMPTY:
    case REFCOW_KIND_MARKED_DIRTY:
    case REFCOW_KIND_MARKED_CORRUPT:
    case REFCOW_KIND_BITMAP_IN_USE:
    case REFCOW_KIND_DATA_IN_HOLE:
        return compare_note(naive, finding);
    default:
        break;
    }
    if (finding->table == REFCOW_NO_TABLE) {
        RULE(finding->index == 0 && finding->found == 0 && finding->guest == REFCOW_NO_GUEST, "finding: no entry");
        return NULL;
    }
    switch (finding->role) {
    case REFCOW_ROLE_L1_TABLE:
        return compare_snapshot(naive, finding);
    case REFCOW_ROLE_BITMAP_TABLE:
        return compare_bitmap(naive, finding);
    default:
        return compare_entries(naive, finding);
    }
}
