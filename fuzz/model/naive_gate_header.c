/*
 * naive_gate_header.c - the rules of the gate that the header and its extensions decide, in the second reading.
 */
#include "naive_gate_state.h"
#include "naive_names.h"

#include <string.h>

enum { TYPES_MAX = 256, NAME_ROOM = 4096 };

static uint64_t number_at(const naive_gate *gate, uint64_t offset, size_t width)
{
    return input_number(gate->asked.file, offset, width);
}

/* ------------------------------------------------------------ rules of the format */

/* A bitmap directory that is nowhere ends the reading of extensions, or does not: what has to be in an extension may be
 * judged. */
static void judge_missing(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    int has_data_file = (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    int has_name = header->data_file.length > 0 && number_at(gate, header->data_file.offset, 1) != 0;
    gate->ceiling = NAIVE_MAYBE;
    naive_judge(gate, header->crypt_method == 2 && header->encryption_header.length == 0,
                (refcow_rule)REFCOW_STATUS_ENCRYPTION_MISSING, 32, 2);
    naive_judge(gate, has_data_file && !has_name, (refcow_rule)REFCOW_STATUS_DATA_FILE_NAME, 72,
                header->incompatible_features);
    naive_judge(gate, (header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0 && !has_data_file,
                (refcow_rule)REFCOW_STATUS_DATA_FILE_RAW, 88, header->autoclear_features);
    gate->ceiling = NAIVE_BREACH;
}

static void judge_format(naive_gate *gate)
{
    const naive_header *header = &gate->header;
    for (size_t i = 0; i < header->broken_count; i++) {
        const refcow_error *broken = &header->broken[i];
        naive_judge(gate, 1, (refcow_rule)broken->status, broken->offset, broken->value);
    }
    if (header->is_followed && header->broken_count > 0) {
        judge_missing(gate);
    }
}

/* -------------------------------------------------------------------------- names */

static size_t load_name(const naive_gate *gate, refcow_span name, uint8_t *bytes)
{
    size_t length = name.length < REFCOW_NAME_MAX ? (size_t)name.length : REFCOW_NAME_MAX;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)number_at(gate, name.offset + i, 1);
    }
    return length;
}

typedef struct trait_rule {
    uint32_t traits;
    refcow_rule backing;
    refcow_rule data_file;
} trait_rule;

static void judge_name(naive_gate *gate, refcow_span name, int is_backing)
{
    static const trait_rule rules[] = {
        {REFCOW_TRAIT_JSON, REFCOW_RULE_BACKING_JSON, REFCOW_RULE_DATA_FILE_JSON},
        {REFCOW_TRAIT_PROTOCOL, REFCOW_RULE_BACKING_PROTOCOL, REFCOW_RULE_DATA_FILE_PROTOCOL},
        {REFCOW_TRAIT_ABSOLUTE, REFCOW_RULE_BACKING_ABSOLUTE, REFCOW_RULE_DATA_FILE_ABSOLUTE},
        {REFCOW_TRAIT_FDSET, REFCOW_RULE_BACKING_FDSET, REFCOW_RULE_DATA_FILE_FDSET},
        {REFCOW_TRAIT_PARENT, REFCOW_RULE_BACKING_PARENT, REFCOW_RULE_DATA_FILE_PARENT},
        {REFCOW_TRAIT_NUL | REFCOW_TRAIT_CONTROL | REFCOW_TRAIT_INVISIBLE | REFCOW_TRAIT_NOT_UTF8 |
             REFCOW_TRAIT_TOO_LONG,
         REFCOW_RULE_BACKING_BYTES, REFCOW_RULE_DATA_FILE_BYTES}};
    uint8_t bytes[REFCOW_NAME_MAX] = {0};
    load_name(gate, name, bytes);
    naive_traits traits = naive_name_traits(bytes, name.length);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && name.length != 0; i++) {
        int is_sure = (traits.sure & rules[i].traits) != 0;
        if (is_sure || (traits.open & rules[i].traits) != 0) {
            refcow_rule rule = is_backing ? rules[i].backing : rules[i].data_file;
            refcow_breach *breach = naive_add(gate, is_sure ? NAIVE_BREACH : NAIVE_MAYBE, rule, name.offset, NAIVE_ANY);
            breach->name = name;
        }
    }
}

/* --------------------------------------------------------------- the image itself */

/* The path that QEMU would open for a name in this image: room for both is there. */
static void resolve(const naive_question *asked, const char *name, char *path)
{
    size_t folder = 0;
    for (size_t i = 0; i < asked->name_length && name[0] != '/'; i++) {
        folder = asked->name[i] == '/' ? i + 1 : folder;
    }
    memcpy(path, asked->name, folder);
    memcpy(path + folder, name, strlen(name) + 1);
}

