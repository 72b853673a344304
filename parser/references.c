#include "references.h"

#include "bitmaps.h"
#include "count.h"
#include "l1.h"
#include "notes.h"

static void count_header(struct check *check)
{
    struct reference header = {REFCOW_ROLE_HEADER, 0, check->cluster_size, 1, 1};
    refcow_count(check, &header, &NO_ORIGIN);
}

static void count_refcount_table(struct check *check)
{
    const refcow_header *header = check->header;
    struct reference table = {REFCOW_ROLE_REFCOUNT_TABLE, header->refcount_table_offset,
                              (uint64_t)header->refcount_table_clusters << header->cluster_bits, 1, 1};
    refcow_count(check, &table, &NO_ORIGIN);
}

static void count_encryption_header(struct check *check)
{
    const refcow_span *span = &check->header->encryption_header;
    struct reference encryption = {REFCOW_ROLE_ENCRYPTION_HEADER, span->offset, span->length, 1, 1};
    /* The oracle takes the length as a signed number: from 2^63 on there is nothing to count. */
    if (span->length <= INT64_MAX)
        refcow_count(check, &encryption, &NO_ORIGIN);
}

bool refcow_references_walk(struct check *check)
{
    if (check->report_only)
        return refcow_l1_walk(check);
    if (check->first_pass)
        refcow_note_marks(check);
    count_header(check);
    count_refcount_table(check);
    count_encryption_header(check);
    return refcow_bitmaps_count(check) && refcow_l1_walk(check);
}

/* The counter of `qemu-img check` for a cluster of the window: it does not go past what the image's width can store. */
static uint64_t capped_count(const struct check *check, uint64_t cluster)
{
    return least(refcow_window_counted(&check->window, cluster), check->refcount_limit);
}

/* One entry of the refcount table: the rules in the order of the oracle, of which the first that applies counts. */
static void visit_block(struct check *check, uint64_t index, uint64_t entry)
{
    uint64_t offset = entry & ~(uint64_t)BLOCK_RESERVED_BITS;
    uint64_t cluster = offset >> check->header->cluster_bits;
    struct origin origin = {check->header->refcount_table_offset, index, REFCOW_NO_GUEST, entry};
    struct reference block = {REFCOW_ROLE_REFCOUNT_BLOCK, offset, check->cluster_size, 1, 1};
    if ((entry & BLOCK_RESERVED_BITS) != 0) {
        refcow_add_entry_finding(check, REFCOW_KIND_BLOCK_RESERVED, &block, &origin);
    } else if (!is_aligned(offset, check->cluster_size)) {
        refcow_add_entry_finding(check, REFCOW_KIND_BLOCK_UNALIGNED, &block, &origin);
    } else if (cluster >= check->clusters + check->grown) {
        refcow_add_entry_finding(check, REFCOW_KIND_BLOCK_OUT_OF_FILE, &block, &origin);
    } else {
        refcow_count(check, &block, &origin);
        if (refcow_window_holds(&check->window, cluster) && capped_count(check, cluster) != 1) {
            refcow_finding finding = refcow_finding_at(REFCOW_KIND_BLOCK_SHARED, &block, &origin);
            refcow_findings_add(&check->findings, &finding);
        }
    }
}

bool refcow_references_walk_blocks(struct check *check)
{
    struct table_walk walk = refcow_refcounts_walk(&check->refcounts, 0);
    uint64_t index = 0;
    uint64_t entry = 0;
    while (refcow_refcounts_next_entry(&check->refcounts, &walk, &index, &entry))
        visit_block(check, index, entry);
    return check->reader.error.status == REFCOW_STATUS_OK;
}
