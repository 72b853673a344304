/*
 * references.c - every reference in the image: which structure takes up which host clusters, how many times.
 */
#include "check.h"

/* One reference: the structure at offset takes up every cluster that it touches. */
struct reference {
    refcow_role role;
    uint64_t offset;
    uint64_t length;
    uint64_t weight; /* how many times it counts */
};

/* Which table entry is being looked at; for findings. */
struct place {
    uint64_t table; /* host offset of the table; 0: no table's entry */
    uint64_t index;
    uint64_t guest; /* or REFCOW_NO_GUEST */
    uint64_t entry; /* the entry itself */
};

static const struct place no_place = {0, 0, REFCOW_NO_GUEST, 0};

/* -------------------------------------------------------------- findings */

static refcow_finding finding_at(refcow_kind kind, const struct reference *reference, const struct place *place)
{
    refcow_finding finding = {0};
    finding.kind = kind;
    finding.role = reference->role;
    finding.host = reference->offset;
    finding.length = reference->length;
    finding.guest = place->guest;
    finding.table = place->table;
    finding.index = place->index;
    finding.found = place->entry;
    finding.times = reference->weight;
    return finding;
}

/* A defect of an entry, whatever window is being counted: it is reported in the first pass. */
static void report_entry(struct check *check, refcow_kind kind, const struct reference *reference,
                         const struct place *place)
{
    if (!check->first_pass)
        return;
    refcow_finding finding = finding_at(kind, reference, place);
    refcow_findings_add(&check->findings, &finding);
}

/* ------------------------------------------------------------- primitives */

/* Count one reference. It may stick out of the file by less than a cluster, in which case there is one more cluster to
 * compare; one that reaches further is a finding and counts nothing. */
static void count_reference(struct check *check, const struct reference *reference, const struct place *place)
{
    if (reference->length == 0)
        return;
    uint64_t end = reference->offset + reference->length;
    if (end >= check->file_length + check->cluster_size) {
        report_entry(check, REFCOW_KIND_OUT_OF_FILE, reference, place);
        return;
    }
    uint32_t bits = check->header->cluster_bits;
    uint64_t first = reference->offset >> bits;
    uint64_t last = (end - 1) >> bits;
    if (last >= check->clusters)
        check->grown = 1;
    refcow_window_count(&check->window, first, last - first + 1, reference->weight);
}

/* The stored refcount of a cluster as a byte, if it is this pass's to judge: every cluster of the file belongs to one
 * window, and what lies beyond the file is looked up in the first pass. */
static bool stored_refcount(struct check *check, uint64_t cluster, uint8_t *refcount)
{
    if (cluster < check->clusters) {
        if (!refcow_window_holds(&check->window, cluster))
            return false;
        *refcount = check->window.stored[cluster - check->window.first];
        return true;
    }
    uint64_t exact = 0;
    bool known = false;
    if (!check->first_pass || !refcow_refcounts_look_up(&check->refcounts, cluster, &exact, &known))
        return false;
    *refcount = known ? refcow_refcount_byte(exact) : REFCOUNT_UNKNOWN;
    return true;
}

/* The copied flag must be set exactly when the stored refcount is 1. Where it cannot be looked up nothing is said. */
static void check_copied_flag(struct check *check, refcow_kind kind, uint8_t refcount,
                              const struct reference *reference, const struct place *place)
{
    bool is_copied = (place->entry & ENTRY_COPIED) != 0;
    if (refcount == REFCOUNT_UNKNOWN || (refcount == 1) == is_copied)
        return;
    refcow_finding finding = finding_at(kind, reference, place);
    finding.expected = refcount == 1;
    refcow_findings_add(&check->findings, &finding);
}

/* -------------------------------------------------------------- L2 tables */

/* A walk over the entries of one L2 table. */
struct l2_walk {
    const struct table_name *table;
    uint64_t next;        /* host offset that would continue the cluster before; statistics only; 0 at first */
    bool is_flag_checked; /* the copied flags of the entries are tested */
};

/* An entry of it: place.guest is REFCOW_NO_GUEST in a table of snapshots only. */
struct l2_entry {
    struct place place;
    uint64_t bitmap; /* extended entries only, else 0 */
};

