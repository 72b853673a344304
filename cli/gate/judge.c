/*
 * judge.c - which image breaks which rule of `refcow gate`. The library names the first rule of the format that a
 * header breaks; here are all of them, each looked at for itself.
 */
#define _POSIX_C_SOURCE 200809L

#include "magics.h"
#include "report.h"

#include <string.h>
#include <strings.h>

/* Offsets of header fields. */
enum {
    AT_BACKING_FILE_OFFSET = 8,
    AT_BACKING_FILE_SIZE = 16,
    AT_CLUSTER_BITS = 20,
    AT_SIZE = 24,
    AT_CRYPT_METHOD = 32,
    AT_L1_SIZE = 36,
    AT_L1_TABLE_OFFSET = 40,
    AT_REFCOUNT_TABLE_OFFSET = 48,
    AT_REFCOUNT_TABLE_CLUSTERS = 56,
    AT_NB_SNAPSHOTS = 60,
    AT_SNAPSHOTS_OFFSET = 64,
    AT_INCOMPATIBLE_FEATURES = 72,
    AT_COMPATIBLE_FEATURES = 80,
    AT_AUTOCLEAR_FEATURES = 88,
    AT_REFCOUNT_ORDER = 96,
    AT_HEADER_LENGTH = 100,
    AT_COMPRESSION_TYPE = 104
};

/* In the entry of a snapshot. */
#define AT_SNAPSHOT_EXTRA_SIZE 36u
#define AT_SNAPSHOT_DISK_SIZE 48u

#define HEADER_LENGTH_MIN 104u
#define HEADER_LENGTH_UNIT 8u
#define BACKING_NAME_MAX 1023u
#define CRYPT_METHOD_MAX 2u
#define REFCOUNT_ORDER_MAX 6u
#define EXTENDED_L2_CLUSTER_BITS_MIN 14u
#define SNAPSHOT_HEAD_SIZE 40u
#define SHORTEST_FILE 512u
#define SECTOR_SIZE 512u
#define DMG_SUFFIX ".dmg"

/* The format's offsets end here. */
#define LAST_PLACE ((UINT64_C(1) << 63) - (UINT64_C(1) << 30))

#define KNOWN_INCOMPATIBLE UINT64_C(0x1f)
#define KNOWN_COMPATIBLE UINT64_C(0x01)
#define KNOWN_AUTOCLEAR UINT64_C(0x03)

static gate_breach *note(gate_report *report, gate_rule rule, uint64_t offset, uint64_t value)
{
    gate_breach *breach = &report->breaches[report->breaches_count++];
    *breach = (gate_breach){.rule = rule, .offset = offset, .value = value};
    return breach;
}

static void note_if(gate_report *report, bool broken, gate_rule rule, uint64_t offset, uint64_t value)
{
    if (broken)
        note(report, rule, offset, value);
}

