/*
 * report.h - what `refcow gate` says about an image, and the two ways to print it.
 */
#ifndef REFCOW_CLI_GATE_REPORT_H
#define REFCOW_CLI_GATE_REPORT_H

#include "../policy/policy.h"
#include "../process/exit_codes.h"
#include "../text/failure.h"
#include "../text/name.h"
#include "gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A backing file, a data file, and two snapshots: no breach is about another name. */
#define GATE_NAMES 4u

typedef struct gate_report {
    const char *path;
    const gate_policy *policy;
    refcow_gate_result result;
    refcow_breach breaches[REFCOW_BREACHES_MAX];
    uint64_t file_size;
    bool knows_size; /* file_size is all of it: no stream goes on */
    failure failure; /* why not all rules were applied; its name NULL: they were */
    size_t names_count;
    refcow_span spans[GATE_NAMES];
    image_name names[GATE_NAMES]; /* what stands at the spans */
} gate_report;

/* The name that a breach is about, or NULL. */
const image_name *gate_report_name(const gate_report *report, const refcow_breach *breach);

/* What of a snapshot breaks the rule. */
const char *gate_snapshot_field(const refcow_breach *breach);

/* The image was opened, and its header has a meaning. */
bool gate_report_has_header(const gate_report *report);

exit_code gate_exit_code(refcow_decision decision);

void gate_print_human(FILE *out, const gate_report *report);
void gate_print_json(FILE *out, const gate_report *report);

#endif
