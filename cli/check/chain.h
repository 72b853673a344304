/*
 * chain.h - which images of a command line are the backing files of others: the chains that they form, and what is
 * missing in them.
 */
#ifndef REFCOW_CLI_CHECK_CHAIN_H
#define REFCOW_CLI_CHECK_CHAIN_H

#include "../run/images.h"
#include "tally.h"

typedef struct chain_member {
    bool is_known;  /* its header was read: it is known what it needs */
    bool is_needed; /* by another one, or by itself */
    int told;       /* in which chain, from 1 up; 0: in none yet */
    backing_link needs;
    char *name; /* of its backing file, if that was not found among the images; NULL: no memory */
} chain_member;

typedef struct chains {
    chain_member *members; /* in the order of the images */
    int count;             /* of those that were looked at */
    int room;
} chains;

/* Bytes of memory for each image, at most. */
#define CHAIN_MEMORY (sizeof(chain_member) + REFCOW_NAME_MAX + 64)

/* Room for each image; false if the system does not give it. */
bool chains_begin(chains *all, const image_list *images);
void chains_end(chains *all);

void chains_add(chains *all, const check_report *report);

/* For people, a line for each chain, up to a few: who needs whom, and whether all are there and clean. Nothing if no
 * image has a backing file. */
void chains_print(FILE *out, chains *all, const tally *judged, const image_list *images);

#endif
