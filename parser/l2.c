#include "l2.h"

/* An entry of the open tables. Its place is that in the cluster which holds it: the table, if that is aligned. */
struct l2_entry {
    struct place place;
    uint64_t bitmap; /* extended entries only, else 0 */
};

static void report_l2(struct check *check, const struct l2_walk *walk, refcow_kind kind, refcow_role role,
                      const struct place *place)
{
    struct reference reference = {role, place->entry & ENTRY_OFFSET, check->cluster_size, walk->weight};
    refcow_report_entry(check, kind, &reference, place);
}

/* `count` adjacent clusters of the active disk, for the answer's statistics. The first cluster of a table cannot be
 * fragmented. */
static void count_statistics(struct check *check, struct l2_walk *walk, uint64_t offset, uint64_t count)
{
    if (!check->first_pass)
        return;
    check->result->allocated_clusters += count * walk->active;
    if (offset != walk->next)
        check->result->fragmented_clusters += walk->active - walk->fresh;
    walk->fresh = 0;
    walk->next = offset + (count << check->header->cluster_bits);
}

static void count_compressed_statistics(struct check *check, const struct l2_walk *walk)
{
    if (!check->first_pass)
        return;
    check->result->allocated_clusters += walk->active;
    check->result->fragmented_clusters += walk->active;
    check->result->compressed_clusters += walk->active;
}

static void report_orphan(struct check *check, const struct l2_walk *walk, uint8_t refcount)
{
    refcow_refcount_report *report = &check->result->refcounts;
    if (refcount == 0)
        report->orphan_clusters += walk->reported;
    if (refcount == REFCOUNT_UNKNOWN)
        report->unknown_clusters += walk->reported;
}

/* What the active tree says about a cluster, held against its stored refcount. */
static void judge_data_refcount(struct check *check, const struct l2_walk *walk, const struct place *place,
                                enum l2_class class)
{
    uint8_t refcount = 1; /* of every cluster of an external data file, by definition */
    uint64_t offset = place->entry & ENTRY_OFFSET;
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->judged};
    bool is_judged = check->l2.data_file
                         ? check->first_pass
                         : refcow_stored_refcount(check, offset >> check->header->cluster_bits, &refcount);
    if (!is_judged)
        return;
    if (walk->judged != 0)
        refcow_check_copied_flag(check, REFCOW_KIND_L2_COPIED, refcount, &reference, place);
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
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->weight};
    count_statistics(check, walk, offset, 1);
    if (!check->l2.data_file)
        refcow_count(check, &reference, place);
    if (walk->active == 0)
        return;
    if (check->first_pass && class == L2_NORMAL)
        check->result->refcounts.allocated_clusters += walk->reported;
    judge_data_refcount(check, walk, place, class);
}

