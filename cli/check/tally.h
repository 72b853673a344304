/*
 * tally.h - the judgements of all images of a command line: the closing table, and the exit status of --fail-on.
 */
#ifndef REFCOW_CLI_CHECK_TALLY_H
#define REFCOW_CLI_CHECK_TALLY_H

#include "../process/exit_codes.h"
#include "../run/images.h"
#include "judgement.h"

typedef struct tally {
    judgement *judgements; /* in the order of the images */
    int count;             /* of those that are judged */
} tally;

/* Room for the judgement of each image; false if the system does not give it. */
bool tally_begin(tally *all, const image_list *images);
void tally_end(tally *all);

void tally_add(tally *all, judgement which);

/* For people: "3 images: clean 1, leaks 2, corrupt 0, not judged 0", and the names of those that are not clean. */
void tally_print_counts(FILE *out, const tally *all);
void tally_print_names(FILE *out, const tally *all, const image_list *images);

/* 0 if no image is one of these problems; else 2 for corrupt, or 1 for not judged, or 3 for leaks. */
exit_code tally_exit_code(const tally *all, judgement_set problems);

#endif
