#include "run_gate.h"
#include "../fuzz.h"
#include "../input/blocks.h"

#include <string.h>

enum { CANARY = 0x5a, BLOCK_SLOT = 0 };

#define STREAM_SIZE (((uint64_t)1 << 63) - ((uint64_t)1 << 30))

/* ---------------------------------------------------------------------- the source */

typedef struct gate_watch {
    input_file *file;
    refcow_source inner;
    uint64_t head_bytes;
    int is_behind; /* something behind the head was asked for */
    uint64_t calls;
    uint64_t cancel_at;
} gate_watch;

/* Of a stream that goes on nobody knows what comes behind its head. */
static int read_head(void *user, uint64_t offset, void *buffer, size_t length)
{
    gate_watch *watch = user;
    FUZZ_ASSERT(!watch->is_behind);
    if (offset >= watch->head_bytes || length > watch->head_bytes - offset) {
        watch->is_behind = 1;
        return 1;
    }
    return watch->inner.read(watch->inner.user, offset, buffer, length);
}

static refcow_source gate_source(gate_watch *watch, const gate_setting *setting)
{
    watch->inner = input_source(watch->file, setting->with_next_data);
    watch->head_bytes = setting->head_bytes;
    return setting->is_stream ? (refcow_source){.read = read_head, .user = watch, .size = STREAM_SIZE} : watch->inner;
}

static int watch_gate(void *user, const refcow_progress *now)
{
    gate_watch *watch = user;
    (void)now;
    FUZZ_ASSERT(!watch->file->ended && !watch->is_behind);
    watch->calls++;
    watch->file->ended = watch->calls == watch->cancel_at;
    return watch->file->ended;
}

/* --------------------------------------------------------------- rules of one answer */

static void expect_evidence(const refcow_breach *breach, const refcow_gate_result *result, const refcow_policy *policy)
{
    int is_magic = breach->rule == REFCOW_RULE_OTHER_MAGIC || breach->rule == REFCOW_RULE_OTHER_MAGIC_AT_END;
    FUZZ_ASSERT(refcow_rule_exists(breach->rule));
    FUZZ_ASSERT(refcow_rules_have(&result->broken, breach->rule));
    FUZZ_ASSERT(breach->is_allowed == refcow_rules_have(&policy->allowed, breach->rule));
    FUZZ_ASSERT(breach->limit == REFCOW_NO_LIMIT || breach->value > breach->limit ||
                (breach->rule == REFCOW_RULE_AMPLIFICATION_LIMIT && breach->value == breach->limit));
    FUZZ_ASSERT(breach->rule == REFCOW_RULE_DECLARED_RAW || is_magic == (breach->magic != REFCOW_NO_MAGIC));
    FUZZ_ASSERT(!is_magic || strcmp(refcow_magic_format(breach->magic), "unknown") != 0);
    FUZZ_ASSERT(breach->snapshot == REFCOW_NO_SNAPSHOT || breach->snapshot < result->image.header.nb_snapshots);
    FUZZ_ASSERT(breach->feature < REFCOW_FEATURES);
}

static int comes_before(const refcow_breach *one, const refcow_breach *other)
{
    if (one->is_allowed != other->is_allowed) {
        return !one->is_allowed;
    }
    return refcow_rule_danger(one->rule) >= refcow_rule_danger(other->rule);
}

static int is_same_breach(const refcow_breach *one, const refcow_breach *other)
{
    return one->rule == other->rule && one->offset == other->offset && one->value == other->value &&
           one->snapshot == other->snapshot && one->magic == other->magic && one->feature == other->feature;
}

