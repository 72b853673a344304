#include "gate_header.h"

#include "extensions.h"
#include "header.h"

#define HEADER_LENGTH_UNIT 8u
#define KNOWN_AUTOCLEAR (REFCOW_AUTOCLEAR_BITMAPS | REFCOW_AUTOCLEAR_DATA_FILE_RAW)

/* ------------------------------------------------------------------ names */

/* The rules about a file that the header names. */
struct name_rules {
    refcow_rule json;
    refcow_rule protocol;
    refcow_rule absolute;
    refcow_rule fdset;
    refcow_rule parent;
    refcow_rule bytes;
};

#define BAD_BYTES                                                                                                      \
    ((uint32_t)REFCOW_TRAIT_NUL | REFCOW_TRAIT_CONTROL | REFCOW_TRAIT_INVISIBLE | REFCOW_TRAIT_NOT_UTF8 |              \
     REFCOW_TRAIT_TOO_LONG)

static void break_if_trait(const struct gate *gate, uint32_t traits, uint32_t trait, refcow_rule rule, refcow_span name)
{
    refcow_breach breach = refcow_breach_of(rule, name.offset, name.length);
    breach.name = name;
    if ((traits & trait) != 0)
        refcow_gate_break(gate, &breach);
}

static void judge_traits(const struct gate *gate, const struct name_rules *rules, refcow_span name, uint32_t traits)
{
    break_if_trait(gate, traits, REFCOW_TRAIT_JSON, rules->json, name);
    break_if_trait(gate, traits, REFCOW_TRAIT_PROTOCOL, rules->protocol, name);
    break_if_trait(gate, traits, REFCOW_TRAIT_ABSOLUTE, rules->absolute, name);
    break_if_trait(gate, traits, REFCOW_TRAIT_FDSET, rules->fdset, name);
    break_if_trait(gate, traits, REFCOW_TRAIT_PARENT, rules->parent, name);
    break_if_trait(gate, traits, BAD_BYTES, rules->bytes, name);
}

/* The bytes of a name, as far as they are looked at: how many they are. 0 if they cannot be read. */
static size_t read_name(struct gate_reading *in, refcow_span name)
{
    size_t length = (size_t)least(name.length, REFCOW_NAME_MAX);
    return length != 0 && refcow_read(&in->reader, name.offset, in->scratch, length) ? length : 0;
}

/* A path in which nothing leads to another folder. */
struct path {
    const uint8_t *bytes;
    size_t length;
};

/* Without "./" at the start. Bound: the path. */
/*@ requires \valid_read(bytes + (0 .. length - 1));
    assigns \nothing;
    ensures \valid_read(\result.bytes + (0 .. \result.length - 1)); */
static struct path plain_path(const uint8_t *bytes, size_t length)
{
    struct path path = {bytes, length};
    /*@ loop invariant path.length <= length && path.bytes == bytes + (length - path.length);
        loop assigns path;
        loop variant path.length; */
    while (path.length >= 2 && path.bytes[0] == '.' && path.bytes[1] == '/') {
        path.bytes += 2;
        path.length -= 2;
    }
    return path;
}

/* What stands behind the last slash. Bound: the path. */
/*@ requires \valid_read(path.bytes + (0 .. path.length - 1));
    assigns \nothing;
    ensures \valid_read(\result.bytes + (0 .. \result.length - 1)); */
static struct path last_component(struct path path)
{
    size_t at = path.length;
    /*@ loop invariant at <= path.length;
        loop assigns at;
        loop variant at; */
    while (at > 0 && path.bytes[at - 1] != '/')
        at--;
    path.bytes += at;
    path.length -= at;
    return path;
}

/*@ requires \valid_read(one.bytes + (0 .. one.length - 1)) && \valid_read(other.bytes + (0 .. other.length - 1));
    assigns \nothing; */
