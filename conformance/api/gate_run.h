/*
 * gate_run.h - one decision of the gate and all that it says. Each is held against what gate.h promises of every
 * answer.
 */
#ifndef REFCOW_CONFORMANCE_API_GATE_RUN_H
#define REFCOW_CONFORMANCE_API_GATE_RUN_H

#include "gate.h"
#include "runner.h"
#include "source.h"

typedef struct gate_answer {
    refcow_gate_result result;
    refcow_breach breaches[REFCOW_BREACHES_MAX]; /* result.breaches_count of them */
} gate_answer;

/* Judge a source. The options need neither memory nor room for breaches. If they have room, it is used, and the answer
 * has no breaches. The source's counts and failures are reset first. */
gate_answer run_gate(memory_source *source, const refcow_gate_options *options);

/* The same with a policy, without other options; and of an image. */
gate_answer judge_source(memory_source *source, const refcow_policy *policy);
gate_answer judge_image(const built_image *image, const refcow_policy *policy);

/* The breach of a rule with this number, counted from 0. NULL: there are not so many. */
const refcow_breach *find_breach(const gate_answer *answer, refcow_rule rule, unsigned number);

/* The only breach of a rule; the test fails and gets an empty one if there is none or more than one. */
refcow_breach breach_of(const gate_answer *answer, refcow_rule rule);
#define BREACH(answer, rule) breach_of(answer, REFCOW_RULE_##rule)

int is_broken(const gate_answer *answer, refcow_rule rule);
int is_undecided(const gate_answer *answer, refcow_rule rule);
#define CHECK_BROKEN(answer, rule) CHECK(is_broken(answer, REFCOW_RULE_##rule))
#define CHECK_KEPT(answer, rule) CHECK(!is_broken(answer, REFCOW_RULE_##rule))

#define CHECK_DECISION(answer, wanted) CHECK_STRING(refcow_decision_name((answer)->result.decision), wanted)

#endif