static void expect_list(const gate_run *run, const gate_setting *setting)
{
    const refcow_gate_result *result = &run->result;
    refcow_rules seen = {{0, 0, 0, 0}};
    FUZZ_ASSERT(result->breaches_count <= setting->capacity);
    FUZZ_ASSERT(result->breaches_omitted == 0 || result->breaches_count == setting->capacity);
    FUZZ_ASSERT(result->breaches_count + result->breaches_omitted <= REFCOW_BREACHES_MAX);
    for (size_t i = 0; i < result->breaches_count; i++) {
        expect_evidence(&run->breaches[i], result, &setting->policy);
        FUZZ_ASSERT(i == 0 || comes_before(&run->breaches[i - 1], &run->breaches[i]));
        refcow_rules_add(&seen, run->breaches[i].rule);
        for (size_t j = 0; j < i; j++) {
            FUZZ_ASSERT(!is_same_breach(&run->breaches[j], &run->breaches[i]));
        }
    }
    if (result->breaches_omitted == 0) {
        FUZZ_ASSERT(memcmp(&seen, &result->broken, sizeof seen) == 0);
    }
}

static int is_empty(const refcow_rules *rules)
{
    return (rules->bits[0] | rules->bits[1] | rules->bits[2] | rules->bits[3]) == 0;
}

/* Of rules alone: a breach that is not allowed refuses, then comes what is not known. */
static refcow_decision decision_of(const refcow_gate_result *result, const refcow_policy *policy)
{
    for (size_t i = 0; i < 4; i++) {
        if ((result->broken.bits[i] & ~policy->allowed.bits[i]) != 0) {
            return REFCOW_DECISION_REFUSED;
        }
    }
    int is_decided = result->error.status == REFCOW_STATUS_OK && is_empty(&result->undecided);
    return is_decided ? REFCOW_DECISION_ACCEPTED : REFCOW_DECISION_UNDECIDED;
}

static void expect_sets(const refcow_gate_result *result, const refcow_policy *policy)
{
    for (size_t i = 0; i < 4; i++) {
        FUZZ_ASSERT((result->broken.bits[i] & result->undecided.bits[i]) == 0);
    }
    for (uint32_t rule = 0; rule < REFCOW_RULES_END; rule++) {
        int is_known = refcow_rules_have(&result->broken, (refcow_rule)rule) ||
                       refcow_rules_have(&result->undecided, (refcow_rule)rule);
        FUZZ_ASSERT(!is_known || refcow_rule_exists((refcow_rule)rule));
    }
    FUZZ_ASSERT(result->decision == decision_of(result, policy));
}

static int is_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

/* A refusal stays the answer of a check, also when what is left of it cannot be done. */
static int is_refused(const refcow_gate_result *result)
{
    return refcow_status_class(result->check.error.status) == REFCOW_CLASS_REFUSED;
}

static void judge(const gate_run *run, const gate_setting *setting, const gate_watch *watch, refcow_status status)
{
    const refcow_gate_result *result = &run->result;
    refcow_class class_ = refcow_status_class(status);
    FUZZ_ASSERT(status == result->error.status);
    FUZZ_ASSERT(class_ != REFCOW_CLASS_FOREIGN && class_ != REFCOW_CLASS_REFUSED);
    if (class_ == REFCOW_CLASS_USAGE) {
        FUZZ_ASSERT(result->decision == REFCOW_DECISION_UNDECIDED);
        return;
    }
    expect_list(run, setting);
    expect_sets(result, &setting->policy);
    FUZZ_ASSERT(watch->file->delivered <= result->bytes_read);
    FUZZ_ASSERT(!watch->file->ended || status != REFCOW_STATUS_OK || is_refused(result));
    FUZZ_ASSERT(status != REFCOW_STATUS_READ_FAILED || watch->file->ended || watch->is_behind);
    FUZZ_ASSERT(!result->is_checked || result->check.passes != 0);
    FUZZ_ASSERT(!setting->policy.expects_raw || is_zero(&result->image, sizeof result->image));
    int is_header_enough = setting->policy.header_only && !setting->policy.expects_raw;
    FUZZ_ASSERT(!setting->is_stream || is_header_enough || result->decision != REFCOW_DECISION_ACCEPTED);
}

/* ------------------------------------------------------------------- for who looks on */

static void tell_rules(const char *what, const refcow_rules *rules)
{
    fprintf(stderr, "  %s:", what);
    for (uint32_t rule = 0; rule < REFCOW_RULES_END; rule++) {
        if (refcow_rules_have(rules, (refcow_rule)rule)) {
            fprintf(stderr, " %s", refcow_rule_name((refcow_rule)rule));
        }
    }
    fprintf(stderr, "\n");
}

