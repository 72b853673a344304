/*
 * fuzz_faults.c - what goes wrong around a check: reads that fail, bytes that change between two reads, a caller who
 * cancels, limits.
 *
 * The input is a plain image file. Oracles: a status that says so, bounds that are kept, nothing asked of the source
 * after the end, and an answer that says nothing that the undisturbed one does not. Of a file that changes while it is
 * read nothing is promised but an answer that keeps the rules.
 */
#include "../fuzz.h"
#include "../input/random.h"
#include "../oracles/rules.h"
#include "../run/scenario.h"

enum { FAULTS = 7, FAULTS_OF_MANY = 3 };

static void expect_lower_bound(const fuzz_scenario *scenario, const check_setting *setting)
{
    const check_run *base = &scenario->base;
    check_run run = run_check(scenario_way(scenario, 0), setting, OTHER_RUN);
    FUZZ_RULE(rules_lower_bound(&run.result, &base->result));
    if (!was_cut(&run)) {
        FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    }
}

static void try_read_limit(const fuzz_scenario *scenario, uint64_t random)
{
    check_setting other = scenario->smallest;
    other.limits.max_read = 1 + random % (scenario->base.result.bytes_read + 1);
    expect_lower_bound(scenario, &other);
}

static void try_entry_limit(const fuzz_scenario *scenario, uint64_t random)
{
    check_setting other = scenario->smallest;
    other.limits.max_work = 1 + random % (scenario->base.result.work + 1);
    expect_lower_bound(scenario, &other);
}

static void try_cancellation(const fuzz_scenario *scenario, uint64_t random)
{
    check_setting other = scenario->smallest;
    other.cancel_at = 1 + random % (scenario->base.progress_calls + 1);
    expect_lower_bound(scenario, &other);
}

static void try_failing_read(fuzz_scenario *scenario, uint64_t random)
{
    scenario->file.fail_at = 1 + random % (scenario->base.reads + 1);
    expect_lower_bound(scenario, &scenario->smallest);
    scenario->file.fail_at = 0;
}

/* The first reads of a check may be honest, so that what was found to be good is bad when it is read again. */
static void try_lies(fuzz_scenario *scenario, uint64_t random)
{
    scenario->file.lies = random | 1;
    scenario->file.honest = (random >> 32) % (scenario->base.reads + 1);
    check_run run = run_check(scenario_way(scenario, 0), &scenario->smallest, OTHER_RUN);
    FUZZ_ASSERT(run.result.error.status != REFCOW_STATUS_READ_FAILED);
    scenario->file.lies = 0;
}

static void try_opening_that_fails(fuzz_scenario *scenario, uint64_t random)
{
    refcow_image image;
    scenario->file.fail_at = 1 + random % 6;
    refcow_status status = run_open(&image, &scenario->file, (random >> 8) % 2 == 0);
    FUZZ_ASSERT(status == REFCOW_STATUS_READ_FAILED || status == scenario->image.error.status);
    scenario->file.fail_at = 0;
}

/* What was opened is not what is then checked. */
static void try_opening_lies(fuzz_scenario *scenario, uint64_t random)
{
    refcow_image image;
    scenario->file.lies = random | 1;
    scenario->file.honest = (random >> 32) % 3;
    refcow_class class_ = refcow_status_class(run_open(&image, &scenario->file, (random >> 8) % 2 == 0));
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        run_check(&image, &scenario->smallest, OTHER_RUN);
    }
    scenario->file.lies = 0;
}

static void try_fault(fuzz_scenario *scenario, unsigned fault, uint64_t random)
{
    switch (fault) {
    case 0:
        try_read_limit(scenario, random);
        break;
    case 1:
        try_entry_limit(scenario, random);
        break;
    case 2:
        try_cancellation(scenario, random);
        break;
    case 3:
        try_failing_read(scenario, random);
        break;
    case 4:
        try_lies(scenario, random);
        break;
    case 5:
        try_opening_that_fails(scenario, random);
        break;
    default:
        try_opening_lies(scenario, random);
        break;
    }
}

/* All faults for an input that costs little, some for one that costs more. */
static void try_faults(fuzz_scenario *scenario)
{
    int is_cheap = scenario_is_cheap(scenario);
    for (unsigned i = 0; i < (is_cheap ? FAULTS : FAULTS_OF_MANY); i++) {
        uint64_t dice = next_random(&scenario->random);
        try_fault(scenario, is_cheap ? i : (unsigned)(dice % FAULTS), dice >> 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_scenario scenario;
    if (!scenario_open(&scenario, data, size)) {
        return 0;
    }
    scenario_check(&scenario);
    if (!was_cut(&scenario.base)) {
        try_faults(&scenario);
    }
    return 0;
}
