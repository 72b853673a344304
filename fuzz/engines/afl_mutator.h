/*
 * afl_mutator.h - what AFL++ calls of a mutator that it loads.
 */
#ifndef REFCOW_FUZZ_ENGINES_AFL_MUTATOR_H
#define REFCOW_FUZZ_ENGINES_AFL_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

void *afl_custom_init(void *afl, unsigned seed);
void afl_custom_deinit(void *state);

/* The size of what *out then points to, until the next call. 0: this input is skipped. */
size_t afl_custom_fuzz(void *state, uint8_t *bytes, size_t size, uint8_t **out, uint8_t *other, size_t other_size,
                       size_t max);

#endif
