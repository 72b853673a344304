#include "gate_agreement.h"
#include "../fuzz.h"
#include "../input/random.h"
#include "../run/run.h"

#include <string.h>

static int is_limited(const refcow_gate_result *result)
{
    return refcow_status_class(result->error.status) == REFCOW_CLASS_LIMIT;
}

static int are_same_rules(const refcow_rules *one, const refcow_rules *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

static int are_among(const refcow_rules *few, const refcow_rules *many)
{
    for (size_t i = 0; i < 4; i++) {
        if ((few->bits[i] & ~many->bits[i]) != 0) {
            return 0;
        }
    }
    return 1;
}

static int is_same(const refcow_breach *one, const refcow_breach *other)
{
    return one->rule == other->rule && one->offset == other->offset && one->value == other->value &&
           one->limit == other->limit && one->name.offset == other->name.offset &&
           one->name.length == other->name.length && one->snapshot == other->snapshot && one->magic == other->magic &&
           one->feature == other->feature;
}

static int is_listed(const refcow_breach *breach, const gate_run *run)
{
    for (size_t i = 0; i < run->result.breaches_count; i++) {
        if (is_same(breach, &run->breaches[i])) {
            return 1;
        }
    }
    return 0;
}

static void expect_same_start(const gate_run *one, const gate_run *other)
{
    size_t count = one->result.breaches_count;
    count = count < other->result.breaches_count ? count : other->result.breaches_count;
    for (size_t i = 0; i < count; i++) {
        FUZZ_ASSERT(is_same(&one->breaches[i], &other->breaches[i]));
        FUZZ_ASSERT(one->breaches[i].is_allowed == other->breaches[i].is_allowed);
    }
}

static void expect_same_answer(const gate_run *one, const gate_run *other)
{
    const refcow_gate_result *left = &one->result;
    const refcow_gate_result *right = &other->result;
    FUZZ_ASSERT(left->decision == right->decision);
    FUZZ_ASSERT(left->error.status == right->error.status && left->error.value == right->error.value);
    FUZZ_ASSERT(are_same_rules(&left->broken, &right->broken));
    FUZZ_ASSERT(are_same_rules(&left->undecided, &right->undecided));
    FUZZ_ASSERT(left->breaches_count + left->breaches_omitted == right->breaches_count + right->breaches_omitted);
    FUZZ_ASSERT(left->is_checked == right->is_checked);
    FUZZ_ASSERT(left->amplification == right->amplification);
    expect_same_start(one, other);
}

/* ----------------------------------------------------------------------- one answer */

static void expect_other_block(gate_scenario *scenario, uint64_t random)
{
    gate_setting other = scenario->setting;
    other.garbage = (uint8_t)~other.garbage;
    other.shift = (other.shift + 5) % SHIFTS;
    gate_run run = run_gate(&scenario->file, &other, OTHER_GATE);
    expect_same_answer(&run, &scenario->base);
    FUZZ_ASSERT(run.result.bytes_read == scenario->base.result.bytes_read && run.reads == scenario->base.reads);
    other.memory_size += 1 + random % REFCOW_MEMORY_MIN % 3 * REFCOW_MEMORY_MIN;
    other.with_next_data = (random >> 32) % 2 == 0;
    run = run_gate(&scenario->file, &other, OTHER_GATE);
    if (!is_limited(&run.result) && !is_limited(&scenario->base.result)) {
        expect_same_answer(&run, &scenario->base);
    }
}

static void expect_other_room(gate_scenario *scenario, uint64_t random)
{
    gate_setting other = scenario->setting;
    other.capacity = random % 12;
    gate_run run = run_gate(&scenario->file, &other, OTHER_GATE);
    expect_same_answer(&run, &scenario->base);
}

/* A rule that the image breaks, if there is one that can be allowed and is not. */
static refcow_rule pick_rule(const gate_scenario *scenario, uint64_t random)
{
    const gate_run *base = &scenario->base;
    for (size_t i = 0; i < base->result.breaches_count; i++) {
        const refcow_breach *breach = &base->breaches[(i + random) % base->result.breaches_count];
        if (refcow_rule_means(breach->rule) == REFCOW_MEANS_ALLOW && !breach->is_allowed) {
            return breach->rule;
        }
    }
    return REFCOW_RULE_WRITER;
}

/* A breach that is allowed is still there. */
static void expect_other_rules(gate_scenario *scenario, uint64_t random)
{
    gate_setting other = scenario->setting;
    const refcow_gate_result *base = &scenario->base.result;
    refcow_rule rule = pick_rule(scenario, random % 64);
    FUZZ_ASSERT(refcow_policy_allow(&other.policy, rule) == 0);
    gate_run run = run_gate(&scenario->file, &other, OTHER_GATE);
    FUZZ_ASSERT(run.result.error.status == base->error.status);
    FUZZ_ASSERT(are_same_rules(&run.result.broken, &base->broken));
    FUZZ_ASSERT(are_among(&run.result.undecided, &base->undecided));
    FUZZ_ASSERT(run.result.breaches_count == base->breaches_count && run.result.breaches_omitted == 0);
    FUZZ_ASSERT(base->decision != REFCOW_DECISION_ACCEPTED || run.result.decision == REFCOW_DECISION_ACCEPTED);
    for (size_t i = 0; i < run.result.breaches_count; i++) {
        FUZZ_ASSERT(is_listed(&run.breaches[i], &scenario->base));
    }
}

void expect_gate_agreement(gate_scenario *scenario)
{
    expect_other_block(scenario, next_random(&scenario->random));
    expect_other_room(scenario, next_random(&scenario->random));
    expect_other_rules(scenario, next_random(&scenario->random));
}

/* --------------------------------------------------------------------- lower bounds */

static void expect_true_breaches(const gate_scenario *scenario, const gate_run *run)
{
    for (size_t i = 0; i < run->result.breaches_count; i++) {
        FUZZ_ASSERT(refcow_rules_have(&scenario->base.result.broken, run->breaches[i].rule));
    }
}

static void expect_cut(gate_scenario *scenario, const gate_setting *setting)
{
    gate_run run = run_gate(&scenario->file, setting, OTHER_GATE);
    if (run.result.error.status == REFCOW_STATUS_OK) {
        expect_same_answer(&run, &scenario->base);
        return;
    }
    FUZZ_ASSERT(run.result.decision != REFCOW_DECISION_ACCEPTED);
    expect_true_breaches(scenario, &run);
}

static void try_failing_read(gate_scenario *scenario, uint64_t random)
{
    scenario->file.fail_at = 1 + random % (scenario->base.reads + 1);
    expect_cut(scenario, &scenario->setting);
    scenario->file.fail_at = 0;
}

static void try_limit(gate_scenario *scenario, uint64_t random)
{
    gate_setting other = scenario->setting;
    uint64_t most = scenario->base.result.bytes_read + 1;
    if (random % 2 == 0) {
        other.limits.max_read = 1 + (random >> 1) % most;
    } else {
        other.limits.max_work = 1 + (random >> 1) % (most / 16 + 1024);
    }
    expect_cut(scenario, &other);
}

static void try_cancellation(gate_scenario *scenario, uint64_t random)
{
    gate_setting other = scenario->setting;
    other.cancel_at = 1 + random % (scenario->base.progress_calls + 1);
    expect_cut(scenario, &other);
}

/* Of a file that changes while it is read nothing is promised but an answer that keeps the rules. */
static void try_lies(gate_scenario *scenario, uint64_t random)
{
    scenario->file.lies = random | 1;
    scenario->file.honest = (random >> 32) % (scenario->base.reads + 1);
    run_gate(&scenario->file, &scenario->setting, OTHER_GATE);
    scenario->file.lies = 0;
}

/* Some signatures hold only for files of the right size. */
static void expect_true_of_header(const gate_scenario *scenario, const gate_run *run)
{
    for (size_t i = 0; i < run->result.breaches_count; i++) {
        refcow_rule rule = run->breaches[i].rule;
        int is_of_header = refcow_rule_need(rule) == REFCOW_NEED_HEADER && rule != REFCOW_RULE_OTHER_MAGIC;
        FUZZ_ASSERT(!is_of_header || refcow_rules_have(&scenario->base.result.broken, rule));
    }
}

/* Only rules that need the header are then applied; those that need no other are all applied. */
static void try_header_only(gate_scenario *scenario)
{
    gate_setting other = scenario->setting;
    other.policy.header_only = 1;
    other.policy.wants_check = 0;
    gate_run run = run_gate(&scenario->file, &other, OTHER_GATE);
    if (run.result.error.status != REFCOW_STATUS_OK || scenario->base.result.error.status != REFCOW_STATUS_OK) {
        return;
    }
    expect_true_of_header(scenario, &run);
    for (size_t i = 0; i < scenario->base.result.breaches_count; i++) {
        const refcow_breach *breach = &scenario->base.breaches[i];
        int is_of_header = refcow_rule_need(breach->rule) == REFCOW_NEED_HEADER &&
                           breach->snapshot == REFCOW_NO_SNAPSHOT && breach->rule >= REFCOW_RULE_BACKING_FILE &&
                           breach->rule != REFCOW_RULE_OTHER_MAGIC && !other.policy.expects_raw &&
                           breach->feature != REFCOW_FEATURE_COMPRESSED_CLUSTERS;
        FUZZ_ASSERT(!is_of_header || is_listed(breach, &run));
    }
}

/* The start of the file, as all that is known of a stream. */
static void try_head(gate_scenario *scenario, uint64_t random)
{
    static const uint64_t heads[] = {1, 71, 72, 512, 4096, 65536, 262144};
    gate_setting other = scenario->setting;
    uint64_t head = random % 4 == 0 ? scenario->file.size : heads[(random >> 8) % (sizeof heads / sizeof *heads)];
    head = random % 4 == 1 ? (random >> 8) % 2048 : head;
    other.is_stream = 1;
    other.with_next_data = 0;
    other.head_bytes = head < scenario->file.size ? head : scenario->file.size;
    other.policy.header_only = (random >> 16) % 2 == 0;
    other.policy.wants_check &= !other.policy.header_only;
    if (other.head_bytes == 0) {
        return;
    }
    gate_run run = run_gate(&scenario->file, &other, OTHER_GATE);
    expect_true_of_header(scenario, &run);
}

void expect_gate_lower_bounds(gate_scenario *scenario)
{
    uint64_t dice = next_random(&scenario->random);
    if (scenario->base.result.error.status == REFCOW_STATUS_OK) {
        try_failing_read(scenario, dice >> 8);
        try_limit(scenario, dice >> 9);
        try_cancellation(scenario, dice >> 10);
        try_head(scenario, dice >> 11);
        try_header_only(scenario);
    }
    try_lies(scenario, dice);
}
