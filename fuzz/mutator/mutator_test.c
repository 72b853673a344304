/*
 * mutator_test.c - the mutator does what it says, on every input it is given: an untested one ruins a campaign unseen.
 *
 *     mutator_test FILE...        images and sparse inputs
 *
 * Run under ASan: each buffer has exactly the size that the mutator is told.
 */
#include "../engines/afl_mutator.h"
#include "../fuzz.h"
#include "../input/random.h"
#include "mutator.h"
#include "places.h"

#include <string.h>

enum { ROUNDS = 64, ROOM = 2048, KINDS = MUTATIONS + 1, FILES_MAX = 512 };

typedef struct test_input {
    uint8_t *bytes;
    size_t size;
} test_input;

static test_input inputs[FILES_MAX];
static size_t input_count;

static void *need(void *memory)
{
    FUZZ_ASSERT(memory != NULL);
    return memory;
}

static void load(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || input_count == FILES_MAX) {
        perror(path);
        exit(2);
    }
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    inputs[input_count].bytes = need(malloc(size + 1));
    inputs[input_count].size = size;
    memcpy(inputs[input_count].bytes, bytes, size);
    input_count++;
}

/* A copy in a block of exactly `max` bytes, of which the unused ones are all the same. */
static uint8_t *copy_of(const test_input *input, size_t max)
{
    uint8_t *copy = need(malloc(max > 0 ? max : 1));
    memset(copy, 0xa5, max);
    memcpy(copy, input->bytes, input->size < max ? input->size : max);
    return copy;
}

static int is_same(const test_input *input, const uint8_t *data, size_t size)
{
    return size == input->size && memcmp(data, input->bytes, size) == 0;
}

/* How many of the changes of this kind have changed something. */
static unsigned try_kind(const test_input *input, mutation kind)
{
    unsigned changed = 0;
    int was_image = is_image(input->bytes, input->size);
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        size_t max = input->size + seed % 3 * ROOM;
        uint8_t *copy = copy_of(input, max);
        size_t size = mutate(kind, copy, input->size, max, seed);
        FUZZ_ASSERT(size <= max);
        FUZZ_ASSERT(!was_image || is_image(copy, size) == (kind != MUTATE_MAGIC));
        changed += is_same(input, copy, size) ? 0 : 1;
        free(copy);
    }
    return changed;
}

static void each_kind_changes_something(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        unsigned changed = 0;
        for (size_t i = 0; i < input_count; i++) {
            changed += try_kind(&inputs[i], (mutation)kind);
        }
        FUZZ_ASSERT(changed > input_count * ROUNDS / 4);
    }
}

/* Whatever was changed before. */
static void the_same_seed_gives_the_same_change(void)
{
    for (size_t i = 0; i < input_count; i++) {
        size_t max = inputs[i].size + ROOM;
        uint8_t *one = copy_of(&inputs[i], max);
        uint8_t *between = copy_of(&inputs[0], inputs[0].size);
        uint8_t *other = copy_of(&inputs[i], max);
        size_t size = mutate_some(one, inputs[i].size, max, i);
        mutate_some(between, inputs[0].size, inputs[0].size, i + 1);
        FUZZ_ASSERT(mutate_some(other, inputs[i].size, max, i) == size);
        FUZZ_ASSERT(memcmp(one, other, size) == 0);
        free(one);
        free(between);
        free(other);
    }
}

static void different_seeds_give_different_changes(void)
{
    unsigned same = 0;
    for (size_t i = 0; i < input_count; i++) {
        size_t max = inputs[i].size + ROOM;
        uint8_t *one = copy_of(&inputs[i], max);
        uint8_t *other = copy_of(&inputs[i], max);
        size_t size = mutate_some(one, inputs[i].size, max, 2 * i);
        same += mutate_some(other, inputs[i].size, max, 2 * i + 1) == size && memcmp(one, other, size) == 0 ? 1 : 0;
        free(one);
        free(other);
    }
    FUZZ_ASSERT(same < input_count / 4);
}

/* One change after the other, so that damage meets damage. */
static void long_chains_stay_inside(void)
{
    for (size_t i = 0; i < input_count; i++) {
        size_t max = inputs[i].size + i % 2 * ROOM;
        size_t size = inputs[i].size;
        uint8_t *copy = copy_of(&inputs[i], max);
        for (uint64_t seed = 0; seed < ROUNDS; seed++) {
            size = mutate_some(copy, size, max, seed);
            FUZZ_ASSERT(size <= max);
        }
        FUZZ_ASSERT(is_image(copy, size) || !is_image(inputs[i].bytes, inputs[i].size));
        free(copy);
    }
}

