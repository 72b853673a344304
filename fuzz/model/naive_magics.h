/*
 * naive_magics.h - signatures of a dozen formats that everybody knows, to be found where they are and nowhere else.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_MAGICS_H
#define REFCOW_FUZZ_MODEL_NAIVE_MAGICS_H

#include "naive_gate.h"

/* One of them: where it belongs, and its bytes. */
typedef struct naive_magic {
    uint64_t offset; /* of one at the end: before the end of the file */
    int is_at_end;
    size_t length;
    const char *bytes;
} naive_magic;

naive_magic naive_pick_magic(uint64_t random);

/* What is wrong with the signatures among the breaches of an answer; NULL: nothing. is_complete: as for
 * naive_gate_difference(). */
const char *naive_magic_difference(const naive_question *asked, const refcow_breach *breaches, size_t count,
                                   int is_complete);

#endif
