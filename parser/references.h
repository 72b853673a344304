/*
 * references.h - every reference in the image: which structure occupies which host clusters, how many times.
 */
#ifndef REFCOW_REFERENCES_H
#define REFCOW_REFERENCES_H

#include "check.h"

/* Count the references of everything but the refcount blocks in the window, decide on the copied flags of the clusters
 * in the window, and in the first pass add findings about broken entries and gather the statistics. */
bool refcow_references_walk(struct check *check);

/* Count the references to refcount blocks. They come last: a block whose cluster has any other use is a finding. */
bool refcow_references_walk_blocks(struct check *check);

#endif
