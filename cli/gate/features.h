/*
 * features.h - the feature bits of a header by name: those that refcow understands, and, which is another list,
 * those that a policy of `refcow gate` accepts.
 */
#ifndef REFCOW_CLI_GATE_FEATURES_H
#define REFCOW_CLI_GATE_FEATURES_H

#include "../text/json.h"
#include "gate.h"
#include "refcow.h"

/* The arrays "understood" and "accepted"; and, of an image, "present", in which unknown features have names like
 * incompatible-7. header may be NULL. */
void gate_print_features(json_writer *json, const refcow_policy *policy, const refcow_header *header);

#endif
