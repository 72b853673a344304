/*
 * l2_fast.h - what a sound image is full of: entries that name a host cluster and say nothing else, visited many at a
 * time. There is one rule for them and for all others (l2_entry.h); this is only the shorter way where it has nothing
 * to say.
 */
#ifndef REFCOW_L2_FAST_H
#define REFCOW_L2_FAST_H

#include "l2_entry.h"

/* Prepare for visits. Needs what a check is given of the image, the options and cluster_size. */
void refcow_l2_fast_start(struct check *check);

/* Visit the plain entries of the chunk from `at` on, until one may be wrong. Returns where they end. The entries from
 * there to *others must be visited one by one. Bound: `end`, the end of the chunk. */
size_t refcow_l2_visit_fast(struct check *check, struct l2_walk *walk, size_t at, size_t end, size_t *others);

#endif
