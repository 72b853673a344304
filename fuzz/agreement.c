#include "agreement.h"
#include "fuzz.h"
#include "random.h"
#include "rules.h"

enum { WAYS = 5, WAYS_OF_MANY = 2 };

void expect_repeatable(const fuzz_subject *subject)
{
    check_setting other = subject->smallest;
    const check_run *base = &subject->base;
    other.garbage = (uint8_t)~other.garbage;
    other.shift = (other.shift + 5) % SHIFTS;
    check_run run = run_check(subject_way(subject, 0), &other, OTHER_RUN);
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

static void expect_room_does_not_matter(const fuzz_subject *subject, size_t capacity)
{
    check_setting other = subject->smallest;
    const check_run *base = &subject->base;
    other.capacity = capacity;
    check_run run = run_check(subject_way(subject, 0), &other, OTHER_RUN);
    FUZZ_RULE(rules_same_counts(&run.result, &base->result));
    FUZZ_RULE(rules_same_work(&run.result, &base->result));
    if (base->findings != NULL && run.result.findings_omitted >= base->result.findings_omitted) {
        FUZZ_RULE(rules_first_ones(&run.result, run.findings, &base->result, base->findings));
    } else if (run.findings != NULL && base->findings != NULL) {
        FUZZ_RULE(rules_first_ones(&base->result, base->findings, &run.result, run.findings));
    }
}

static void expect_one(const fuzz_subject *subject, unsigned way, uint64_t random)
{
    check_setting ample = subject->smallest;
    ample.memory_size = pick_ample(random);
    switch (way) {
    case 0:
        expect_same(subject_way(subject, 0), &ample, &subject->base);
        break;
    case 1:
        expect_same(subject_way(subject, 1), &subject->smallest, &subject->base);
        break;
    case 2:
        expect_same(subject_way(subject, 1), &ample, &subject->base);
        break;
    case 3:
        expect_room_does_not_matter(subject, pick_capacity(random));
        break;
    default:
        expect_room_does_not_matter(subject, 0);
        break;
    }
}

void expect_agreement(fuzz_subject *subject)
{
    int is_cheap = subject_is_cheap(subject);
    for (unsigned i = 0; i < (is_cheap ? WAYS : WAYS_OF_MANY); i++) {
        uint64_t dice = next_random(&subject->random);
        expect_one(subject, is_cheap ? i : (unsigned)(dice % WAYS), dice >> 8);
    }
}
