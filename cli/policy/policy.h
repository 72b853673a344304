/*
 * policy.h - the words of a policy: on the command line as options, in a policy file one a line, without dashes.
 *
 *     # comment
 *     allow backing-file
 *     max-virtual-size 10G
 *
 * What stands later wins. There is no way to take back "allow", "refuse" or "require".
 */
#ifndef REFCOW_CLI_POLICY_POLICY_H
#define REFCOW_CLI_POLICY_POLICY_H

#include "gate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the words decide: the library's policy, and how the answer is given. */
typedef struct gate_policy {
    refcow_policy accepts;
    int wants_json;
    uint64_t timeout; /* seconds; 0: as long as it takes */
} gate_policy;

/* Nothing is allowed. */
gate_policy gate_policy_strict(void);

/* Take a word of the policy, with its value or NULL. Returns NULL, or a sentence that says what is wrong with the value
 * or, without one, with the word. */
const char *gate_policy_set(gate_policy *policy, const char *word, const char *value);

/* Take each line of a policy: one of the presets, or a file. False if it cannot be read or a line is wrong; the reason
 * is on stderr. */
bool gate_policy_read(gate_policy *policy, const char *name);

/* All presets, as files that could be changed. */
void gate_policy_print_presets(FILE *out);

#endif
