/*
 * gate_header.h - the rules that an image's header decides.
 */
#ifndef REFCOW_GATE_HEADER_H
#define REFCOW_GATE_HEADER_H

#include "gate_breaches.h"
#include "gate_search.h"
#include "opening.h"

/* The gate, while it reads the file. */
struct gate_reading {
    struct gate gate;
    struct reader reader;
    uint8_t *scratch; /* GATE_PIECE_SIZE bytes of the caller's block */
};

/* Judge the header that was opened: the rules of the format, the names of files, features. `opening` has all refusals.
 */
void refcow_gate_judge_header(struct gate_reading *in, const struct opening *opening);

/* The features of the image: 1 << refcow_feature each. Compressed clusters only a check finds. */
uint32_t refcow_gate_features(const struct opening *opening);

#endif
