/*
 * memory.h - how the caller's block of memory is divided.
 */
#ifndef REFCOW_MEMORY_H
#define REFCOW_MEMORY_H

#include "check.h"

/* Give the parts of the check their memory, from a block of at least REFCOW_MEMORY_MIN bytes. */
void refcow_memory_divide(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide);

#endif
