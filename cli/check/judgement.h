/*
 * judgement.h - what an image is in a job over many: clean, leaks, corrupt or not judged. --fail-on, --brief,
 * --only-problems, --quiet and the closing table go by it.
 */
#ifndef REFCOW_CLI_CHECK_JUDGEMENT_H
#define REFCOW_CLI_CHECK_JUDGEMENT_H

#include "../run/check_report.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum judgement { JUDGEMENT_CLEAN, JUDGEMENT_LEAKS, JUDGEMENT_CORRUPT, JUDGEMENT_NOT_JUDGED } judgement;

#define JUDGEMENTS (JUDGEMENT_NOT_JUDGED + 1)

/*
 * The verdict of the check, with two differences:
 * - An incomplete check that has found corruptions makes the image corrupt: its counts are lower bounds.
 * - An image that changed during the check is not judged: its tables were read at different times. Nor is an image that
 *   another process has open for writing if the check found anything: QEMU may not have written all refcounts yet.
 */
judgement judgement_of(const check_report *report);

/* "not judged" */
const char *judgement_text(judgement which);

/* "leaks: 1 leaked cluster (64 KiB)": the judgement and its reason, in one line without an end. */
void judgement_print(FILE *out, const check_report *report);

/* A bit for each judgement. */
typedef unsigned judgement_set;

#define ALL_PROBLEMS (1u << JUDGEMENT_LEAKS | 1u << JUDGEMENT_CORRUPT | 1u << JUDGEMENT_NOT_JUDGED)

static inline bool judgement_set_has(judgement_set set, judgement which)
{
    return (set >> which & 1) != 0;
}

/* Add what a list of words names, such as "corrupt,not-judged". False if one of them names no problem. */
bool judgement_set_add(judgement_set *set, const char *words);

#endif
