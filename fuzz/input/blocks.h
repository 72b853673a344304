/*
 * blocks.h - blocks of memory of exactly the wanted size, so that ASan sees what happens at their ends, and garbage in
 * them, so that MSan sees what is used before it is written.
 */
#ifndef REFCOW_FUZZ_INPUT_BLOCKS_H
#define REFCOW_FUZZ_INPUT_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* A block of size bytes, which stays until the next call with the same size and slot. Blocks are kept for the next
 * input: fresh pages would take most of the time of a run. Which of several blocks of one size is told by slot. */
void *borrow(size_t size, int slot);

/* Fill memory with garbage. To MSan it counts as never written, so that nothing may depend on it. */
void fill_with_garbage(void *memory, size_t size, uint8_t garbage);

/* MSan complains if part of this was never written. */
void expect_written(const void *memory, size_t size);

#endif
