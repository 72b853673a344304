/*
 * naive_gate_size.c - the rules of the gate that need the size of the file, its snapshot table or a check, in the
 * second reading.
 */
#include "naive_gate_state.h"

enum { ENTRY_HEAD = 40 };

static uint64_t number_at(const naive_gate *gate, uint64_t offset, size_t width)
{
    return input_number(gate->asked.file, offset, width);
}

static uint64_t file_size(const naive_gate *gate)
{
    return gate->asked.file->size;
}

/* ----------------------------------------------------------- past the end of the file */

static int is_past_end(const naive_gate *gate, uint64_t offset, uint64_t length)
{
    return length > 0 && naive_sum(offset, length) > file_size(gate);
}

/* The evidence is a place that the header names. */
static void judge_span(naive_gate *gate, refcow_rule rule, uint64_t field, refcow_span span)
{
    if (is_past_end(gate, span.offset, span.length)) {
        naive_add(gate, NAIVE_BREACH, rule, field, NAIVE_ANY)->limit = NAIVE_ANY;
    }
}

static void judge_tables(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    refcow_span l1 = {header->l1_table_offset, 8 * (uint64_t)header->l1_size};
    refcow_span refcounts = {header->refcount_table_offset, header->refcount_table_clusters * gate->cluster};
    judge_span(gate, REFCOW_RULE_L1_PAST_END, 40, l1);
    judge_span(gate, REFCOW_RULE_REFCOUNT_TABLE_PAST_END, 48, refcounts);
    judge_span(gate, REFCOW_RULE_BITMAPS_PAST_END, NAIVE_ANY, header->bitmap_directory);
    judge_span(gate, REFCOW_RULE_ENCRYPTION_PAST_END, NAIVE_ANY, header->encryption_header);
}

/* ----------------------------------------------------------------------- snapshots */

typedef struct snapshot_entry {
    uint32_t index;
    uint64_t at;
    uint64_t l1;
    uint64_t l1_size;
    uint64_t vm_state;
    uint64_t disk;
    uint64_t extra;
    refcow_span name;
    uint64_t end;
} snapshot_entry;

static snapshot_entry read_entry(const naive_gate *gate, uint32_t index, uint64_t at)
{
    snapshot_entry entry = {.index = index, .at = at};
    uint64_t id = number_at(gate, at + 12, 2);
    entry.l1 = number_at(gate, at, 8);
    entry.l1_size = number_at(gate, at + 8, 4);
    entry.extra = number_at(gate, at + 36, 4);
    entry.vm_state = entry.extra >= 8 ? number_at(gate, at + 40, 8) : number_at(gate, at + 32, 4);
    entry.disk = entry.extra >= 16 ? number_at(gate, at + 48, 8) : 0;
    entry.name = (refcow_span){at + ENTRY_HEAD + entry.extra + id, number_at(gate, at + 14, 2)};
    entry.end = entry.name.offset + entry.name.length;
    return entry;
}

static int is_walked(const naive_gate *gate, const snapshot_entry *entry)
{
    return entry->l1 % gate->cluster == 0 && entry->l1_size <= REFCOW_L1_ENTRIES_MAX;
}

/* The first rule of the format that an entry breaks. */
static refcow_error refusal(const naive_gate *gate, const snapshot_entry *entry)
{
    uint64_t table = gate->header.fields.snapshots_offset;
    uint64_t size = entry->end - table;
    if (entry->extra > REFCOW_SNAPSHOT_EXTRA_MAX) {
        return (refcow_error){REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, entry->extra, entry->at + 36};
    }
    if (size > REFCOW_SNAPSHOT_TABLE_BYTES_MAX || !naive_readable(table, size)) {
        return (refcow_error){REFCOW_STATUS_SNAPSHOT_TABLE_SIZE, entry->index, entry->at};
    }
    if (is_walked(gate, entry) && !naive_readable(entry->l1, 8 * entry->l1_size)) {
        return (refcow_error){REFCOW_STATUS_SNAPSHOT_L1_OFFSET, entry->l1, entry->at};
    }
    return (refcow_error){REFCOW_STATUS_OK, 0, 0};
}

/* Of all entries; end 0: there is none. */
typedef struct remarkable_entries {
    snapshot_entry largest;         /* the first with the largest disk */
    snapshot_entry past_end;        /* the first whose L1 table is not all in the file */
    snapshot_entry walked_past_end; /* the same of those that a check walks */
} remarkable_entries;

