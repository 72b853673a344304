/*
 * gate_judge.h - the state of a gate's decision, and how a rule is found broken.
 */
#ifndef REFCOW_GATE_JUDGE_H
#define REFCOW_GATE_JUDGE_H

#include "gate.h"
#include "gate_search.h"
#include "opening.h"

/* Bytes of the caller's block in which the gate reads pieces of the file. */
#define GATE_SCRATCH GATE_PIECE_SIZE

struct gate {
    const refcow_policy *policy;
    const refcow_gate_options *options;
    refcow_gate_result *result;
    struct reader reader;
    uint64_t size;       /* bytes of the file, or those of it that are known */
    bool knows_size;     /* the file ends there */
    bool is_header_only; /* the policy leaves out what needs more than the header */
    bool is_refused;     /* a rule is broken that the policy does not allow */
    uint8_t *scratch;    /* GATE_SCRATCH bytes */
    size_t capacity;     /* breaches that the caller has room for */
};

/* The image breaks a rule. A breach without anything special is made by refcow_breach_of(). */
refcow_breach refcow_breach_of(refcow_rule rule, uint64_t offset, uint64_t value);
void refcow_gate_break(struct gate *gate, refcow_breach breach);

/* It does, if `is_broken`. */
void refcow_gate_break_if(struct gate *gate, bool is_broken, refcow_rule rule, uint64_t offset, uint64_t value);

/* The value is over the limit; `breach` is without the limit. REFCOW_NO_LIMIT is never exceeded. */
void refcow_gate_limit(struct gate *gate, uint64_t limit, refcow_breach breach);

/* Whether a rule is known to be broken. */
bool refcow_gate_is_broken(const struct gate *gate, refcow_rule rule);

#endif
