/*
 * l2_entry.c - the rules for one entry of an L2 table: what it names, and what is wrong with it.
 */
#include "l2_entry.h"

#include "copied.h"

/* An entry of the open tables. Its index is that in the cluster which holds it: the table, if that is aligned. */
struct l2_entry {
    struct origin origin;
    uint64_t bitmap; /* extended entries only, else 0 */
};

static void add_l2_finding(struct check *check, const struct l2_walk *walk, refcow_kind kind, refcow_role role,
                           const struct origin *origin)
{
    struct reference reference = {role, origin->entry & ENTRY_OFFSET, check->cluster_size, walk->weight, walk->active};
    refcow_add_entry_finding(check, kind, &reference, origin);
}

void refcow_l2_count_data(struct check *check, const struct l2_walk *walk, uint64_t count)
{
    if (!check->first_pass)
        return;
    check->result->data_clusters += count * walk->active;
    check->result->snapshot_data_clusters += count * (walk->weight - walk->active);
}

void refcow_l2_count_statistics(struct check *check, struct l2_walk *walk, uint64_t offset, uint64_t count)
{
    if (!check->first_pass)
        return;
    refcow_l2_count_data(check, walk, count);
    check->result->allocated_clusters += count * walk->active;
    if (offset != walk->next)
        check->result->fragmented_clusters += walk->active - walk->fresh;
    walk->fresh = 0;
    walk->next = offset + (count << check->header->cluster_bits);
}

static void count_compressed_statistics(struct check *check, const struct l2_walk *walk, uint64_t end)
{
    if (!check->first_pass)
        return;
    check->result->compressed_end = greatest(check->result->compressed_end, end);
    check->result->allocated_clusters += walk->active;
    check->result->fragmented_clusters += walk->active;
    check->result->compressed_clusters += walk->active;
}

/* What the refcount report says about an entry beyond that it is there. */
static void report_refcount(struct check *check, const struct l2_walk *walk, const struct origin *origin,
                            uint8_t refcount)
{
    refcow_refcount_report *report = &check->result->refcounts;
    struct reference data = {REFCOW_ROLE_DATA, origin->entry & ENTRY_OFFSET, check->cluster_size, walk->reported,
                             walk->reported};
    if (walk->reported == 0)
        return;
    if (refcount == REFCOUNT_UNKNOWN)
        report->unknown_clusters += walk->reported;
    if (refcount != 0)
        return;
    report->orphan_clusters += walk->reported;
    if (check->orphan != NULL) {
        refcow_finding orphan = refcow_finding_at(REFCOW_KIND_REFCOUNT_LOW, &data, origin);
        check->orphan(check->reader.user, &orphan);
    }
}

/* What the active tree says about a cluster, held against its stored refcount. */
static void judge_data_refcount(struct check *check, const struct l2_walk *walk, const struct origin *origin,
                                enum l2_class class)
{
    uint8_t refcount = 1; /* of every cluster of an external data file, by definition */
    uint64_t offset = origin->entry & ENTRY_OFFSET;
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->judged, walk->judged};
    bool is_judged = check->l2.data_file
                         ? check->first_pass
                         : refcow_stored_refcount(check, offset >> check->header->cluster_bits, &refcount);
    if (!is_judged)
        return;
    if (walk->judged != 0)
        refcow_check_copied_flag(check, REFCOW_KIND_L2_COPIED, refcount, &reference, origin);
    if (class == L2_NORMAL)
        report_refcount(check, walk, origin, refcount);
}