static refcow_breach *add_of_entry(naive_gate *gate, naive_certainty certainty, const snapshot_entry *entry,
                                   refcow_rule rule, uint64_t value)
{
    refcow_breach *breach = naive_add(gate, certainty, rule, NAIVE_ANY, value);
    breach->snapshot = entry->index;
    breach->name = entry->name;
    return breach;
}

static uint64_t data_of(const naive_gate *gate, const snapshot_entry *entry)
{
    uint64_t disk = gate->header.fields.virtual_size;
    return naive_sum(entry->disk > disk ? entry->disk : disk, entry->vm_state);
}

static void add_entry(naive_gate *gate, const snapshot_entry *entry, remarkable_entries *found)
{
    naive_snapshots *snapshots = &gate->snapshots;
    uint64_t data = data_of(gate, entry);
    int is_cut = is_past_end(gate, entry->l1, 8 * entry->l1_size);
    snapshots->tables += 8 * entry->l1_size;
    snapshots->walked_tables += is_walked(gate, entry) ? 8 * entry->l1_size : 0;
    snapshots->has_unwalked |= !is_walked(gate, entry);
    snapshots->most_data = data > snapshots->most_data ? data : snapshots->most_data;
    if (found->largest.end == 0 || entry->disk > found->largest.disk) {
        found->largest = *entry;
    }
    if (is_cut && found->past_end.end == 0) {
        found->past_end = *entry;
    }
    if (is_cut && is_walked(gate, entry) && found->walked_past_end.end == 0) {
        found->walked_past_end = *entry;
    }
}

/* Of disks, one that is no larger than the active one need not be named besides it. That a table is not where tables
 * are is for the check to say. */
static void judge_entries(naive_gate *gate, const remarkable_entries *found)
{
    uint64_t limit = gate->asked.policy->max_virtual_size;
    const snapshot_entry *largest = &found->largest;
    if (largest->end != 0 && largest->disk > limit) {
        int is_larger = largest->disk > gate->header.fields.virtual_size;
        add_of_entry(gate, is_larger ? NAIVE_BREACH : NAIVE_MAYBE, largest, REFCOW_RULE_VIRTUAL_SIZE_LIMIT,
                     largest->disk)
            ->limit = limit;
    }
    if (found->past_end.end != 0) {
        add_of_entry(gate, NAIVE_MAYBE, &found->past_end, REFCOW_RULE_SNAPSHOTS_PAST_END, NAIVE_ANY)->limit = NAIVE_ANY;
    }
    if (found->walked_past_end.end != 0) {
        add_of_entry(gate, NAIVE_RULE, &found->walked_past_end, REFCOW_RULE_SNAPSHOTS_PAST_END, NAIVE_ANY)->limit =
            NAIVE_ANY;
    }
}

/* Entries of zeros break no rule, and have nothing: how many there are here, not more than so many. */
static uint32_t empty_entries(const naive_gate *gate, uint64_t at, uint32_t most)
{
    uint64_t next = input_next(gate->asked.file, at);
    uint64_t table = gate->header.fields.snapshots_offset;
    next = next < file_size(gate) ? next : UINT64_MAX;
    int is_long = at + (uint64_t)most * ENTRY_HEAD - table > REFCOW_SNAPSHOT_TABLE_BYTES_MAX;
    if (next < at + 2 * ENTRY_HEAD || is_long || !naive_readable(at, (uint64_t)most * ENTRY_HEAD)) {
        return 0;
    }
    return (next - at) / ENTRY_HEAD < most ? (uint32_t)((next - at) / ENTRY_HEAD) : most;
}

