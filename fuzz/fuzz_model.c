/*
 * fuzz_model.c - the parser against a naive check that was written from the format alone.
 *
 * The input is a plain image file. Oracle: naive.h refuses the same images for the same reason, and of the others has
 * the same counts, defects of each kind and refcount report. It gives up on large images.
 */
#include "fuzz.h"
#include "naive.h"
#include "rules.h"
#include "subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_subject subject;
    static refcow_result naive;
    if (!subject_open(&subject, data, size) || !naive_check(&subject.file, &naive)) {
        return 0;
    }
    subject_check(&subject);
    if (was_cut(&subject.base)) {
        /* It was not too much for the naive way. */
        check_setting unlimited = subject.smallest;
        unlimited.limits.max_read = 0;
        unlimited.limits.max_entries = 0;
        subject.base = run_check(subject_way(&subject, 0), &unlimited, BASE_RUN);
    }
    FUZZ_RULE(rules_same_counts(&subject.base.result, &naive));
    return 0;
}
