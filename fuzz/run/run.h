/*
 * run.h - open an image and check it, once, and judge all that can be said of one call alone.
 */
#ifndef REFCOW_FUZZ_RUN_RUN_H
#define REFCOW_FUZZ_RUN_RUN_H

#include "../input/input.h"

enum { SHIFTS = 16 };

typedef struct check_setting {
    size_t memory_size;
    size_t shift; /* the block begins so many bytes, less than SHIFTS, past a 16-byte boundary */
    uint8_t garbage;
    size_t capacity;
    refcow_limits limits;
    uint64_t cancel_at; /* the progress call with this number cancels, counted from 1; 0: none */
    const refcow_observer *observer;
} check_setting;

typedef struct check_run {
    refcow_result result;
    refcow_finding *findings;
    uint64_t reads;
    uint64_t progress_calls;
} check_run;

/* Slots for the findings of a run: they stay until the next run with the same slot. */
enum { BASE_RUN = 1, OTHER_RUN = 2 };

refcow_status run_open(refcow_image *image, input_file *file, int with_next_data);

check_run run_check(const refcow_image *image, const check_setting *setting, int slot);

/* Whether there would be more to say: the status alone does not tell, for a refusal hides why the report was cut short.
 */
int was_cut(const check_run *run);

#endif