static void judge_snapshots(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    uint32_t count = header->nb_snapshots < REFCOW_SNAPSHOTS_MAX ? header->nb_snapshots : REFCOW_SNAPSHOTS_MAX;
    uint64_t at = header->snapshots_offset;
    uint64_t end = at;
    remarkable_entries found = {0};
    refcow_error refused = {REFCOW_STATUS_OK, 0, 0};
    for (uint32_t index = 0; index < count && refused.status == REFCOW_STATUS_OK; index++) {
        uint32_t empty = empty_entries(gate, at, count - index - 1);
        index += empty;
        at += (uint64_t)empty * ENTRY_HEAD;
        snapshot_entry entry = read_entry(gate, index, at);
        refused = refusal(gate, &entry);
        if (refused.status == REFCOW_STATUS_OK) {
            add_entry(gate, &entry, &found);
            end = entry.end;
            at = (end + 7) / 8 * 8;
        }
    }
    if (refused.status != REFCOW_STATUS_OK) {
        naive_add(gate, NAIVE_BREACH, (refcow_rule)refused.status, refused.offset, refused.value);
    }
    judge_entries(gate, &found);
    uint64_t least = (uint64_t)count * ENTRY_HEAD;
    uint64_t length = end - header->snapshots_offset > least ? end - header->snapshots_offset : least;
    if (is_past_end(gate, header->snapshots_offset, length)) {
        refcow_breach *breach = naive_add(gate, NAIVE_RULE, REFCOW_RULE_SNAPSHOTS_PAST_END, 64, NAIVE_ANY);
        breach->limit = NAIVE_ANY;
    } else if (is_past_end(gate, header->snapshots_offset, (uint64_t)header->nb_snapshots * ENTRY_HEAD)) {
        /* More entries than are read. */
        naive_add(gate, NAIVE_MAYBE, REFCOW_RULE_SNAPSHOTS_PAST_END, 64, NAIVE_ANY)->limit = NAIVE_ANY;
    }
    gate->snapshots.is_known = 1;
}

/* Where a table stands that is nowhere, or not where tables are, is open. */
static void allow_any_snapshots(naive_gate *gate)
{
    static const uint32_t rules[] = {
        REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, REFCOW_STATUS_SNAPSHOT_TABLE_SIZE, REFCOW_STATUS_SNAPSHOT_L1_OFFSET,
        REFCOW_RULE_SNAPSHOTS_PAST_END,    REFCOW_RULE_SNAPSHOT_TABLES,       REFCOW_RULE_VIRTUAL_SIZE_LIMIT,
        REFCOW_RULE_AMPLIFICATION_LIMIT,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        naive_any_snapshot(naive_add(gate, NAIVE_MAYBE, (refcow_rule)rules[i], NAIVE_ANY, NAIVE_ANY));
        naive_add(gate, NAIVE_MAYBE, (refcow_rule)rules[i], NAIVE_ANY, NAIVE_ANY)->limit = NAIVE_ANY;
    }
}

static void judge_snapshot_table(naive_gate *gate)
{
    const naive_snapshots *snapshots = &gate->snapshots;
    if (naive_is_broken(gate, REFCOW_STATUS_SNAPSHOTS_OFFSET)) {
        allow_any_snapshots(gate);
        return;
    }
    judge_snapshots(gate);
    if (snapshots->tables > file_size(gate)) {
        naive_certainty certainty = snapshots->walked_tables > file_size(gate) ? NAIVE_BREACH : NAIVE_MAYBE;
        naive_add(gate, certainty, REFCOW_RULE_SNAPSHOT_TABLES, NAIVE_ANY, NAIVE_ANY)->limit = NAIVE_ANY;
    }
}

/* ------------------------------------------------------------------- amplification */

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static int is_over_limit(const naive_gate *gate, uint64_t data)
{
    return data > naive_product(gate->asked.policy->max_amplification, file_size(gate));
}

/* A file with a header is not empty. */
static uint64_t whole_times(const naive_gate *gate, uint64_t data)
{
    uint64_t size = file_size(gate);
    return size != 0 ? data / size : data;
}

/* The value is in whole times: a part of a time is too much, but does not show. */
static refcow_breach *add_amplification(naive_gate *gate, uint64_t data)
{
    refcow_breach *breach =
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_AMPLIFICATION_LIMIT, NAIVE_ANY, whole_times(gate, data));
    breach->limit = gate->asked.policy->max_amplification;
    return breach;
}

/* Bytes that a reader may get, of the active disk and of the snapshot that has most. check NULL: they are what the
 * image says that it has. */
static void judge_amplification(naive_gate *gate, const refcow_result *check)
{
    uint64_t disk = gate->header.fields.virtual_size;
    uint64_t snapshots = gate->snapshots.most_data;
    if (check != NULL) {
        disk = naive_product(check->data_clusters, gate->cluster);
        uint64_t most = naive_product(check->snapshot_data_clusters, gate->cluster);
        snapshots = gate->snapshots.has_unwalked ? snapshots : smaller(snapshots, most);
    }
    if (is_over_limit(gate, disk)) {
        add_amplification(gate, disk);
    }
    if (snapshots > disk && is_over_limit(gate, snapshots)) {
        naive_any_snapshot(add_amplification(gate, snapshots));
    }
    gate->amplification = whole_times(gate, disk > snapshots ? disk : snapshots);
    gate->is_amplification_known = gate->snapshots.is_known;
}

