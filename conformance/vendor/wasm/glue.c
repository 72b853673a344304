/* What verdict.js calls: plain numbers, and structures in linear memory whose layout it knows. */
#include "refcow.h"

/* Given by JavaScript. */
__attribute__((import_name("read"))) int read_from_host(uint64_t offset, void *buffer, size_t length);

struct answer {
    const char *status; /* NULL: checked */
    const char *verdict;
    uint64_t corruptions;
    uint64_t leaks;
    uint64_t check_errors;
};

struct gate_answer {
    const char *decision;
    uint32_t rules_count;
    const char *rules[REFCOW_BREACHES_MAX]; /* names */
};

static unsigned char memory[1 << 20];

static int read_source(void *user, uint64_t offset, void *buffer, size_t length)
{
    (void)user;
    return read_from_host(offset, buffer, length);
}

__attribute__((export_name("check"))) const struct answer *check(uint64_t size)
{
    static struct answer answer;
    refcow_source source = {.read = read_source, .size = size};
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_image image;
    refcow_result result;
    refcow_status status = refcow_open(&image, sizeof image, REFCOW_VERSION, &source);
    if (status == REFCOW_STATUS_OK)
        status = refcow_check(&image, &options, &result);
    if (status != REFCOW_STATUS_OK)
        answer = (struct answer){.status = refcow_status_name(status)};
    else
        answer = (struct answer){NULL, refcow_verdict_name(result.verdict), result.corruptions, result.leaks,
                                 result.check_errors};
    return &answer;
}

/* By the strict policy. */
__attribute__((export_name("gate"))) const struct gate_answer *gate(uint64_t size)
{
    static refcow_breach breaches[REFCOW_BREACHES_MAX];
    static refcow_gate_result result;
    static struct gate_answer answer;
    refcow_source source = {.read = read_source, .size = size};
    refcow_policy policy = refcow_policy_strict();
    refcow_gate_options options = {.policy = &policy,
                                   .check = {.memory = memory, .memory_size = sizeof memory},
                                   .breaches = breaches,
                                   .breaches_capacity = REFCOW_BREACHES_MAX};
    refcow_gate(&source, &options, &result, sizeof result, REFCOW_VERSION);
    answer.decision = refcow_decision_name(result.decision);
    answer.rules_count = (uint32_t)result.breaches_count;
    for (uint32_t i = 0; i < answer.rules_count; i++)
        answer.rules[i] = refcow_rule_name(breaches[i].rule);
    return &answer;
}
