/*
 * gate_breaches.h - the rules that an image breaks: how one gets into the list, and its place there.
 */
#ifndef REFCOW_GATE_BREACHES_H
#define REFCOW_GATE_BREACHES_H

#include "gate.h"
#include "source.h"

/* A feature in a set of them. */
#define FEATURE_BIT(feature) ((uint32_t)1 << (feature))

/* What is judged by what, and where the answer goes. */
struct gate {
    const refcow_policy *policy;
    const refcow_gate_options *options;
    refcow_gate_result *result;
    refcow_gate_notes *notes; /* those of the result */
};

/* The gate for a call of refcow_gate(), whose result has the notes. */
struct gate refcow_gate_of(const refcow_gate_options *options, refcow_gate_result *result);

/* Whether the policy leaves out what needs more than the header. */
bool refcow_gate_is_header_only(const struct gate *gate);

/* The image breaks a rule. refcow_breach_of() makes a breach without anything special. */
refcow_breach refcow_breach_of(refcow_rule rule, uint64_t offset, uint64_t value);
void refcow_gate_break(const struct gate *gate, const refcow_breach *breach);

/* It does, if `is_broken`. */
void refcow_gate_break_if(const struct gate *gate, bool is_broken, refcow_rule rule, uint64_t offset, uint64_t value);

/* It does, if the value is over the limit. REFCOW_NO_LIMIT is never exceeded. */
void refcow_gate_limit(const struct gate *gate, uint64_t limit, refcow_rule rule, uint64_t offset, uint64_t value);

/* Whether a rule is known to be broken. */
bool refcow_gate_is_broken(const struct gate *gate, refcow_rule rule);

/* Remember why not all could be read: the first reason. What a status says about the image is none. */
void refcow_gate_note_error(const struct gate *gate, const refcow_error *error);

#endif