static int is_compression_asked(const refcow_policy *policy)
{
    return ((policy->refused_features | policy->required_features) >> REFCOW_FEATURE_COMPRESSED_CLUSTERS & 1) != 0;
}

/* Without a check nobody knows how much of an image is data: that is a breach, or undecided. */
void naive_gate_size(naive_gate *gate)
{
    const refcow_policy *policy = gate->asked.policy;
    uint64_t disk = gate->header.fields.virtual_size;
    judge_tables(gate);
    judge_snapshot_table(gate);
    uint64_t most = gate->snapshots.most_data > disk ? gate->snapshots.most_data : disk;
    int is_large = is_over_limit(gate, most);
    gate->wants_check = gate->is_sound && (policy->wants_check || is_compression_asked(policy) || is_large);
    if (!gate->wants_check) {
        gate->ceiling = is_large ? NAIVE_MAYBE : NAIVE_BREACH;
        judge_amplification(gate, NULL);
        gate->ceiling = NAIVE_BREACH;
    }
}

/* --------------------------------------------------------------------------- check */

static void judge_counts(naive_gate *gate, const refcow_result *check)
{
    uint64_t end = (file_size(gate) + 511) / 512 * 512;
    naive_judge(gate, check->corruptions > 0, REFCOW_RULE_CORRUPTIONS, REFCOW_NO_OFFSET, check->corruptions);
    naive_judge(gate, check->check_errors > 0, REFCOW_RULE_CHECK_ERRORS, REFCOW_NO_OFFSET, check->check_errors);
    naive_judge(gate, check->leaks > 0, REFCOW_RULE_LEAKS, REFCOW_NO_OFFSET, check->leaks);
    naive_limit(gate, REFCOW_RULE_SHARING_LIMIT, REFCOW_NO_OFFSET, check->most_references,
                gate->asked.policy->max_sharing);
    if (check->compressed_end > end) {
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_COMPRESSED_PAST_END, NAIVE_ANY, NAIVE_ANY)->limit = NAIVE_ANY;
    }
}

/* Clusters that only a snapshot has, or that are compressed where they must not be, may count or not. */
static void judge_compression(naive_gate *gate, const refcow_result *check)
{
    const refcow_policy *policy = gate->asked.policy;
    const refcow_header *header = &gate->header.fields;
    uint64_t odd = REFCOW_INCOMPATIBLE_DATA_FILE | REFCOW_INCOMPATIBLE_EXTENDED_L2;
    int may_have_more = header->nb_snapshots != 0 || (header->incompatible_features & odd) != 0;
    int has = check->compressed_clusters > 0 || check->compressed_end > 0;
    gate->ceiling = !has && may_have_more ? NAIVE_MAYBE : NAIVE_BREACH;
    if ((has || may_have_more) && (policy->refused_features >> REFCOW_FEATURE_COMPRESSED_CLUSTERS & 1) != 0) {
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_FEATURE_REFUSED, NAIVE_ANY, NAIVE_ANY)->feature =
            REFCOW_FEATURE_COMPRESSED_CLUSTERS;
    }
    gate->ceiling = check->compressed_clusters == 0 && may_have_more ? NAIVE_MAYBE : NAIVE_BREACH;
    if (check->compressed_clusters == 0 && (policy->required_features >> REFCOW_FEATURE_COMPRESSED_CLUSTERS & 1) != 0) {
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_FEATURE_MISSING, NAIVE_ANY, NAIVE_ANY)->feature =
            REFCOW_FEATURE_COMPRESSED_CLUSTERS;
    }
    gate->ceiling = NAIVE_BREACH;
}

void naive_gate_check(naive_gate *gate, const refcow_result *check)
{
    if (check == NULL) {
        gate->ceiling = NAIVE_MAYBE;
        judge_amplification(gate, NULL);
        gate->is_amplification_known = 0;
    } else if (check->error.status != REFCOW_STATUS_OK) {
        naive_judge(gate, 1, (refcow_rule)check->error.status, check->error.offset, check->error.value);
        gate->ceiling = NAIVE_MAYBE;
        judge_amplification(gate, NULL);
        gate->is_amplification_known = 0;
    } else {
        judge_amplification(gate, check);
        judge_compression(gate, check);
        if (gate->asked.policy->wants_check) {
            judge_counts(gate, check);
        }
    }
    gate->ceiling = NAIVE_BREACH;
}
