#include "gate_tables.h"

#include "header.h"
#include "snapshots.h"

/* Bytes of the snapshot table that are read at a time. */
#define SNAPSHOT_PAGE ((size_t)8 << 10)

static const refcow_header *header_of(const struct gate *gate)
{
    return &gate->result->image.header;
}

/* Whether so many bytes from there on are in the file. */
static bool is_in_file(const struct gate *gate, uint64_t offset, uint64_t length)
{
    return offset <= gate->notes->size && length <= gate->notes->size - offset;
}

/* -------------------------------------------------------------- snapshots */

static uint64_t add_sizes(uint64_t one, uint64_t other)
{
    return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

/* Where an entry does not say how large the disk was, readers give the snapshot the size of the active disk. And
 * qemu-img convert -l does so even where the entry says less. */
static uint64_t full_size(const struct gate *gate, const refcow_snapshot *snapshot)
{
    return add_sizes(greatest(snapshot->disk_size, header_of(gate)->virtual_size), snapshot->vm_state_size);
}

static void note_snapshot(const struct gate *gate, const refcow_snapshot *snapshot)
{
    refcow_gate_notes *notes = gate->notes;
    refcow_snapshot *disk = &notes->largest_disk;
    refcow_snapshot *data = &notes->largest_data;
    uint64_t length = 8 * (uint64_t)snapshot->l1_size;
    if (disk->end == 0 || snapshot->disk_size > disk->disk_size)
        *disk = *snapshot;
    if (data->end == 0 || full_size(gate, snapshot) > full_size(gate, data))
        *data = *snapshot;
    notes->snapshots_length = snapshot->end - header_of(gate)->snapshots_offset;
    notes->snapshot_tables += length;
    if (notes->past_end.end == 0 && length != 0 && !is_in_file(gate, snapshot->l1_offset, length))
        notes->past_end = *snapshot;
}

void refcow_gate_read_snapshots(struct gate_reading *in)
{
    const refcow_header *header = header_of(&in->gate);
    refcow_error *error = &in->gate.notes->snapshot_error;
    refcow_snapshot snapshot = refcow_snapshots_start(header);
    uint64_t number = 0;
    struct cache directory = {&in->reader, in->scratch, &number, 1, SNAPSHOT_PAGE};
    refcow_cache_start(&directory, &in->reader);
    uint32_t count = (uint32_t)least(header->nb_snapshots, REFCOW_SNAPSHOTS_MAX);
    while (snapshot.next < count && refcow_readable(snapshot.end, SNAPSHOT_FIELDS_SIZE) &&
           refcow_snapshots_next(header, &directory, &snapshot)) {
        *error = refcow_snapshot_judge(header, &snapshot);
        if (error->status != REFCOW_STATUS_OK)
            return;
        note_snapshot(&in->gate, &snapshot);
    }
}

/* ---------------------------------------------------------- amplification */

static uint64_t bytes_of(const struct gate *gate, uint64_t clusters)
{
    uint32_t bits = header_of(gate)->cluster_bits;
    return clusters > UINT64_MAX >> bits ? UINT64_MAX : clusters << bits;
}

/* The most bytes of data that a reader of the active disk may find: what a check has found to be mapped, or else all of
 * the disk. */
static uint64_t active_data(const struct gate *gate)
{
    return gate->result->is_checked ? bytes_of(gate, gate->result->check.data_clusters) : header_of(gate)->virtual_size;
}

/* A check does not walk an L1 table that the oracle refuses to load. */
static bool are_snapshots_counted(const refcow_gate_result *result)
{
    return result->is_checked && result->check.found[REFCOW_KIND_SNAPSHOT_L1_UNALIGNED] == 0 &&
           result->check.found[REFCOW_KIND_SNAPSHOT_L1_LARGE] == 0;
}

/* The same of any one snapshot; 0 without snapshots. That is all of the disk and the VM state; or what all snapshots
 * together map, if a check has walked the tables of each of them and that is less. */
static uint64_t snapshot_data(const struct gate *gate)
{
    const refcow_snapshot *largest = &gate->notes->largest_data;
    uint64_t size = largest->end == 0 ? 0 : full_size(gate, largest);
    if (!are_snapshots_counted(gate->result))
        return size;
    return least(size, bytes_of(gate, gate->result->check.snapshot_data_clusters));
}

/* Of the file. It has a header: 1 is only for those who prove that nothing is divided by 0. */
static uint64_t size_of_file(const struct gate *gate)
{
    return greatest(gate->notes->size, 1);
}

/* Whole times that the data is the file's size. */
static uint64_t amplification(const struct gate *gate, uint64_t data)
{
    return data / size_of_file(gate);
}

/* The rest counts: a thousand times and a byte is more than a thousand times. */
static bool is_amplified(const struct gate *gate, uint64_t data)
{
    uint64_t limit = gate->policy->max_amplification;
    uint64_t times = amplification(gate, data);
    bool has_rest = data % size_of_file(gate) != 0;
    return limit != REFCOW_NO_LIMIT && (times > limit || (times == limit && has_rest));
}

bool refcow_gate_needs_check(const struct gate *gate)
{
    const refcow_policy *policy = gate->policy;
    uint32_t compressed = FEATURE_BIT(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    return policy->wants_check || ((policy->refused_features | policy->required_features) & compressed) != 0 ||
           is_amplified(gate, active_data(gate)) || is_amplified(gate, snapshot_data(gate));
}

bool refcow_gate_lacks_amplification(const struct gate *gate)
{
    bool ended_early = gate->result->error.status != REFCOW_STATUS_OK;
    return ended_early && (is_amplified(gate, active_data(gate)) || is_amplified(gate, snapshot_data(gate)));
}

/* ----------------------------------------------------------------- limits */

/* A breach of the active disk, or of a snapshot, whose field stands so far behind the start of its entry. */
static refcow_breach breach_of_disk(refcow_rule rule, const refcow_snapshot *snapshot, uint64_t at, uint64_t value)
{
    refcow_breach breach = refcow_breach_of(rule, REFCOW_NO_OFFSET, value);
    if (snapshot != NULL) {
        breach.offset = snapshot->offset + at;
        breach.snapshot = snapshot->index;
        breach.name = snapshot->name;
    }
    return breach;
}

static void judge_amplification(const struct gate *gate, uint64_t data, const refcow_snapshot *snapshot)
{
    refcow_breach breach = breach_of_disk(REFCOW_RULE_AMPLIFICATION_LIMIT, snapshot, 0, amplification(gate, data));
    breach.limit = gate->policy->max_amplification;
    gate->result->amplification = greatest(gate->result->amplification, breach.value);
    if (is_amplified(gate, data))
        refcow_gate_break(gate, &breach);
}

static void judge_snapshot_size(const struct gate *gate, const refcow_snapshot *snapshot)
{
    uint64_t limit = gate->policy->max_virtual_size;
    refcow_breach breach =
        breach_of_disk(REFCOW_RULE_VIRTUAL_SIZE_LIMIT, snapshot, SNAPSHOT_AT_DISK_SIZE, snapshot->disk_size);
    breach.limit = limit;
    if (limit != REFCOW_NO_LIMIT && snapshot->disk_size > limit)
        refcow_gate_break(gate, &breach);
}

/* Of snapshots that are larger than the active disk: any other one is over a limit only if the active disk is, too. */
static void judge_limits(const struct gate *gate)
{
    const refcow_snapshot *disk = &gate->notes->largest_disk;
    uint64_t data = snapshot_data(gate);
    if (disk->disk_size > header_of(gate)->virtual_size)
        judge_snapshot_size(gate, disk);
    if (refcow_gate_lacks_amplification(gate))
        return;
    judge_amplification(gate, active_data(gate), NULL);
    if (data > active_data(gate))
        judge_amplification(gate, data, &gate->notes->largest_data);
}

/* ----------------------------------------------------------------- tables */

/* A table without entries ends nowhere. */
static void judge_table(const struct gate *gate, refcow_rule rule, uint64_t field, uint64_t offset, uint64_t length)
{
    refcow_gate_break_if(gate, length > 0 && !is_in_file(gate, offset, length), rule, field, offset);
}

static void judge_snapshot_tables(const struct gate *gate)
{
    const refcow_header *header = header_of(gate);
    const refcow_gate_notes *notes = gate->notes;
    const refcow_error *refusal = &notes->snapshot_error;
    uint64_t heads = SNAPSHOT_HEAD_SIZE * (uint64_t)header->nb_snapshots;
    judge_table(gate, REFCOW_RULE_SNAPSHOTS_PAST_END, AT_SNAPSHOTS_OFFSET, header->snapshots_offset,
                greatest(heads, notes->snapshots_length));
    refcow_breach l1 = breach_of_disk(REFCOW_RULE_SNAPSHOTS_PAST_END, &notes->past_end, 0, notes->past_end.l1_offset);
    if (notes->past_end.end != 0 && !refcow_gate_is_broken(gate, REFCOW_RULE_SNAPSHOTS_PAST_END))
        refcow_gate_break(gate, &l1);
    refcow_gate_break_if(gate, refusal->status != REFCOW_STATUS_OK, (refcow_rule)refusal->status, refusal->offset,
                         refusal->value);
    refcow_gate_break_if(gate, notes->snapshot_tables > gate->notes->size, REFCOW_RULE_SNAPSHOT_TABLES,
                         header->snapshots_offset, notes->snapshot_tables);
}

void refcow_gate_judge_tables(const struct gate *gate)
{
    const refcow_header *header = header_of(gate);
    judge_table(gate, REFCOW_RULE_L1_PAST_END, AT_L1_TABLE_OFFSET, header->l1_table_offset,
                8 * (uint64_t)header->l1_size);
    judge_table(gate, REFCOW_RULE_REFCOUNT_TABLE_PAST_END, AT_REFCOUNT_TABLE_OFFSET, header->refcount_table_offset,
                (uint64_t)header->refcount_table_clusters << header->cluster_bits);
    judge_table(gate, REFCOW_RULE_BITMAPS_PAST_END, gate->notes->bitmaps_extension, header->bitmap_directory.offset,
                header->bitmap_directory.length);
    judge_table(gate, REFCOW_RULE_ENCRYPTION_PAST_END, AT_CRYPT_METHOD, header->encryption_header.offset,
                header->encryption_header.length);
    judge_snapshot_tables(gate);
    judge_limits(gate);
}

/* ------------------------------------------------------------------ check */

void refcow_gate_judge_check(const struct gate *gate)
{
    const refcow_result *check = &gate->result->check;
    refcow_rule refused = (refcow_rule)check->error.status;
    bool is_refused = refcow_status_class(check->error.status) == REFCOW_CLASS_REFUSED;
    refcow_gate_break_if(gate, is_refused && !refcow_gate_is_broken(gate, refused), refused, check->error.offset,
                         check->error.value);
    if (!gate->result->is_checked || !gate->policy->wants_check)
        return;
    refcow_gate_break_if(gate, check->corruptions > 0, REFCOW_RULE_CORRUPTIONS, REFCOW_NO_OFFSET, check->corruptions);
    refcow_gate_break_if(gate, check->check_errors > 0, REFCOW_RULE_CHECK_ERRORS, REFCOW_NO_OFFSET,
                         check->check_errors);
    refcow_gate_break_if(gate, check->leaks > 0, REFCOW_RULE_LEAKS, REFCOW_NO_OFFSET, check->leaks);
    refcow_gate_limit(gate, gate->policy->max_sharing, REFCOW_RULE_SHARING_LIMIT, REFCOW_NO_OFFSET,
                      check->most_references);
    refcow_gate_break_if(gate, check->compressed_end > round_up(gate->notes->size, SECTOR_SIZE),
                         REFCOW_RULE_COMPRESSED_PAST_END, REFCOW_NO_OFFSET, check->compressed_end);
}
