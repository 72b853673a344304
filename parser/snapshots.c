#include "snapshots.h"

/* Host offsets in an entry. */
enum {
    AT_L1_OFFSET = 0,
    AT_L1_LENGTH = 8,
    AT_ID_LENGTH = 12,
    AT_NAME_LENGTH = 14,
    AT_DATE_SECONDS = 16,
    AT_DATE_NANOSECONDS = 20,
    AT_VM_CLOCK = 24,
    AT_VM_STATE_SIZE = 32, /* older: 32 bits */
    AT_EXTRA_SIZE = 36,
    /* extra data, as far as there is any */
    AT_VM_STATE_SIZE_LARGE = 40,
    AT_ICOUNT = 56
};

#define SNAPSHOT_ALIGNMENT 8u
#define EXTRA_MIN_V3 16u

refcow_snapshot refcow_snapshots_start(const refcow_header *header)
{
    refcow_snapshot snapshot = {0};
    snapshot.end = header->snapshots_offset;
    return snapshot;
}

uint64_t refcow_snapshot_after(const refcow_snapshot *snapshot)
{
    return round_up(snapshot->end, SNAPSHOT_ALIGNMENT);
}

/* A field of the extra data, or the other value if that ends before the field does. */
static uint64_t extra_field(const uint8_t *bytes, uint32_t extra_size, uint32_t at, uint64_t other)
{
    return extra_size >= at + 8 - SNAPSHOT_HEAD_SIZE ? load_be64(bytes + at) : other;
}

void refcow_snapshot_decode(refcow_snapshot *snapshot, const uint8_t *bytes)
{
    uint32_t extra_size = load_be32(bytes + AT_EXTRA_SIZE);
    snapshot->offset = refcow_snapshot_after(snapshot);
    snapshot->index = snapshot->next++;
    snapshot->l1_offset = load_be64(bytes + AT_L1_OFFSET);
    snapshot->l1_size = load_be32(bytes + AT_L1_LENGTH);
    snapshot->date_seconds = load_be32(bytes + AT_DATE_SECONDS);
    snapshot->date_nanoseconds = load_be32(bytes + AT_DATE_NANOSECONDS);
    snapshot->vm_clock = load_be64(bytes + AT_VM_CLOCK);
    snapshot->vm_state_size =
        extra_field(bytes, extra_size, AT_VM_STATE_SIZE_LARGE, load_be32(bytes + AT_VM_STATE_SIZE));
    snapshot->disk_size = extra_field(bytes, extra_size, SNAPSHOT_AT_DISK_SIZE, 0);
    snapshot->icount = extra_field(bytes, extra_size, AT_ICOUNT, REFCOW_NO_ICOUNT);
    snapshot->extra_size = extra_size;
    snapshot->id.offset = snapshot->offset + SNAPSHOT_HEAD_SIZE + extra_size;
    snapshot->id.length = load_be16(bytes + AT_ID_LENGTH);
    snapshot->name.offset = snapshot->id.offset + snapshot->id.length;
    snapshot->name.length = load_be16(bytes + AT_NAME_LENGTH);
    snapshot->end = snapshot->name.offset + snapshot->name.length;
}

bool refcow_snapshots_next(const refcow_header *header, struct cache *directory, refcow_snapshot *snapshot)
{
    if (snapshot->next == header->nb_snapshots)
        return false;
    const uint8_t *head = refcow_look(directory, refcow_snapshot_after(snapshot));
    if (head == NULL || !refcow_charge(directory->reader, 1))
        return false;
    refcow_snapshot_decode(snapshot, head);
    return true;
}

bool refcow_snapshot_is_incomplete(const refcow_header *header, const refcow_snapshot *snapshot)
{
    return header->version >= 3 && snapshot->extra_size < EXTRA_MIN_V3;
}

bool refcow_snapshot_has_l1(const refcow_header *header, const refcow_snapshot *snapshot)
{
    return is_aligned(snapshot->l1_offset, (uint64_t)1 << header->cluster_bits) &&
           snapshot->l1_size <= REFCOW_L1_ENTRIES_MAX &&
           refcow_readable(snapshot->l1_offset, 8 * (uint64_t)snapshot->l1_size);
}

refcow_error refcow_snapshot_judge(const refcow_header *header, const refcow_snapshot *snapshot)
{
    refcow_error none = {REFCOW_STATUS_OK, 0, 0};
    refcow_error extra = {REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, snapshot->extra_size, snapshot->offset + AT_EXTRA_SIZE};
    refcow_error table = {REFCOW_STATUS_SNAPSHOT_TABLE_SIZE, snapshot->index, snapshot->offset};
    refcow_error l1 = {REFCOW_STATUS_SNAPSHOT_L1_OFFSET, snapshot->l1_offset, snapshot->offset + AT_L1_OFFSET};
    uint64_t size = snapshot->end - header->snapshots_offset;
    if (snapshot->extra_size > REFCOW_SNAPSHOT_EXTRA_MAX)
        return extra;
    if (size > REFCOW_SNAPSHOT_TABLE_BYTES_MAX || !refcow_readable(header->snapshots_offset, size))
        return table;
    bool is_walked = is_aligned(snapshot->l1_offset, (uint64_t)1 << header->cluster_bits) &&
                     snapshot->l1_size <= REFCOW_L1_ENTRIES_MAX;
    if (is_walked && !refcow_snapshot_has_l1(header, snapshot))
        return l1;
    return none;
}

/* Bound: REFCOW_SNAPSHOTS_MAX. */
void refcow_snapshots_validate(const refcow_header *header, struct cache *directory, refcow_error *refusal)
{
    refcow_snapshot snapshot = refcow_snapshots_start(header);
    while (refusal->status == REFCOW_STATUS_OK && refcow_snapshots_next(header, directory, &snapshot))
        *refusal = refcow_snapshot_judge(header, &snapshot);
}
