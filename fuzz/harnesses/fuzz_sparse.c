/*
 * fuzz_sparse.c - images whose structures lie exabytes apart.
 *
 * The input is a size and a list of extents, as extents.h says. Oracles: those of fuzz_check.c and of
 * fuzz_model.c.
 */
#include "../fuzz.h"
#include "../oracles/agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_scenario scenario;
    if (!is_sparse_input(data, size) || !scenario_open(&scenario, data, size)) {
        return 0;
    }
    scenario_check(&scenario);
    expect_repeatable(&scenario);
    if (!was_cut(&scenario.base)) {
        expect_agreement(&scenario);
    }
    expect_naive_agreement(&scenario);
    return 0;
}