static void report_l2(struct check *check, const struct l2_walk *walk, refcow_kind kind, refcow_role role,
                      const struct place *place)
{
    struct reference reference = {role, place->entry & ENTRY_OFFSET, check->cluster_size, walk->table->weight};
    report_entry(check, kind, &reference, place);
}

/* Guest clusters of the active disk, for the answer's statistics. */
static void count_statistics(struct check *check, struct l2_walk *walk, uint64_t offset)
{
    if (!check->first_pass)
        return;
    check->result->allocated_clusters += walk->table->active;
    if (walk->next != 0 && offset != walk->next)
        check->result->fragmented_clusters += walk->table->active;
    walk->next = offset + check->cluster_size;
}

static void count_compressed_statistics(struct check *check, const struct l2_walk *walk)
{
    if (!check->first_pass)
        return;
    check->result->allocated_clusters += walk->table->active;
    check->result->fragmented_clusters += walk->table->active;
    check->result->compressed_clusters += walk->table->active;
}

/* The refcount report is about standard entries of L2 tables that the active tree names. */
static void report_orphan(struct check *check, const struct l2_walk *walk, uint8_t refcount)
{
    refcow_refcount_report *report = &check->result->refcounts;
    if (walk->table->offset == 0)
        return;
    if (refcount == 0)
        report->orphan_clusters += walk->table->active;
    if (refcount == REFCOUNT_UNKNOWN)
        report->unknown_clusters += walk->table->active;
}

/* What the active tree says about a cluster, held against its stored refcount. */
static void judge_data_refcount(struct check *check, const struct l2_walk *walk, const struct place *place,
                                enum l2_class class)
{
    uint8_t refcount = 1; /* of every cluster of an external data file, by definition */
    uint64_t offset = place->entry & ENTRY_OFFSET;
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->table->active};
    bool is_judged = check->l2.data_file ? check->first_pass
                                         : stored_refcount(check, offset >> check->header->cluster_bits, &refcount);
    if (!is_judged)
        return;
    if (walk->is_flag_checked)
        check_copied_flag(check, REFCOW_KIND_L2_COPIED, refcount, &reference, place);
    if (class == L2_NORMAL)
        report_orphan(check, walk, refcount);
}

/* An entry that names a host cluster. */
static void visit_data(struct check *check, struct l2_walk *walk, const struct l2_entry *entry, enum l2_class class)
{
    const struct place *place = &entry->place;
    uint64_t offset = place->entry & ENTRY_OFFSET;
    if ((allocated_subclusters(entry->bitmap) & zero_subclusters(entry->bitmap)) != 0)
        report_l2(check, walk, REFCOW_KIND_SUBCLUSTERS_CLASH, REFCOW_ROLE_DATA, place);
    if (!is_aligned(offset, check->cluster_size))
        report_l2(check, walk, REFCOW_KIND_DATA_UNALIGNED, REFCOW_ROLE_DATA, place);
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->table->weight};
    count_statistics(check, walk, offset);
    if (!check->l2.data_file)
        count_reference(check, &reference, place);
    if (walk->table->active == 0)
        return;
    if (check->first_pass && class == L2_NORMAL && walk->table->offset != 0)
        check->result->refcounts.allocated_clusters += walk->table->active;
    judge_data_refcount(check, walk, place, class);
}

static void visit_compressed(struct check *check, struct l2_walk *walk, const struct l2_entry *entry)
{
    const struct place *place = &entry->place;
    uint32_t bits = check->header->cluster_bits;
    struct reference reference = {REFCOW_ROLE_COMPRESSED, compressed_offset(place->entry, bits),
                                  compressed_length(place->entry, bits), walk->table->weight};
    if ((place->entry & ENTRY_COPIED) != 0)
        report_entry(check, REFCOW_KIND_COMPRESSED_COPIED, &reference, place);
    if (check->l2.data_file) {
        report_entry(check, REFCOW_KIND_COMPRESSED_IN_DATA_FILE, &reference, place);
    } else if (entry->bitmap != 0) {
        report_entry(check, REFCOW_KIND_COMPRESSED_SUBCLUSTERS, &reference, place);
    } else {
        count_reference(check, &reference, place);
        count_compressed_statistics(check, walk);
    }
}

