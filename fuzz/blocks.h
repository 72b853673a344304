/*
 * blocks.h - blocks of memory of exactly the wanted size, so that ASan sees what happens at their ends.
 */
#ifndef REFCOW_FUZZ_BLOCKS_H
#define REFCOW_FUZZ_BLOCKS_H

#include <stddef.h>

/* A block of size bytes, which stays until the next call with the same size and slot. Blocks are kept for the next
 * input: fresh pages would take most of the time of a run. Which of several blocks of one size is told by slot. */
void *borrow(size_t size, int slot);

#endif
