/*
 * fuzz_gate.c - the gate: an image from a stranger, held against a policy.
 *
 * The input is a plain image file, or a sparse one; the policy comes from a hash of it. Oracles: naive_gate.c finds the
 * same rules broken, with the same evidence; names and text are taken apart once more by naive_names.c, and well-known
 * signatures are found where they are; the decision follows from what is broken and undecided; the answer depends on
 * nothing but image and policy; what is not read to its end is not accepted.
 */
#include "../fuzz.h"
#include "../model/naive.h"
#include "../model/naive_magics.h"
#include "../model/naive_names.h"
#include "../oracles/gate_agreement.h"

#include <string.h>

enum { HEADER_BYTES = 72 };

/* ----------------------------------------------------------------- the table of rules */

static void expect_text(const char *text)
{
    FUZZ_ASSERT(text != NULL && text[0] != '\0');
}

typedef struct rule_row {
    int number;
    const char *name;
    refcow_danger danger;
    refcow_means means;
    refcow_need need;
} rule_row;

static const rule_row RULES[] = {
#define RULE_OF(name, number, slug, danger, means, need, text, reason)                                                 \
    {number, slug, REFCOW_DANGER_##danger, REFCOW_MEANS_##means, REFCOW_NEED_##need},
    REFCOW_RULE_ROWS(RULE_OF)
#undef RULE_OF
};

static const rule_row *row_of(int number)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        if (RULES[i].number == number) {
            return &RULES[i];
        }
    }
    return NULL;
}

/* A status of class FOREIGN or REFUSED is a rule with the name of the status; a number that is none has names, too. */
static void expect_rule(int number)
{
    refcow_rule rule = (refcow_rule)number;
    refcow_class class_ = refcow_status_class((refcow_status)number);
    int is_status = class_ == REFCOW_CLASS_FOREIGN || class_ == REFCOW_CLASS_REFUSED;
    const rule_row *row = row_of(number);
    expect_text(refcow_rule_name(rule));
    expect_text(refcow_rule_text(rule));
    expect_text(refcow_rule_reason(rule));
    FUZZ_ASSERT((refcow_rule_exists(rule) != 0) == (row != NULL || is_status));
    if (row != NULL) {
        FUZZ_ASSERT(strcmp(refcow_rule_name(rule), row->name) == 0 && refcow_rule_danger(rule) == row->danger);
        FUZZ_ASSERT(refcow_rule_means(rule) == row->means && refcow_rule_need(rule) == row->need);
    } else {
        FUZZ_ASSERT(refcow_rule_means(rule) == REFCOW_MEANS_NOTHING);
    }
    if (is_status) {
        FUZZ_ASSERT(strcmp(refcow_rule_name(rule), refcow_status_name((refcow_status)number)) == 0);
    }
}

static void expect_rules(void)
{
    for (int number = 0; number < 400; number++) {
        expect_rule(number);
        expect_text(refcow_feature_name((refcow_feature)number));
        expect_text(refcow_danger_name((refcow_danger)number));
        expect_text(refcow_decision_name((refcow_decision)number));
        expect_text(refcow_magic_format((uint32_t)number));
        FUZZ_ASSERT(refcow_magic_wraps((uint32_t)number) == 0 || refcow_magic_wraps((uint32_t)number) == 1);
        FUZZ_ASSERT(refcow_magic_in_raw((uint32_t)number) == 0 || refcow_magic_in_raw((uint32_t)number) == 1);
    }
}

/* ------------------------------------------------------------------------------- names */

static void expect_shape(int32_t code)
{
    naive_answer answer = naive_shapeless(code);
    FUZZ_ASSERT(answer == NAIVE_OPEN || (refcow_is_shapeless(code) != 0) == (answer == NAIVE_YES));
}

static void expect_shapes(void)
{
    for (int32_t code = 0; code <= 0x10ffff; code++) {
        expect_shape(code);
    }
}

static void expect_characters(const uint8_t *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        int32_t code = 0;
        naive_character naive = naive_decode(text + at, length - at);
        FUZZ_ASSERT(refcow_decode_utf8(text + at, length - at, &code) == naive.length && code == naive.code);
        at += naive.length;
    }
}

/* Any bytes are a name, and a text. */
static void expect_name(const uint8_t *data, size_t size)
{
    size_t length = size < REFCOW_NAME_MAX + 10 ? size : REFCOW_NAME_MAX + 10;
    naive_traits naive = naive_name_traits(data, length);
    uint32_t traits = refcow_name_traits(data, length);
    FUZZ_ASSERT((traits & ~naive.open) == naive.sure);
    expect_characters(data, length);
}

/* Short names, which the fuzzer would find among others only. */
static void expect_short_names(void)
{
    for (unsigned pair = 0; pair <= 0xffff; pair++) {
        const uint8_t name[] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        expect_name(name, sizeof name);
    }
}

/* --------------------------------------------------------------------- the naive reading */

