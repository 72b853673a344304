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
    static fuzz_subject subject;
    if (!is_sparse_input(data, size) || !subject_open(&subject, data, size)) {
        return 0;
    }
    subject_check(&subject);
    expect_repeatable(&subject);
    if (!was_cut(&subject.base)) {
        expect_agreement(&subject);
    }
    expect_naive_agreement(&subject);
    return 0;
}