static void any_size_and_any_bytes_will_do(void)
{
    uint64_t random = 1;
    for (size_t size = 0; size < 300; size++) {
        for (size_t max = size; max < size + 200; max += 67) {
            uint8_t *bytes = need(malloc(max + (max == 0 ? 1 : 0)));
            for (size_t i = 0; i < max; i++) {
                bytes[i] = (uint8_t)(next_random(&random) & 0xff);
            }
            if (size >= 4 && size % 2 == 0) {
                store_number(bytes, 4, size % 4 == 0 ? SPARSE_MAGIC : 0x514649fb);
            }
            FUZZ_ASSERT(mutate_some(bytes, size, max, next_random(&random)) <= max);
            free(bytes);
        }
    }
}

static void nothing_becomes_an_image(void)
{
    uint8_t bytes[256] = {0};
    FUZZ_ASSERT(is_image(bytes, mutate_some(bytes, 0, sizeof bytes, 1)));
    store_number(bytes, 4, SPARSE_MAGIC);
    size_t size = mutate_some(bytes, SPARSE_HEAD, sizeof bytes, 1);
    FUZZ_ASSERT(is_sparse_input(bytes, size) && is_image(bytes, size));
}

/* Has something of both. */
static void cross_over_mixes(void)
{
    unsigned mixed = 0;
    for (size_t i = 0; i < input_count; i++) {
        const test_input *other = &inputs[(i * 7 + 1) % input_count];
        size_t max = inputs[i].size + 1;
        uint8_t *out = need(malloc(max));
        size_t size =
            mutate_cross(inputs[i].bytes, inputs[i].size, other->bytes, other->size, out, max, 1000 + (uint64_t)i);
        FUZZ_ASSERT(size <= max);
        FUZZ_ASSERT(!is_image(inputs[i].bytes, inputs[i].size) || is_image(out, size));
        mixed += is_same(&inputs[i], out, size) ? 0 : 1;
        free(out);
    }
    FUZZ_ASSERT(mixed > input_count / 4);
}

/* As AFL++ calls it, input after input; the bytes that it is given stay as they are. What comes out, in one hash. */
static uint64_t afl_round(unsigned seed)
{
    uint64_t hash = 0;
    void *state = need(afl_custom_init(NULL, seed));
    for (size_t i = 0; i < input_count; i++) {
        const test_input *input = &inputs[i];
        const test_input *other = &inputs[(i * 7 + 1) % input_count];
        size_t max = i % 3 == 0 ? input->size / 2 + 1 : input->size + ROOM;
        uint8_t *out;
        uint8_t *bytes = copy_of(input, input->size);
        size_t size = afl_custom_fuzz(state, bytes, input->size, &out, other->bytes, other->size, max);
        FUZZ_ASSERT(size > 0 && size <= max);
        FUZZ_ASSERT(is_same(input, bytes, input->size));
        hash = hash * 31 + hash_of(out, size);
        free(bytes);
    }
    afl_custom_deinit(state);
    return hash;
}

static void afl_gets_inputs_that_its_seed_tells(void)
{
    FUZZ_ASSERT(afl_round(1) == afl_round(1));
    FUZZ_ASSERT(afl_round(1) != afl_round(2));
}

static void afl_has_no_room_or_no_other_input(void)
{
    uint8_t *out;
    uint8_t byte = 0;
    void *state = need(afl_custom_init(NULL, 1));
    FUZZ_ASSERT(afl_custom_fuzz(state, &byte, 1, &out, NULL, 0, 0) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        FUZZ_ASSERT(afl_custom_fuzz(state, &byte, 1, &out, NULL, 0, ROOM) <= ROOM);
    }
    afl_custom_deinit(state);
}

int main(int argc, char **argv)
{
    static void (*const tests[])(void) = {
        each_kind_changes_something,
        the_same_seed_gives_the_same_change,
        different_seeds_give_different_changes,
        long_chains_stay_inside,
        any_size_and_any_bytes_will_do,
        nothing_becomes_an_image,
        cross_over_mixes,
        afl_gets_inputs_that_its_seed_tells,
        afl_has_no_room_or_no_other_input,
    };
    const size_t count = sizeof tests / sizeof *tests;
    for (int i = 1; i < argc; i++) {
        load(argv[i]);
    }
    for (size_t i = 0; i < count && input_count > 0; i++) {
        tests[i]();
    }
    for (size_t i = 0; i < input_count; i++) {
        free(inputs[i].bytes);
    }
    printf("%zu passed, 0 failed\n", input_count > 0 ? count : 0);
    return input_count == 0;
}
