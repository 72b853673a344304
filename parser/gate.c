/*
 * gate.c - one decision from beginning to end: read, judge, decide.
 */
#include "gate_header.h"
#include "gate_search.h"
#include "gate_tables.h"
#include "header.h"

#define SHORTEST_FILE 512u

/* ---------------------------------------------------------------- reading */

static void start_gate(struct gate *gate, const refcow_source *source, const refcow_gate_options *options,
                       const refcow_policy *policy, refcow_gate_result *result)
{
    memset(gate, 0, sizeof *gate);
    gate->policy = policy;
    gate->options = options;
    gate->result = result;
    gate->size = options->head_bytes != 0 ? options->head_bytes : source->size;
    gate->is_header_only = policy->header_only && !policy->expects_raw;
    gate->knows_size = options->head_bytes == 0 && !gate->is_header_only;
    gate->scratch = options->check.memory;
    gate->capacity = options->breaches != NULL ? options->breaches_capacity : 0;
    refcow_reader_start(&gate->reader, source);
    refcow_reader_limit(&gate->reader, &options->check.limits);
    gate->reader.progress = options->check.progress;
    gate->reader.user = options->check.user;
}

static void note_error(struct gate *gate, const refcow_error *error)
{
    refcow_class kind = refcow_status_class(error->status);
    bool is_verdict = kind == REFCOW_CLASS_OK || kind == REFCOW_CLASS_FOREIGN || kind == REFCOW_CLASS_REFUSED;
    if (gate->result->error.status == REFCOW_STATUS_OK && !is_verdict)
        gate->result->error = *error;
}

/* ----------------------------------------------------------------- magics */

/* What begins as qcow2 and is expected to is no surprise; raw data may be a disk with all that a disk has. */
static void judge_magic(struct gate *gate, uint32_t which, uint64_t offset)
{
    bool expects_raw = gate->policy->expects_raw != 0;
    struct magic magic = refcow_magic(which);
    bool is_at_end = magic.place == MAGIC_IN_TAIL || magic.place == MAGIC_BEFORE_END;
    refcow_breach breach = refcow_breach_of(REFCOW_RULE_OTHER_MAGIC, offset, 0);
    breach.magic = which;
    if (which == MAGIC_QCOW)
        breach.rule = REFCOW_RULE_DECLARED_RAW;
    else if (is_at_end)
        breach.rule = REFCOW_RULE_OTHER_MAGIC_AT_END;
    if (expects_raw ? !magic.in_raw : which != MAGIC_QCOW)
        refcow_gate_break(gate, breach);
}

/* Of a stream only the head is looked at: a file that ends there has zeros behind it. Bound: MAGICS. */
static void look_for_magics(struct gate *gate, const refcow_source *source)
{
    refcow_source head = *source;
    struct reader reader = gate->reader;
    struct found_magics found;
    head.size = gate->size;
    reader.source = &head;
    refcow_gate_search(&reader, gate->knows_size, gate->scratch, &found);
    reader.source = source;
    gate->reader = reader;
    for (uint32_t i = 0; i < MAGICS; i++)
        if (found.at[i] != MAGIC_NOWHERE)
            judge_magic(gate, i, found.at[i]);
}

/* ------------------------------------------------------------------ image */

/* Open the image, and judge what its header says. False: there is no header, or it has no meaning. */
static bool judge_opening(struct gate *gate, const refcow_source *source, struct opening *opening)
{
    refcow_gate_result *result = gate->result;
    bool has_header = gate->size >= HEADER_LENGTH_V2;
    memset(opening, 0, sizeof *opening);
    opening->image = &result->image;
    opening->refusals = result->refusals;
    opening->capacity = REFCOW_REFUSALS_MAX;
    refcow_open_image(opening, source);
    result->bytes_read += opening->reader.at.bytes_read;
    note_error(gate, &result->image.error);
    refcow_gate_break_if(gate, gate->size < SHORTEST_FILE, REFCOW_RULE_SHORT_FILE, REFCOW_NO_OFFSET, gate->size);
    /* What stands behind the end of the file is made up of zeros. */
    refcow_gate_break_if(gate, !has_header, REFCOW_RULE_NO_HEADER, REFCOW_NO_OFFSET, gate->size);
    if (has_header || refcow_status_class(result->image.error.status) == REFCOW_CLASS_FOREIGN)
        refcow_gate_judge_header(gate, opening);
    return has_header && refcow_is_usable(&result->image);
}