static bool are_same_path(struct path one, struct path other)
{
    return one.length == other.length && are_same(one.bytes, other.bytes, 0, one.length);
}

/* Readers look for a relative name in the folder of the image, and end a name at its first NUL. Bound: the name. */
/*@ requires \valid_read(options) && \valid_read(bytes + (0 .. length - 1));
    requires options->name == \null || \valid_read((const uint8_t *)options->name + (0 .. options->name_length - 1));
    assigns \result \from bytes[0 .. length - 1];
    ensures \result == 0 || \result == 1; */
static bool is_image_itself(const refcow_gate_options *options, const uint8_t *bytes, size_t length)
{
    size_t end = 0;
    /*@ loop invariant end <= length;
        loop assigns end;
        loop variant length - end; */
    while (end < length && bytes[end] != 0)
        end++;
    if (options->name == NULL || end == 0)
        return false;
    struct path name = plain_path(bytes, end);
    struct path image = plain_path((const uint8_t *)options->name, options->name_length);
    return are_same_path(name, image) || are_same_path(name, last_component(image));
}

/* Readers use the format up to its first NUL. A format that cannot be read is not missing. */
static bool lacks_backing_format(struct gate_reading *in, const refcow_header *header)
{
    uint8_t first = 0;
    if (header->backing_format.length == 0)
        return true;
    return refcow_read(&in->reader, header->backing_format.offset, &first, sizeof first) && first == 0;
}

static void judge_backing_file(struct gate_reading *in, const refcow_header *header)
{
    const struct gate *gate = &in->gate;
    static const struct name_rules rules = {REFCOW_RULE_BACKING_JSON,     REFCOW_RULE_BACKING_PROTOCOL,
                                            REFCOW_RULE_BACKING_ABSOLUTE, REFCOW_RULE_BACKING_FDSET,
                                            REFCOW_RULE_BACKING_PARENT,   REFCOW_RULE_BACKING_BYTES};
    refcow_span name = header->backing_file;
    if (name.offset == 0)
        return;
    refcow_breach breach = refcow_breach_of(REFCOW_RULE_BACKING_FILE, AT_BACKING_FILE_OFFSET, name.offset);
    breach.name = name;
    refcow_gate_break(gate, &breach);
    refcow_gate_break_if(gate, lacks_backing_format(in, header), REFCOW_RULE_BACKING_FORMAT_MISSING,
                         AT_BACKING_FILE_OFFSET, name.offset);
    size_t length = read_name(in, name);
    if (length == 0)
        return;
    judge_traits(gate, &rules, name, refcow_name_traits(in->scratch, name.length));
    breach.rule = REFCOW_RULE_BACKING_ITSELF;
    if (is_image_itself(gate->options, in->scratch, length))
        refcow_gate_break(gate, &breach);
}

static void judge_data_file(struct gate_reading *in, const struct opening *opening)
{
    const struct gate *gate = &in->gate;
    static const struct name_rules rules = {REFCOW_RULE_DATA_FILE_JSON,     REFCOW_RULE_DATA_FILE_PROTOCOL,
                                            REFCOW_RULE_DATA_FILE_ABSOLUTE, REFCOW_RULE_DATA_FILE_FDSET,
                                            REFCOW_RULE_DATA_FILE_PARENT,   REFCOW_RULE_DATA_FILE_BYTES};
    const refcow_header *header = &opening->image->header;
    const refcow_extension *extension = &opening->first[EXTENSION_DATA_FILE];
    refcow_breach breach =
        refcow_breach_of(REFCOW_RULE_DATA_FILE, AT_INCOMPATIBLE_FEATURES, header->incompatible_features);
    if ((header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) == 0) {
        breach.offset = AT_AUTOCLEAR_FEATURES;
        breach.value = header->autoclear_features;
        if ((header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) == 0) {
            if (extension->end == 0)
                return;
            breach.offset = extension->contents.offset - EXTENSION_HEAD_SIZE;
            breach.value = extension->type;
        }
    }
    breach.name = header->data_file;
    refcow_gate_break(gate, &breach);
    if (read_name(in, header->data_file) != 0)
        judge_traits(gate, &rules, header->data_file, refcow_name_traits(in->scratch, header->data_file.length));
}

