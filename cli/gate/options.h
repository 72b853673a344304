/*
 * options.h - the command line of `refcow gate`, with its defaults.
 */
#ifndef REFCOW_CLI_GATE_OPTIONS_H
#define REFCOW_CLI_GATE_OPTIONS_H

#include "../policy/policy.h"
#include "../run/common_options.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct gate_options {
    char *path; /* "-": standard input */
    gate_policy policy;
    bool quiet;
    bool sandbox;
    bool wants_rules;    /* the list of rules, and no image */
    bool wants_policies; /* the presets, and no image */
} gate_options;

/* argv[0] is the verb; the strings stay the caller's. */
options_outcome gate_options_parse(gate_options *options, int argc, char **argv);

#endif
