/*
 * fuzz_sparse.c - images whose structures lie exabytes apart.
 *
 * The input is a size and a list of extents, as extents.h says. Oracles: those of fuzz_check.c, and those of
 * fuzz_model.c where the file has few clusters.
 */
#include "agreement.h"
#include "fuzz.h"
#include "naive.h"
#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_subject subject;
    static refcow_result naive;
    if (!is_sparse_input(data, size) || !subject_open(&subject, data, size)) {
        return 0;
    }
    subject_check(&subject);
    expect_repeatable(&subject);
    if (was_cut(&subject.base)) {
        return 0;
    }
    expect_agreement(&subject);
    if (naive_check(&subject.file, &naive)) {
        FUZZ_RULE(rules_same_counts(&subject.base.result, &naive));
    }
    return 0;
}
