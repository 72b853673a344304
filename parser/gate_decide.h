/*
 * gate_decide.h - the second half of a decision: judge what was noted and what the check has found, and decide.
 */
#ifndef REFCOW_GATE_DECIDE_H
#define REFCOW_GATE_DECIDE_H

#include "gate.h"

void refcow_gate_decide(const refcow_gate_options *options, refcow_gate_result *result);

#endif
