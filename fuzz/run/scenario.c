#include "scenario.h"
#include "../fuzz.h"
#include "../input/random.h"

#include <string.h>

enum { HEADER_BYTES = 112, AT_CLUSTER_BITS = 20, CHEAP_WORK = 2048 };

static const refcow_limits PLAIN_LIMITS = {1u << 20, 1u << 16};
static const refcow_limits SPARSE_LIMITS = {8u << 20, 1u << 19};

size_t pick_ample(uint64_t random)
{
    static const size_t sizes[] = {REFCOW_MEMORY_MIN + 1, 2 * (size_t)REFCOW_MEMORY_MIN - 3,
                                   8 * (size_t)REFCOW_MEMORY_MIN};
    if (random % 16 == 0) {
        return (size_t)5 << 20; /* slow; from 4 MiB on tables are read in larger chunks */
    }
    return sizes[random % (sizeof sizes / sizeof *sizes)];
}

size_t pick_capacity(uint64_t random)
{
    static const size_t capacities[] = {
        1, REFCOW_KINDS - 1, REFCOW_KINDS, 2 * REFCOW_KINDS + 1, 8 * REFCOW_KINDS, 65 * REFCOW_KINDS - 1,
    };
    return capacities[random % (sizeof capacities / sizeof *capacities)];
}

/* A hole that a plain file of some KiB, which fits one window, is continued with: of some bytes, or of many clusters.
 */
static uint64_t pick_tail(uint64_t random, const uint8_t *data, size_t size)
{
    uint64_t some = random >> 48;
    if (random % 8 == 0) {
        return some;
    }
    if (random % 8 == 1) {
        unsigned cluster_bits = size > AT_CLUSTER_BITS + 3 ? data[AT_CLUSTER_BITS + 3] % 32u : 9;
        return ((24000 + some % 6000) << cluster_bits) + some % 1024;
    }
    return 0;
}

static void expect_plan(const refcow_image *image)
{
    refcow_plan plan;
    memset(&plan, 0xff, sizeof plan);
    FUZZ_ASSERT(refcow_plan_memory(image, REFCOW_MEMORY_MIN, &plan) == REFCOW_STATUS_OK);
    FUZZ_ASSERT(plan.minimum == REFCOW_MEMORY_MIN);
    FUZZ_ASSERT(plan.one_pass >= plan.minimum);
    FUZZ_ASSERT(plan.passes >= 1);
    FUZZ_ASSERT(refcow_plan_memory(image, plan.one_pass, &plan) == REFCOW_STATUS_OK);
    FUZZ_ASSERT(plan.passes == 1);
}

static int open_both(fuzz_scenario *scenario)
{
    refcow_status status = run_open(&scenario->image, &scenario->file, 0);
    FUZZ_ASSERT(run_open(&scenario->with_holes, &scenario->file, 1) == status);
    refcow_class class_ = refcow_status_class(status);
    if (class_ != REFCOW_CLASS_OK && class_ != REFCOW_CLASS_REFUSED) {
        return 0;
    }
    expect_plan(&scenario->image);
    return 1;
}

/* The length of a plain file comes from its header alone, so that a mutation of a table keeps the length of its parent;
 * the other settings may differ from one mutation to the next. */
int scenario_open(fuzz_scenario *scenario, const uint8_t *data, size_t size)
{
    input_start(&scenario->file, data, size);
    scenario->random = hash_of(data, size < HEADER_BYTES ? size : HEADER_BYTES);
    uint64_t dice = next_random(&scenario->random);
    scenario->is_sparse = is_sparse_input(data, size);
    scenario->file.size += scenario->is_sparse ? 0 : pick_tail(dice, data, size);
    scenario->random ^= hash_of(data, size);
    return open_both(scenario);
}

const refcow_image *scenario_way(const fuzz_scenario *scenario, int is_other)
{
    return scenario->is_sparse == is_other ? &scenario->image : &scenario->with_holes;
}

void scenario_check(fuzz_scenario *scenario)
{
    check_setting smallest = {
        .memory_size = REFCOW_MEMORY_MIN,
        .shift = (size_t)(next_random(&scenario->random) % SHIFTS),
        .garbage = (uint8_t)(next_random(&scenario->random) & 0xff),
        .capacity = pick_capacity(next_random(&scenario->random)),
        .limits = scenario->is_sparse ? SPARSE_LIMITS : PLAIN_LIMITS,
    };
    scenario->smallest = smallest;
    scenario->base = run_check(scenario_way(scenario, 0), &smallest, BASE_RUN);
}

int scenario_is_cheap(const fuzz_scenario *scenario)
{
    return scenario->base.result.work <= CHEAP_WORK;
}
