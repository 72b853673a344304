/*
 * policy.h - what `refcow gate` accepts: the rules that may be broken, and the limits. The words are the same on
 * the command line, as options, and in a policy file, where each line has one:
 *
 *     # comment
 *     allow backing-file
 *     max-virtual-size 10G
 *
 * What stands later wins; there is no way to take back "allow".
 */
#ifndef REFCOW_CLI_GATE_POLICY_H
#define REFCOW_CLI_GATE_POLICY_H

#include "rules.h"

#include <stdbool.h>
#include <stdint.h>

#define GATE_NO_LIMIT UINT64_MAX

typedef struct gate_policy {
    bool allowed[GATE_RULES];
    uint64_t max_virtual_size;  /* bytes */
    uint64_t max_amplification; /* the guest's data divided by the size of the file */
    uint64_t max_sharing;       /* references to one host cluster */
    bool expects_raw;
    bool wants_check;
    bool header_only;
} gate_policy;

/* Nothing is allowed. */
gate_policy gate_policy_strict(void);

/* Take a word of the policy, with its value or NULL. Returns NULL, or a sentence that says what is wrong with the value
 * or, without one, with the word. */
const char *gate_policy_set(gate_policy *policy, const char *word, const char *value);

/* Whether the words go together: NULL or what is wrong. */
const char *gate_policy_contradiction(const gate_policy *policy);

/* Take each line of a file. False if it cannot be read or a line is wrong; the reason is on stderr. */
bool gate_policy_read(gate_policy *policy, const char *path);

#endif
