/*
 * scenario.h - what a harness tries an input in: the image opened, the settings that its bytes stand for, and the
 * answer in the smallest block of memory, which other answers are held against.
 */
#ifndef REFCOW_FUZZ_RUN_SCENARIO_H
#define REFCOW_FUZZ_RUN_SCENARIO_H

#include "run.h"

typedef struct fuzz_scenario {
    input_file file;
    int is_sparse;
    uint64_t random; /* state of next_random(), from hashes of the input */
    refcow_image image;
    refcow_image with_holes; /* the same, with next_data */
    check_setting smallest;
    check_run base; /* the answer with that setting, after scenario_check() */
} fuzz_scenario;

/* 0: nothing can be checked. A plain file may be continued with a hole, of so many clusters that the smallest block
 * takes several passes; of a sparse input see extents.h. */
int scenario_open(fuzz_scenario *scenario, const uint8_t *data, size_t size);

/* No check of one input takes longer than some milliseconds: past a limit only what is true of any answer is tested. */
void scenario_check(fuzz_scenario *scenario);

/* The image as scenario_check() reads it, a sparse one with next_data and a plain one without; or the other way. */
const refcow_image *scenario_way(const fuzz_scenario *scenario, int is_other);

/* Whether it takes so little work that everything can be tried. */
int scenario_is_cheap(const fuzz_scenario *scenario);

/* More memory than the smallest block, and room for so many findings. */
size_t pick_ample(uint64_t random);
size_t pick_capacity(uint64_t random);

#endif