static void check_image(struct gate *gate)
{
    refcow_gate_result *result = gate->result;
    refcow_options options = gate->options->check;
    options.wants_sharing = 1;
    result->is_checked = refcow_check(&result->image, &options, &result->check) == REFCOW_STATUS_OK;
    result->bytes_read += result->check.bytes_read;
    note_error(gate, &result->check.error);
}

static void break_for_feature(struct gate *gate, refcow_rule rule, refcow_feature feature)
{
    refcow_breach breach = refcow_breach_of(rule, REFCOW_NO_OFFSET, 0);
    breach.feature = feature;
    refcow_gate_break(gate, breach);
}

/* Bound: REFCOW_FEATURES. */
static void judge_features(struct gate *gate, uint32_t features)
{
    const refcow_policy *policy = gate->policy;
    uint32_t compressed = (uint32_t)1 << REFCOW_FEATURE_COMPRESSED_CLUSTERS;
    uint32_t known = gate->result->is_checked ? UINT32_MAX : ~compressed;
    features |= gate->result->check.compressed_end != 0 ? compressed : 0;
    for (uint32_t i = 0; i < REFCOW_FEATURES; i++) {
        if ((policy->refused_features & features & known) >> i & 1)
            break_for_feature(gate, REFCOW_RULE_FEATURE_REFUSED, (refcow_feature)i);
        if ((policy->required_features & ~features & known) >> i & 1)
            break_for_feature(gate, REFCOW_RULE_FEATURE_MISSING, (refcow_feature)i);
    }
}

static void judge_image(struct gate *gate, const refcow_source *source)
{
    struct opening opening;
    struct gate_snapshots snapshots;
    if (!judge_opening(gate, source, &opening))
        return;
    uint32_t features = refcow_gate_features(&opening);
    memset(&snapshots, 0, sizeof snapshots);
    if (gate->knows_size)
        refcow_gate_read_snapshots(gate, &snapshots);
    if (gate->knows_size && gate->result->image.error.status == REFCOW_STATUS_OK &&
        refcow_gate_needs_check(gate, &snapshots))
        check_image(gate);
    if (gate->knows_size)
        refcow_gate_judge_tables(gate, &snapshots, &opening.first[EXTENSION_BITMAPS]);
    refcow_gate_judge_check(gate);
    judge_features(gate, features);
}

/* -------------------------------------------------------------------- raw */

/* Readers take raw data under a name that ends in .dmg, in any case, for a disk image of macOS. Bound: the suffix. */
static bool is_named_dmg(const refcow_gate_options *options)
{
    static const char suffix[] = {'.', 'd', 'm', 'g'};
    if (options->name == NULL || options->name_length < sizeof suffix)
        return false;
    const char *end = options->name + (options->name_length - sizeof suffix);
    for (size_t i = 0; i < sizeof suffix; i++)
        if ((end[i] | 0x20) != (suffix[i] | 0x20))
            return false;
    return true;
}

/* A raw disk is all of the file, and has whole sectors. */
static void judge_raw(struct gate *gate)
{
    refcow_breach dmg = refcow_breach_of(REFCOW_RULE_OTHER_MAGIC, REFCOW_NO_OFFSET, 0);
    dmg.magic = MAGIC_DMG;
    if (is_named_dmg(gate->options))
        refcow_gate_break(gate, dmg);
    if (!gate->knows_size)
        return;
    refcow_gate_break_if(gate, gate->size == 0 || !is_aligned(gate->size, SECTOR_SIZE), REFCOW_RULE_RAW_SIZE,
                         REFCOW_NO_OFFSET, gate->size);
    refcow_gate_limit(gate, gate->policy->max_virtual_size,
                      refcow_breach_of(REFCOW_RULE_VIRTUAL_SIZE_LIMIT, REFCOW_NO_OFFSET, gate->size));
}

/* --------------------------------------------------------------- decision */

