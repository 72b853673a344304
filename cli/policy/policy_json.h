/*
 * policy_json.h - a policy as JSON, and the feature bits of a header: those that refcow understands, and, which is
 * another list, those that a policy accepts.
 */
#ifndef REFCOW_CLI_POLICY_POLICY_JSON_H
#define REFCOW_CLI_POLICY_POLICY_JSON_H

#include "../text/json.h"
#include "gate.h"

/* The object "policy". */
void policy_print_json(json_writer *json, const refcow_policy *policy);

/* The arrays "understood" and "accepted"; and, of an image, "present", in which unknown features have names like
 * incompatible-7. header may be NULL. */
void policy_print_features(json_writer *json, const refcow_policy *policy, const refcow_header *header);

/* An array with the ids of the rules in a set. */
void policy_print_rules(json_writer *json, const char *key, const refcow_rules *rules);

#endif
