#include "gate_decide.h"

#include "gate_tables.h"

/* --------------------------------------------------------------- features */

static void break_for_feature(const struct gate *gate, refcow_rule rule, refcow_feature feature)
{
    refcow_breach breach = refcow_breach_of(rule, REFCOW_NO_OFFSET, 0);
    breach.feature = feature;
    refcow_gate_break(gate, &breach);
}

/* Bound: REFCOW_FEATURES. */
static void judge_features(const struct gate *gate)
{
    const refcow_policy *policy = gate->policy;
    uint32_t compressed = FEATURE_BIT(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    uint32_t known = gate->result->is_checked ? UINT32_MAX : ~compressed;
    uint32_t features = gate->notes->features | (gate->result->check.compressed_end != 0 ? compressed : 0);
    for (uint32_t i = 0; i < REFCOW_FEATURES; i++) {
        if ((policy->refused_features & features & known) >> i & 1)
            break_for_feature(gate, REFCOW_RULE_FEATURE_REFUSED, (refcow_feature)i);
        if ((policy->required_features & ~features & known) >> i & 1)
            break_for_feature(gate, REFCOW_RULE_FEATURE_MISSING, (refcow_feature)i);
    }
}

/* --------------------------------------------------------------- decision */

/* Whether the policy wants a rule that could not be applied. */
static bool is_unknown(const struct gate *gate, refcow_rule rule)
{
    const refcow_policy *policy = gate->policy;
    uint32_t compressed = FEATURE_BIT(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    bool is_checked = gate->result->is_checked != 0 || refcow_gate_is_header_only(gate);
    refcow_need need = refcow_rule_need(rule);
    if (rule == REFCOW_RULE_WRITER)
        return gate->options->writer == REFCOW_WRITER_UNKNOWN;
    if (rule == REFCOW_RULE_FILE_SIZE_LIMIT && policy->max_file_size == REFCOW_NO_LIMIT)
        return false;
    if (refcow_gate_is_header_only(gate) && need != REFCOW_NEED_HEADER)
        return false;
    if (policy->expects_raw)
        return !gate->notes->knows_size &&
               (rule == REFCOW_RULE_OTHER_MAGIC_AT_END || rule == REFCOW_RULE_RAW_SIZE ||
                rule == REFCOW_RULE_FILE_SIZE_LIMIT || rule == REFCOW_RULE_VIRTUAL_SIZE_LIMIT);
    if (rule == REFCOW_RULE_AMPLIFICATION_LIMIT && gate->notes->knows_size && gate->notes->has_header)
        return refcow_gate_lacks_amplification(gate);
    if (rule == REFCOW_RULE_FEATURE_REFUSED)
        return !is_checked && (policy->refused_features & compressed) != 0;
    if (rule == REFCOW_RULE_FEATURE_MISSING)
        return !is_checked && (policy->required_features & compressed) != 0;
    if (need == REFCOW_NEED_CHECK)
        return policy->wants_check && !is_checked;
    return need == REFCOW_NEED_SIZE && rule != REFCOW_RULE_RAW_SIZE && !gate->notes->knows_size;
}

/* Whether a rule is broken that is not allowed. Bound: the words of a set. */
static bool has_forbidden(const refcow_rules *broken, const refcow_rules *allowed)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof broken->bits / sizeof broken->bits[0]; i++)
        bits |= broken->bits[i] & ~allowed->bits[i];
    return bits != 0;
}

/* Bound: REFCOW_RULES_END. */
static void decide(const struct gate *gate)
{
    refcow_gate_result *result = gate->result;
    bool is_decided = result->error.status == REFCOW_STATUS_OK;
    for (uint32_t i = 0; i < REFCOW_RULES_END; i++) {
        bool is_asked = refcow_rule_exists(i) && !refcow_rules_have(&gate->policy->allowed, i);
        if (!is_asked || refcow_gate_is_broken(gate, i) || !is_unknown(gate, i))
            continue;
        refcow_rules_add(&result->undecided, i);
        is_decided = false;
    }
    if (has_forbidden(&result->broken, &gate->policy->allowed))
        result->decision = REFCOW_DECISION_REFUSED;
    else if (is_decided)
        result->decision = REFCOW_DECISION_ACCEPTED;
}

void refcow_gate_decide(const refcow_gate_options *options, refcow_gate_result *result)
{
    struct gate gate = refcow_gate_of(options, result);
    refcow_gate_note_error(&gate, &result->check.error);
    if (result->notes.has_header) {
        if (result->notes.knows_size)
            refcow_gate_judge_tables(&gate);
        refcow_gate_judge_check(&gate);
        judge_features(&gate);
    }
    decide(&gate);
}