/* --------------------------------------------------------------- features */

static void break_for_extension(const struct gate *gate, const refcow_extension *extension, refcow_rule rule)
{
    if (extension->end != 0)
        refcow_gate_break_if(gate, true, rule, extension->contents.offset - EXTENSION_HEAD_SIZE, extension->type);
}

static void judge_marks(const struct gate *gate, const struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    uint64_t bits = header->incompatible_features;
    uint64_t compatible = header->compatible_features;
    uint64_t autoclear = header->autoclear_features;
    refcow_gate_break_if(gate, (bits & REFCOW_INCOMPATIBLE_CORRUPT) != 0, REFCOW_RULE_CORRUPT, AT_INCOMPATIBLE_FEATURES,
                         bits);
    refcow_gate_break_if(gate, (bits & REFCOW_INCOMPATIBLE_DIRTY) != 0, REFCOW_RULE_DIRTY, AT_INCOMPATIBLE_FEATURES,
                         bits);
    refcow_gate_break_if(gate, header->crypt_method != 0, REFCOW_RULE_ENCRYPTED, AT_CRYPT_METHOD, header->crypt_method);
    refcow_gate_break_if(gate, header->nb_snapshots != 0, REFCOW_RULE_INTERNAL_SNAPSHOTS, AT_NB_SNAPSHOTS,
                         header->nb_snapshots);
    break_for_extension(gate, &opening->first[EXTENSION_BITMAPS], REFCOW_RULE_BITMAPS);
    refcow_gate_break_if(gate, (compatible & ~(uint64_t)REFCOW_COMPATIBLE_LAZY_REFCOUNTS) != 0,
                         REFCOW_RULE_UNKNOWN_COMPATIBLE, AT_COMPATIBLE_FEATURES, compatible);
    refcow_gate_break_if(gate, (autoclear & ~(uint64_t)KNOWN_AUTOCLEAR) != 0, REFCOW_RULE_UNKNOWN_AUTOCLEAR,
                         AT_AUTOCLEAR_FEATURES, autoclear);
    break_for_extension(gate, &opening->repeated, REFCOW_RULE_REPEATED_EXTENSION);
    break_for_extension(gate, &opening->first[EXTENSION_UNKNOWN], REFCOW_RULE_UNKNOWN_EXTENSION);
}

static uint32_t feature_if(bool is_there, refcow_feature feature)
{
    return is_there ? FEATURE_BIT(feature) : 0;
}

