/*
 * fuzz_cost.c - work is what a check charges to its account; steps are what it really costs (meter.h). The account is
 * only worth something if no input makes many steps for little work.
 *
 * The input is an image file, plain or sparse. Oracles: steps are at most STEPS_AT_REST + STEPS_PER_WORK * work, in
 * small and in large blocks, with no room for findings and with much, with an observer and without; so few steps pass
 * between two calls of progress that a caller can look at the clock in time; a limit on work is kept, and what is found
 * up to there keeps the rules.
 *
 * With COST=1 in the environment each run prints its figures, and steps are not judged.
 */
#include "../fuzz.h"
#include "../input/meter.h"
#include "../input/random.h"
#include "../oracles/rules.h"
#include "../run/scenario.h"

#include <inttypes.h>

/* Measured with gcc 12. Its programs make the most steps: those of clang 19 make 0.7 times as many, those of AFL++ with
 * clang 14 half as many.
 *
 * STEPS_AT_REST: reading the header, dividing the block of memory, and one search for the end of the image through a
 * page of clusters, which takes 50000 steps.
 *
 * STEPS_PER_WORK: the whole corpus takes 63 at most, in a check with an observer. Most images of corpus/hostile take at
 * most 60. The others have work that nothing is charged for.
 *
 * STEPS_TO_FINISH: a check that is stopped brings the findings that wait into order and merges them, and nobody is
 * charged.
 *
 * STEPS_UNWATCHED: a caller who stops a check by the clock wants to look at it every 50 ms. Progress is due after 2^17
 * units of work, which is 10 million steps at most. */
enum { STEPS_AT_REST = 100000, STEPS_PER_WORK = 80, STEPS_UNWATCHED = 20000000, STEPS_TO_FINISH = 2000000 };

enum { LARGE_BLOCK = 1 << 20, LARGEST_BLOCK = 5 << 20, MUCH_ROOM = 1024 * REFCOW_KINDS };

static const refcow_limits LIMITS = {32u << 20, 1u << 18};

/* ---------------------------------------------------------------- observer */

static void hear_window(void *user, uint64_t host, uint64_t length)
{
    (void)user;
    (void)host;
    (void)length;
    meter_tell();
}

static void hear_reference(void *user, const refcow_reference *reference)
{
    (void)user;
    (void)reference;
    meter_tell();
}

static void hear_clusters(void *user, const refcow_clusters *clusters)
{
    (void)user;
    (void)clusters;
    meter_tell();
}

static const refcow_observer LISTENER = {hear_window, hear_reference, hear_clusters, NULL};

/* -------------------------------------------------------------------- cost */

static uint64_t work_of(const refcow_result *result)
{
    return result->work;
}

static void set_work_limit(check_setting *setting, uint64_t limit)
{
    setting->limits.max_work = limit;
}

static void print_figures(FILE *stream, const char *way, const meter_reading *cost, const refcow_result *result)
{
    fprintf(stream,
            "%s: work %" PRIu64 " steps %" PRIu64 " gap %" PRIu64 " edges %" PRIu64 " bytes %" PRIu64 " reads %" PRIu64
            " hints %" PRIu64 " tells %" PRIu64 " passes %" PRIu64 "\n",
            way, work_of(result), meter_steps(cost), cost->gap, cost->edges, cost->bytes, cost->reads, cost->hints,
            cost->tells, result->passes);
}

static void judge_cost(const char *way, const meter_reading *cost, const refcow_result *result)
{
    int is_stopped = refcow_status_class(result->error.status) == REFCOW_CLASS_LIMIT;
    uint64_t free_steps = STEPS_AT_REST + (is_stopped ? STEPS_TO_FINISH : 0);
    int is_paid = meter_steps(cost) <= free_steps + STEPS_PER_WORK * work_of(result);
    int is_watched = cost->gap <= STEPS_UNWATCHED;
    if (!is_paid || !is_watched) {
        print_figures(stderr, way, cost, result);
    }
    FUZZ_RULE(cost->edges > 0 ? NULL : "the parser is compiled with -fsanitize-coverage=trace-pc");
    FUZZ_RULE(is_paid ? NULL : "steps are in proportion to work");
    FUZZ_RULE(is_watched ? NULL : "progress is called after so many steps");
}

static check_run run_metered(const char *way, const refcow_image *image, const check_setting *setting, int slot)
{
    meter_start();
    check_run run = run_check(image, setting, slot);
    meter_reading cost = meter_stop();
    if (getenv("COST") != NULL) {
        print_figures(stdout, way, &cost, &run.result);
    } else {
        judge_cost(way, &cost, &run.result);
    }
    return run;
}

/* Cut short somewhere, or not at all. */
static void expect_limit(const refcow_image *image, const check_setting *setting, const check_run *whole,
                         uint64_t random)
{
    check_setting other = *setting;
    uint64_t limit = 1 + random % (work_of(&whole->result) + 1);
    set_work_limit(&other, limit);
    check_run run = run_metered("limited", image, &other, OTHER_RUN);
    FUZZ_ASSERT(work_of(&run.result) <= limit);
    FUZZ_ASSERT(limit < work_of(&whole->result) || was_cut(&run) == was_cut(whole));
    FUZZ_ASSERT(limit >= work_of(&whole->result) || !run.result.refcounts.complete);
    /* A check whose narrow counters run full starts again: cut after that it may have found less than cut before. */
    if (!was_cut(whole)) {
        FUZZ_RULE(rules_lower_bound(&run.result, &whole->result));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_scenario scenario;
    if (!scenario_open(&scenario, data, size)) {
        return 0;
    }
    const refcow_image *image = scenario_way(&scenario, 0);
    check_setting plain = {.memory_size = REFCOW_MEMORY_MIN, .limits = LIMITS};
    check_setting roomy = {.memory_size = LARGE_BLOCK, .capacity = MUCH_ROOM, .limits = LIMITS};
    check_setting ample = {.memory_size = LARGEST_BLOCK, .limits = LIMITS};
    check_setting observed = {.memory_size = REFCOW_MEMORY_MIN, .limits = LIMITS, .observer = &LISTENER};
    run_metered("plain", image, &plain, OTHER_RUN);
    run_metered("observed", image, &observed, OTHER_RUN);
    run_metered("ample", image, &ample, OTHER_RUN);
    check_run whole = run_metered("roomy", image, &roomy, BASE_RUN);
    expect_limit(image, &roomy, &whole, next_random(&scenario.random));
    return 0;
}
