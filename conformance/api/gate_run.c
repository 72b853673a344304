/*
 * gate_run.c - one decision of the gate and all that it says. See gate_run.h.
 */
#include "gate_run.h"

#include "run.h"

#include <stdlib.h>

enum { CANARY = 0x5a, GARBAGE = 0xa5 };

/* What is allowed comes last; among the others, the more dangerous first. */
static int rank_of(const refcow_breach *breach)
{
    return (int)refcow_rule_danger(breach->rule) + (breach->is_allowed ? 0 : 100);
}

static const char *rules_breach(const refcow_breach *breach, const refcow_gate_result *result,
                                const refcow_policy *policy)
{
    int is_magic = breach->rule == REFCOW_RULE_OTHER_MAGIC || breach->rule == REFCOW_RULE_OTHER_MAGIC_AT_END ||
                   breach->rule == REFCOW_RULE_DECLARED_RAW;
    RULE(refcow_rule_exists(breach->rule), "gate: a breach is of a rule");
    RULE(refcow_rules_have(&result->broken, breach->rule), "gate: a rule with a breach is broken");
    RULE(!refcow_rules_have(&result->undecided, breach->rule), "gate: a broken rule is decided");
    RULE(breach->is_allowed == refcow_rules_have(&policy->allowed, breach->rule), "gate: the policy allows a breach");
    RULE(breach->limit == REFCOW_NO_LIMIT || breach->value >= breach->limit, "gate: a limit is exceeded");
    RULE((breach->magic != REFCOW_NO_MAGIC) == is_magic, "gate: signatures have a number");
    RULE(breach->name.offset != 0 || breach->name.length == 0, "gate: a name stands somewhere");
    RULE(breach->is_allowed || result->decision == REFCOW_DECISION_REFUSED, "gate: a breach refuses the image");
    return NULL;
}

/* What holds for every answer with room for all breaches. */
static const char *rules_gate(const refcow_gate_result *result, const refcow_breach *breaches,
                              const refcow_policy *policy)
{
    int is_ok = result->error.status == REFCOW_STATUS_OK;
    int is_refused = 0;
    refcow_rules broken = {{0}};
    for (size_t i = 0; i < result->breaches_count; i++) {
        const char *rule = rules_breach(&breaches[i], result, policy);
        RULE(rule == NULL, rule);
        RULE(i == 0 || rank_of(&breaches[i - 1]) >= rank_of(&breaches[i]), "gate: the most dangerous come first");
        refcow_rules_add(&broken, breaches[i].rule);
        is_refused = is_refused || !breaches[i].is_allowed;
    }
    RULE(memcmp(&broken, &result->broken, sizeof broken) == 0, "gate: each broken rule has a breach");
    RULE(result->breaches_omitted == 0, "gate: REFCOW_BREACHES_MAX are enough");
    RULE((result->decision == REFCOW_DECISION_REFUSED) == is_refused, "gate: refused is what breaks a rule");
    RULE(result->decision != REFCOW_DECISION_ACCEPTED || is_ok, "gate: accepted is what was read");
    for (int rule = 0; rule < REFCOW_RULES_END; rule++) {
        int is_undecided = refcow_rules_have(&result->undecided, (refcow_rule)rule);
        RULE(!is_undecided || refcow_rule_exists((refcow_rule)rule), "gate: a rule is undecided");
        RULE(!is_undecided || result->decision != REFCOW_DECISION_ACCEPTED, "gate: accepted is what is decided");
    }
    return NULL;
}

gate_answer run_gate(memory_source *source, const refcow_gate_options *options)
{
    static uint8_t *block;
    gate_answer answer;
    refcow_gate_options call = *options;
    refcow_policy strict = refcow_policy_strict();
    refcow_source callbacks = source_callbacks(source);
    int has_room = call.breaches != NULL;
    block = block != NULL ? block : allocate(REFCOW_MEMORY_MIN);
    memset(block, GARBAGE, REFCOW_MEMORY_MIN);
    memset(&answer, CANARY, sizeof answer);
    source->reads = source->delivered = source->questions = 0;
    source->failed = 0;
    source->misuse = NULL;
    if (call.check.memory == NULL) {
        call.check.memory = block;
        call.check.memory_size = REFCOW_MEMORY_MIN;
    }
    if (!has_room) {
        call.breaches = answer.breaches;
        call.breaches_capacity = REFCOW_BREACHES_MAX;
    }
    refcow_status status = refcow_gate(&callbacks, &call, &answer.result, sizeof answer.result, REFCOW_VERSION);
    CHECK_EQUAL(status, answer.result.error.status);
    CHECK(source->delivered <= answer.result.bytes_read);
    CHECK_STRING(source->misuse != NULL ? source->misuse : "no misuse", "no misuse");
    if (!has_room) {
        CHECK_RULE(rules_gate(&answer.result, answer.breaches, call.policy != NULL ? call.policy : &strict));
    }
    return answer;
}

gate_answer judge_source(memory_source *source, const refcow_policy *policy)
{
    refcow_gate_options options = {.policy = policy};
    return run_gate(source, &options);
}

gate_answer judge_image(const built_image *image, const refcow_policy *policy)
{
    memory_source source = source_of_image(image);
    return judge_source(&source, policy);
}

const refcow_breach *find_breach(const gate_answer *answer, refcow_rule rule, unsigned number)
{
    for (size_t i = 0; i < answer->result.breaches_count; i++) {
        if (answer->breaches[i].rule == rule && number-- == 0) {
            return &answer->breaches[i];
        }
    }
    return NULL;
}

refcow_breach breach_of(const gate_answer *answer, refcow_rule rule)
{
    const refcow_breach *breach = find_breach(answer, rule, 0);
    refcow_breach none;
    memset(&none, 0, sizeof none);
    if (breach == NULL || find_breach(answer, rule, 1) != NULL) {
        CHECK_STRING(breach == NULL ? "not broken" : "broken more than once", refcow_rule_name(rule));
        return none;
    }
    return *breach;
}

int is_broken(const gate_answer *answer, refcow_rule rule)
{
    return refcow_rules_have(&answer->result.broken, rule);
}

int is_undecided(const gate_answer *answer, refcow_rule rule)
{
    return refcow_rules_have(&answer->result.undecided, rule);
}