static void tell_breach(const refcow_breach *breach)
{
    fprintf(stderr, "    %s%s offset 0x%llx value 0x%llx limit 0x%llx snapshot %d format %s\n",
            refcow_rule_name(breach->rule), breach->is_allowed ? " (allowed)" : "", (unsigned long long)breach->offset,
            (unsigned long long)breach->value, (unsigned long long)breach->limit, (int)breach->snapshot,
            refcow_magic_format(breach->magic));
}

/* With GATE in the environment: what was asked, and the answer. */
static void tell_answer(const gate_run *run, const gate_setting *setting)
{
    const refcow_policy *policy = &setting->policy;
    const refcow_gate_result *result = &run->result;
    if (getenv("GATE") == NULL) {
        return;
    }
    fprintf(stderr, "%s%s%s%s writer %d cancel %d name '%.*s': %s, %s\n", policy->expects_raw ? "raw" : "qcow2",
            policy->header_only ? " header-only" : "", policy->wants_check ? " check" : "",
            setting->is_stream ? " stream" : "", (int)setting->writer, (int)setting->cancel_at,
            setting->name == NULL ? 0 : (int)setting->name_length, setting->name == NULL ? "" : setting->name,
            refcow_decision_name(result->decision), refcow_status_name(result->error.status));
    if (refcow_status_class(result->error.status) != REFCOW_CLASS_USAGE) {
        tell_rules("broken", &result->broken);
        for (size_t i = 0; i < result->breaches_count; i++) {
            tell_breach(&run->breaches[i]);
        }
        tell_rules("undecided", &result->undecided);
        tell_rules("allowed", &policy->allowed);
    }
}

/* ------------------------------------------------------------------------- the call */

static uint8_t *make_block(const gate_setting *setting)
{
    uint8_t *block = borrow(setting->shift + setting->memory_size, BLOCK_SLOT);
    memset(block, CANARY, setting->shift);
    fill_with_garbage(block + setting->shift, setting->memory_size, setting->garbage);
    return block;
}

static refcow_breach *make_breaches(const gate_setting *setting, int slot)
{
    if (setting->capacity == 0) {
        return NULL;
    }
    refcow_breach *breaches = borrow(setting->capacity * sizeof *breaches, slot);
    fill_with_garbage(breaches, setting->capacity * sizeof *breaches, setting->garbage);
    return breaches;
}

gate_run run_gate(input_file *file, const gate_setting *setting, int slot)
{
    gate_run run;
    gate_watch watch = {.file = file, .cancel_at = setting->cancel_at};
    refcow_source source = gate_source(&watch, setting);
    input_rewind(file);
    fill_with_garbage(&run.result, sizeof run.result, setting->garbage);
    run.breaches = make_breaches(setting, slot);
    uint8_t *block = make_block(setting);
    refcow_gate_options options = {
        .policy = &setting->policy,
        .check = {.memory = block + setting->shift,
                  .memory_size = setting->memory_size,
                  .limits = setting->limits,
                  .progress = watch_gate,
                  .user = &watch},
        .breaches = run.breaches,
        .breaches_capacity = setting->capacity,
        .name = setting->name,
        .name_length = setting->name_length,
        .writer = setting->writer,
        .head_bytes = setting->is_stream ? setting->head_bytes : 0,
    };
    refcow_status status = refcow_gate(&source, &options, &run.result, sizeof run.result, REFCOW_VERSION);
    expect_written(&run.result, offsetof(refcow_gate_result, notes)); /* the rest is private */
    tell_answer(&run, setting);
    judge(&run, setting, &watch, status);
    for (size_t i = 0; i < run.result.breaches_count; i++) { /* without the padding at its end */
        expect_written(&run.breaches[i], offsetof(refcow_breach, feature) + sizeof run.breaches[i].feature);
    }
    for (size_t i = 0; i < setting->shift; i++) {
        FUZZ_ASSERT(block[i] == CANARY);
    }
    run.reads = file->reads;
    run.progress_calls = watch.calls;
    return run;
}
