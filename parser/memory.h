/*
 * memory.h - how the caller's block of memory is divided.
 */
#ifndef REFCOW_MEMORY_H
#define REFCOW_MEMORY_H

#include "check.h"

/* The clusters of the file, and the one that a reference may stick out into: these a check has to count. */
uint64_t refcow_memory_clusters(const refcow_image *image);

/* How many of them fit into one window, with a block of so many bytes, at least REFCOW_MEMORY_MIN. */
uint64_t refcow_memory_window(const refcow_image *image, size_t size);

/* The bytes of a block that has room for all clusters in one window, and for all names of tables in one scan. */
uint64_t refcow_memory_for_one_window(const refcow_image *image);

/* Give the parts of the check their memory, from a block of at least REFCOW_MEMORY_MIN bytes. */
void refcow_memory_divide(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide);

#endif