/* How much of a path stands before its last component. */
static size_t length_of_parent(const char *path, size_t length)
{
    while (length > 0) {
        length--;
        if (path[length] == '/') {
            break;
        }
    }
    return length;
}

/* Without "." and empty components, and with what stands before ".." taken away. */
static void simplify(const char *path, char *simple)
{
    size_t length = 0;
    while (*path != '\0') {
        size_t part = strcspn(path, "/");
        if (part == 2 && memcmp(path, "..", 2) == 0) {
            length = length_of_parent(simple, length);
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            simple[length++] = '/';
            memcpy(simple + length, path, part);
            length += part;
        }
        path += part + (path[part] == '/' ? 1 : 0);
    }
    simple[length] = '\0';
}

static int are_alike(const char *one, const char *other)
{
    char simple_one[2 * NAME_ROOM];
    char simple_other[2 * NAME_ROOM];
    simplify(one, simple_one);
    simplify(other, simple_other);
    return strcmp(simple_one, simple_other) == 0;
}

/* Whether a name that is not empty is that of the image. Only the same path is surely the same file; how much the gate
 * simplifies paths is open. A name with a protocol is no path: QEMU takes it as it is. */
static naive_answer is_itself(const naive_question *asked, const char *text)
{
    char image[NAME_ROOM];
    char path[2 * NAME_ROOM];
    memcpy(image, asked->name, asked->name_length);
    image[asked->name_length] = '\0';
    int has_protocol = text[strcspn(text, ":/")] == ':';
    resolve(asked, strncmp(text, "file:", 5) == 0 ? text + 5 : text, path);
    if (strlen(image) == asked->name_length && strcmp(image, has_protocol ? text : path) == 0) {
        return NAIVE_YES;
    }
    int is_like = are_alike(image, path) || are_alike(image, text);
    resolve(asked, text, path);
    return is_like || are_alike(image, path) ? NAIVE_OPEN : NAIVE_NO;
}

static void judge_itself(naive_gate *gate, refcow_span name)
{
    char text[REFCOW_NAME_MAX + 1];
    const naive_question *asked = &gate->asked;
    text[load_name(gate, name, (uint8_t *)text)] = '\0';
    if (asked->name == NULL || asked->name_length >= NAME_ROOM || text[0] == '\0') {
        return;
    }
    naive_answer answer = is_itself(asked, text);
    if (answer != NAIVE_NO) {
        naive_certainty certainty = answer == NAIVE_YES ? NAIVE_BREACH : NAIVE_MAYBE;
        naive_add(gate, certainty, REFCOW_RULE_BACKING_ITSELF, NAIVE_ANY, NAIVE_ANY)->name = name;
    }
}

/* Whether a name that is not where names are is none, or one of no bytes, is open. */
static refcow_span backing_evidence(const naive_gate *gate)
{
    refcow_span anywhere = {NAIVE_ANY, 0};
    int is_odd = naive_is_broken(gate, REFCOW_STATUS_BACKING_FILE_OFFSET) ||
                 naive_is_broken(gate, REFCOW_STATUS_BACKING_FILE_SIZE);
    return is_odd ? anywhere : gate->header.fields.backing_file;
}

static void judge_backing(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    refcow_span format = header->backing_format;
    refcow_span name = backing_evidence(gate);
    refcow_span anywhere = {NAIVE_ANY, NAIVE_ANY};
    if (header->backing_file.offset == 0) {
        return;
    }
    naive_add(gate, NAIVE_BREACH, REFCOW_RULE_BACKING_FILE, 8, header->backing_file.offset)->name = name;
    /* QEMU guesses the format if the extension is there and empty, too. */
    if (format.length == 0 || number_at(gate, format.offset, 1) == 0) {
        naive_certainty certainty = gate->header.is_followed ? NAIVE_BREACH : NAIVE_MAYBE;
        naive_add(gate, certainty, REFCOW_RULE_BACKING_FORMAT_MISSING, NAIVE_ANY, NAIVE_ANY)->name = anywhere;
    }
    judge_name(gate, header->backing_file, 1);
    judge_itself(gate, header->backing_file);
}

