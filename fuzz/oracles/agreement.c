#include "agreement.h"
#include "../fuzz.h"
#include "../input/random.h"
#include "../model/naive.h"
#include "ledger.h"
#include "rules.h"

enum { WAYS = 6, WAYS_OF_MANY = 2 };

static const refcow_limits PATIENT_LIMITS = {32u << 20, 1u << 20};

void expect_repeatable(const fuzz_scenario *scenario)
{
    check_setting other = scenario->smallest;
    const check_run *base = &scenario->base;
    other.garbage = (uint8_t)~other.garbage;
    other.shift = (other.shift + 5) % SHIFTS;
    check_run run = run_check(scenario_way(scenario, 0), &other, OTHER_RUN);
    FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    FUZZ_RULE(rules_same_work(&run.result, &base->result));
}

/* Another block, or another way to read. */
static void expect_same(const refcow_image *image, const check_setting *setting, const check_run *base)
{
    check_run run = run_check(image, setting, OTHER_RUN);
    if (!was_cut(&run)) {
        FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    }
}

static void expect_room_does_not_matter(const fuzz_scenario *scenario, size_t capacity)
{
    check_setting other = scenario->smallest;
    const check_run *base = &scenario->base;
    other.capacity = capacity;
    check_run run = run_check(scenario_way(scenario, 0), &other, OTHER_RUN);
    /* To keep findings is work, so a check with more room may reach its limit. */
    if (was_cut(&run)) {
        return;
    }
    FUZZ_RULE(rules_same_counts(&run.result, &base->result));
    FUZZ_RULE(rules_same_reading(&run.result, &base->result));
    if (base->findings != NULL && run.result.findings_omitted >= base->result.findings_omitted) {
        FUZZ_RULE(rules_first_ones(&run.result, run.findings, &base->result, base->findings));
    } else if (run.findings != NULL && base->findings != NULL) {
        FUZZ_RULE(rules_first_ones(&base->result, base->findings, &run.result, run.findings));
    }
}

/* Someone looks on. */
static void expect_observed(const fuzz_scenario *scenario)
{
    check_setting other = scenario->smallest;
    const refcow_image *image = scenario_way(scenario, 0);
    other.observer = ledger_start(image);
    check_run run = run_check(image, &other, OTHER_RUN);
    if (!was_cut(&run)) {
        FUZZ_RULE(rules_same_answer(&run.result, run.findings, &scenario->base.result, scenario->base.findings));
        ledger_expect(&run.result);
    }
}

static void expect_one(const fuzz_scenario *scenario, unsigned way, uint64_t random)
{
    check_setting ample = scenario->smallest;
    ample.memory_size = pick_ample(random);
    switch (way) {
    case 0:
        expect_same(scenario_way(scenario, 0), &ample, &scenario->base);
        break;
    case 1:
        expect_same(scenario_way(scenario, 1), &scenario->smallest, &scenario->base);
        break;
    case 2:
        expect_same(scenario_way(scenario, 1), &ample, &scenario->base);
        break;
    case 3:
        expect_observed(scenario);
        break;
    case 4:
        expect_room_does_not_matter(scenario, pick_capacity(random));
        break;
    default:
        expect_room_does_not_matter(scenario, 0);
        break;
    }
}

void expect_agreement(fuzz_scenario *scenario)
{
    int is_cheap = scenario_is_cheap(scenario);
    for (unsigned i = 0; i < (is_cheap ? WAYS : WAYS_OF_MANY); i++) {
        uint64_t dice = next_random(&scenario->random);
        expect_one(scenario, is_cheap ? i : (unsigned)(dice % WAYS), dice >> 8);
    }
}

/* ---------------------------------------------------------- the naive check */

/* Of counters of a byte 253 is the first number that is too large: the check then starts again. */
enum { STARTS_AGAIN = 253 };

/* No more passes than planned; and each has a window with a cluster in use, or with a part of a refcount block. */
static void expect_few_passes(const fuzz_scenario *scenario, const naive_state *naive)
{
    enum { SMALLEST_WINDOW = 8192 };
    refcow_plan plan;
    uint64_t passes = scenario->base.result.passes;
    FUZZ_ASSERT(refcow_plan_memory(&scenario->image, scenario->smallest.memory_size, &plan) == REFCOW_STATUS_OK);
    if (naive->most < STARTS_AGAIN && naive->answer.verdict != REFCOW_VERDICT_REFUSED) {
        FUZZ_ASSERT(passes <= plan.passes);
        FUZZ_ASSERT(passes <= naive->counts.clusters + naive->blocks * (naive->per_block / SMALLEST_WINDOW + 2));
    }
}

static void expect_findings_of(const naive_state *naive, const check_run *run)
{
    FUZZ_RULE(rules_same_counts(&run->result, &naive->answer));
    for (size_t i = 0; i < run->result.findings_count; i++) {
        FUZZ_RULE(naive_finding_difference(naive, &run->findings[i]));
    }
}

/* Once more, with a source that knows of holes; in little memory, and in more. */
static void expect_holes_noted(fuzz_scenario *scenario, naive_state *naive)
{
    check_setting setting = scenario->smallest;
    refcow_image image = scenario->with_holes;
    image.source.next_hole = input_next_hole;
    setting.limits = PATIENT_LIMITS;
    check_run run = run_check(&image, &setting, OTHER_RUN);
    naive_note_holes(naive);
    if (!was_cut(&run)) {
        expect_findings_of(naive, &run);
    }
    setting.memory_size = pick_ample(next_random(&scenario->random));
    run = run_check(&image, &setting, OTHER_RUN);
    if (!was_cut(&run)) {
        expect_findings_of(naive, &run);
    }
}

void expect_naive_agreement(fuzz_scenario *scenario)
{
    static naive_state naive;
    if (!naive_check(&naive, &scenario->file)) {
        return;
    }
    if (was_cut(&scenario->base)) {
        /* It was not too much for the naive way. */
        check_setting patient = scenario->smallest;
        patient.limits = PATIENT_LIMITS;
        scenario->base = run_check(scenario_way(scenario, 0), &patient, BASE_RUN);
    }
    expect_few_passes(scenario, &naive);
    if (was_cut(&scenario->base)) {
        return;
    }
    expect_findings_of(&naive, &scenario->base);
    expect_holes_noted(scenario, &naive);
}