/* Whether the policy wants a rule that could not be applied. */
static bool is_unknown(const struct gate *gate, refcow_rule rule)
{
    const refcow_policy *policy = gate->policy;
    uint32_t compressed = (uint32_t)1 << REFCOW_FEATURE_COMPRESSED_CLUSTERS;
    bool is_checked = gate->result->is_checked != 0;
    refcow_need need = refcow_rule_need(rule);
    if (rule == REFCOW_RULE_WRITER)
        return gate->options->writer == REFCOW_WRITER_UNKNOWN && !refcow_rules_have(&policy->allowed, rule);
    if (rule == REFCOW_RULE_FILE_SIZE_LIMIT && policy->max_file_size == REFCOW_NO_LIMIT)
        return false;
    if (gate->is_header_only && need != REFCOW_NEED_HEADER)
        return false;
    if (policy->expects_raw)
        return !gate->knows_size && (rule == REFCOW_RULE_OTHER_MAGIC_AT_END || rule == REFCOW_RULE_RAW_SIZE ||
                                     rule == REFCOW_RULE_FILE_SIZE_LIMIT || rule == REFCOW_RULE_VIRTUAL_SIZE_LIMIT);
    if (rule == REFCOW_RULE_FEATURE_REFUSED)
        return !is_checked && (policy->refused_features & compressed) != 0;
    if (rule == REFCOW_RULE_FEATURE_MISSING)
        return !is_checked && (policy->required_features & compressed) != 0;
    if (need == REFCOW_NEED_CHECK)
        return policy->wants_check && !is_checked;
    return need == REFCOW_NEED_SIZE && rule != REFCOW_RULE_RAW_SIZE && !gate->knows_size;
}

/* Bound: REFCOW_RULES_END. */
static void decide(struct gate *gate)
{
    refcow_gate_result *result = gate->result;
    bool is_decided = result->error.status == REFCOW_STATUS_OK;
    for (uint32_t i = 0; i < REFCOW_RULES_END; i++) {
        refcow_rule rule = (refcow_rule)i;
        if (!refcow_rule_exists(rule) || refcow_gate_is_broken(gate, rule) || !is_unknown(gate, rule))
            continue;
        refcow_rules_add(&result->undecided, rule);
        is_decided = false;
    }
    if (gate->is_refused)
        result->decision = REFCOW_DECISION_REFUSED;
    else if (is_decided)
        result->decision = REFCOW_DECISION_ACCEPTED;
}

static void judge(struct gate *gate, const refcow_source *source)
{
    look_for_magics(gate, source);
    refcow_gate_break_if(gate, gate->options->writer == REFCOW_WRITER_PRESENT, REFCOW_RULE_WRITER, REFCOW_NO_OFFSET, 0);
    if (gate->knows_size)
        refcow_gate_limit(gate, gate->policy->max_file_size,
                          refcow_breach_of(REFCOW_RULE_FILE_SIZE_LIMIT, REFCOW_NO_OFFSET, gate->size));
    if (gate->policy->expects_raw)
        judge_raw(gate);
    else
        judge_image(gate, source);
    gate->result->bytes_read += gate->reader.at.bytes_read;
    note_error(gate, &gate->reader.error);
    decide(gate);
}

static refcow_status misuse_gate(refcow_gate_result *result, refcow_status status)
{
    result->error.status = status;
    return status;
}

refcow_status refcow_gate(const refcow_source *source, const refcow_gate_options *options, refcow_gate_result *result,
                          size_t result_size, uint32_t version)
{
    if (result == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    if (result_size != sizeof *result || !refcow_is_same_version(version))
        return REFCOW_STATUS_BAD_VERSION_OF_HEADER;
    memset(result, 0, sizeof *result);
    if (source == NULL || source->read == NULL || options == NULL)
        return misuse_gate(result, REFCOW_STATUS_BAD_ARGUMENT);
    if (options->check.memory == NULL || options->check.memory_size < REFCOW_MEMORY_MIN)
        return misuse_gate(result, REFCOW_STATUS_MEMORY_TOO_SMALL);
    struct gate gate;
    refcow_policy strict = refcow_policy_strict();
    const refcow_policy *policy = options->policy != NULL ? options->policy : &strict;
    if (refcow_policy_is_consistent(policy) != 0)
        return misuse_gate(result, REFCOW_STATUS_BAD_ARGUMENT);
    start_gate(&gate, source, options, policy, result);
    judge(&gate, source);
    return result->error.status;
}
