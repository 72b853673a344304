/*
 * copied.h - the copied flags of L1 and L2 entries: set exactly when the stored refcount is 1.
 */
#ifndef REFCOW_COPIED_H
#define REFCOW_COPIED_H

#include "count.h"

/* The stored refcount of a cluster as a byte, if it is this pass's to judge: every cluster of the file belongs to one
 * window, and what lies beyond the file is looked up in the first pass. */
bool refcow_stored_refcount(struct check *check, uint64_t cluster, uint8_t *refcount);

/* The copied flag of an entry must be set exactly when the stored refcount is 1. Where it cannot be looked up nothing
 * is said. */
void refcow_check_copied_flag(struct check *check, refcow_kind kind, uint8_t refcount,
                              const struct reference *reference, const struct origin *origin);

#endif