static int has_data_file(const naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    return (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0 || header->data_file.offset != 0;
}

static void judge_data_file(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    if (has_data_file(gate)) {
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_DATA_FILE, NAIVE_ANY, NAIVE_ANY)->name = header->data_file;
        judge_name(gate, header->data_file, 0);
    } else if ((header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0) {
        naive_add(gate, NAIVE_MAYBE, REFCOW_RULE_DATA_FILE, 88, header->autoclear_features);
    }
}

/* --------------------------------------------------------------------- extensions */

static int is_known_type(uint64_t type)
{
    return type == 0xe2792aca || type == 0x6803f857 || type == 0x0537be77 || type == 0x23852875 || type == 0x44415441;
}

typedef struct extension_list {
    uint64_t types[TYPES_MAX]; /* that there were so far */
    size_t count;
    int has_bitmaps;
} extension_list;

static int is_repeated(const extension_list *list, uint64_t type)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->types[i] == type) {
            return 1;
        }
    }
    return 0;
}

static void judge_extension(naive_gate *gate, extension_list *list, uint64_t at)
{
    uint64_t type = number_at(gate, at, 4);
    static const uint64_t bitmaps = 0x23852875;
    if (!is_known_type(type) && gate->breaches_count < NAIVE_BREACHES_MAX / 2) {
        naive_add(gate, NAIVE_RULE, REFCOW_RULE_UNKNOWN_EXTENSION, at, type);
    }
    if (is_repeated(list, type) && gate->breaches_count < NAIVE_BREACHES_MAX / 2) {
        /* Of an extension that no reader knows there is none that readers could take for the other. */
        naive_certainty certainty = is_known_type(type) ? NAIVE_RULE : NAIVE_MAYBE;
        naive_add(gate, certainty, REFCOW_RULE_REPEATED_EXTENSION, at, type);
    } else if (list->count < TYPES_MAX) {
        list->types[list->count++] = type;
    }
    if (type == bitmaps) {
        naive_add(gate, list->has_bitmaps ? NAIVE_MAYBE : NAIVE_RULE, REFCOW_RULE_BITMAPS, NAIVE_ANY, NAIVE_ANY);
        list->has_bitmaps = 1;
    }
}

/* The first ones are enough: which of several the evidence names is open. The one that is refused was read. */
static extension_list judge_extensions(naive_gate *gate)
{
    extension_list list = {.count = 0};
    const refcow_header *header = &gate->header.fields;
    uint64_t at = header->header_length;
    for (uint32_t i = 0; i < header->extensions; i++) {
        int is_refused = i + 1 == header->extensions && !gate->header.is_followed;
        gate->ceiling = is_refused ? NAIVE_MAYBE : NAIVE_BREACH;
        judge_extension(gate, &list, at);
        at += 8 + (number_at(gate, at + 4, 4) + 7) / 8 * 8;
    }
    gate->ceiling = NAIVE_BREACH;
    return list;
}

/* ------------------------------------------------------------------------- fields */

/* Bytes 105 up to the end of the header, or of the cluster. */
static void judge_unknown_fields(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    uint64_t end = header->header_length < gate->cluster ? header->header_length : gate->cluster;
    for (uint64_t at = 105; at < end && header->version == 3; at++) {
        uint64_t byte = number_at(gate, at, 1);
        if (byte != 0) {
            naive_add(gate, NAIVE_BREACH, REFCOW_RULE_HEADER_UNKNOWN_FIELDS, at, byte);
            return;
        }
    }
}

static void judge_fields(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    uint64_t incompatible = header->incompatible_features;
    naive_judge(gate, header->header_length % 8 != 0, REFCOW_RULE_HEADER_LENGTH_UNALIGNED, 100, header->header_length);
    naive_judge(gate, header->refcount_table_clusters == 0, REFCOW_RULE_REFCOUNT_TABLE_MISSING, 56, 0);
    naive_judge(gate, (incompatible & REFCOW_INCOMPATIBLE_DIRTY) != 0, REFCOW_RULE_DIRTY, 72, incompatible);
    naive_judge(gate, (incompatible & REFCOW_INCOMPATIBLE_CORRUPT) != 0, REFCOW_RULE_CORRUPT, 72, incompatible);
    naive_judge(gate, header->crypt_method != 0, REFCOW_RULE_ENCRYPTED, 32, header->crypt_method);
    naive_judge(gate, header->nb_snapshots != 0, REFCOW_RULE_INTERNAL_SNAPSHOTS, 60, header->nb_snapshots);
    naive_judge(gate, header->compatible_features > 1, REFCOW_RULE_UNKNOWN_COMPATIBLE, 80, header->compatible_features);
    naive_judge(gate, header->autoclear_features > 3, REFCOW_RULE_UNKNOWN_AUTOCLEAR, 88, header->autoclear_features);
    naive_limit(gate, REFCOW_RULE_VIRTUAL_SIZE_LIMIT, 24, header->virtual_size, gate->asked.policy->max_virtual_size);
    naive_limit(gate, REFCOW_RULE_SNAPSHOTS_LIMIT, 60, header->nb_snapshots, gate->asked.policy->max_snapshots);
}