static void visit_l2_entry(struct check *check, struct l2_walk *walk, const struct l2_entry *entry)
{
    const struct place *place = &entry->place;
    enum l2_class class = l2_class_of(place->entry, &check->l2);
    if (class == L2_COMPRESSED) {
        visit_compressed(check, walk, entry);
        return;
    }
    if ((place->entry & L2_RESERVED_BITS) != 0)
        report_l2(check, walk, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, place);
    if (class == L2_UNALLOCATED && allocated_subclusters(entry->bitmap) != 0)
        report_l2(check, walk, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED, REFCOW_ROLE_DATA, place);
    if (class == L2_NORMAL || class == L2_ZERO_ALLOCATED)
        visit_data(check, walk, entry, class);
}

/* The entries in the chunk, of which the first has this index in the table. Bound: bytes of the chunk. */
static void visit_l2_chunk(struct check *check, struct l2_walk *walk, uint64_t index, size_t bytes)
{
    uint32_t bits = check->header->cluster_bits;
    uint64_t guest = walk->table->guest;
    for (size_t at = 0; at < bytes; at += check->l2.entry_size, index++) {
        uint64_t word = load_be64(check->chunk + at);
        uint64_t bitmap = check->l2.extended ? load_be64(check->chunk + at + 8) : 0;
        if (word == 0 && bitmap == 0)
            continue;
        struct l2_entry entry = {{walk->table->offset, index, REFCOW_NO_GUEST, word}, bitmap};
        if (guest != REFCOW_NO_GUEST)
            entry.place.guest = guest + (index << bits);
        visit_l2_entry(check, walk, &entry);
    }
}

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

/* Bound: one cluster. */
static bool walk_l2_table(struct check *check, const struct table_name *table)
{
    struct l2_walk walk = {table, 0, are_flags_checked(check, table)};
    uint64_t bytes = 0;
    for (uint64_t done = 0; done < check->cluster_size; done += bytes) {
        bytes = least(check->cluster_size - done, check->chunk_size);
        if (!refcow_read(&check->reader, table->offset + done, check->chunk, (size_t)bytes) ||
            !refcow_visit(&check->reader, bytes / check->l2.entry_size))
            return false;
        visit_l2_chunk(check, &walk, done / check->l2.entry_size, (size_t)bytes);
    }
    return true;
}

/* -------------------------------------------------------------- L1 tables */

/* What an L1 entry itself says: whether the entry is sound, and the reference to its L2 table. */
static void visit_l1_entry(struct check *check, const struct place *place)
{
    uint64_t offset = place->entry & ENTRY_OFFSET;
    uint8_t refcount = 0;
    struct reference reference = {REFCOW_ROLE_L2_TABLE, offset, check->cluster_size, 1};
    if ((place->entry & L1_RESERVED_BITS) != 0)
        report_entry(check, REFCOW_KIND_L1_RESERVED, &reference, place);
    count_reference(check, &reference, place);
    if (!is_aligned(offset, check->cluster_size))
        report_entry(check, REFCOW_KIND_L2_UNALIGNED, &reference, place);
    if (offset != 0 && stored_refcount(check, offset >> check->header->cluster_bits, &refcount))
        check_copied_flag(check, REFCOW_KIND_L1_COPIED, refcount, &reference, place);
}

/* The entries in the chunk, of which the first has this index in the table. Every word that is not 0 names an L2 table,
 * also when only its flags are set. Bound: bytes of the chunk. */
static void visit_l1_chunk(struct check *check, uint64_t index, size_t bytes, bool is_first_scan)
{
    uint32_t span_bits = 2 * check->header->cluster_bits - (check->l2.extended ? 4 : 3);
    for (size_t at = 0; at < bytes; at += 8, index++) {
        struct place place = {check->header->l1_table_offset, index, index << span_bits, load_be64(check->chunk + at)};
        if (place.entry == 0)
            continue;
        if (is_first_scan)
            visit_l1_entry(check, &place);
        struct table_name name = {place.entry & ENTRY_OFFSET, 1, 1, place.guest};
        refcow_tables_add(&check->tables, &name);
    }
}

