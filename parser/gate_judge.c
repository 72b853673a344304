#include "gate_judge.h"

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
static void insert(struct gate *gate, const refcow_breach *breach)
{
    refcow_gate_result *result = gate->result;
    refcow_breach *list = gate->options->breaches;
    size_t at = result->breaches_count;
    if (at < gate->capacity)
        result->breaches_count++;
    else
        result->breaches_omitted++;
    while (at > 0 && rank(&list[at - 1]) < rank(breach)) {
        if (at < gate->capacity)
            list[at] = list[at - 1];
        at--;
    }
    if (at < gate->capacity)
        list[at] = *breach;
}

void refcow_gate_break(struct gate *gate, refcow_breach breach)
{
    breach.is_allowed = refcow_rules_have(&gate->policy->allowed, breach.rule);
    gate->is_refused = gate->is_refused || !breach.is_allowed;
    refcow_rules_add(&gate->result->broken, breach.rule);
    insert(gate, &breach);
}

void refcow_gate_break_if(struct gate *gate, bool is_broken, refcow_rule rule, uint64_t offset, uint64_t value)
{
    if (is_broken)
        refcow_gate_break(gate, refcow_breach_of(rule, offset, value));
}

void refcow_gate_limit(struct gate *gate, uint64_t limit, refcow_breach breach)
{
    breach.limit = limit;
    if (limit != REFCOW_NO_LIMIT && breach.value > limit)
        refcow_gate_break(gate, breach);
}
