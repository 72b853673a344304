/*
 * libfuzzer_mutator.c - the mutator in libFuzzer, beside libFuzzer's own.
 */
#include "../fuzz.h"
#include "../input/random.h"
#include "../mutator/mutator.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max, unsigned seed);

/* A quarter of the inputs is libFuzzer's, a quarter has changes of both. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint64_t random = seed;
    uint64_t share = next_random(&random) % 4;
    if (share != 0) {
        size = mutate_some(data, size, max, next_random(&random));
    }
    return share <= 1 ? LLVMFuzzerMutate(data, size, max) : size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t max, unsigned seed)
{
    return mutate_cross(one, one_size, other, other_size, out, max, seed);
}