/* The check of the gate, against the naive one. */
static void expect_same_check(const refcow_gate_result *result, const naive_state *naive)
{
    const refcow_result *check = &result->check;
    FUZZ_ASSERT(result->is_checked == (naive->answer.error.status == REFCOW_STATUS_OK));
    if (result->is_checked) {
        FUZZ_ASSERT(check->corruptions == naive->answer.corruptions && check->leaks == naive->answer.leaks);
        FUZZ_ASSERT(check->check_errors == naive->answer.check_errors);
        FUZZ_ASSERT(check->data_clusters == naive->answer.data_clusters);
        FUZZ_ASSERT(check->snapshot_data_clusters == naive->answer.snapshot_data_clusters);
        FUZZ_ASSERT(check->compressed_clusters == naive->answer.compressed_clusters);
        FUZZ_ASSERT(check->compressed_end == naive->answer.compressed_end);
        FUZZ_ASSERT(check->most_references == naive->answer.most_references || check->most_references == 0);
    }
}

static void judge_check(naive_gate *gate, const gate_scenario *scenario, int is_complete)
{
    static naive_state naive;
    const refcow_gate_result *result = &scenario->base.result;
    if (!gate->wants_check) {
        FUZZ_ASSERT(!result->is_checked);
        return;
    }
    if (!naive_check(&naive, &scenario->file)) {
        naive_gate_check(gate, result->is_checked ? &result->check : NULL);
        return;
    }
    naive.answer.most_references = naive.most;
    naive_gate_check(gate, &naive.answer);
    if (is_complete) {
        expect_same_check(result, &naive);
    }
}

/* Undecided is who writes, if the caller does not know; what an image that breaks rules of the format cannot show; and,
 * without a look at more than the header, which clusters are compressed. */
static void expect_undecided(const gate_scenario *scenario, const naive_gate *gate)
{
    const refcow_gate_result *result = &scenario->base.result;
    const refcow_policy *policy = &scenario->setting.policy;
    int is_writer_open =
        scenario->setting.writer == REFCOW_WRITER_UNKNOWN && !refcow_rules_have(&policy->allowed, REFCOW_RULE_WRITER);
    int is_refused = 0;
    for (size_t i = 0; i < gate->breaches_count; i++) {
        is_refused |= gate->breaches[i].is.rule < REFCOW_RULE_BACKING_FILE;
    }
    is_refused |= scenario->file.size < HEADER_BYTES;
    FUZZ_ASSERT((refcow_rules_have(&result->undecided, REFCOW_RULE_WRITER) != 0) == is_writer_open);
    for (uint32_t rule = 0; rule < REFCOW_RULES_END; rule++) {
        int is_undecided = refcow_rules_have(&result->undecided, (refcow_rule)rule);
        int is_feature = rule == REFCOW_RULE_FEATURE_REFUSED || rule == REFCOW_RULE_FEATURE_MISSING;
        FUZZ_ASSERT(!is_undecided || rule == REFCOW_RULE_WRITER || is_refused || (policy->header_only && is_feature));
    }
}

static void expect_image(const gate_scenario *scenario, const naive_gate *gate)
{
    const refcow_image *image = &scenario->base.result.image;
    FUZZ_ASSERT(image->error.status == gate->header.error.status);
    FUZZ_ASSERT(image->error.value == gate->header.error.value && image->error.offset == gate->header.error.offset);
    if (gate->has_image) {
        FUZZ_RULE(naive_header_difference(&image->header, &gate->header.fields));
    }
}

static void expect_naive_gate(const gate_scenario *scenario)
{
    static naive_gate gate;
    const gate_run *base = &scenario->base;
    naive_question asked = {
        .file = &scenario->file,
        .policy = &scenario->setting.policy,
        .name = scenario->setting.name,
        .name_length = scenario->setting.name_length,
        .writer = scenario->setting.writer,
        .is_size_known = 1,
    };
    int is_complete = base->result.error.status == REFCOW_STATUS_OK;
    naive_gate_start(&gate, &asked);
    judge_check(&gate, scenario, is_complete);
    FUZZ_RULE(naive_gate_difference(&gate, base->breaches, base->result.breaches_count, is_complete));
    FUZZ_RULE(naive_magic_difference(&asked, base->breaches, base->result.breaches_count, is_complete));
    if (!is_complete) {
        return;
    }
    expect_undecided(scenario, &gate);
    FUZZ_ASSERT(!gate.is_amplification_known || base->result.amplification == gate.amplification);
    if (!asked.policy->expects_raw) {
        expect_image(scenario, &gate);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gate_scenario scenario;
    static int tables_are_checked;
    if (!tables_are_checked) {
        expect_rules();
        expect_shapes();
        expect_short_names();
        tables_are_checked = 1;
    }
    expect_name(data, size);
    if (!gate_scenario_start(&scenario, data, size)) {
        return 0;
    }
    expect_naive_gate(&scenario);
    expect_gate_agreement(&scenario);
    expect_gate_lower_bounds(&scenario);
    return 0;
}
