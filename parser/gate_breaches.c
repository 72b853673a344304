#include "gate_breaches.h"

#include "gate_policy.h"

struct gate refcow_gate_of(const refcow_gate_options *options, refcow_gate_result *result)
{
    struct gate gate = {refcow_policy_or_strict(options->policy), options, result, &result->notes};
    return gate;
}

bool refcow_gate_is_header_only(const struct gate *gate)
{
    return gate->policy->header_only && !gate->policy->expects_raw;
}

bool refcow_gate_is_broken(const struct gate *gate, refcow_rule rule)
{
    return refcow_rules_have(&gate->result->broken, rule) != 0;
}

refcow_breach refcow_breach_of(refcow_rule rule, uint64_t offset, uint64_t value)
{
    refcow_breach breach = {rule, 0, offset, value, REFCOW_NO_LIMIT, {0, 0}, REFCOW_NO_SNAPSHOT, REFCOW_NO_MAGIC, 0};
    return breach;
}

/* What makes one breach stand before another: what is allowed comes last. */
static uint32_t rank(const refcow_breach *breach)
{
    return (uint32_t)refcow_rule_danger(breach->rule) + (breach->is_allowed ? 0 : (uint32_t)REFCOW_DANGER_CRITICAL + 1);
}

/* Keep the list sorted. The last one makes room if there is none. Bound: the capacity. */
static void insert(const struct gate *gate, const refcow_breach *breach)
{
    refcow_gate_result *result = gate->result;
    refcow_breach *list = gate->options->breaches;
    size_t capacity = list != NULL ? gate->options->breaches_capacity : 0;
    size_t at = (size_t)least(result->breaches_count, capacity);
    if (at < capacity)
        result->breaches_count = at + 1;
    else
        result->breaches_omitted++;
    while (at > 0 && rank(&list[at - 1]) < rank(breach)) {
        if (at < capacity)
            list[at] = list[at - 1];
        at--;
    }
    if (at < capacity)
        list[at] = *breach;
}

void refcow_gate_break(const struct gate *gate, const refcow_breach *breach)
{
    refcow_breach judged = *breach;
    judged.is_allowed = refcow_rules_have(&gate->policy->allowed, breach->rule);
    refcow_rules_add(&gate->result->broken, breach->rule);
    insert(gate, &judged);
}

void refcow_gate_break_if(const struct gate *gate, bool is_broken, refcow_rule rule, uint64_t offset, uint64_t value)
{
    refcow_breach breach = refcow_breach_of(rule, offset, value);
    if (is_broken)
        refcow_gate_break(gate, &breach);
}

void refcow_gate_limit(const struct gate *gate, uint64_t limit, refcow_rule rule, uint64_t offset, uint64_t value)
{
    refcow_breach breach = refcow_breach_of(rule, offset, value);
    breach.limit = limit;
    if (limit != REFCOW_NO_LIMIT && value > limit)
        refcow_gate_break(gate, &breach);
}

void refcow_gate_note_error(const struct gate *gate, const refcow_error *error)
{
    refcow_class kind = refcow_status_class(error->status);
    bool is_verdict = kind == REFCOW_CLASS_OK || kind == REFCOW_CLASS_FOREIGN || kind == REFCOW_CLASS_REFUSED;
    if (gate->result->error.status == REFCOW_STATUS_OK && !is_verdict)
        gate->result->error = *error;
}