static bool is_broken(const gate_report *report, gate_rule rule)
{
    for (size_t i = 0; i < report->breaches_count; i++) {
        if (report->breaches[i].rule == rule)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ names */

static void judge_name(gate_report *report, const image_name *name, gate_rule rule, uint64_t offset)
{
    if (name->kept > 0)
        note(report, rule, offset, name->length)->name = name;
}

static void judge_traits(gate_report *report, const image_name *name, bool is_backing, uint64_t offset)
{
    static const struct {
        uint32_t traits;
        gate_rule backing;
        gate_rule data;
    } rules[] = {
        {REFCOW_TRAIT_JSON, GATE_BACKING_JSON, GATE_DATA_FILE_JSON},
        {REFCOW_TRAIT_PROTOCOL, GATE_BACKING_PROTOCOL, GATE_DATA_FILE_PROTOCOL},
        {REFCOW_TRAIT_ABSOLUTE, GATE_BACKING_ABSOLUTE, GATE_DATA_FILE_ABSOLUTE},
        {REFCOW_TRAIT_FDSET, GATE_BACKING_FDSET, GATE_DATA_FILE_FDSET},
        {REFCOW_TRAIT_PARENT, GATE_BACKING_PARENT, GATE_DATA_FILE_PARENT},
        {REFCOW_TRAIT_NUL | REFCOW_TRAIT_CONTROL | REFCOW_TRAIT_INVISIBLE | REFCOW_TRAIT_NOT_UTF8 |
             REFCOW_TRAIT_TOO_LONG,
         GATE_BACKING_BYTES, GATE_DATA_FILE_BYTES},
    };
    uint32_t traits = name_traits(name);

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if ((traits & rules[i].traits) != 0)
            judge_name(report, name, is_backing ? rules[i].backing : rules[i].data, offset);
    }
}

static void judge_backing_file(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const refcow_header *header = &facts->image.header;
    uint64_t offset = header->backing_file.offset;

    if (offset == 0)
        return;
    gate_breach *breach = note(report, GATE_BACKING_FILE, AT_BACKING_FILE_OFFSET, offset);
    breach->name = &facts->backing_file;
    note_if(report, !facts->has_backing_format, GATE_BACKING_FORMAT_MISSING, AT_BACKING_FILE_OFFSET, offset);
    judge_traits(report, &facts->backing_file, true, offset);
}

static void judge_data_file(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const refcow_header *header = &facts->image.header;
    bool has_bit = (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    bool has_raw_bit = (header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0;

    if (has_bit)
        note(report, GATE_DATA_FILE, AT_INCOMPATIBLE_FEATURES, header->incompatible_features);
    else if (has_raw_bit)
        note(report, GATE_DATA_FILE, AT_AUTOCLEAR_FEATURES, header->autoclear_features);
    else if (facts->data_file_extensions.count > 0)
        note(report, GATE_DATA_FILE, facts->data_file_extensions.offset, facts->data_file_extensions.type);
    else
        return;
    report->breaches[report->breaches_count - 1].name = &facts->data_file;
    judge_traits(report, &facts->data_file, false, header->data_file.offset);
}

/* ------------------------------------------------------------------ features */

static void judge_features(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const refcow_header *header = &facts->image.header;
    uint64_t incompatible = header->incompatible_features;
    const gate_extensions *bitmaps = &facts->bitmap_extensions;
    const gate_extensions *repeated = &facts->repeated_extensions;
    const gate_extensions *unknown = &facts->unknown_extensions;

    note_if(report, (incompatible & REFCOW_INCOMPATIBLE_CORRUPT) != 0, GATE_CORRUPT, AT_INCOMPATIBLE_FEATURES,
            incompatible);
    note_if(report, (incompatible & REFCOW_INCOMPATIBLE_DIRTY) != 0, GATE_DIRTY, AT_INCOMPATIBLE_FEATURES,
            incompatible);
    note_if(report, header->crypt_method != 0, GATE_ENCRYPTED, AT_CRYPT_METHOD, header->crypt_method);
    note_if(report, header->nb_snapshots != 0, GATE_INTERNAL_SNAPSHOTS, AT_NB_SNAPSHOTS, header->nb_snapshots);
    note_if(report, bitmaps->count > 0, GATE_BITMAPS, bitmaps->offset, header->nb_bitmaps);
    note_if(report, (header->compatible_features & ~KNOWN_COMPATIBLE) != 0, GATE_UNKNOWN_COMPATIBLE,
            AT_COMPATIBLE_FEATURES, header->compatible_features);
    note_if(report, (header->autoclear_features & ~KNOWN_AUTOCLEAR) != 0, GATE_UNKNOWN_AUTOCLEAR, AT_AUTOCLEAR_FEATURES,
            header->autoclear_features);
    note_if(report, repeated->count > 0, GATE_REPEATED_EXTENSION, repeated->offset, repeated->type);
    note_if(report, unknown->count > 0, GATE_UNKNOWN_EXTENSION, unknown->offset, unknown->type);
}

/* ------------------------------------------------------------------ sizes */

/* A table without entries ends nowhere. */
static void judge_table(gate_report *report, gate_rule rule, uint64_t field, uint64_t offset, uint64_t length)
{
    note_if(report, length > 0 && !gate_ends_in_file(&report->facts, offset, length), rule, field, offset);
}

static void judge_bad_snapshot(gate_report *report, const refcow_snapshot *snapshot)
{
    if (snapshot->extra_size > REFCOW_SNAPSHOT_EXTRA_MAX)
        note(report, GATE_STATUS_SNAPSHOT_EXTRA_SIZE, snapshot->offset + AT_SNAPSHOT_EXTRA_SIZE, snapshot->extra_size);
    else
        note(report, GATE_STATUS_SNAPSHOT_TABLE_SIZE, snapshot->offset, snapshot->index);
}

static void judge_tables(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const refcow_header *header = &facts->image.header;
    refcow_span bitmaps = header->bitmap_directory;
    refcow_span luks = header->encryption_header;

    judge_table(report, GATE_L1_PAST_END, AT_L1_TABLE_OFFSET, header->l1_table_offset, 8 * (uint64_t)header->l1_size);
    judge_table(report, GATE_REFCOUNT_TABLE_PAST_END, AT_REFCOUNT_TABLE_OFFSET, header->refcount_table_offset,
                (uint64_t)header->refcount_table_clusters << header->cluster_bits);
    judge_table(report, GATE_BITMAPS_PAST_END, facts->bitmap_extensions.offset, bitmaps.offset, bitmaps.length);
    judge_table(report, GATE_ENCRYPTION_PAST_END, AT_CRYPT_METHOD, luks.offset, luks.length);
    judge_table(report, GATE_SNAPSHOTS_PAST_END, AT_SNAPSHOTS_OFFSET, header->snapshots_offset,
                SNAPSHOT_HEAD_SIZE * (uint64_t)header->nb_snapshots);
    note_if(report, facts->snapshot_past_end != 0 && !is_broken(report, GATE_SNAPSHOTS_PAST_END),
            GATE_SNAPSHOTS_PAST_END, facts->snapshot_past_end, facts->snapshot_past_end);
    if (facts->bad_snapshot.end != 0)
        judge_bad_snapshot(report, &facts->bad_snapshot);
    note_if(report, facts->snapshot_tables > facts->size, GATE_SNAPSHOT_TABLES, header->snapshots_offset,
            facts->snapshot_tables);
}

static bool is_over(uint64_t value, uint64_t limit)
{
    return limit != GATE_NO_LIMIT && value > limit;
}

/* Of snapshots that are larger than the active disk: any other one is over a limit only if the active disk is, too. */
static void judge_snapshot_limits(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const gate_snapshot *disk = &facts->largest_disk;
    const gate_snapshot *large = &facts->largest_data;
    uint64_t data = gate_snapshot_data(facts);
    gate_breach *breach;

    if (disk->entry.disk_size > facts->image.header.virtual_size &&
        is_over(disk->entry.disk_size, report->policy->max_virtual_size)) {
        breach =
            note(report, GATE_VIRTUAL_SIZE_LIMIT, disk->entry.offset + AT_SNAPSHOT_DISK_SIZE, disk->entry.disk_size);
        breach->snapshot = disk;
        breach->field = "disk_size";
    }
    if (data > gate_active_data(facts) && gate_is_amplified(facts, report->policy, data)) {
        breach = note(report, GATE_AMPLIFICATION_LIMIT, large->entry.offset, gate_amplification(facts, data));
        breach->snapshot = large;
        breach->field = "data by file size";
    }
}

static void judge_limits(gate_report *report)
{
    const gate_facts *facts = &report->facts;
    const gate_policy *policy = report->policy;
    uint64_t size = facts->image.header.virtual_size;
    uint64_t data = gate_active_data(facts);

    note_if(report, is_over(size, policy->max_virtual_size), GATE_VIRTUAL_SIZE_LIMIT, AT_SIZE, size);
    note_if(report, facts->size < SHORTEST_FILE, GATE_SHORT_FILE, 0, facts->size);
    if (!facts->knows_size)
        return;
    note_if(report, gate_is_amplified(facts, policy, data), GATE_AMPLIFICATION_LIMIT, 0,
            gate_amplification(facts, data));
    judge_snapshot_limits(report);
    judge_tables(report);
}

static void judge_check(gate_report *report)
{
    const refcow_result *check = &report->facts.check;
    gate_rule refused = gate_rule_of_status(check->error.status);

    if (refcow_status_class(check->error.status) == REFCOW_CLASS_REFUSED && !is_broken(report, refused))
        note(report, refused, check->error.offset, check->error.value);
    if (!report->facts.checked || !report->policy->wants_check)
        return;
    note_if(report, check->corruptions > 0, GATE_CORRUPTIONS, 0, check->corruptions);
    note_if(report, check->check_errors > 0, GATE_CHECK_ERRORS, 0, check->check_errors);
    note_if(report, check->leaks > 0, GATE_LEAKS, 0, check->leaks);
    note_if(report, is_over(report->facts.most_shared, report->policy->max_sharing), GATE_SHARING_LIMIT, 0,
            report->facts.most_shared);
}

/* ------------------------------------------------------------------ what a reader insists on */

static bool is_table_place(const refcow_header *header, uint64_t offset, uint64_t length)
{
    uint64_t cluster_size = UINT64_C(1) << header->cluster_bits;
    return offset % cluster_size == 0 && offset <= INT64_MAX &&
           (length == 0 || (length <= LAST_PLACE && offset <= LAST_PLACE - length));
}

static void insist_on_header(gate_report *report)
{
    const refcow_header *header = &report->facts.image.header;
    uint64_t cluster_size = UINT64_C(1) << header->cluster_bits;
    uint64_t name = header->backing_file.offset;
    uint64_t name_size = report->facts.backing_file_size;
    uint64_t room = name < cluster_size ? cluster_size - name : 0;

    note_if(report, header->version == 3 && header->header_length < HEADER_LENGTH_MIN, GATE_STATUS_HEADER_LENGTH_SMALL,
            AT_HEADER_LENGTH, header->header_length);
    note_if(report, header->header_length % HEADER_LENGTH_UNIT != 0, GATE_HEADER_LENGTH_UNALIGNED, AT_HEADER_LENGTH,
            header->header_length);
    note_if(report, header->header_length > cluster_size, GATE_STATUS_HEADER_LENGTH_LARGE, AT_HEADER_LENGTH,
            header->header_length);
    note_if(report, name != 0 && (name_size > BACKING_NAME_MAX || name_size > room), GATE_STATUS_BACKING_FILE_SIZE,
            AT_BACKING_FILE_SIZE, name_size);
    note_if(report, header->crypt_method > CRYPT_METHOD_MAX, GATE_STATUS_CRYPT_METHOD, AT_CRYPT_METHOD,
            header->crypt_method);
}

static void insist_on_features(gate_report *report)
{
    const refcow_header *header = &report->facts.image.header;
    uint64_t bits = header->incompatible_features;
    bool compression_bit = (bits & REFCOW_INCOMPATIBLE_COMPRESSION) != 0;
    bool data_file_bit = (bits & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    bool raw_bit = (header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0;
    bool extended = (bits & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;

    note_if(report, (bits & ~KNOWN_INCOMPATIBLE) != 0, GATE_STATUS_INCOMPATIBLE_FEATURES, AT_INCOMPATIBLE_FEATURES,
            bits);
    note_if(report, header->compression_type > 1, GATE_STATUS_COMPRESSION_TYPE, AT_COMPRESSION_TYPE,
            header->compression_type);
    note_if(report, compression_bit != (header->compression_type != 0), GATE_STATUS_COMPRESSION_BIT,
            AT_COMPRESSION_TYPE, header->compression_type);
    note_if(report, extended && header->cluster_bits < EXTENDED_L2_CLUSTER_BITS_MIN, GATE_STATUS_EXTENDED_L2_CLUSTER,
            AT_CLUSTER_BITS, header->cluster_bits);
    note_if(report, data_file_bit && (name_traits(&report->facts.data_file) & REFCOW_TRAIT_EMPTY) != 0,
            GATE_STATUS_DATA_FILE_NAME, AT_INCOMPATIBLE_FEATURES, bits);
    note_if(report, !data_file_bit && raw_bit, GATE_STATUS_DATA_FILE_RAW, AT_AUTOCLEAR_FEATURES,
            header->autoclear_features);
}

static void insist_on_refcount_table(gate_report *report)
{
    const refcow_header *header = &report->facts.image.header;
    uint64_t bytes = (uint64_t)header->refcount_table_clusters << header->cluster_bits;

    note_if(report, header->refcount_order > REFCOUNT_ORDER_MAX, GATE_STATUS_REFCOUNT_ORDER, AT_REFCOUNT_ORDER,
            header->refcount_order);
    note_if(report, bytes > REFCOW_REFCOUNT_TABLE_BYTES_MAX, GATE_STATUS_REFCOUNT_TABLE_SIZE,
            AT_REFCOUNT_TABLE_CLUSTERS, header->refcount_table_clusters);
    note_if(report, header->refcount_table_clusters == 0, GATE_REFCOUNT_TABLE_MISSING, AT_REFCOUNT_TABLE_CLUSTERS, 0);
    note_if(report, !is_table_place(header, header->refcount_table_offset, bytes), GATE_STATUS_REFCOUNT_TABLE_OFFSET,
            AT_REFCOUNT_TABLE_OFFSET, header->refcount_table_offset);
}

/* L1 entries that the virtual size needs. */
static uint64_t l1_entries_needed(const refcow_header *header)
{
    bool extended = (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    unsigned bits = 2 * header->cluster_bits - (extended ? 4 : 3);
    uint64_t whole = header->virtual_size >> bits;
    return whole << bits == header->virtual_size ? whole : whole + 1;
}

static void insist_on_l1_table(gate_report *report)
{
    const refcow_header *header = &report->facts.image.header;

    note_if(report, header->virtual_size - header->virtual_size % SECTOR_SIZE > LAST_PLACE, GATE_STATUS_VIRTUAL_SIZE,
            AT_SIZE, header->virtual_size);
    note_if(report, header->l1_size > REFCOW_L1_ENTRIES_MAX, GATE_STATUS_L1_SIZE_LARGE, AT_L1_SIZE, header->l1_size);
    note_if(report, !is_table_place(header, header->l1_table_offset, 8 * (uint64_t)header->l1_size),
            GATE_STATUS_L1_TABLE_OFFSET, AT_L1_TABLE_OFFSET, header->l1_table_offset);
    note_if(report, l1_entries_needed(header) > header->l1_size, GATE_STATUS_L1_SIZE_SMALL, AT_L1_SIZE,
            header->l1_size);
}

static void insist_on_snapshot_table(gate_report *report)
{
    const refcow_header *header = &report->facts.image.header;
    uint64_t bytes = SNAPSHOT_HEAD_SIZE * (uint64_t)header->nb_snapshots;

    note_if(report, header->nb_snapshots > REFCOW_SNAPSHOTS_MAX, GATE_STATUS_NB_SNAPSHOTS, AT_NB_SNAPSHOTS,
            header->nb_snapshots);
    note_if(report, !is_table_place(header, header->snapshots_offset, bytes), GATE_STATUS_SNAPSHOTS_OFFSET,
            AT_SNAPSHOTS_OFFSET, header->snapshots_offset);
}

/* The library has the last word. Of what is broken it names what stands first, as backing_file_offset does, and it sees
 * more than the fixed fields of the header. */
static void insist_as_the_library_does(gate_report *report)
{
    const refcow_error *error = &report->facts.image.error;
    refcow_class class = refcow_status_class(error->status);
    gate_rule rule = gate_rule_of_status(error->status);

    if ((class == REFCOW_CLASS_REFUSED || class == REFCOW_CLASS_FOREIGN) && !is_broken(report, rule))
        note(report, rule, error->offset, error->value);
}

/* ------------------------------------------------------------------ all */

/* qemu opens raw data under this name as a disk image of macOS. */
static bool is_named_dmg(const char *path)
{
    size_t length = strlen(path);
    return length >= sizeof DMG_SUFFIX - 1 && strcasecmp(path + length - (sizeof DMG_SUFFIX - 1), DMG_SUFFIX) == 0;
}

/* What begins as qcow2 and is expected to is no surprise; raw data may be a disk with all that a disk has. */
static void judge_magics(gate_report *report)
{
    const gate_magics *there = &report->facts.magics;
    bool expects_raw = report->policy->expects_raw;

    note_if(report, expects_raw && there->found[0].is_there, GATE_DECLARED_RAW, 0, 0x514649fb);
    if (expects_raw && is_named_dmg(report->path))
        note(report, GATE_OTHER_MAGIC, 0, 0)->format = "dmg, by the name of the file";
    for (size_t i = 1; magics[i].format != NULL; i++) {
        if (!there->found[i].is_there || (expects_raw && magics[i].in_raw))
            continue;
        bool at_end = magics[i].place == MAGIC_IN_TAIL || magics[i].place == MAGIC_BEFORE_END;
        gate_rule rule = at_end ? GATE_OTHER_MAGIC_AT_END : GATE_OTHER_MAGIC;
        note(report, rule, there->found[i].offset, magics[i].length)->format = magics[i].format;
    }
}

static void judge_image(gate_report *report)
{
    if (report->facts.has_header) {
        judge_backing_file(report);
        judge_data_file(report);
        judge_features(report);
        judge_limits(report);
        insist_on_header(report);
        insist_on_features(report);
        insist_on_refcount_table(report);
        insist_on_l1_table(report);
        insist_on_snapshot_table(report);
        judge_check(report);
    }
    insist_as_the_library_does(report);
}

/* Rules that would have been applied if more were known. */
static bool is_undecided(const gate_report *report, gate_rule rule)
{
    const gate_rule_facts *facts = &gate_rules[rule];

    if (facts->id == NULL || (report->policy->header_only && facts->need != GATE_NEED_HEADER))
        return false;
    if (rule == GATE_WRITER)
        return report->facts.hides_writer && !report->policy->allowed[rule];
    if (report->policy->expects_raw)
        return rule == GATE_OTHER_MAGIC_AT_END && !report->facts.knows_size;
    if (facts->need == GATE_NEED_CHECK)
        return report->policy->wants_check && !report->facts.checked;
    return facts->need == GATE_NEED_SIZE && !report->facts.knows_size;
}

static gate_verdict verdict_of(const gate_report *report)
{
    bool is_decided = report->facts.failure.name == NULL;

    for (size_t i = 0; i < report->breaches_count; i++) {
        if (!gate_is_allowed(report, report->breaches[i].rule))
            return GATE_REFUSE;
    }
    for (unsigned rule = 0; rule < GATE_RULES; rule++)
        is_decided = is_decided && !report->undecided[rule];
    return is_decided ? GATE_ACCEPT : GATE_UNDECIDED;
}

void gate_judge(gate_report *report)
{
    judge_magics(report);
    note_if(report, report->facts.has_writer, GATE_WRITER, 0, 0);
    if (!report->policy->expects_raw)
        judge_image(report);
    for (unsigned rule = 0; rule < GATE_RULES; rule++)
        report->undecided[rule] = is_undecided(report, (gate_rule)rule) && !is_broken(report, (gate_rule)rule);
    report->verdict = verdict_of(report);
}

bool gate_is_allowed(const gate_report *report, gate_rule rule)
{
    return report->policy->allowed[rule];
}

const char *gate_verdict_name(gate_verdict verdict)
{
    static const char *const names[] = {"accept", "refuse", "undecided"};
    return names[verdict];
}

exit_code gate_exit_code(gate_verdict verdict)
{
    switch (verdict) {
    case GATE_ACCEPT:
        return EXIT_CODE_CLEAN;
    case GATE_REFUSE:
        return EXIT_CODE_CORRUPT;
    case GATE_UNDECIDED:
        break;
    }
    return EXIT_CODE_FAILED;
}