static void visit_compressed(struct check *check, struct l2_walk *walk, const struct l2_entry *entry)
{
    const struct place *place = &entry->place;
    uint32_t bits = check->header->cluster_bits;
    struct reference reference = {REFCOW_ROLE_COMPRESSED, compressed_offset(place->entry, bits),
                                  compressed_length(place->entry, bits), walk->weight};
    if ((place->entry & ENTRY_COPIED) != 0)
        refcow_report_entry(check, REFCOW_KIND_COMPRESSED_COPIED, &reference, place);
    if (check->l2.data_file) {
        refcow_report_entry(check, REFCOW_KIND_COMPRESSED_IN_DATA_FILE, &reference, place);
    } else if (entry->bitmap != 0) {
        refcow_report_entry(check, REFCOW_KIND_COMPRESSED_SUBCLUSTERS, &reference, place);
    } else {
        refcow_count(check, &reference, place);
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

/* ------------------------------------------------------------------- runs */

/* An entry that a sound image is full of: a host cluster, and nothing special about it. */
static bool is_plain(const struct check *check, uint64_t word)
{
    uint64_t others = ~(ENTRY_OFFSET | ENTRY_COPIED) | (check->cluster_size - 1);
    return (word & others) == 0 && (word & ENTRY_OFFSET) != 0 && !check->l2.extended && !check->l2.data_file;
}

/* Entries that are looked at together; many enough to keep a processor busy. */
#define GROUP 8u

/* Whether the entries of a group name one cluster after the other, from `word` on. */
static bool is_group(const uint8_t *entries, uint64_t word, uint64_t cluster_size)
{
    uint64_t difference = 0;
    for (size_t i = 0; i < GROUP; i++)
        difference |= load_be64(entries + 8 * i) ^ (word + i * cluster_size);
    return difference == 0;
}

/* How many entries, each naming the cluster after the one before, begin here. Bound: bytes of the chunk. */
static uint64_t length_of_run(const uint8_t *entries, size_t bytes, uint64_t cluster_size)
{
    uint64_t word = load_be64(entries);
    size_t count = 1;
    if (bytes < 16 || load_be64(entries + 8) != word + cluster_size)
        return 1; /* in scattered images this is the rule */
    while (8 * (count + GROUP) <= bytes && is_group(entries + 8 * count, word + count * cluster_size, cluster_size))
        count += GROUP;
    while (8 * count < bytes && load_be64(entries + 8 * count) == word + count * cluster_size)
        count++;
    return count;
}

/* Whether nothing is to be said about a run that names the clusters from `first` on: their stored refcounts are all the
 * same one, not 0, and agree with the copied flag, or are not this pass's to judge. */
static bool is_run_sound(const struct check *check, const struct l2_walk *walk, uint64_t first, uint64_t count,
                         bool is_copied)
{
    const struct window *window = &check->window;
    if (walk->active == 0 || first >= window->end || first + count <= window->first)
        return true;
    if (first < window->first || first + count > window->end)
        return false;
    uint8_t stored = refcow_window_stored(window, first);
    return stored != 0 && stored != REFCOUNT_UNKNOWN && (stored == 1) == is_copied &&
           (count == 1 || refcow_window_are_stored(window, first, count, stored));
}

/* Visit a run of plain entries all at once; false if they need to be looked at one by one. */
static bool visit_run(struct check *check, struct l2_walk *walk, uint64_t word, uint64_t count)
{
    uint64_t offset = word & ENTRY_OFFSET;
    uint64_t first = offset >> check->header->cluster_bits;
    uint64_t length = count << check->header->cluster_bits;
    uint64_t end = least(check->file_length, ENTRY_OFFSET_END);
    if (offset + length > end || !is_run_sound(check, walk, first, count, (word & ENTRY_COPIED) != 0))
        return false;
    refcow_window_count(&check->window, first, count, walk->weight);
    count_statistics(check, walk, offset, count);
    if (check->first_pass)
        check->result->refcounts.allocated_clusters += count * walk->reported;
    return true;
}

/* ----------------------------------------------------------------- entries */

/* Entries one by one, of which the first stands at this host offset. Bound: count. */
static void visit_entries(struct check *check, struct l2_walk *walk, const uint8_t *bytes, uint64_t offset,
                          uint64_t count)
{
    uint64_t table = round_down(offset, check->cluster_size);
    uint64_t guest = walk->aligned != NULL ? walk->aligned->guest : REFCOW_NO_GUEST;
    uint32_t size = check->l2.entry_size;
    for (uint64_t i = 0; i < count; i++, bytes += size) {
        uint64_t index = (offset - table) / size + i;
        uint64_t word = load_be64(bytes);
        uint64_t bitmap = check->l2.extended ? load_be64(bytes + 8) : 0;
        struct l2_entry entry = {{table, index, REFCOW_NO_GUEST, word}, bitmap};
        if (word == 0 && bitmap == 0)
            continue;
        if (guest != REFCOW_NO_GUEST)
            entry.place.guest = guest + (index << check->header->cluster_bits);
        visit_l2_entry(check, walk, &entry);
    }
}

/* The entries in the chunk, which was read from this host offset. Bound: bytes of the chunk. */
static void visit_chunk(struct check *check, struct l2_walk *walk, uint64_t offset, size_t bytes)
{
    uint32_t size = check->l2.entry_size;
    uint64_t count = 0;
    for (size_t at = 0; at < bytes; at += (size_t)count * size) {
        uint64_t word = load_be64(check->chunk + at);
        bool is_run = is_plain(check, word);
        count = is_run ? length_of_run(check->chunk + at, bytes - at, check->cluster_size) : 1;
        if (!is_run || !visit_run(check, walk, word, count))
            visit_entries(check, walk, check->chunk + at, offset + at, count);
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

struct l2_walk refcow_l2_start(const struct table_name *tables)
{
    struct l2_walk walk = {0};
    walk.oldest = tables;
    walk.end = tables;
    return walk;
}

/* The oldest open table ends. A source that changes meanwhile may have its flags judged differently than before. */
static void close_oldest(struct check *check, struct l2_walk *walk)
{
    const struct table_name *table = walk->oldest++;
    walk->weight -= table->weight;
    walk->active -= table->active;
    walk->reported -= table->offset != 0 ? table->active : 0;
    walk->judged -= are_flags_checked(check, table) ? least(table->active, walk->judged) : 0;
    /* The tables that have begun after this one have not seen more entries than it. */
    walk->fresh = least(walk->fresh, walk->active);
    if (walk->aligned == table)
        walk->aligned = NULL;
}

/* Close the tables that end at this offset or before. Bound: the open tables. */
static void close_until(struct check *check, struct l2_walk *walk, uint64_t offset)
{
    while (walk->oldest < walk->end && walk->oldest->offset + check->cluster_size <= offset)
        close_oldest(check, walk);
}

void refcow_l2_open(struct check *check, struct l2_walk *walk)
{
    const struct table_name *table = walk->end;
    close_until(check, walk, table->offset);
    walk->end++;
    walk->weight += table->weight;
    walk->active += table->active;
    walk->reported += table->offset != 0 ? table->active : 0;
    walk->judged += are_flags_checked(check, table) ? table->active : 0;
    walk->fresh += table->active;
    if (is_aligned(table->offset, check->cluster_size))
        walk->aligned = table;
}

/* Bound: the open tables, which end one after the other. */
bool refcow_l2_visit(struct check *check, struct l2_walk *walk, uint64_t next_table)
{
    uint64_t at = walk->end[-1].offset;
    uint64_t end = least(at + check->cluster_size, next_table);
    while (at < end) {
        struct stretch stretch = {at, least(end, walk->oldest->offset + check->cluster_size), 0, 0};
        at = stretch.end;
        while (refcow_next_chunk(&check->reader, &stretch, check->chunk, check->chunk_size))
            visit_chunk(check, walk, stretch.start, stretch.bytes);
        if (check->reader.error.status != REFCOW_STATUS_OK)
            return false;
        if (at < end)
            close_until(check, walk, at);
    }
    return true;
}