/* An entry that names a host cluster. */
static void visit_data(struct check *check, struct l2_walk *walk, const struct l2_entry *entry, enum l2_class class)
{
    const struct origin *origin = &entry->origin;
    uint64_t offset = origin->entry & ENTRY_OFFSET;
    if ((allocated_subclusters(entry->bitmap) & zero_subclusters(entry->bitmap)) != 0)
        add_l2_finding(check, walk, REFCOW_KIND_SUBCLUSTERS_CLASH, REFCOW_ROLE_DATA, origin);
    if (!is_aligned(offset, check->cluster_size))
        add_l2_finding(check, walk, REFCOW_KIND_DATA_UNALIGNED, REFCOW_ROLE_DATA, origin);
    struct reference reference = {REFCOW_ROLE_DATA, offset, check->cluster_size, walk->weight, walk->active};
    refcow_l2_count_statistics(check, walk, offset, 1);
    if (!check->l2.data_file)
        refcow_count(check, &reference, origin);
    if (walk->active == 0)
        return;
    if (check->first_pass && class == L2_NORMAL)
        check->result->refcounts.allocated_clusters += walk->reported;
    judge_data_refcount(check, walk, origin, class);
}

/* A reader may expand the data even where the check only reports the entry: qemu does so whatever the bitmap says. */
static void visit_compressed(struct check *check, struct l2_walk *walk, const struct l2_entry *entry)
{
    const struct origin *origin = &entry->origin;
    uint32_t bits = check->header->cluster_bits;
    struct reference reference = {REFCOW_ROLE_COMPRESSED, compressed_offset(origin->entry, bits),
                                  compressed_length(origin->entry, bits), walk->weight, walk->active};
    refcow_l2_count_data(check, walk, 1);
    if ((origin->entry & ENTRY_COPIED) != 0)
        refcow_add_entry_finding(check, REFCOW_KIND_COMPRESSED_COPIED, &reference, origin);
    if (check->l2.data_file) {
        refcow_add_entry_finding(check, REFCOW_KIND_COMPRESSED_IN_DATA_FILE, &reference, origin);
    } else if (entry->bitmap != 0) {
        refcow_add_entry_finding(check, REFCOW_KIND_COMPRESSED_SUBCLUSTERS, &reference, origin);
    } else {
        uint64_t end = reference.offset + reference.length;
        refcow_count(check, &reference, origin);
        count_compressed_statistics(check, walk, end);
        if (end > check->file_length && !is_out_of_file(check, end))
            refcow_add_entry_finding(check, REFCOW_KIND_COMPRESSED_PAST_END, &reference, origin);
    }
}

static void visit_l2_entry(struct check *check, struct l2_walk *walk, const struct l2_entry *entry)
{
    const struct origin *origin = &entry->origin;
    enum l2_class class = l2_class_of(origin->entry, &check->l2);
    if (class == L2_COMPRESSED) {
        visit_compressed(check, walk, entry);
        return;
    }
    if ((origin->entry & L2_RESERVED_BITS) != 0)
        add_l2_finding(check, walk, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, origin);
    if (class == L2_UNALLOCATED && allocated_subclusters(entry->bitmap) != 0) {
        add_l2_finding(check, walk, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED, REFCOW_ROLE_DATA, origin);
        refcow_l2_count_data(check, walk, 1); /* a reader that goes by the bitmap finds data at offset 0 */
    }
    if (class == L2_NORMAL || class == L2_ZERO_ALLOCATED)
        visit_data(check, walk, entry, class);
}

void refcow_l2_visit_entries(struct check *check, struct l2_walk *walk, uint64_t offset, size_t at, size_t end,
                             uint32_t size)
{
    uint64_t guest = walk->aligned != NULL ? walk->aligned->guest : REFCOW_NO_GUEST;
    for (; at < end; at += size) {
        uint64_t word = load_be64(check->chunk + at);
        uint64_t bitmap = size == 16 ? load_be64(check->chunk + at + 8) : 0;
        if (word == 0 && bitmap == 0)
            continue;
        uint64_t table = round_down(offset + at, check->cluster_size);
        uint64_t index = (offset + at - table) / size;
        struct l2_entry entry = {{table, index, REFCOW_NO_GUEST, word}, bitmap};
        if (guest != REFCOW_NO_GUEST)
            entry.origin.guest = guest + (index << check->header->cluster_bits);
        visit_l2_entry(check, walk, &entry);
    }
}
