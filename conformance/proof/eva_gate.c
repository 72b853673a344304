/*
 * eva_gate.c - refcow_gate() with any source, any policy and any options. In the place of refcow_check(), which has its
 * own proofs, is a function that gives any answer.
 */
#include "../../parser/gate_breaches.h"
#include "any.h"

#define BREACHES 4
#define NAME 8

static uint8_t memory[REFCOW_MEMORY_MIN];
static refcow_breach breaches[BREACHES];
static char path[NAME];
static uint8_t text[REFCOW_NAME_MAX];

refcow_status any_check(const refcow_image *image, const refcow_options *options, refcow_result *result)
{
    (void)image;
    (void)options;
    Frama_C_make_unknown((char *)result, sizeof *result);
    result->error.status = (refcow_status)Frama_C_interval(0, 200);
    return result->error.status;
}

static int any_int(void)
{
    return Frama_C_interval(INT_MIN, INT_MAX);
}

static refcow_policy any_policy(void)
{
    refcow_policy policy;
    Frama_C_make_unknown((char *)&policy, sizeof policy);
    return policy;
}

static refcow_gate_options any_options(const refcow_policy *policy)
{
    refcow_gate_options options = {.policy = Frama_C_interval(0, 1) ? policy : NULL,
                                   .check = {.memory = memory,
                                             .memory_size = Frama_C_size_t_interval(0, sizeof memory),
                                             .progress = Frama_C_interval(0, 1) ? any_progress : NULL},
                                   .breaches_capacity = Frama_C_size_t_interval(0, BREACHES),
                                   .name = Frama_C_interval(0, 1) ? path : NULL,
                                   .name_length = Frama_C_size_t_interval(0, NAME),
                                   .writer = (refcow_writer)any_int(),
                                   .head_bytes = any64()};
    options.check.limits.max_read = any64();
    options.check.limits.max_work = any64();
    return options;
}

static void gate(refcow_breach *list)
{
    static refcow_gate_result result;
    refcow_source source = any_source();
    refcow_policy policy = any_policy();
    refcow_gate_options options = any_options(&policy);
    options.breaches = list;
    Frama_C_make_unknown((char *)memory, sizeof memory);
    Frama_C_make_unknown(path, sizeof path);
    refcow_gate(Frama_C_interval(0, 1) ? &source : NULL, Frama_C_interval(0, 1) ? &options : NULL,
                Frama_C_interval(0, 1) ? &result : NULL, Frama_C_interval(0, 1) ? sizeof result : 1,
                Frama_C_interval(0, 1) ? REFCOW_VERSION : 0);
}

static void misuse(void)
{
    static refcow_gate_result result;
    refcow_source source = any_source();
    refcow_gate_options options = {0};
    refcow_gate(&source, &options, &result, sizeof result, REFCOW_VERSION); /* without memory */
    source.read = NULL;
    refcow_gate(&source, &options, &result, sizeof result, REFCOW_VERSION);
}

static void name(void)
{
    int number = any_int();
    int32_t code_point = 0;
    refcow_policy policy = any_policy();
    refcow_rule_exists((refcow_rule)number);
    refcow_rule_name((refcow_rule)number);
    refcow_rule_text((refcow_rule)number);
    refcow_rule_reason((refcow_rule)number);
    refcow_rule_danger((refcow_rule)number);
    refcow_rule_means((refcow_rule)number);
    refcow_rule_need((refcow_rule)number);
    refcow_danger_name((refcow_danger)number);
    refcow_means_name((refcow_means)number);
    refcow_feature_name((refcow_feature)number);
    refcow_decision_name((refcow_decision)number);
    refcow_magic_format((uint32_t)number);
    refcow_magic_wraps((uint32_t)number);
    refcow_magic_in_raw((uint32_t)number);
    refcow_policy_allow(&policy, (refcow_rule)number);
    policy = refcow_policy_strict();
    refcow_rules_have(&policy.allowed, (refcow_rule)number);
    Frama_C_make_unknown((char *)text, sizeof text);
    refcow_name_traits(text, any64());
    refcow_is_shapeless(any_int());
    refcow_decode_utf8(text, Frama_C_size_t_interval(1, sizeof text), &code_point);
}

int main(void)
{
    /* The numbers are ends of arrays: where the analysis may stop to widen. */
    //@ widen_hints global:"all", 4, 32;
    gate(breaches);
    gate(NULL);
    misuse();
    name();
    return 0;
}