/* A set of 0 accepts all. */
static int is_accepted(uint32_t set, uint32_t bit)
{
    return set == 0 || (bit < 32 && (set >> bit & 1) != 0);
}

static void judge_choices(naive_gate *gate)
{
    const refcow_header *header = &gate->header.fields;
    const refcow_policy *policy = gate->asked.policy;
    naive_judge(gate, !is_accepted(policy->cluster_sizes, header->cluster_bits), REFCOW_RULE_CLUSTER_SIZE, 20,
                header->cluster_bits);
    if (!is_accepted(policy->refcount_widths, header->refcount_order)) {
        uint64_t offset = header->version == 3 ? 96 : NAIVE_ANY;
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_REFCOUNT_WIDTH, offset, header->refcount_order);
    }
}

/* ----------------------------------------------------------------------- features */

static int has_feature(const naive_gate *gate, refcow_feature feature, const extension_list *list)
{
    const refcow_header *header = &gate->header.fields;
    switch (feature) {
    case REFCOW_FEATURE_VERSION_2:
        return header->version == 2;
    case REFCOW_FEATURE_VERSION_3:
        return header->version == 3;
    case REFCOW_FEATURE_LAZY_REFCOUNTS:
        return (header->compatible_features & 1) != 0;
    case REFCOW_FEATURE_ZSTD:
        return header->compression_type == 1;
    case REFCOW_FEATURE_EXTENDED_L2:
        return (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    case REFCOW_FEATURE_BACKING_FILE:
        return header->backing_file.offset != 0;
    case REFCOW_FEATURE_DATA_FILE:
        return has_data_file(gate);
    case REFCOW_FEATURE_SNAPSHOTS:
        return header->nb_snapshots != 0;
    case REFCOW_FEATURE_BITMAPS:
        return list->has_bitmaps;
    default:
        return header->crypt_method != 0;
    }
}

/* What an image that breaks rules of the format has, or lacks, is open where the rule is about the feature; and whether
 * it has a data file if it names one that it does not use. */
static int is_open(const naive_gate *gate, refcow_feature feature)
{
    int has_bit = (gate->header.fields.incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    int is_only_named = feature == REFCOW_FEATURE_DATA_FILE && has_data_file(gate) && !has_bit;
    int needs_extensions = feature == REFCOW_FEATURE_BITMAPS || feature == REFCOW_FEATURE_DATA_FILE;
    int is_zstd_odd =
        naive_is_broken(gate, REFCOW_STATUS_COMPRESSION_BIT) || naive_is_broken(gate, REFCOW_STATUS_COMPRESSION_TYPE);
    return is_only_named || (needs_extensions && !gate->header.is_followed) ||
           (feature == REFCOW_FEATURE_ZSTD && is_zstd_odd);
}

static void judge_feature(naive_gate *gate, refcow_feature feature, int has)
{
    const refcow_policy *policy = gate->asked.policy;
    uint32_t asked = has ? policy->refused_features : policy->required_features;
    refcow_rule rule = has ? REFCOW_RULE_FEATURE_REFUSED : REFCOW_RULE_FEATURE_MISSING;
    if ((asked >> feature & 1) != 0) {
        naive_add(gate, NAIVE_BREACH, rule, NAIVE_ANY, NAIVE_ANY)->feature = feature;
    }
}

static void judge_features(naive_gate *gate, const extension_list *list)
{
    for (uint32_t number = 0; number < REFCOW_FEATURES; number++) {
        refcow_feature feature = (refcow_feature)number;
        int has = has_feature(gate, feature, list);
        if (feature == REFCOW_FEATURE_COMPRESSED_CLUSTERS) {
            continue;
        }
        if (is_open(gate, feature)) {
            gate->ceiling = NAIVE_MAYBE;
            judge_feature(gate, feature, !has);
        }
        judge_feature(gate, feature, has);
        gate->ceiling = NAIVE_BREACH;
    }
}

void naive_gate_header(naive_gate *gate)
{
    judge_format(gate);
    judge_backing(gate);
    judge_data_file(gate);
    extension_list list = judge_extensions(gate);
    judge_unknown_fields(gate);
    judge_fields(gate);
    judge_choices(gate);
    judge_features(gate, &list);
}
