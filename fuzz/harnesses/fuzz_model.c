/*
 * fuzz_model.c - the parser against a naive check that was written from the format alone.
 *
 * The input is a plain image file. Oracle: naive.h refuses the same images for the same reason, and of the others has
 * the same counts, defects of each kind and refcount report; each finding is true of the image.
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
    expect_naive_agreement(&scenario);
    return 0;
}