uint32_t refcow_gate_features(const struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    uint64_t bits = header->incompatible_features;
    return feature_if(header->version == 2, REFCOW_FEATURE_VERSION_2) |
           feature_if(header->version == 3, REFCOW_FEATURE_VERSION_3) |
           feature_if((header->compatible_features & REFCOW_COMPATIBLE_LAZY_REFCOUNTS) != 0,
                      REFCOW_FEATURE_LAZY_REFCOUNTS) |
           feature_if(header->compression_type != 0, REFCOW_FEATURE_ZSTD) |
           feature_if((bits & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0, REFCOW_FEATURE_EXTENDED_L2) |
           feature_if(header->backing_file.offset != 0, REFCOW_FEATURE_BACKING_FILE) |
           feature_if((bits & REFCOW_INCOMPATIBLE_DATA_FILE) != 0, REFCOW_FEATURE_DATA_FILE) |
           feature_if(header->nb_snapshots != 0, REFCOW_FEATURE_SNAPSHOTS) |
           feature_if(opening->first[EXTENSION_BITMAPS].end != 0, REFCOW_FEATURE_BITMAPS) |
           feature_if(header->crypt_method != 0, REFCOW_FEATURE_ENCRYPTION);
}

/* ----------------------------------------------------------------- fields */

/* Where the first byte stands that is not 0, from offset `at` to `end`; `end`: nowhere, or it cannot be read. Bound: a
 * cluster. */
static uint64_t first_non_zero(struct gate_reading *in, uint64_t at, uint64_t end)
{
    while (at < end) {
        size_t length = (size_t)least(end - at, GATE_PIECE_SIZE);
        if (!refcow_charge(&in->reader, length) || !refcow_read(&in->reader, at, in->scratch, length))
            return end;
        for (size_t i = 0; i < length; i++)
            if (in->scratch[i] != 0)
                return at + i;
        at += length;
    }
    return end;
}

/* What stands behind compression_type has no meaning yet. */
static void judge_unknown_fields(struct gate_reading *in, const refcow_header *header)
{
    uint64_t end = least(header->header_length, (uint64_t)1 << header->cluster_bits);
    uint64_t at = first_non_zero(in, AT_COMPRESSION_TYPE + 1, end);
    uint8_t value = 0;
    if (at < end && refcow_read(&in->reader, at, &value, sizeof value))
        refcow_gate_break_if(&in->gate, true, REFCOW_RULE_HEADER_UNKNOWN_FIELDS, at, value);
}

static void judge_policy(const struct gate *gate, const refcow_header *header)
{
    const refcow_policy *policy = gate->policy;
    bool has_cluster_size = policy->cluster_sizes == 0 || (policy->cluster_sizes >> header->cluster_bits & 1) != 0;
    bool has_width = policy->refcount_widths == 0 ||
                     (header->refcount_order < 32 && (policy->refcount_widths >> header->refcount_order & 1) != 0);
    refcow_gate_break_if(gate, !has_cluster_size, REFCOW_RULE_CLUSTER_SIZE, AT_CLUSTER_BITS, header->cluster_bits);
    refcow_gate_break_if(gate, !has_width, REFCOW_RULE_REFCOUNT_WIDTH,
                         header->version == 2 ? REFCOW_NO_OFFSET : AT_REFCOUNT_ORDER, header->refcount_order);
    refcow_gate_limit(gate, policy->max_virtual_size, REFCOW_RULE_VIRTUAL_SIZE_LIMIT, AT_SIZE, header->virtual_size);
    refcow_gate_limit(gate, policy->max_snapshots, REFCOW_RULE_SNAPSHOTS_LIMIT, AT_NB_SNAPSHOTS, header->nb_snapshots);
}

/* Every rule of the format that opening has found broken. Bound: REFCOW_REFUSALS_MAX. */
static void take_refusals(const struct gate *gate, const struct opening *opening)
{
    for (size_t i = 0; i < opening->count; i++) {
        const refcow_error *refusal = &opening->refusals[i];
        refcow_gate_break_if(gate, true, (refcow_rule)refusal->status, refusal->offset, refusal->value);
    }
}

void refcow_gate_judge_header(struct gate_reading *in, const struct opening *opening)
{
    const struct gate *gate = &in->gate;
    const refcow_header *header = &opening->image->header;
    take_refusals(gate, opening);
    if (!refcow_is_usable(opening->image))
        return;
    judge_backing_file(in, header);
    judge_data_file(in, opening);
    judge_marks(gate, opening);
    refcow_gate_break_if(gate, header->header_length % HEADER_LENGTH_UNIT != 0, REFCOW_RULE_HEADER_LENGTH_UNALIGNED,
                         AT_HEADER_LENGTH, header->header_length);
    refcow_gate_break_if(gate, header->refcount_table_clusters == 0, REFCOW_RULE_REFCOUNT_TABLE_MISSING,
                         AT_REFCOUNT_TABLE_CLUSTERS, 0);
    judge_unknown_fields(in, header);
    judge_policy(gate, header);
}
