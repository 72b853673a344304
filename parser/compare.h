/*
 * compare.h - the stored refcounts of a window against the counted ones.
 */
#ifndef REFCOW_COMPARE_H
#define REFCOW_COMPARE_H

#include "check.h"

/* Compare the stored with the counted refcounts of the window. */
bool refcow_compare_window(struct check *check);

/* Add the findings that might have continued in a next window; after the last window. */
void refcow_compare_finish(struct check *check);

#endif
