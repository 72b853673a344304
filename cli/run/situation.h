/*
 * situation.h - what an answer means for the user's data, and what to do next. One row for each situation; the first
 * one that applies to an answer counts.
 */
#ifndef REFCOW_CLI_RUN_SITUATION_H
#define REFCOW_CLI_RUN_SITUATION_H

#include "check_report.h"

typedef struct situation {
    const char *name;    /* stable, for programs */
    const char *meaning; /* one or two sentences */
    const char *step;    /* what to do next; NULL: nothing */
    const char *command; /* that the step ends with; IMAGE and NEW stand for names of files. NULL: there is none */
} situation;

/* NULL: there is nothing to say beyond the verdict. The image was checked. */
const situation *situation_of(const check_report *report);

#endif
