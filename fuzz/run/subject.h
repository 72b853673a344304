/*
 * subject.h - what a harness tries an input in: the image opened, the settings that its bytes stand for, and the answer
 * in the smallest block of memory, which other answers are held against.
 */
#ifndef REFCOW_FUZZ_RUN_SUBJECT_H
#define REFCOW_FUZZ_RUN_SUBJECT_H

#include "run.h"

typedef struct fuzz_subject {
    input_file file;
    int is_sparse;
    uint64_t random; /* state of next_random(), from hashes of the input */
    refcow_image image;
    refcow_image with_holes; /* the same, with next_data */
    check_setting smallest;
    check_run base; /* the answer with that setting, after subject_check() */
} fuzz_subject;

/* 0: nothing can be checked. A plain file may be continued with a hole, of so many clusters that the smallest block
 * takes several passes; of a sparse input see extents.h. */
int subject_open(fuzz_subject *subject, const uint8_t *data, size_t size);

/* No check of one input takes longer than some milliseconds: past a limit only what is true of any answer is tested. */
void subject_check(fuzz_subject *subject);

/* The image as subject_check() reads it, a sparse one with next_data and a plain one without; or the other way. */
const refcow_image *subject_way(const fuzz_subject *subject, int is_other);

/* Whether it takes so little work that everything can be tried. */
int subject_is_cheap(const fuzz_subject *subject);

/* More memory than the smallest block, and room for so many findings. */
size_t pick_ample(uint64_t random);
size_t pick_capacity(uint64_t random);

#endif
