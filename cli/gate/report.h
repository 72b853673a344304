/*
 * report.h - what `refcow gate` says about an image, and the two ways to print it.
 */
#ifndef REFCOW_CLI_GATE_REPORT_H
#define REFCOW_CLI_GATE_REPORT_H

#include "../process/exit_codes.h"
#include "facts.h"
#include "policy.h"
#include "rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum gate_verdict { GATE_ACCEPT, GATE_REFUSE, GATE_UNDECIDED } gate_verdict;

/* A rule that the image breaks, with the evidence. */
typedef struct gate_breach {
    gate_rule rule;
    uint64_t offset;               /* in the file, of what breaks it */
    uint64_t value;                /* what stands there, or what the limit is compared with */
    const char *format;            /* the other format whose magic was found, or NULL */
    const image_name *name;        /* of a file that the image names, or NULL */
    const gate_snapshot *snapshot; /* the one that breaks it, or NULL */
    const char *field;             /* of the snapshot: what the value is of */
} gate_breach;

/* The number of limits that a snapshot can break, as well as the active disk. */
#define GATE_SNAPSHOT_LIMITS 2

#define GATE_BREACHES_MAX (GATE_RULES + MAGICS_MAX + GATE_SNAPSHOT_LIMITS)

typedef struct gate_report {
    const char *path;
    const gate_policy *policy;
    gate_facts facts;
    uint64_t bytes_read;
    gate_breach breaches[GATE_BREACHES_MAX];
    size_t breaches_count;
    bool undecided[GATE_RULES];
    gate_verdict verdict;
} gate_report;

/* Apply all rules to the facts, which are in the report already, or a failure in their place. */
void gate_judge(gate_report *report);

/* "accept", "refuse", "undecided" */
const char *gate_verdict_name(gate_verdict verdict);

exit_code gate_exit_code(gate_verdict verdict);

/* Whether the policy has it that the rule may be broken. */
bool gate_is_allowed(const gate_report *report, gate_rule rule);

void gate_print_human(FILE *out, const gate_report *report);
void gate_print_json(FILE *out, const gate_report *report);

#endif