/* Bound: REFCOW_L1_ENTRIES_MAX entries. */
static bool scan_l1_table(struct check *check, bool is_first_scan)
{
    uint64_t bytes = 0;
    uint64_t size = 8 * least(check->header->l1_size, REFCOW_L1_ENTRIES_MAX);
    for (uint64_t done = 0; done < size; done += bytes) {
        bytes = least(size - done, check->chunk_size);
        if (!refcow_read(&check->reader, check->header->l1_table_offset + done, check->chunk, (size_t)bytes) ||
            !refcow_visit(&check->reader, bytes / 8))
            return false;
        visit_l1_chunk(check, done / 8, (size_t)bytes, is_first_scan);
    }
    refcow_tables_finish(&check->tables);
    return true;
}

/* The active tree. Bound of the scans: each deals with at least one of the distinct names, of which there are at most
 * REFCOW_L1_ENTRIES_MAX. */
static bool walk_active_tree(struct check *check)
{
    const refcow_header *header = check->header;
    struct reference table = {REFCOW_ROLE_L1_TABLE, header->l1_table_offset, 8 * (uint64_t)header->l1_size, 1};
    bool is_first_scan = true;
    if (!refcow_readable(table.offset, table.length))
        return true; /* only in a refused image, for which no more than the refcount report is wanted */
    count_reference(check, &table, &no_place);
    refcow_tables_start(&check->tables);
    do {
        if (!scan_l1_table(check, is_first_scan))
            return false;
        for (size_t i = 0; i < check->tables.count; i++)
            if (!walk_l2_table(check, &check->tables.names[i]))
                return false;
        is_first_scan = false;
    } while (refcow_tables_continue(&check->tables));
    return true;
}

/* ---------------------------------------------------- everything together */

static void count_header(struct check *check)
{
    struct reference header = {REFCOW_ROLE_HEADER, 0, check->cluster_size, 1};
    count_reference(check, &header, &no_place);
}

static void count_refcount_table(struct check *check)
{
    const refcow_header *header = check->header;
    struct reference table = {REFCOW_ROLE_REFCOUNT_TABLE, header->refcount_table_offset,
                              (uint64_t)header->refcount_table_clusters << header->cluster_bits, 1};
    count_reference(check, &table, &no_place);
}

bool refcow_references_walk(struct check *check)
{
    if (!check->report_only) {
        count_header(check);
        count_refcount_table(check);
    }
    return walk_active_tree(check);
}

/* One entry of the refcount table: the rules in the order of the oracle, of which the first that applies counts. */
static void visit_block(struct check *check, uint64_t index, uint64_t entry)
{
    uint64_t offset = entry & ~(uint64_t)BLOCK_RESERVED_BITS;
    uint64_t cluster = offset >> check->header->cluster_bits;
    struct place place = {check->header->refcount_table_offset, index, REFCOW_NO_GUEST, entry};
    struct reference block = {REFCOW_ROLE_REFCOUNT_BLOCK, offset, check->cluster_size, 1};
    if ((entry & BLOCK_RESERVED_BITS) != 0) {
        report_entry(check, REFCOW_KIND_BLOCK_RESERVED, &block, &place);
    } else if (!is_aligned(offset, check->cluster_size)) {
        report_entry(check, REFCOW_KIND_BLOCK_UNALIGNED, &block, &place);
    } else if (cluster >= check->clusters + check->grown) {
        report_entry(check, REFCOW_KIND_BLOCK_OUT_OF_FILE, &block, &place);
    } else {
        count_reference(check, &block, &place);
        if (refcow_window_holds(&check->window, cluster) && capped_count(check, cluster) != 1) {
            refcow_finding finding = finding_at(REFCOW_KIND_BLOCK_SHARED, &block, &place);
            refcow_findings_add(&check->findings, &finding);
        }
    }
}

/* Bound: REFCOW_REFCOUNT_TABLE_BYTES_MAX / 8 entries. */
bool refcow_references_walk_blocks(struct check *check)
{
    for (uint64_t index = 0; index < check->refcounts.table_entries; index++) {
        uint64_t entry = 0;
        if (!refcow_refcounts_entry(&check->refcounts, index, &entry))
            return false;
        if (entry != 0)
            visit_block(check, index, entry);
    }
    return refcow_visit(&check->reader, check->refcounts.table_entries);
}
