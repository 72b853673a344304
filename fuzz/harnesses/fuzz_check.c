/*
 * fuzz_check.c - the whole pipeline over one image file: open, plan, check.
 *
 * The input is a plain image file. Oracles, besides what the sanitizers see: the rules of every answer; work within its
 * bound; the same answer twice, from other blocks of memory, with and without next_data, with more or less room for
 * findings.
 */
#include "../fuzz.h"
#include "../oracles/agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_scenario scenario;
    if (!scenario_open(&scenario, data, size)) {
        return 0;
    }
    scenario_check(&scenario);
    expect_repeatable(&scenario);
    if (!was_cut(&scenario.base)) {
        expect_agreement(&scenario);
    }
    return 0;
}
