/*
 * gate_policy.h - the policy of a caller who has given none.
 */
#ifndef REFCOW_GATE_POLICY_H
#define REFCOW_GATE_POLICY_H

#include "gate.h"

/* The policy, or the strict one if it is NULL. */
const refcow_policy *refcow_policy_or_strict(const refcow_policy *policy);

#endif
