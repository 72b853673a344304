/*
 * run.h - run one check on a source and keep all that it says. Each run is held against the rules of
 * fuzz/oracles/rules.h.
 */
#ifndef REFCOW_CONFORMANCE_API_RUN_H
#define REFCOW_CONFORMANCE_API_RUN_H

#include "../../fuzz/oracles/rules.h"
#include "runner.h"
#include "source.h"

/* How to run. Zeros: REFCOW_MEMORY_MIN bytes of memory, ample room for findings, no limits. */
typedef struct run_options {
    size_t memory_size;
    size_t shift;    /* the memory begins so many bytes past a 16-byte boundary */
    uint8_t garbage; /* what is in the memory before */
    int with_next_data;
    int with_next_hole;
    int without_findings; /* no array */
    int no_room;          /* an array, of capacity 0 */
    size_t capacity;      /* of findings; 0: AMPLE_FINDINGS */
    uint32_t kinds;       /* findings_kinds of refcow_options */
    refcow_limits limits;
    const refcow_observer *observer;
    uint64_t cancel_at; /* the progress call with this number cancels, counted from 1; 0: none */
} run_options;

enum { AMPLE_FINDINGS = 64 * REFCOW_KINDS };

typedef struct check_answer {
    refcow_status opened;
    refcow_image image;
    refcow_status checked; /* when the status of refcow_open() allows a check, else BAD_ARGUMENT and no result */
    refcow_result result;
    refcow_finding *findings; /* result.findings_count of them; drop_answer() frees them */
    uint64_t reads;
    uint64_t progress_calls;
    refcow_progress last_progress;
    uint64_t orphans; /* that were told of */
    refcow_finding last_orphan;
    uint64_t second_window;      /* the cluster with which it begins; 0: there is none */
    const char *broken_progress; /* what was wrong with what they told, in words; NULL: nothing */
} check_answer;

/* malloc(), which ends the program where there is no memory. */
void *allocate(size_t size);

/* Open and check. The source's counts and failures are reset first. */
check_answer run_check(memory_source *source, const run_options *options);
void drop_answer(check_answer *answer);

/* The check of a source in little memory once more, in 4 MiB: the test fails if the answers differ. */
check_answer run_with_ample_memory(memory_source *source, const check_answer *little);

/* Check an image in the smallest block with ample room for findings. */
check_answer check_image(const built_image *image);

/* The first finding of a kind; the test fails and gets an empty one if there is none. */
refcow_finding find(const check_answer *answer, refcow_kind kind);
#define FIND(answer, kind) find(answer, REFCOW_KIND_##kind)

/* Check a whole answer at once: verdict and counts. */
void expect_counts(const check_answer *answer, refcow_verdict verdict, uint64_t corruptions, uint64_t leaks,
                   uint64_t check_errors);

/* Equal answers, whatever they took. */
#define CHECK_SAME(a, b) CHECK_RULE(rules_same_answer(&(a)->result, (a)->findings, &(b)->result, (b)->findings))

#endif
