#include "snapshots.h"

/* Host offsets in an entry. */
enum { AT_L1_OFFSET = 0, AT_L1_LENGTH = 8, AT_ID_LENGTH = 12, AT_NAME_LENGTH = 14, AT_EXTRA_SIZE = 36, HEAD_SIZE = 40 };

#define ENTRY_ALIGNMENT 8u
#define EXTRA_MIN_V3 16u
#define EXTRA_MAX 1024u
#define TABLE_BYTES_MAX ((uint64_t)64 << 20)

struct snapshot refcow_snapshots_start(const refcow_header *header)
{
    struct snapshot snapshot = {0};
    snapshot.end = header->snapshots_offset;
    return snapshot;
}

bool refcow_snapshots_next(struct check *check, struct snapshot *snapshot)
{
    if (snapshot->next == check->header->nb_snapshots)
        return false;
    uint64_t offset = round_up(snapshot->end, ENTRY_ALIGNMENT);
    const uint8_t *head = refcow_look(&check->directory, &check->reader, offset);
    if (head == NULL || !refcow_visit(&check->reader, 1))
        return false;
    snapshot->index = snapshot->next++;
    snapshot->offset = offset;
    snapshot->l1_offset = load_be64(head + AT_L1_OFFSET);
    snapshot->l1_size = load_be32(head + AT_L1_LENGTH);
    snapshot->extra_size = load_be32(head + AT_EXTRA_SIZE);
    snapshot->end =
        offset + HEAD_SIZE + snapshot->extra_size + load_be16(head + AT_ID_LENGTH) + load_be16(head + AT_NAME_LENGTH);
    return true;
}

bool refcow_snapshot_is_incomplete(const refcow_header *header, const struct snapshot *snapshot)
{
    return header->version >= 3 && snapshot->extra_size < EXTRA_MIN_V3;
}

bool refcow_snapshot_has_l1(const refcow_header *header, const struct snapshot *snapshot)
{
    return is_aligned(snapshot->l1_offset, (uint64_t)1 << header->cluster_bits) &&
           snapshot->l1_size <= REFCOW_L1_ENTRIES_MAX &&
           refcow_readable(snapshot->l1_offset, 8 * (uint64_t)snapshot->l1_size);
}

/* The rules of one entry, in the order of its fields. */
static refcow_error judge(const refcow_header *header, const struct snapshot *snapshot)
{
    refcow_error none = {REFCOW_STATUS_OK, 0, 0};
    refcow_error extra = {REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, snapshot->extra_size, snapshot->offset + AT_EXTRA_SIZE};
    refcow_error table = {REFCOW_STATUS_SNAPSHOT_TABLE_SIZE, snapshot->index, snapshot->offset};
    refcow_error l1 = {REFCOW_STATUS_SNAPSHOT_L1_OFFSET, snapshot->l1_offset, snapshot->offset + AT_L1_OFFSET};
    uint64_t size = snapshot->end - header->snapshots_offset;
    if (snapshot->extra_size > EXTRA_MAX)
        return extra;
    if (size > TABLE_BYTES_MAX || !refcow_readable(header->snapshots_offset, size))
        return table;
    bool is_walked = is_aligned(snapshot->l1_offset, (uint64_t)1 << header->cluster_bits) &&
                     snapshot->l1_size <= REFCOW_L1_ENTRIES_MAX;
    if (is_walked && !refcow_snapshot_has_l1(header, snapshot))
        return l1;
    return none;
}

/* Bound: REFCOW_SNAPSHOTS_MAX. */
void refcow_snapshots_validate(struct check *check, refcow_error *refusal)
{
    struct snapshot snapshot = refcow_snapshots_start(check->header);
    while (refusal->status == REFCOW_STATUS_OK && refcow_snapshots_next(check, &snapshot))
        *refusal = judge(check->header, &snapshot);
}
