/*
 * naive.h - the check as it is defined, with none of the parser's cleverness: no windows, no weights, no runs.
 *
 * A second reading of the format, to hold the parser against. It shares no code with the parser and is slow on purpose:
 * one counter per cluster, every table walked as often as it is named, one read per entry. How large the file is does
 * not matter to it, but it gives up on images with too many entries or clusters in use.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_H
#define REFCOW_FUZZ_MODEL_NAIVE_H

#include "naive_counts.h"
#include "naive_header.h"

/* Large; private but for the answer: verdict, error, counts and refcount report, the rest of it is 0. */
typedef struct naive_state {
    const input_file *file;
    refcow_header header;
    refcow_result answer;
    naive_counts counts;  /* references, also those that are too many for the image's refcounts */
    naive_counts tables;  /* how often each L2 table is named */
    naive_counts damaged; /* the same of those that have wrong entries */
    uint64_t most;        /* references of the cluster that has most */
    uint64_t clusters;    /* of the file, as grown so far */
    uint64_t cluster;     /* in bytes */
    uint64_t blocks;      /* entries of the refcount table that are not 0 */
    uint64_t per_block;   /* refcounts */
    uint64_t file_length; /* size rounded up to 512 */
    uint64_t limit;       /* the largest refcount */
    uint64_t missing_end; /* of the clusters that are counted and past the end of the file; 0: there are none */
    uint64_t work;        /* left; 0: given up */
    int is_extended;
    int has_data_file;
} naive_state;

/* Check the file, which is read anew, header included. 0: given up. */
int naive_check(naive_state *naive, const input_file *file);

/* What only a source that knows of holes gets: to be added to the answer of a check that was not given up. */
void naive_note_holes(naive_state *naive);

/* What is wrong with a finding about the image that was checked; NULL: nothing. */
const char *naive_finding_difference(const naive_state *naive, const refcow_finding *finding);

#endif
