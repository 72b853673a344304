/*
 * afl_mutator.c - the mutator in AFL++, as a shared object that AFL_CUSTOM_MUTATOR_LIBRARY names, beside AFL++'s own.
 */
#include "afl_mutator.h"
#include "../input/random.h"
#include "../mutator/mutator.h"

#include <stdlib.h>
#include <string.h>

typedef struct afl_mutator {
    uint64_t random;
    uint8_t *out; /* what was handed out last, `room` bytes */
    size_t room;
} afl_mutator;

void *afl_custom_init(void *afl, unsigned seed)
{
    (void)afl;
    afl_mutator *mutator = calloc(1, sizeof *mutator);
    if (mutator != NULL) {
        mutator->random = seed;
    }
    return mutator;
}

void afl_custom_deinit(void *state)
{
    afl_mutator *mutator = state;
    free(mutator->out);
    free(mutator);
}

static int make_room(afl_mutator *mutator, size_t room)
{
    if (room > mutator->room) {
        free(mutator->out);
        mutator->out = malloc(room);
        mutator->room = mutator->out == NULL ? 0 : room;
    }
    return mutator->out != NULL;
}

/* One in eight has something of the other input. */
size_t afl_custom_fuzz(void *state, uint8_t *bytes, size_t size, uint8_t **out, uint8_t *other, size_t other_size,
                       size_t max)
{
    afl_mutator *mutator = state;
    *out = NULL;
    if (max == 0 || !make_room(mutator, max)) {
        return 0;
    }
    *out = mutator->out;
    uint64_t dice = next_random(&mutator->random);
    if (other != NULL && other_size > 0 && dice % 8 == 0) {
        return mutate_cross(bytes, size, other, other_size, mutator->out, max, dice);
    }
    size = size < max ? size : max;
    memcpy(mutator->out, bytes, size);
    return mutate_some(mutator->out, size, max, dice);
}
