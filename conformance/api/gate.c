/*
 * gate.c - refcow_gate(): policies, rules, the decision and what it is based on.
 *
 * The signatures of other formats are in gate_search.c, names and UTF-8 in gate_names.c.
 */
#include "gate_run.h"
#include "run.h"
#include "suites.h"

#include <stdlib.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define STREAM_SIZE REFCOW_SOURCE_SIZE_MAX
#define TIB ((uint64_t)1 << 40)

enum { CLUSTER = 4096, SECTOR = 512 };

/* 4 MiB of disk in 12 clusters: header, refcount table and block, L1 table, two L2 tables, six data clusters. */
static const image_recipe plain = {.version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};
static const image_recipe plain_2 = {
    .version = 2, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};
enum { PLAIN_SIZE = 12 * CLUSTER, PLAIN_DISK = 4 << 20 };

/* A breach of the header: where, and of what value. */
static void expect_field(const gate_answer *answer, refcow_rule rule, uint64_t offset, uint64_t value)
{
    refcow_breach breach = breach_of(answer, rule);
    CHECK_EQUAL(breach.offset, offset);
    CHECK_EQUAL(breach.value, value);
    CHECK_EQUAL(breach.limit, REFCOW_NO_LIMIT);
    CHECK_EQUAL(breach.name.offset, 0);
    CHECK_EQUAL(breach.snapshot, REFCOW_NO_SNAPSHOT);
    CHECK_EQUAL(breach.is_allowed, 0);
}
#define EXPECT_FIELD(answer, rule, offset, value) expect_field(answer, REFCOW_RULE_##rule, offset, value)
#define EXPECT_REFUSAL(answer, status, offset, value)                                                                  \
    expect_field(answer, (refcow_rule)REFCOW_STATUS_##status, offset, value)

static void expect_limit(const gate_answer *answer, refcow_rule rule, uint64_t offset, uint64_t value, uint64_t limit)
{
    refcow_breach breach = breach_of(answer, rule);
    CHECK_EQUAL(breach.offset, offset);
    CHECK_EQUAL(breach.value, value);
    CHECK_EQUAL(breach.limit, limit);
    CHECK_EQUAL(breach.snapshot, REFCOW_NO_SNAPSHOT);
}
#define EXPECT_LIMIT(answer, rule, offset, value, limit) expect_limit(answer, REFCOW_RULE_##rule, offset, value, limit)

/* Nothing is broken but this rule. */
static void expect_only(const gate_answer *answer, refcow_rule rule)
{
    refcow_rules only = {{0}};
    refcow_rules_add(&only, rule);
    CHECK(memcmp(&only, &answer->result.broken, sizeof only) == 0);
    CHECK_DECISION(answer, "refuse");
}
#define EXPECT_ONLY(answer, rule) expect_only(answer, REFCOW_RULE_##rule)

static void expect_accepted(const gate_answer *answer)
{
    refcow_rules none = {{0}};
    CHECK_DECISION(answer, "accept");
    CHECK(memcmp(&none, &answer->result.broken, sizeof none) == 0);
    CHECK(memcmp(&none, &answer->result.undecided, sizeof none) == 0);
    CHECK_EQUAL(answer->result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer->result.breaches_count, 0);
}

/* The plain image with one field changed, judged by the strict policy. */
static gate_answer judge_field(uint64_t offset, unsigned width, uint64_t value)
{
    built_image image = image_build(plain);
    image_put(&image, offset, width, value);
    gate_answer answer = judge_image(&image, NULL);
    image_free(&image);
    return answer;
}

/* ----------------------------------------------------------------- rules */

typedef struct rule_row {
    int number;
    const char *name;
    refcow_danger danger;
    refcow_means means;
    refcow_need need;
    const char *text;
    const char *reason;
} rule_row;

static const rule_row rules[] = {
#define RULE_ROW(name, number, slug, danger, means, need, text, reason)                                                \
    {number, slug, REFCOW_DANGER_##danger, REFCOW_MEANS_##means, REFCOW_NEED_##need, text, reason},
    REFCOW_RULE_ROWS(RULE_ROW)
#undef RULE_ROW
};

/* NULL: there is no row. */
static const rule_row *row_of(int number)
{
    for (size_t i = 0; i < LENGTH(rules); i++) {
        if (rules[i].number == number) {
            return &rules[i];
        }
    }
    return NULL;
}

static int is_status_rule(int number)
{
    refcow_class kind = refcow_status_class((refcow_status)number);
    return kind == REFCOW_CLASS_FOREIGN || kind == REFCOW_CLASS_REFUSED;
}

static void expect_row(refcow_rule rule, const rule_row *row)
{
    CHECK_EQUAL(refcow_rule_exists(rule), 1);
    CHECK_STRING(refcow_rule_name(rule), row->name);
    CHECK_STRING(refcow_rule_text(rule), row->text);
    CHECK_STRING(refcow_rule_reason(rule), row->reason);
    CHECK_EQUAL(refcow_rule_danger(rule), row->danger);
    CHECK_EQUAL(refcow_rule_means(rule), row->means);
    CHECK_EQUAL(refcow_rule_need(rule), row->need);
}

/* A status is a rule that nothing makes acceptable. */
static void expect_status(refcow_rule rule)
{
    refcow_status status = (refcow_status)(int)rule;
    int needs_check = status >= REFCOW_STATUS_BITMAP_TABLE_OFFSET;
    CHECK_EQUAL(refcow_rule_exists(rule), 1);
    CHECK_STRING(refcow_rule_name(rule), refcow_status_name(status));
    CHECK_STRING(refcow_rule_text(rule), refcow_status_text(status));
    CHECK_STRING(refcow_rule_reason(rule), "other readers refuse this image or read it differently");
    CHECK_EQUAL(refcow_rule_danger(rule), REFCOW_DANGER_HIGH);
    CHECK_EQUAL(refcow_rule_means(rule), REFCOW_MEANS_NOTHING);
    CHECK_EQUAL(refcow_rule_need(rule), needs_check ? REFCOW_NEED_CHECK : REFCOW_NEED_HEADER);
}

static void expect_no_rule(refcow_rule rule)
{
    CHECK_EQUAL(refcow_rule_exists(rule), 0);
    CHECK_STRING(refcow_rule_name(rule), "unknown");
    CHECK_STRING(refcow_rule_text(rule), "unknown");
    CHECK_STRING(refcow_rule_reason(rule), "unknown");
    CHECK_EQUAL(refcow_rule_danger(rule), REFCOW_DANGER_CRITICAL);
    CHECK_EQUAL(refcow_rule_means(rule), REFCOW_MEANS_NOTHING);
    CHECK_EQUAL(refcow_rule_need(rule), REFCOW_NEED_HEADER);
}

static void every_number_is_a_rule_or_none(void)
{
    for (int number = -2; number < 300; number++) {
        const rule_row *row = row_of(number);
        refcow_rule rule = (refcow_rule)number;
        if (row != NULL) {
            expect_row(rule, row);
            CHECK(number >= 128 && number < REFCOW_RULES_END);
            CHECK(!is_status_rule(number));
        } else if (is_status_rule(number)) {
            expect_status(rule);
        } else {
            expect_no_rule(rule);
        }
    }
}

/* Programs and policies know these. */
static void some_rules_by_name(void)
{
    CHECK_EQUAL(REFCOW_RULE_BACKING_FILE, 128);
    CHECK_STRING(refcow_rule_name(REFCOW_RULE_BACKING_FILE), "backing-file");
    CHECK_EQUAL(refcow_rule_danger(REFCOW_RULE_BACKING_FILE), REFCOW_DANGER_CRITICAL);
    CHECK_EQUAL(REFCOW_RULE_LEAKS, 192);
    CHECK_STRING(refcow_rule_name(REFCOW_RULE_LEAKS), "leaks");
    CHECK_EQUAL(refcow_rule_danger(REFCOW_RULE_LEAKS), REFCOW_DANGER_MEDIUM);
    CHECK_EQUAL(refcow_rule_need(REFCOW_RULE_LEAKS), REFCOW_NEED_CHECK);
    CHECK_STRING(refcow_rule_name((refcow_rule)REFCOW_STATUS_MAGIC), "magic");
    CHECK_EQUAL(refcow_rule_exists((refcow_rule)REFCOW_STATUS_BAD_ARGUMENT), 0);
    CHECK_EQUAL(refcow_rule_exists((refcow_rule)REFCOW_STATUS_READ_FAILED), 0);
    CHECK_EQUAL(refcow_rule_need((refcow_rule)REFCOW_STATUS_BITMAP_DIRECTORY_SIZE), REFCOW_NEED_HEADER);
    CHECK_EQUAL(refcow_rule_need((refcow_rule)REFCOW_STATUS_BITMAP_TABLE_OFFSET), REFCOW_NEED_CHECK);
}

static void names_of_numbers(void)
{
    static const char *const features[] = {
#define FEATURE_ROW(name, number, slug, need) [number] = slug,
        REFCOW_FEATURE_ROWS(FEATURE_ROW)
#undef FEATURE_ROW
    };
    CHECK_EQUAL(LENGTH(features), REFCOW_FEATURES);
    for (int number = -1; number <= REFCOW_FEATURES; number++) {
        int is_feature = number >= 0 && number < REFCOW_FEATURES;
        CHECK_STRING(refcow_feature_name((refcow_feature)number), is_feature ? features[number] : "unknown");
    }
    CHECK_STRING(refcow_feature_name(REFCOW_FEATURE_ZSTD), "zstd");
    CHECK_STRING(refcow_danger_name((refcow_danger)-1), "unknown");
    CHECK_STRING(refcow_danger_name(REFCOW_DANGER_MEDIUM), "medium");
    CHECK_STRING(refcow_danger_name(REFCOW_DANGER_HIGH), "high");
    CHECK_STRING(refcow_danger_name(REFCOW_DANGER_CRITICAL), "critical");
    CHECK_STRING(refcow_danger_name((refcow_danger)3), "unknown");
    CHECK_STRING(refcow_decision_name(REFCOW_DECISION_UNDECIDED), "undecided");
    CHECK_STRING(refcow_decision_name(REFCOW_DECISION_REFUSED), "refuse");
    CHECK_STRING(refcow_decision_name(REFCOW_DECISION_ACCEPTED), "accept");
    CHECK_STRING(refcow_decision_name((refcow_decision)3), "unknown");
}

static void means_have_names(void)
{
    static const char *const names[] = {
        [REFCOW_MEANS_NOTHING] = "nothing",
        [REFCOW_MEANS_ALLOW] = "allow",
        [REFCOW_MEANS_MAX_FILE_SIZE] = "max-file-size",
        [REFCOW_MEANS_MAX_VIRTUAL_SIZE] = "max-virtual-size",
        [REFCOW_MEANS_MAX_AMPLIFICATION] = "max-amplification",
        [REFCOW_MEANS_MAX_SHARING] = "max-sharing",
        [REFCOW_MEANS_MAX_SNAPSHOTS] = "max-snapshots",
        [REFCOW_MEANS_REFUSED_FEATURES] = "refuse",
        [REFCOW_MEANS_REQUIRED_FEATURES] = "require",
        [REFCOW_MEANS_CLUSTER_SIZES] = "cluster-size",
        [REFCOW_MEANS_REFCOUNT_WIDTHS] = "refcount-bits",
    };
    for (size_t i = 0; i < LENGTH(names); i++) {
        CHECK_STRING(refcow_means_name((refcow_means)i), names[i]);
    }
    CHECK_STRING(refcow_means_name((refcow_means)LENGTH(names)), "nothing");
    CHECK_STRING(refcow_means_name((refcow_means)-1), "nothing");
}

static void sets_have_what_was_added(void)
{
    for (int number = -1; number <= REFCOW_RULES_END; number++) {
        refcow_rules set = {{0}};
        refcow_rules_add(&set, (refcow_rule)number);
        for (int other = -1; other <= REFCOW_RULES_END; other++) {
            int is_in = other == number && number >= 0 && number < REFCOW_RULES_END;
            CHECK_EQUAL(refcow_rules_have(&set, (refcow_rule)other), is_in);
        }
    }
}

/* ---------------------------------------------------------------- policies */

static void strict_policy_allows_nothing(void)
{
    refcow_policy policy = refcow_policy_strict();
    for (int number = 0; number < REFCOW_RULES_END; number++) {
        CHECK_EQUAL(refcow_rules_have(&policy.allowed, (refcow_rule)number), 0);
    }
    CHECK_EQUAL(policy.max_file_size, REFCOW_NO_LIMIT);
    CHECK_EQUAL(policy.max_virtual_size, TIB);
    CHECK_EQUAL(policy.max_amplification, 1000);
    CHECK_EQUAL(policy.max_sharing, 2048);
    CHECK_EQUAL(policy.max_snapshots, REFCOW_NO_LIMIT);
    CHECK_EQUAL(policy.refused_features, 0);
    CHECK_EQUAL(policy.required_features, 0);
    CHECK_EQUAL(policy.cluster_sizes, 0);
    CHECK_EQUAL(policy.refcount_widths, 0);
    CHECK_EQUAL(policy.expects_raw, 0);
    CHECK_EQUAL(policy.wants_check, 0);
    CHECK_EQUAL(policy.header_only, 0);
}

static void only_some_rules_can_be_allowed(void)
{
    refcow_policy policy = refcow_policy_strict();
    for (int number = -1; number <= REFCOW_RULES_END; number++) {
        const rule_row *row = row_of(number);
        int can_be = row != NULL && row->means == REFCOW_MEANS_ALLOW;
        CHECK_EQUAL(refcow_policy_allow(&policy, (refcow_rule)number), can_be ? 0 : UINT64_MAX);
        CHECK_EQUAL(refcow_rules_have(&policy.allowed, (refcow_rule)number), can_be);
    }
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_DECLARED_RAW), UINT64_MAX);
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_FILE_SIZE_LIMIT), UINT64_MAX);
    CHECK_EQUAL(refcow_policy_allow(&policy, (refcow_rule)REFCOW_STATUS_CRYPT_METHOD), UINT64_MAX);
}

static void check_and_header_only_contradict_each_other(void)
{
    refcow_policy policy = refcow_policy_strict();
    CHECK_EQUAL(refcow_policy_is_consistent(&policy), 0);
    policy.wants_check = 1;
    CHECK_EQUAL(refcow_policy_is_consistent(&policy), 0);
    policy.header_only = 1;
    CHECK_EQUAL(refcow_policy_is_consistent(&policy), UINT64_MAX);
    policy.wants_check = 0;
    CHECK_EQUAL(refcow_policy_is_consistent(&policy), 0);
}

/* ---------------------------------------------------------------- the call */

typedef struct gate_call {
    memory_source memory;
    refcow_source source;
    refcow_gate_options options;
    refcow_gate_result result;
    size_t size;
    uint32_t version;
} gate_call;

static uint8_t block[REFCOW_MEMORY_MIN];

static gate_call call_of(const built_image *image)
{
    gate_call call = {.memory = source_of_image(image), .version = REFCOW_VERSION};
    call.size = sizeof call.result;
    call.options.check.memory = block;
    call.options.check.memory_size = sizeof block;
    memset(&call.result, 0x5a, sizeof call.result);
    return call;
}

static refcow_status make_call(gate_call *call)
{
    call->source = source_callbacks(&call->memory);
    return refcow_gate(&call->source, &call->options, &call->result, call->size, call->version);
}

/* The answer to a wrong call: an error, and nothing else. */
static void expect_misuse(gate_call *call, refcow_status wanted)
{
    refcow_gate_result nothing;
    memset(&nothing, 0, sizeof nothing);
    nothing.error.status = wanted;
    CHECK_EQUAL(make_call(call), wanted);
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): the library zeroes it all, then fills it */
    CHECK(memcmp(&call->result, &nothing, sizeof nothing) == 0);
    CHECK_EQUAL(call->memory.reads, 0);
}

static void wrong_calls_decide_nothing(void)
{
    built_image image = image_build(plain);
    gate_call call = call_of(&image);
    call.options.check.memory = NULL;
    expect_misuse(&call, REFCOW_STATUS_MEMORY_TOO_SMALL);
    call = call_of(&image);
    call.options.check.memory_size = REFCOW_MEMORY_MIN - 1;
    expect_misuse(&call, REFCOW_STATUS_MEMORY_TOO_SMALL);
    call = call_of(&image);
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = policy.header_only = 1;
    call.options.policy = &policy;
    expect_misuse(&call, REFCOW_STATUS_BAD_ARGUMENT);
    call = call_of(&image);
    CHECK_EQUAL(make_call(&call), REFCOW_STATUS_OK);
    CHECK_STRING(refcow_decision_name(call.result.decision), "accept");
    image_free(&image);
}

static void missing_arguments_decide_nothing(void)
{
    built_image image = image_build(plain);
    gate_call call = call_of(&image);
    call.source = source_callbacks(&call.memory);
    refcow_source no_read = call.source;
    no_read.read = NULL;
    const refcow_source *sources[] = {NULL, &no_read, &call.source};
    const refcow_gate_options *options[] = {&call.options, &call.options, NULL};
    for (size_t i = 0; i < LENGTH(sources); i++) {
        memset(&call.result, 0x5a, sizeof call.result);
        CHECK_EQUAL(refcow_gate(sources[i], options[i], &call.result, sizeof call.result, REFCOW_VERSION),
                    REFCOW_STATUS_BAD_ARGUMENT);
        CHECK_EQUAL(call.result.error.status, REFCOW_STATUS_BAD_ARGUMENT);
        CHECK_STRING(refcow_decision_name(call.result.decision), "undecided");
    }
    CHECK_EQUAL(refcow_gate(&call.source, &call.options, NULL, sizeof call.result, REFCOW_VERSION),
                REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(call.memory.reads, 0);
    image_free(&image);
}

/* Nothing is written to a structure of another size. */
static void other_versions_are_left_alone(void)
{
    static const struct {
        size_t more;
        uint32_t version;
    } rows[] = {{1, REFCOW_VERSION}, {(size_t)-1, REFCOW_VERSION}, {0, REFCOW_VERSION + 0x100}, {0, 0}};
    built_image image = image_build(plain);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_call call = call_of(&image);
        refcow_gate_result before = call.result;
        call.size += rows[i].more;
        call.version = rows[i].version;
        CHECK_EQUAL(make_call(&call), REFCOW_STATUS_BAD_VERSION_OF_HEADER);
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): no byte is written, padding neither */
        CHECK(memcmp(&before, &call.result, sizeof before) == 0);
    }
    gate_call call = call_of(&image);
    call.version = REFCOW_VERSION ^ 1; /* another patch */
    CHECK_EQUAL(make_call(&call), REFCOW_STATUS_OK);
    image_free(&image);
}

/* ---------------------------------------------------------------- decision */

static void plain_images_are_accepted(void)
{
    static const image_recipe recipes[] = {
        {.version = 3, .cluster_bits = 9, .refcount_order = 0, .l2_tables = 1, .mapped = 3},
        {.version = 3, .cluster_bits = 12, .refcount_order = 6, .l2_tables = 2, .mapped = 3},
        {.version = 2, .cluster_bits = 16, .refcount_order = 4, .l2_tables = 1, .mapped = 3},
        {.version = 3, .cluster_bits = 16, .refcount_order = 4, .l2_tables = 1, .mapped = 3, .extended_l2 = 1},
        {.version = 3, .cluster_bits = 21, .refcount_order = 4, .l2_tables = 1, .mapped = 1},
    };
    for (size_t i = 0; i < LENGTH(recipes); i++) {
        built_image image = image_build(recipes[i]);
        refcow_policy policy = refcow_policy_strict();
        gate_answer answer = judge_image(&image, NULL);
        expect_accepted(&answer);
        CHECK_EQUAL(answer.result.image.header.cluster_bits, recipes[i].cluster_bits);
        policy.wants_check = 1;
        answer = judge_image(&image, &policy);
        expect_accepted(&answer);
        CHECK_EQUAL(answer.result.is_checked, 1);
        CHECK_EQUAL(answer.result.check.data_clusters, recipes[i].l2_tables * recipes[i].mapped);
        CHECK_EQUAL(answer.result.check.most_references, 1);
        image_free(&image);
    }
}

static gate_answer judge_with_writer(const refcow_policy *policy, refcow_writer writer)
{
    built_image image = image_build(plain);
    memory_source source = source_of_image(&image);
    refcow_gate_options options = {.policy = policy, .writer = writer};
    gate_answer answer = run_gate(&source, &options);
    image_free(&image);
    return answer;
}

static void writers_are_known_or_not(void)
{
    refcow_policy policy = refcow_policy_strict();
    gate_answer answer = judge_with_writer(NULL, REFCOW_WRITER_NONE);
    expect_accepted(&answer);
    answer = judge_with_writer(NULL, REFCOW_WRITER_PRESENT);
    EXPECT_ONLY(&answer, WRITER);
    EXPECT_FIELD(&answer, WRITER, REFCOW_NO_OFFSET, 0);
    answer = judge_with_writer(NULL, REFCOW_WRITER_UNKNOWN);
    CHECK_DECISION(&answer, "undecided");
    CHECK(is_undecided(&answer, REFCOW_RULE_WRITER));
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    policy.header_only = 1;
    answer = judge_with_writer(&policy, REFCOW_WRITER_UNKNOWN);
    CHECK(is_undecided(&answer, REFCOW_RULE_WRITER));
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_WRITER), 0);
    answer = judge_with_writer(&policy, REFCOW_WRITER_UNKNOWN);
    expect_accepted(&answer);
    answer = judge_with_writer(&policy, REFCOW_WRITER_PRESENT);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(BREACH(&answer, WRITER).is_allowed, 1);
}

/* Of danger critical, high and medium, which are not found in this order. */
static built_image image_with_breaches(void)
{
    built_image image = image_build(plain);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 3);         /* dirty: medium; corrupt: high */
    image_put(&image, FIELD_COMPATIBLE_FEATURES, 8, 2);           /* medium */
    image_put(&image, FIELD_BACKING_FILE_OFFSET, 8, 200);         /* critical */
    image_put(&image, FIELD_BACKING_FILE_SIZE, 4, 1);             /* "b" */
    image_put(&image, 200, 1, 'b');                               /* without a format: critical */
    image_put_extension(&image, HEADER_LENGTH_3, 0x4711, 8, 'x'); /* medium */
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, TIB);             /* high, and found last */
    return image;
}

static const refcow_rule in_order[] = {
    REFCOW_RULE_BACKING_FILE,
    REFCOW_RULE_BACKING_FORMAT_MISSING,
    REFCOW_RULE_CORRUPT,
    REFCOW_RULE_L1_PAST_END,
    REFCOW_RULE_DIRTY,
    REFCOW_RULE_UNKNOWN_COMPATIBLE,
    REFCOW_RULE_UNKNOWN_EXTENSION,
};

static void the_most_dangerous_breach_comes_first(void)
{
    built_image image = image_with_breaches();
    gate_answer answer = judge_image(&image, NULL);
    CHECK_EQUAL(answer.result.breaches_count, LENGTH(in_order));
    for (size_t i = 0; i < LENGTH(in_order); i++) {
        CHECK_STRING(refcow_rule_name(answer.breaches[i].rule), refcow_rule_name(in_order[i]));
    }
    /* What is allowed comes last. */
    refcow_policy policy = refcow_policy_strict();
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_BACKING_FILE), 0);
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_DIRTY), 0);
    answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.breaches_count, LENGTH(in_order));
    CHECK_DECISION(&answer, "refuse");
    CHECK_EQUAL(answer.breaches[0].rule, REFCOW_RULE_BACKING_FORMAT_MISSING);
    CHECK_EQUAL(answer.breaches[LENGTH(in_order) - 2].rule, REFCOW_RULE_BACKING_FILE);
    CHECK_EQUAL(answer.breaches[LENGTH(in_order) - 2].is_allowed, 1);
    CHECK_EQUAL(answer.breaches[LENGTH(in_order) - 1].rule, REFCOW_RULE_DIRTY);
    for (size_t i = 0; i < LENGTH(in_order); i++) {
        CHECK_EQUAL(refcow_policy_allow(&policy, in_order[i]), 0);
    }
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.breaches_count, LENGTH(in_order));
    image_free(&image);
}

/* With little room, the most dangerous ones are written; the decision does not change. */
static void breaches_without_room_are_counted(void)
{
    built_image image = image_with_breaches();
    for (size_t capacity = 0; capacity <= LENGTH(in_order) + 1; capacity++) {
        refcow_breach list[LENGTH(in_order) + 2];
        memory_source source = source_of_image(&image);
        refcow_gate_options options = {.breaches = list, .breaches_capacity = capacity};
        memset(list, 0x77, sizeof list);
        gate_answer answer = run_gate(&source, &options);
        size_t count = capacity < LENGTH(in_order) ? capacity : LENGTH(in_order);
        CHECK_EQUAL(answer.result.breaches_count, count);
        CHECK_EQUAL(answer.result.breaches_omitted, LENGTH(in_order) - count);
        for (size_t i = 0; i < LENGTH(in_order); i++) {
            CHECK(is_broken(&answer, in_order[i]));
            CHECK(i >= count || list[i].rule == in_order[i]);
        }
        CHECK_EQUAL(((const uint8_t *)&list[count])[0], 0x77);
        CHECK_DECISION(&answer, "refuse");
    }
    gate_call call = call_of(&image);
    call.options.breaches_capacity = 5; /* without effect */
    CHECK_EQUAL(make_call(&call), REFCOW_STATUS_OK);
    CHECK_EQUAL(call.result.breaches_count, 0);
    CHECK_EQUAL(call.result.breaches_omitted, LENGTH(in_order));
    image_free(&image);
}

/* ------------------------------------------------------------------ header */

static void files_have_a_least_size(void)
{
    static const uint64_t sizes[] = {0, 1, 71, 72, 511, 512};
    built_image image = image_build(plain);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        memory_source source = source_of_image(&image);
        source.size = sizes[i];
        gate_answer answer = judge_source(&source, NULL);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_NO_HEADER), sizes[i] < 72);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_SHORT_FILE), sizes[i] < 512);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_L1_PAST_END), sizes[i] >= 72);
        CHECK_EQUAL(is_broken(&answer, (refcow_rule)REFCOW_STATUS_MAGIC), sizes[i] < 4);
        CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
        if (sizes[i] < 72) {
            EXPECT_FIELD(&answer, NO_HEADER, REFCOW_NO_OFFSET, sizes[i]);
        }
        if (sizes[i] < 512) {
            EXPECT_FIELD(&answer, SHORT_FILE, REFCOW_NO_OFFSET, sizes[i]);
        }
    }
    image_free(&image);
}

static void foreign_files_are_refused(void)
{
    gate_answer answer = judge_field(FIELD_MAGIC, 4, 0x514649fc);
    EXPECT_REFUSAL(&answer, MAGIC, FIELD_MAGIC, 0x514649fc);
    expect_only(&answer, (refcow_rule)REFCOW_STATUS_MAGIC);
    answer = judge_field(FIELD_VERSION, 4, 4);
    EXPECT_REFUSAL(&answer, VERSION, FIELD_VERSION, 4);
    answer = judge_field(FIELD_CLUSTER_BITS, 4, 22);
    EXPECT_REFUSAL(&answer, CLUSTER_BITS, FIELD_CLUSTER_BITS, 22);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
}

/* Not only the first one, as for refcow_open(). */
static void every_broken_rule_of_the_format_is_a_breach(void)
{
    built_image image = image_build(plain);
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    image_put(&image, FIELD_REFCOUNT_ORDER, 4, 7);
    image_put(&image, FIELD_L1_SIZE, 4, 0);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, 1);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 0x20);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_BITMAPS, 23, 0);
    gate_answer answer = judge_image(&image, NULL);
    EXPECT_REFUSAL(&answer, CRYPT_METHOD, FIELD_CRYPT_METHOD, 3);
    EXPECT_REFUSAL(&answer, REFCOUNT_ORDER, FIELD_REFCOUNT_ORDER, 7);
    EXPECT_REFUSAL(&answer, L1_SIZE_SMALL, FIELD_L1_SIZE, 0);
    EXPECT_REFUSAL(&answer, SNAPSHOTS_OFFSET, FIELD_SNAPSHOTS_OFFSET, 1);
    EXPECT_REFUSAL(&answer, INCOMPATIBLE_FEATURES, FIELD_INCOMPATIBLE_FEATURES, 0x20);
    EXPECT_REFUSAL(&answer, BITMAPS_LENGTH, HEADER_LENGTH_3 + 4, 23);
    CHECK_EQUAL(answer.result.image.error.status, REFCOW_STATUS_CRYPT_METHOD);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.is_checked, 0);
    image_free(&image);
}

/* The rest of the header is judged all the same. A check is not made, and its rules stay open. */
static void refused_images_are_judged_further(void)
{
    built_image image = image_build(plain);
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = 1;
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 2);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_BROKEN(&answer, CORRUPT);
    CHECK_BROKEN(&answer, ENCRYPTED);
    CHECK_EQUAL(answer.result.is_checked, 0);
    CHECK_EQUAL(answer.result.check.passes, 0);
    CHECK(is_undecided(&answer, REFCOW_RULE_LEAKS));
    CHECK(is_undecided(&answer, (refcow_rule)REFCOW_STATUS_BITMAP_TABLE_OFFSET));
    CHECK(!is_undecided(&answer, REFCOW_RULE_OTHER_MAGIC_AT_END));
    image_free(&image);
}

static void header_lengths_are_multiples_of_8(void)
{
    for (uint32_t length = 104; length <= 120; length++) {
        gate_answer answer = judge_field(FIELD_HEADER_LENGTH, 4, length);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_HEADER_LENGTH_UNALIGNED), length % 8 != 0);
        if (length % 8 != 0) {
            EXPECT_FIELD(&answer, HEADER_LENGTH_UNALIGNED, FIELD_HEADER_LENGTH, length);
        }
    }
}

/* A header of this length, with a byte there. */
static gate_answer judge_unknown_field(uint32_t cluster_bits, uint32_t header_length, uint64_t at)
{
    image_recipe recipe = plain;
    recipe.cluster_bits = cluster_bits;
    recipe.l2_tables = 1;
    built_image image = image_build(recipe);
    image_put(&image, FIELD_HEADER_LENGTH, 4, header_length);
    image_put(&image, at, 1, 7);
    gate_answer answer = judge_image(&image, NULL);
    image_free(&image);
    return answer;
}

static void fields_without_a_meaning_are_zero(void)
{
    static const struct {
        uint32_t cluster_bits;
        uint32_t header_length;
        uint64_t at;
        int is_field;
    } rows[] = {
        {12, 112, 105, 1},     {12, 112, 111, 1},     {12, 112, 112, 0},     {12, 104, 105, 0},
        {12, 4096, 4095, 1},   {12, 4096, 4096, 0},   {12, 4097, 4095, 1},   {12, 4097, 4096, 0},
        {16, 65536, 16999, 1}, {16, 65536, 17000, 1}, {16, 65536, 17001, 1}, {16, 65536, 65535, 1},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_answer answer = judge_unknown_field(rows[i].cluster_bits, rows[i].header_length, rows[i].at);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_HEADER_UNKNOWN_FIELDS), rows[i].is_field);
        if (rows[i].is_field) {
            EXPECT_FIELD(&answer, HEADER_UNKNOWN_FIELDS, rows[i].at, 7);
        }
    }
}

/* compression_type has a meaning. */
static void compression_type_is_known(void)
{
    built_image image = image_build(plain);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 8);
    image_put(&image, FIELD_COMPRESSION_TYPE, 1, 1);
    gate_answer answer = judge_image(&image, NULL);
    expect_accepted(&answer);
    image_free(&image);
}

static void marks_of_the_header(void)
{
    static const struct {
        uint64_t offset;
        unsigned width;
        uint64_t value;
        refcow_rule rule; /* NONE: accepted */
    } rows[] = {
        {FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 0, REFCOW_RULE_REFCOUNT_TABLE_MISSING},
        {FIELD_INCOMPATIBLE_FEATURES, 8, 1, REFCOW_RULE_DIRTY},
        {FIELD_INCOMPATIBLE_FEATURES, 8, 2, REFCOW_RULE_CORRUPT},
        {FIELD_CRYPT_METHOD, 4, 1, REFCOW_RULE_ENCRYPTED},
        {FIELD_COMPATIBLE_FEATURES, 8, 1, REFCOW_RULE_NONE},
        {FIELD_COMPATIBLE_FEATURES, 8, 3, REFCOW_RULE_UNKNOWN_COMPATIBLE},
        {FIELD_COMPATIBLE_FEATURES, 8, (uint64_t)1 << 63, REFCOW_RULE_UNKNOWN_COMPATIBLE},
        {FIELD_AUTOCLEAR_FEATURES, 8, 1, REFCOW_RULE_NONE},
        {FIELD_AUTOCLEAR_FEATURES, 8, 4, REFCOW_RULE_UNKNOWN_AUTOCLEAR},
        {FIELD_AUTOCLEAR_FEATURES, 8, (uint64_t)1 << 63, REFCOW_RULE_UNKNOWN_AUTOCLEAR},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_answer answer = judge_field(rows[i].offset, rows[i].width, rows[i].value);
        if (rows[i].rule == REFCOW_RULE_NONE) {
            expect_accepted(&answer);
        } else {
            expect_only(&answer, rows[i].rule);
            expect_field(&answer, rows[i].rule, rows[i].offset, rows[i].value);
        }
    }
}

/* Two header extensions of these types, and what is broken. */
static gate_answer judge_extensions(uint32_t first, uint32_t second, uint64_t *second_at)
{
    built_image image = image_build(plain);
    *second_at = image_put_extension(&image, HEADER_LENGTH_3, first, 5, 0);
    image_put_extension(&image, *second_at, second, 5, 0);
    gate_answer answer = judge_image(&image, NULL);
    image_free(&image);
    return answer;
}

static void extensions_are_known_and_there_once(void)
{
    uint64_t second = 0;
    gate_answer answer = judge_extensions(EXTENSION_FEATURE_NAMES, EXTENSION_BACKING_FORMAT, &second);
    expect_accepted(&answer);
    answer = judge_extensions(EXTENSION_FEATURE_NAMES, 0x12345678, &second);
    EXPECT_ONLY(&answer, UNKNOWN_EXTENSION);
    EXPECT_FIELD(&answer, UNKNOWN_EXTENSION, second, 0x12345678);
    answer = judge_extensions(0x1234, 0x5678, &second);
    EXPECT_ONLY(&answer, UNKNOWN_EXTENSION);
    EXPECT_FIELD(&answer, UNKNOWN_EXTENSION, HEADER_LENGTH_3, 0x1234);
    answer = judge_extensions(0x1234, 0x1234, &second);
    EXPECT_ONLY(&answer, UNKNOWN_EXTENSION);
    answer = judge_extensions(EXTENSION_FEATURE_NAMES, EXTENSION_FEATURE_NAMES, &second);
    EXPECT_ONLY(&answer, REPEATED_EXTENSION);
    EXPECT_FIELD(&answer, REPEATED_EXTENSION, second, EXTENSION_FEATURE_NAMES);
    built_image image = image_build(plain);
    second = image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_FEATURE_NAMES, 5, 0);
    uint64_t third = image_put_extension(&image, second, EXTENSION_FEATURE_NAMES, 5, 0);
    uint64_t fourth = image_put_extension(&image, third, EXTENSION_BACKING_FORMAT, 5, 0);
    image_put_extension(&image, fourth, EXTENSION_BACKING_FORMAT, 5, 0);
    answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, REPEATED_EXTENSION);
    EXPECT_FIELD(&answer, REPEATED_EXTENSION, second, EXTENSION_FEATURE_NAMES);
    image_free(&image);
}

static void extensions_make_features(void)
{
    static const bitmap_recipe bitmap = {"b", 0, 0};
    built_image image = image_build(plain);
    image_add_bitmaps(&image, &bitmap, 1);
    gate_answer answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, BITMAPS);
    EXPECT_FIELD(&answer, BITMAPS, HEADER_LENGTH_3, EXTENSION_BITMAPS);
    image_free(&image);
    image = image_build(plain);
    image_add_snapshots(&image, 2);
    answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, INTERNAL_SNAPSHOTS);
    EXPECT_FIELD(&answer, INTERNAL_SNAPSHOTS, FIELD_NB_SNAPSHOTS, 2);
    image_free(&image);
    image = image_build(plain);
    image_encrypt(&image, 5000);
    answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, ENCRYPTED);
    EXPECT_FIELD(&answer, ENCRYPTED, FIELD_CRYPT_METHOD, 2);
    image_free(&image);
}

/* ------------------------------------------------------------------- names */

enum { NAME_AT = 200 };

/* A name that ends with the literal, whatever bytes it has. */
#define NAME(literal) literal, sizeof(literal) - 1

static built_image image_with_backing_file(const char *name, size_t length)
{
    built_image image = image_build(plain);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 3, 'r');
    image_put(&image, FIELD_BACKING_FILE_OFFSET, 8, NAME_AT);
    image_put(&image, FIELD_BACKING_FILE_SIZE, 4, length);
    memcpy(image.bytes + NAME_AT, name, length);
    return image;
}

/* Judged under the path by which readers open the image, or NULL. */
static gate_answer judge_backing_file(const char *name, size_t length, const char *path)
{
    built_image image = image_with_backing_file(name, length);
    memory_source source = source_of_image(&image);
    refcow_gate_options options = {.name = path, .name_length = path != NULL ? strlen(path) : 0};
    gate_answer answer = run_gate(&source, &options);
    image_free(&image);
    return answer;
}

/* A data file of this name; the bit that says that there is one is set, too. */
static gate_answer judge_data_file(const char *name, size_t length)
{
    image_recipe recipe = plain;
    recipe.data_file = 1;
    built_image image = image_build(recipe);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_DATA_FILE, (uint32_t)length, 0);
    memcpy(image.bytes + HEADER_LENGTH_3 + 8, name, length);
    gate_answer answer = judge_image(&image, NULL);
    image_free(&image);
    return answer;
}

/* The rules about names, in the order of the bits in the tables below. */
static const struct {
    refcow_rule backing_file;
    refcow_rule data_file;
} name_rules[] = {{REFCOW_RULE_BACKING_JSON, REFCOW_RULE_DATA_FILE_JSON},
                  {REFCOW_RULE_BACKING_PROTOCOL, REFCOW_RULE_DATA_FILE_PROTOCOL},
                  {REFCOW_RULE_BACKING_ABSOLUTE, REFCOW_RULE_DATA_FILE_ABSOLUTE},
                  {REFCOW_RULE_BACKING_FDSET, REFCOW_RULE_DATA_FILE_FDSET},
                  {REFCOW_RULE_BACKING_PARENT, REFCOW_RULE_DATA_FILE_PARENT},
                  {REFCOW_RULE_BACKING_BYTES, REFCOW_RULE_DATA_FILE_BYTES}};
enum { JSON = 1, PROTOCOL = 2, ABSOLUTE = 4, FDSET = 8, PARENT = 16, BAD_BYTES = 32 };

static void expect_name_rule(const gate_answer *answer, refcow_rule rule, int is_wanted, refcow_span name)
{
    CHECK_EQUAL(is_broken(answer, rule), is_wanted);
    if (is_wanted) {
        refcow_breach breach = breach_of(answer, rule);
        CHECK_EQUAL(breach.offset, name.offset);
        CHECK_EQUAL(breach.value, name.length);
        CHECK_EQUAL(breach.name.offset, name.offset);
        CHECK_EQUAL(breach.name.length, name.length);
    }
}

static void names_lead_to_other_files(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        unsigned rules;
    } rows[] = {
        {NAME("base.qcow2"), 0},
        {NAME("json:{}"), JSON},
        {NAME("nbd://host/x"), PROTOCOL},
        {NAME("/etc/shadow"), ABSOLUTE},
        {NAME("/dev/fdset/3"), ABSOLUTE | FDSET},
        {NAME("../x"), PARENT},
        {NAME("a\0b"), BAD_BYTES},
        {NAME("a\x01"), BAD_BYTES},
        {NAME("a\xe2\x80\x8b"), BAD_BYTES},
        {NAME("a\xff"), BAD_BYTES},
        {NAME("json:/dev/fdset/../\x1b"), JSON | FDSET | PARENT | BAD_BYTES},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_answer backing_file = judge_backing_file(rows[i].bytes, rows[i].length, NULL);
        gate_answer data_file = judge_data_file(rows[i].bytes, rows[i].length);
        refcow_span backing_name = {NAME_AT, rows[i].length};
        refcow_span data_name = {HEADER_LENGTH_3 + 8, rows[i].length};
        for (size_t rule = 0; rule < LENGTH(name_rules); rule++) {
            int is_wanted = (rows[i].rules >> rule & 1) != 0;
            expect_name_rule(&backing_file, name_rules[rule].backing_file, is_wanted, backing_name);
            expect_name_rule(&backing_file, name_rules[rule].data_file, 0, backing_name);
            expect_name_rule(&data_file, name_rules[rule].data_file, is_wanted, data_name);
            expect_name_rule(&data_file, name_rules[rule].backing_file, 0, data_name);
        }
        CHECK_KEPT(&backing_file, BACKING_FORMAT_MISSING);
        CHECK_KEPT(&backing_file, BACKING_ITSELF);
        refcow_breach breach = BREACH(&backing_file, BACKING_FILE);
        CHECK_EQUAL(breach.offset, FIELD_BACKING_FILE_OFFSET);
        CHECK_EQUAL(breach.value, NAME_AT);
        CHECK_EQUAL(breach.name.length, rows[i].length);
        breach = BREACH(&data_file, DATA_FILE);
        CHECK_EQUAL(breach.offset, FIELD_INCOMPATIBLE_FEATURES);
        CHECK_EQUAL(breach.value, 4);
        CHECK_EQUAL(breach.name.offset, data_name.offset);
        CHECK_EQUAL(breach.name.length, rows[i].length);
    }
}

/* The format refuses a longer name of a backing file, and no name of a data file. */
static void names_may_be_too_long(void)
{
    static char name[REFCOW_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    gate_answer answer = judge_backing_file(name, REFCOW_NAME_MAX, NULL);
    EXPECT_ONLY(&answer, BACKING_FILE);
    answer = judge_backing_file(name, REFCOW_NAME_MAX + 1, NULL);
    EXPECT_REFUSAL(&answer, BACKING_FILE_SIZE, FIELD_BACKING_FILE_SIZE, REFCOW_NAME_MAX + 1);
    answer = judge_data_file(name, REFCOW_NAME_MAX);
    EXPECT_ONLY(&answer, DATA_FILE);
    answer = judge_data_file(name, REFCOW_NAME_MAX + 1);
    CHECK_BROKEN(&answer, DATA_FILE_BYTES);
    CHECK_EQUAL(BREACH(&answer, DATA_FILE_BYTES).value, REFCOW_NAME_MAX + 1);
    /* A backing file without a name is one all the same. */
    answer = judge_backing_file(NAME(""), NULL);
    EXPECT_ONLY(&answer, BACKING_FILE);
}

/* A format that begins with NUL is none. */
static void backing_files_have_a_format(void)
{
    built_image image = image_with_backing_file(NAME("base"));
    image_put(&image, HEADER_LENGTH_3 + 8, 1, 0);
    gate_answer answer = judge_image(&image, NULL);
    EXPECT_FIELD(&answer, BACKING_FORMAT_MISSING, FIELD_BACKING_FILE_OFFSET, NAME_AT);
    image_put(&image, HEADER_LENGTH_3 + 4, 4, 0);
    answer = judge_image(&image, NULL);
    CHECK_BROKEN(&answer, BACKING_FORMAT_MISSING);
    image_put(&image, HEADER_LENGTH_3, 4, 0);
    answer = judge_image(&image, NULL);
    CHECK_BROKEN(&answer, BACKING_FORMAT_MISSING);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 1, 'x');
    answer = judge_image(&image, NULL);
    CHECK_KEPT(&answer, BACKING_FORMAT_MISSING);
    image_free(&image);
}

static void the_backing_file_may_be_the_image(void)
{
    static const struct {
        const char *name;
        size_t length;
        const char *path; /* of the image */
        int is_itself;
    } rows[] = {
        {NAME("disk.qcow2"), "disk.qcow2", 1},
        {NAME("disk.qcow2"), "./disk.qcow2", 1},
        {NAME("./disk.qcow2"), "disk.qcow2", 1},
        {NAME("././disk.qcow2"), "./disk.qcow2", 1},
        {NAME("disk.qcow2"), "/srv/images/disk.qcow2", 1},
        {NAME("./disk.qcow2"), "images/disk.qcow2", 1},
        {NAME("/srv/disk.qcow2"), "/srv/disk.qcow2", 1},
        {NAME("disk.qcow2\0.raw"), "disk.qcow2", 1},
        {NAME("disk.qcow"), "disk.qcow2", 0},
        {NAME("disk.qcow2"), "disk.qcow", 0},
        {NAME("disk.qcow3"), "disk.qcow2", 0},
        {NAME("isk.qcow2"), "disk.qcow2", 0},
        {NAME("b/disk.qcow2"), "a/disk.qcow2", 0},
        {NAME("disk.qcow2"), "disk.qcow2/other", 0},
        {NAME(".disk.qcow2"), "disk.qcow2", 0},
        {NAME("/disk.qcow2"), "disk.qcow2", 0},
        {NAME("x/disk.qcow2"), "./disk.qcow2", 0},
        {NAME("\0disk.qcow2"), "disk.qcow2", 0},
        {NAME("\0"), "", 0},
        {NAME("."), ".", 1},
        {NAME("disk.qcow2"), NULL, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_answer answer = judge_backing_file(rows[i].name, rows[i].length, rows[i].path);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_BACKING_ITSELF), rows[i].is_itself);
        if (rows[i].is_itself) {
            refcow_breach breach = BREACH(&answer, BACKING_ITSELF);
            CHECK_EQUAL(breach.offset, FIELD_BACKING_FILE_OFFSET);
            CHECK_EQUAL(breach.value, NAME_AT);
            CHECK_EQUAL(breach.name.offset, NAME_AT);
            CHECK_EQUAL(breach.name.length, rows[i].length);
        }
    }
}

/* Where the header says that there is one: in a bit, in another one, or only by its name. */
static void data_files_are_said_in_three_places(void)
{
    built_image image = image_build(plain);
    image_put(&image, FIELD_AUTOCLEAR_FEATURES, 8, 2);
    gate_answer answer = judge_image(&image, NULL);
    EXPECT_FIELD(&answer, DATA_FILE, FIELD_AUTOCLEAR_FEATURES, 2);
    EXPECT_REFUSAL(&answer, DATA_FILE_RAW, FIELD_AUTOCLEAR_FEATURES, 2);
    image_put(&image, FIELD_AUTOCLEAR_FEATURES, 8, 0);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_DATA_FILE, 4, '/');
    answer = judge_image(&image, NULL);
    refcow_breach breach = BREACH(&answer, DATA_FILE);
    CHECK_EQUAL(breach.offset, HEADER_LENGTH_3);
    CHECK_EQUAL(breach.value, EXTENSION_DATA_FILE);
    CHECK_EQUAL(breach.name.offset, HEADER_LENGTH_3 + 8);
    CHECK_BROKEN(&answer, DATA_FILE_ABSOLUTE);
    image_put_extension(&image, HEADER_LENGTH_3, EXTENSION_DATA_FILE, 4, 0);
    image_put(&image, HEADER_LENGTH_3 + 4, 4, 0);
    answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, DATA_FILE);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 4);
    answer = judge_image(&image, NULL);
    breach = BREACH(&answer, DATA_FILE);
    CHECK_EQUAL(breach.offset, FIELD_INCOMPATIBLE_FEATURES);
    CHECK_EQUAL(breach.value, 4);
    CHECK_EQUAL(breach.name.length, 0);
    EXPECT_REFUSAL(&answer, DATA_FILE_NAME, FIELD_INCOMPATIBLE_FEATURES, 4);
    image_free(&image);
}

/* ---------------------------------------------------------------- features */

static uint64_t compressed_entry(uint32_t cluster_bits, uint64_t offset, uint64_t more_sectors)
{
    return FLAG_COMPRESSED | more_sectors << (62 - (cluster_bits - 8)) | offset;
}

/* The plain image with this feature, and only with it. */
static built_image image_with_feature(refcow_feature feature)
{
    static const bitmap_recipe bitmap = {"b", 0, 0};
    image_recipe recipe = plain;
    recipe.version = feature == REFCOW_FEATURE_VERSION_2 ? 2 : 3;
    recipe.extended_l2 = feature == REFCOW_FEATURE_EXTENDED_L2;
    recipe.cluster_bits = recipe.extended_l2 ? 14 : 12;
    recipe.data_file = feature == REFCOW_FEATURE_DATA_FILE;
    built_image image = image_build(recipe);
    switch (feature) {
    case REFCOW_FEATURE_LAZY_REFCOUNTS:
        image_put(&image, FIELD_COMPATIBLE_FEATURES, 8, 1);
        break;
    case REFCOW_FEATURE_ZSTD:
        image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, 8);
        image_put(&image, FIELD_COMPRESSION_TYPE, 1, 1);
        break;
    case REFCOW_FEATURE_COMPRESSED_CLUSTERS:
        image_put(&image, image_l2_entry(&image, 0), 8, compressed_entry(12, image_data(&image, 0), 0));
        break;
    case REFCOW_FEATURE_BACKING_FILE:
        image_put(&image, FIELD_BACKING_FILE_OFFSET, 8, NAME_AT);
        break;
    case REFCOW_FEATURE_SNAPSHOTS:
        image_add_snapshots(&image, 1);
        break;
    case REFCOW_FEATURE_BITMAPS:
        image_add_bitmaps(&image, &bitmap, 1);
        break;
    case REFCOW_FEATURE_ENCRYPTION:
        image_encrypt(&image, 5000);
        break;
    case REFCOW_FEATURE_VERSION_2:
    case REFCOW_FEATURE_VERSION_3:
    case REFCOW_FEATURE_EXTENDED_L2:
    case REFCOW_FEATURE_DATA_FILE:
    case REFCOW_FEATURES:
        break;
    }
    return image;
}

static uint32_t bit(refcow_feature feature)
{
    return (uint32_t)1 << feature;
}

/* The features for which there are breaches of a rule, a bit each. */
static uint32_t features_of(const gate_answer *answer, refcow_rule rule)
{
    uint32_t features = 0;
    for (unsigned i = 0; find_breach(answer, rule, i) != NULL; i++) {
        const refcow_breach *breach = find_breach(answer, rule, i);
        CHECK_EQUAL(features & bit(breach->feature), 0);
        CHECK_EQUAL(breach->offset, REFCOW_NO_OFFSET);
        CHECK_EQUAL(breach->value, 0);
        features |= bit(breach->feature);
    }
    return features;
}

static void features_are_refused_or_required(void)
{
    const uint32_t all = bit(REFCOW_FEATURES) - 1;
    for (int number = 0; number < REFCOW_FEATURES; number++) {
        refcow_feature feature = (refcow_feature)number;
        built_image image = image_with_feature(feature);
        uint32_t has = bit(feature) | bit(number == 0 ? REFCOW_FEATURE_VERSION_2 : REFCOW_FEATURE_VERSION_3);
        refcow_policy policy = refcow_policy_strict();
        policy.refused_features = all;
        gate_answer answer = judge_image(&image, &policy);
        CHECK_EQUAL(features_of(&answer, REFCOW_RULE_FEATURE_REFUSED), has);
        CHECK_EQUAL(answer.result.is_checked, 1); /* which alone finds compressed clusters */
        policy.refused_features = all & ~has;
        answer = judge_image(&image, &policy);
        CHECK_KEPT(&answer, FEATURE_REFUSED);
        CHECK(!is_undecided(&answer, REFCOW_RULE_FEATURE_REFUSED));
        policy.refused_features = 0;
        policy.required_features = all;
        answer = judge_image(&image, &policy);
        CHECK_EQUAL(features_of(&answer, REFCOW_RULE_FEATURE_MISSING), all & ~has);
        CHECK_EQUAL(answer.result.is_checked, 1);
        policy.required_features = has;
        answer = judge_image(&image, &policy);
        CHECK_KEPT(&answer, FEATURE_MISSING);
        CHECK(!is_undecided(&answer, REFCOW_RULE_FEATURE_MISSING));
        CHECK_EQUAL(answer.result.is_checked, feature == REFCOW_FEATURE_COMPRESSED_CLUSTERS);
        image_free(&image);
    }
}

/* Without a check, whether there are compressed clusters is not known, and with header_only it is not asked; whether
 * anything else is there, is. */
static void compressed_clusters_need_a_check(void)
{
    built_image image = image_with_feature(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    refcow_policy policy = refcow_policy_strict();
    policy.header_only = 1;
    policy.refused_features = bit(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.refused_features = bit(REFCOW_FEATURE_ZSTD);
    policy.required_features = bit(REFCOW_FEATURE_COMPRESSED_CLUSTERS);
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.required_features = bit(REFCOW_FEATURE_VERSION_3);
    answer = judge_image(&image, &policy);
    expect_accepted(&answer);
    image_free(&image);
}

static void cluster_sizes_and_widths_are_chosen(void)
{
    refcow_policy policy = refcow_policy_strict();
    built_image image = image_build(plain);
    policy.cluster_sizes = 1u << 12;
    policy.refcount_widths = 1u << 4;
    gate_answer answer = judge_image(&image, &policy);
    expect_accepted(&answer);
    policy.cluster_sizes = ~(1u << 12);
    answer = judge_image(&image, &policy);
    EXPECT_ONLY(&answer, CLUSTER_SIZE);
    EXPECT_FIELD(&answer, CLUSTER_SIZE, FIELD_CLUSTER_BITS, 12);
    policy.cluster_sizes = 0;
    policy.refcount_widths = ~(1u << 4);
    answer = judge_image(&image, &policy);
    EXPECT_ONLY(&answer, REFCOUNT_WIDTH);
    EXPECT_FIELD(&answer, REFCOUNT_WIDTH, FIELD_REFCOUNT_ORDER, 4);
    image_put(&image, FIELD_REFCOUNT_ORDER, 4, 32);
    answer = judge_image(&image, &policy);
    EXPECT_FIELD(&answer, REFCOUNT_WIDTH, FIELD_REFCOUNT_ORDER, 32);
    image_put(&image, FIELD_REFCOUNT_ORDER, 4, 31);
    answer = judge_image(&image, &policy);
    CHECK_KEPT(&answer, REFCOUNT_WIDTH);
    image_free(&image);
    /* Version 2 has no such field. */
    image = image_build(plain_2);
    answer = judge_image(&image, &policy);
    EXPECT_ONLY(&answer, REFCOUNT_WIDTH);
    EXPECT_FIELD(&answer, REFCOUNT_WIDTH, REFCOW_NO_OFFSET, 4);
    image_free(&image);
}

/* ------------------------------------------------------------------ limits */

static void limits_of_the_header_and_the_file(void)
{
    refcow_policy policy = refcow_policy_strict();
    built_image image = image_build(plain);
    image_add_snapshots(&image, 2);
    CHECK_EQUAL(refcow_policy_allow(&policy, REFCOW_RULE_INTERNAL_SNAPSHOTS), 0);
    policy.max_virtual_size = PLAIN_DISK;
    policy.max_file_size = image.size;
    policy.max_snapshots = 2;
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.max_virtual_size = PLAIN_DISK - 1;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, VIRTUAL_SIZE_LIMIT, FIELD_SIZE, PLAIN_DISK, PLAIN_DISK - 1);
    CHECK_KEPT(&answer, FILE_SIZE_LIMIT);
    CHECK_KEPT(&answer, SNAPSHOTS_LIMIT);
    policy.max_virtual_size = REFCOW_NO_LIMIT;
    policy.max_file_size = image.size - 1;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, FILE_SIZE_LIMIT, REFCOW_NO_OFFSET, image.size, image.size - 1);
    CHECK_KEPT(&answer, VIRTUAL_SIZE_LIMIT);
    policy.max_file_size = REFCOW_NO_LIMIT;
    policy.max_snapshots = 1;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, SNAPSHOTS_LIMIT, FIELD_NB_SNAPSHOTS, 2, 1);
    CHECK_DECISION(&answer, "refuse");
    policy.max_snapshots = REFCOW_NO_LIMIT;
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    image_free(&image);
}

/* REFCOW_NO_LIMIT is no limit, also for the highest value. */
static void no_limit_is_never_exceeded(void)
{
    refcow_policy policy = refcow_policy_strict();
    policy.max_virtual_size = REFCOW_NO_LIMIT;
    built_image image = image_build(plain);
    image_put(&image, FIELD_SIZE, 8, UINT64_MAX);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_KEPT(&answer, VIRTUAL_SIZE_LIMIT);
    policy.max_virtual_size = REFCOW_NO_LIMIT - 1;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, VIRTUAL_SIZE_LIMIT, FIELD_SIZE, UINT64_MAX, REFCOW_NO_LIMIT - 1);
    image_free(&image);
}

enum { SNAPSHOT_HEAD = 40, SNAPSHOT_VM_STATE = SNAPSHOT_HEAD, SNAPSHOT_DISK = SNAPSHOT_HEAD + 8 };

static built_image image_with_snapshots(uint64_t count)
{
    built_image image = image_build(plain);
    image_add_snapshots(&image, count);
    return image;
}

static refcow_policy policy_for_snapshots(void)
{
    refcow_policy policy = refcow_policy_strict();
    refcow_policy_allow(&policy, REFCOW_RULE_INTERNAL_SNAPSHOTS);
    return policy;
}

static void expect_snapshot(const built_image *image, refcow_breach breach, uint32_t index)
{
    CHECK_EQUAL(breach.snapshot, index);
    CHECK_EQUAL(breach.name.offset, image_snapshot(image, index) + SNAPSHOT_HEAD + 16 + 1);
    CHECK_EQUAL(breach.name.length, 7);
}

static void disks_of_snapshots_are_limited(void)
{
    built_image image = image_with_snapshots(3);
    refcow_policy policy = policy_for_snapshots();
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_DISK, 8, PLAIN_DISK + 1);
    image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_DISK, 8, PLAIN_DISK + 9);
    image_put(&image, image_snapshot(&image, 2) + SNAPSHOT_DISK, 8, PLAIN_DISK + 9);
    policy.max_virtual_size = PLAIN_DISK + 9;
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.max_virtual_size = PLAIN_DISK + 8;
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "refuse");
    refcow_breach breach = BREACH(&answer, VIRTUAL_SIZE_LIMIT); /* the first one of the largest */
    CHECK_EQUAL(breach.offset, image_snapshot(&image, 1) + SNAPSHOT_DISK);
    CHECK_EQUAL(breach.value, PLAIN_DISK + 9);
    CHECK_EQUAL(breach.limit, PLAIN_DISK + 8);
    expect_snapshot(&image, breach, 1);
    policy.max_virtual_size = PLAIN_DISK - 1;
    answer = judge_image(&image, &policy);
    CHECK(find_breach(&answer, REFCOW_RULE_VIRTUAL_SIZE_LIMIT, 1) != NULL);
    /* One that is no larger than the active disk is not named besides. */
    image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_DISK, 8, PLAIN_DISK);
    image_put(&image, image_snapshot(&image, 2) + SNAPSHOT_DISK, 8, PLAIN_DISK - 5);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_DISK, 8, 7);
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, VIRTUAL_SIZE_LIMIT, FIELD_SIZE, PLAIN_DISK, PLAIN_DISK - 1);
    image_free(&image);
}

/* ----------------------------------------------------------- amplification */

/* The plain image in a file of 64 KiB, 64 times as small as the disk. */
static built_image image_of_16_clusters(void)
{
    built_image image = image_build(plain);
    image_append_counted(&image, 4);
    return image;
}

/* All of the disk is one cluster of data. */
static void map_all_to_one(built_image *image)
{
    for (uint64_t guest = 0; guest < 2 * image->l2_entries; guest++) {
        image_put(image, image_l2_entry(image, guest), 8, image->data);
    }
}

static void large_disks_are_checked(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    policy.max_amplification = 64;
    gate_answer answer = judge_image(&image, &policy);
    expect_accepted(&answer);
    CHECK_EQUAL(answer.result.is_checked, 0);
    CHECK_EQUAL(answer.result.amplification, 64);
    policy.max_amplification = 63;
    answer = judge_image(&image, &policy);
    expect_accepted(&answer);
    CHECK_EQUAL(answer.result.is_checked, 1);
    CHECK_EQUAL(answer.result.check.data_clusters, 6);
    CHECK_EQUAL(answer.result.amplification, 0);
    /* The rest counts: 64 times and a byte. */
    image_put(&image, FIELD_SIZE, 8, PLAIN_DISK + 1);
    image_put(&image, FIELD_L1_SIZE, 4, 3);
    policy.max_amplification = 64;
    answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.is_checked, 1);
    CHECK_DECISION(&answer, "accept");
    policy.max_amplification = REFCOW_NO_LIMIT;
    answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.is_checked, 0);
    CHECK_EQUAL(answer.result.amplification, 64);
    image_free(&image);
}

static void mapped_data_is_amplified(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    map_all_to_one(&image);
    policy.max_amplification = 63;
    gate_answer answer = judge_image(&image, &policy);
    EXPECT_ONLY(&answer, AMPLIFICATION_LIMIT);
    EXPECT_LIMIT(&answer, AMPLIFICATION_LIMIT, REFCOW_NO_OFFSET, 64, 63);
    CHECK_EQUAL(answer.result.amplification, 64);
    CHECK_EQUAL(answer.result.is_checked, 1);
    policy.max_amplification = 64;
    policy.wants_check = 1;
    refcow_policy_allow(&policy, REFCOW_RULE_CORRUPTIONS);
    refcow_policy_allow(&policy, REFCOW_RULE_LEAKS);
    policy.max_sharing = REFCOW_NO_LIMIT;
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    /* A byte less of file, and there is a rest. */
    memory_source source = source_of_image(&image);
    source.size = image.size - 1;
    answer = judge_source(&source, &policy);
    EXPECT_LIMIT(&answer, AMPLIFICATION_LIMIT, REFCOW_NO_OFFSET, 64, 64);
    image_free(&image);
}

/* An image that is refused is not checked: all of the disk counts. */
static void refused_disks_count_as_a_whole(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    policy.max_amplification = 63;
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    gate_answer answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, AMPLIFICATION_LIMIT, REFCOW_NO_OFFSET, 64, 63);
    image_put(&image, FIELD_SIZE, 8, 0);
    answer = judge_image(&image, &policy);
    CHECK_KEPT(&answer, AMPLIFICATION_LIMIT);
    CHECK_EQUAL(answer.result.amplification, 0);
    image_free(&image);
    /* A snapshot with as much data is not named besides. */
    image = image_with_snapshots(1);
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    policy.max_amplification = 1;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, AMPLIFICATION_LIMIT, REFCOW_NO_OFFSET, PLAIN_DISK / image.size, 1);
    image_free(&image);
}

/* The answer if the last read fails, which is one of the check. */
static gate_answer judge_cut(const built_image *image, const refcow_policy *policy)
{
    memory_source source = source_of_image(image);
    gate_answer answer = judge_source(&source, policy);
    CHECK_EQUAL(answer.result.is_checked, 1);
    source.fail_at = source.reads;
    source.reads = 0;
    answer = judge_source(&source, policy);
    CHECK_STRING(refcow_status_name(answer.result.error.status), "read-failed");
    CHECK_DECISION(&answer, "undecided");
    CHECK_KEPT(&answer, AMPLIFICATION_LIMIT);
    return answer;
}

/* Nobody knows how much of a disk is data, if the check has not ended. */
static void amplification_of_a_cut_check_is_undecided(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    policy.max_amplification = 63;
    gate_answer answer = judge_cut(&image, &policy);
    CHECK(refcow_rules_have(&answer.result.undecided, REFCOW_RULE_AMPLIFICATION_LIMIT));
    CHECK_EQUAL(answer.result.amplification, 0);
    /* The disk is not that large: no check could change it. */
    policy.max_amplification = 64;
    policy.wants_check = 1;
    answer = judge_cut(&image, &policy);
    CHECK(!refcow_rules_have(&answer.result.undecided, REFCOW_RULE_AMPLIFICATION_LIMIT));
    CHECK_EQUAL(answer.result.amplification, 64);
    image_free(&image);
    /* A snapshot may be the large one. */
    image = image_with_snapshots(1);
    policy = policy_for_snapshots();
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_VM_STATE, 8, TIB);
    answer = judge_cut(&image, &policy);
    CHECK(refcow_rules_have(&answer.result.undecided, REFCOW_RULE_AMPLIFICATION_LIMIT));
    image_free(&image);
}

static void data_of_snapshots_is_amplified(void)
{
    built_image image = image_with_snapshots(3);
    refcow_policy policy = policy_for_snapshots();
    uint64_t second = image_snapshot(&image, 1);
    image_put(&image, second + SNAPSHOT_DISK, 8, TIB);
    /* Nothing in it is mapped. */
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.is_checked, 1);
    CHECK_EQUAL(answer.result.amplification, 0);
    /* Its table is not walked: all of it counts. */
    image_put(&image, second + SNAPSHOT_L1_OFFSET, 8, image_added_table(&image, 1) + 8);
    answer = judge_image(&image, &policy);
    refcow_breach breach = BREACH(&answer, AMPLIFICATION_LIMIT);
    CHECK_EQUAL(breach.offset, second);
    CHECK_EQUAL(breach.value, TIB / image.size);
    CHECK_EQUAL(breach.limit, 1000);
    expect_snapshot(&image, breach, 1);
    CHECK_EQUAL(answer.result.amplification, TIB / image.size);
    image_put(&image, second + SNAPSHOT_L1_OFFSET, 8, image_added_table(&image, 1));
    image_put(&image, second + SNAPSHOT_L1_SIZE, 4, 0x400001);
    answer = judge_image(&image, &policy);
    CHECK_EQUAL(BREACH(&answer, AMPLIFICATION_LIMIT).snapshot, 1);
    CHECK_EQUAL(answer.result.is_checked, 1);
    image_free(&image);
}

/* What it maps counts, if that is less. */
static void mapped_data_of_snapshots_is_amplified(void)
{
    built_image image = image_with_snapshots(1);
    refcow_policy policy = policy_for_snapshots();
    uint64_t entry = image_snapshot(&image, 0);
    map_all_to_one(&image);
    image_put(&image, image_l1_entry(&image, 0), 8, 0);
    image_put(&image, image_l1_entry(&image, 1), 8, 0);
    image_put(&image, image_added_table(&image, 0), 8, image.l2_tables);
    image_put(&image, image_added_table(&image, 0) + 8, 8, image.l2_tables);
    image_put(&image, entry + SNAPSHOT_L1_SIZE, 4, 2);
    image_put(&image, entry + SNAPSHOT_VM_STATE, 8, TIB);
    policy.max_amplification = PLAIN_DISK / image.size;
    gate_answer answer = judge_image(&image, &policy);
    refcow_breach breach = BREACH(&answer, AMPLIFICATION_LIMIT);
    CHECK_EQUAL(breach.value, PLAIN_DISK / image.size);
    CHECK_EQUAL(breach.limit, PLAIN_DISK / image.size);
    expect_snapshot(&image, breach, 0);
    policy.max_amplification++;
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.check.snapshot_data_clusters, 1024);
    CHECK_EQUAL(answer.result.amplification, PLAIN_DISK / image.size);
    image_free(&image);
}

/* Disk and VM state together, and without overflow. The disk is at least as large as the active one. */
static void snapshots_have_a_full_size(void)
{
    static const struct {
        uint64_t disk;
        uint64_t state;
        uint64_t full;
    } rows[] = {{TIB, 0, TIB},
                {7, TIB, PLAIN_DISK + TIB},
                {0, UINT64_MAX, UINT64_MAX},
                {TIB, UINT64_MAX - TIB, UINT64_MAX},
                {TIB, UINT64_MAX - TIB + 1, UINT64_MAX},
                {PLAIN_DISK + 1, 0, PLAIN_DISK + 1}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        built_image image = image_with_snapshots(3);
        refcow_policy policy = policy_for_snapshots();
        image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_DISK, 8, PLAIN_DISK);
        image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_DISK, 8, rows[i].disk);
        image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_VM_STATE, 8, rows[i].state);
        /* Of two equal ones, the first. */
        memcpy(image.bytes + image_snapshot(&image, 2), image.bytes + image_snapshot(&image, 1), SNAPSHOT_HEAD + 16);
        image_put(&image, FIELD_CRYPT_METHOD, 4, 3); /* which keeps it from a check */
        policy.max_amplification = REFCOW_NO_LIMIT;
        policy.max_virtual_size = REFCOW_NO_LIMIT;
        gate_answer answer = judge_image(&image, &policy);
        CHECK_EQUAL(answer.result.amplification, rows[i].full / image.size);
        policy.max_amplification = 1;
        answer = judge_image(&image, &policy);
        const refcow_breach *breach = find_breach(&answer, REFCOW_RULE_AMPLIFICATION_LIMIT, 1);
        CHECK(breach != NULL && breach->value == rows[i].full / image.size);
        CHECK(breach != NULL && breach->snapshot == 1);
        image_free(&image);
    }
}

/* More clusters than fit in bytes: so many snapshots, each of which refers so often to one table. */
static void data_may_be_more_than_counts_hold(void)
{
    enum { SNAPSHOTS = 65536, ENTRIES = 1024, BYTES = 64 };
    static const image_recipe large = {
        .version = 3, .cluster_bits = 21, .refcount_order = 4, .l2_tables = 1, .mapped = 1};
    built_image image = image_build(large);
    refcow_policy policy = policy_for_snapshots();
    image_add_snapshots(&image, 1);
    uint64_t table = image.size;
    image_append_counted(&image, SNAPSHOTS * (uint64_t)BYTES / image.cluster_size);
    for (uint64_t i = 0; i < SNAPSHOTS; i++) {
        memcpy(image.bytes + table + i * BYTES, image.bytes + image_snapshot(&image, 0), BYTES);
        image_put(&image, table + i * BYTES + SNAPSHOT_L1_SIZE, 4, ENTRIES);
        image_put(&image, table + i * BYTES + SNAPSHOT_VM_STATE, 8, (uint64_t)1 << 63);
    }
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, table);
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, SNAPSHOTS);
    for (uint64_t i = 0; i < image.l2_entries; i++) {
        image_put(&image, image_l2_entry(&image, i), 8, image.data);
    }
    for (uint64_t i = 0; i < ENTRIES; i++) {
        image_put(&image, image_added_table(&image, 0) + 8 * i, 8, image.l2_tables);
    }
    image_put(&image, image_l1_entry(&image, 0), 8, 0);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.is_checked, 1);
    CHECK_EQUAL(answer.result.check.snapshot_data_clusters, (uint64_t)SNAPSHOTS * ENTRIES * image.l2_entries);
    refcow_breach breach = BREACH(&answer, AMPLIFICATION_LIMIT);
    CHECK_EQUAL(breach.value, (((uint64_t)1 << 63) + image_get(&image, FIELD_SIZE, 8)) / image.size);
    image_free(&image);
}

/* ------------------------------------------------------------------ tables */

/* The image with its file cut off, or with zeros behind it. */
static gate_answer judge_with_size(const built_image *image, uint64_t size, const refcow_policy *policy)
{
    memory_source source = source_of_image(image);
    source.size = size;
    return judge_source(&source, policy);
}

/* A table that ends there: in the file, or a byte past its end. */
static void expect_past_end(const built_image *image, uint64_t end, refcow_rule rule, uint64_t field, uint64_t value)
{
    gate_answer answer = judge_with_size(image, end, NULL);
    CHECK(!is_broken(&answer, rule));
    answer = judge_with_size(image, end - 1, NULL);
    expect_field(&answer, rule, field, value);
    answer = judge_with_size(image, value, NULL);
    expect_field(&answer, rule, field, value);
    answer = judge_with_size(image, value - 1, NULL);
    expect_field(&answer, rule, field, value);
}
#define EXPECT_PAST_END(image, end, rule, field, value) expect_past_end(image, end, REFCOW_RULE_##rule, field, value)

static void tables_are_in_the_file(void)
{
    static const bitmap_recipe bitmap = {"b", 0, 0};
    built_image image = image_build(plain);
    EXPECT_PAST_END(&image, image.l1_table + 16, L1_PAST_END, FIELD_L1_TABLE_OFFSET, image.l1_table);
    EXPECT_PAST_END(&image, image.refcount_table + CLUSTER, REFCOUNT_TABLE_PAST_END, FIELD_REFCOUNT_TABLE_OFFSET,
                    image.refcount_table);
    image_add_bitmaps(&image, &bitmap, 1);
    EXPECT_PAST_END(&image, image.bitmaps + 32, BITMAPS_PAST_END, HEADER_LENGTH_3, image.bitmaps);
    image_free(&image);
    image = image_build(plain);
    uint64_t luks = image.size;
    image_encrypt(&image, 5000);
    gate_answer answer = judge_with_size(&image, luks + 5000, NULL);
    CHECK_KEPT(&answer, ENCRYPTION_PAST_END);
    answer = judge_with_size(&image, luks + 4999, NULL);
    EXPECT_FIELD(&answer, ENCRYPTION_PAST_END, FIELD_CRYPT_METHOD, luks);
    image_free(&image);
}

/* A table without entries may be anywhere. */
static void empty_tables_end_nowhere(void)
{
    built_image image = image_build(plain);
    image_put(&image, FIELD_SIZE, 8, 0);
    image_put(&image, FIELD_L1_SIZE, 4, 0);
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, (uint64_t)1 << 40);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, (uint64_t)1 << 40);
    gate_answer answer = judge_image(&image, NULL);
    expect_accepted(&answer);
    image_put(&image, FIELD_L1_SIZE, 4, 1);
    answer = judge_image(&image, NULL);
    EXPECT_ONLY(&answer, L1_PAST_END);
    image_free(&image);
}

static void expect_past_end_of_snapshot(const built_image *image, const gate_answer *answer, uint32_t index)
{
    refcow_breach breach = BREACH(answer, SNAPSHOTS_PAST_END);
    CHECK_EQUAL(breach.offset, image_snapshot(image, index));
    CHECK_EQUAL(breach.value, image_added_table(image, index));
    CHECK_EQUAL(breach.limit, REFCOW_NO_LIMIT);
    expect_snapshot(image, breach, index);
}

static void snapshot_tables_are_in_the_file(void)
{
    built_image image = image_with_snapshots(2);
    /* Of the table, as many bytes as the heads of entries take. */
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, image.size - CLUSTER);
    uint64_t table = image.size - CLUSTER;
    EXPECT_PAST_END(&image, table + 2 * SNAPSHOT_HEAD, SNAPSHOTS_PAST_END, FIELD_SNAPSHOTS_OFFSET, table);
    image_free(&image);
    /* An L1 table. */
    image = image_with_snapshots(3);
    refcow_policy policy = policy_for_snapshots();
    uint64_t last = image_added_table(&image, 2);
    gate_answer answer = judge_with_size(&image, last + 8, &policy);
    CHECK_DECISION(&answer, "accept");
    answer = judge_with_size(&image, last + 7, &policy);
    expect_past_end_of_snapshot(&image, &answer, 2);
    answer = judge_with_size(&image, image_added_table(&image, 1), &policy);
    expect_past_end_of_snapshot(&image, &answer, 1);
    /* Both. */
    answer = judge_with_size(&image, image.snapshots + SNAPSHOT_HEAD, &policy);
    EXPECT_FIELD(&answer, SNAPSHOTS_PAST_END, FIELD_SNAPSHOTS_OFFSET, image.snapshots);
    image_free(&image);
}

static void snapshot_tables_are_smaller_than_the_file(void)
{
    built_image image = image_with_snapshots(2);
    refcow_policy policy = policy_for_snapshots();
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_SIZE, 4, image.size / 8 - 100);
    image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_L1_SIZE, 4, 100);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_KEPT(&answer, SNAPSHOT_TABLES);
    image_put(&image, image_snapshot(&image, 1) + SNAPSHOT_L1_SIZE, 4, 101);
    answer = judge_image(&image, &policy);
    EXPECT_FIELD(&answer, SNAPSHOT_TABLES, image.snapshots, image.size + 8);
    image_free(&image);
}

/* The snapshot table is judged without a check, up to the first entry that breaks a rule of the format. */
static void snapshots_are_judged_without_a_check(void)
{
    built_image image = image_with_snapshots(3);
    refcow_policy policy = policy_for_snapshots();
    uint64_t second = image_snapshot(&image, 1);
    image_put(&image, second + SNAPSHOT_EXTRA_SIZE, 4, 1025);
    image_put(&image, second + SNAPSHOT_DISK, 8, 2 * TIB);
    for (policy.wants_check = 0; policy.wants_check <= 1; policy.wants_check++) {
        gate_answer answer = judge_image(&image, &policy);
        EXPECT_REFUSAL(&answer, SNAPSHOT_EXTRA_SIZE, second + SNAPSHOT_EXTRA_SIZE, 1025);
        CHECK_KEPT(&answer, VIRTUAL_SIZE_LIMIT);
        CHECK_EQUAL(answer.result.is_checked, 0);
        CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    }
    image_free(&image);
}

/* More than the format allows are not read; nor are entries where nothing can be read. */
static void snapshots_that_are_read_have_a_bound(void)
{
    built_image image = image_build(plain);
    refcow_policy policy = policy_for_snapshots();
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, UINT32_MAX);
    gate_answer answer = judge_image(&image, &policy);
    EXPECT_REFUSAL(&answer, NB_SNAPSHOTS, FIELD_NB_SNAPSHOTS, UINT32_MAX);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, 2);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, STREAM_SIZE);
    answer = judge_image(&image, &policy);
    EXPECT_REFUSAL(&answer, SNAPSHOTS_OFFSET, FIELD_SNAPSHOTS_OFFSET, STREAM_SIZE);
    EXPECT_FIELD(&answer, SNAPSHOTS_PAST_END, FIELD_SNAPSHOTS_OFFSET, STREAM_SIZE);
    CHECK(!is_broken(&answer, (refcow_rule)REFCOW_STATUS_SNAPSHOT_TABLE_SIZE));
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    image_free(&image);
}

/* An entry with a disk of this size. */
static void make_snapshot(uint8_t *entry, uint8_t tebibytes)
{
    memset(entry, 0, SNAPSHOT_HEAD + 16);
    entry[SNAPSHOT_EXTRA_SIZE + 3] = 16;
    entry[SNAPSHOT_DISK + 2] = tebibytes;
}

/* Entries of zeros, the last one that is read, and one behind it. */
static void more_snapshots_are_not_read(void)
{
    enum { SIZE = SNAPSHOT_HEAD + 16 };
    built_image image = image_build(plain);
    refcow_policy policy = policy_for_snapshots();
    uint8_t last[2 * SIZE];
    uint64_t last_at = 16 * CLUSTER + SNAPSHOT_HEAD * (uint64_t)(REFCOW_SNAPSHOTS_MAX - 1);
    file_extent extents[2] = {{0, image.size, image.bytes}, {last_at, sizeof last, last}};
    make_snapshot(last, 2);
    make_snapshot(last + SIZE, 3);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, 16 * CLUSTER);
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, REFCOW_SNAPSHOTS_MAX + 2);
    memory_source source = source_of_extents(extents, 2, TIB);
    gate_answer answer = judge_source(&source, &policy);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK(is_broken(&answer, (refcow_rule)REFCOW_STATUS_NB_SNAPSHOTS));
    refcow_breach breach = BREACH(&answer, VIRTUAL_SIZE_LIMIT);
    CHECK_EQUAL(breach.value, 2 * TIB);
    CHECK_EQUAL(breach.snapshot, REFCOW_SNAPSHOTS_MAX - 1);
    image_free(&image);
}

/* -------------------------------------------------------------------- raw */

static gate_answer judge_raw(uint64_t size, const char *name, refcow_policy policy)
{
    memory_source source = source_of_extents(NULL, 0, size);
    refcow_gate_options options = {.policy = &policy, .name = name, .name_length = name != NULL ? strlen(name) : 0};
    policy.expects_raw = 1;
    return run_gate(&source, &options);
}

static void raw_disks_have_whole_sectors(void)
{
    static const uint64_t sizes[] = {0, 1, SECTOR - 1, SECTOR, SECTOR + 1, 2 * SECTOR, TIB, TIB + SECTOR};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        gate_answer answer = judge_raw(sizes[i], NULL, refcow_policy_strict());
        int is_wrong = sizes[i] == 0 || sizes[i] % SECTOR != 0;
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_RAW_SIZE), is_wrong);
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_VIRTUAL_SIZE_LIMIT), sizes[i] > TIB);
        CHECK_KEPT(&answer, NO_HEADER);
        CHECK_KEPT(&answer, SHORT_FILE);
        CHECK_EQUAL(answer.result.image.header.version, 0);
        if (is_wrong) {
            EXPECT_FIELD(&answer, RAW_SIZE, REFCOW_NO_OFFSET, sizes[i]);
        } else if (sizes[i] > TIB) {
            EXPECT_LIMIT(&answer, VIRTUAL_SIZE_LIMIT, REFCOW_NO_OFFSET, sizes[i], TIB);
        } else {
            expect_accepted(&answer);
        }
    }
}

/* What concerns images only is without effect. */
static void raw_disks_are_judged_by_few_rules(void)
{
    refcow_policy policy = refcow_policy_strict();
    policy.refused_features = policy.required_features = UINT32_MAX;
    policy.cluster_sizes = policy.refcount_widths = 1;
    policy.wants_check = 1;
    gate_answer answer = judge_raw(SECTOR, NULL, policy);
    expect_accepted(&answer);
    policy.wants_check = 0;
    policy.header_only = 1;
    answer = judge_raw(SECTOR + 1, NULL, policy);
    EXPECT_ONLY(&answer, RAW_SIZE);
    policy.max_file_size = SECTOR - 1;
    answer = judge_raw(SECTOR, NULL, policy);
    EXPECT_ONLY(&answer, FILE_SIZE_LIMIT);
}

static void raw_disks_have_other_names(void)
{
    static const struct {
        const char *name;
        int is_dmg;
    } rows[] = {{"disk.dmg", 1}, {"DISK.DMG", 1},  {".dMg", 1},     {"disk.dmg2", 0}, {"disk.img", 0},
                {"dmg", 0},      {"diskxdmg", 0},  {"disk.emg", 0}, {"disk.dng", 0},  {"disk.dmh", 0},
                {"", 0},         {"disk.dmg/", 0}, {NULL, 0}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        gate_answer answer = judge_raw(SECTOR, rows[i].name, refcow_policy_strict());
        CHECK_EQUAL(is_broken(&answer, REFCOW_RULE_OTHER_MAGIC), rows[i].is_dmg);
        if (rows[i].is_dmg) {
            refcow_breach breach = BREACH(&answer, OTHER_MAGIC);
            CHECK_EQUAL(breach.offset, REFCOW_NO_OFFSET);
            CHECK_STRING(refcow_magic_format(breach.magic), "dmg");
        }
    }
    /* The name of a qcow2 image means nothing. */
    built_image image = image_build(plain);
    memory_source source = source_of_image(&image);
    refcow_gate_options options = {.name = "disk.dmg", .name_length = 8};
    gate_answer answer = run_gate(&source, &options);
    expect_accepted(&answer);
    image_free(&image);
}

static void an_image_that_is_declared_raw_is_refused(void)
{
    built_image image = image_build(plain);
    refcow_policy policy = refcow_policy_strict();
    policy.expects_raw = 1;
    gate_answer answer = judge_image(&image, &policy);
    EXPECT_ONLY(&answer, DECLARED_RAW);
    refcow_breach breach = BREACH(&answer, DECLARED_RAW);
    CHECK_EQUAL(breach.offset, 0);
    CHECK_STRING(refcow_magic_format(breach.magic), "qcow2 or qcow");
    image_free(&image);
}

/* ----------------------------------------------------------------- streams */

/* The first bytes of a stream; behind them all reads fail. */
static gate_answer judge_stream(const built_image *image, uint64_t head, const refcow_policy *policy)
{
    memory_source source = source_of_image(image);
    refcow_gate_options options = {.policy = policy, .head_bytes = head};
    source.size = STREAM_SIZE;
    source.ends_at = head;
    return run_gate(&source, &options);
}

static void streams_leave_what_needs_the_size(void)
{
    built_image image = image_build(plain);
    refcow_policy policy = refcow_policy_strict();
    gate_answer answer = judge_stream(&image, PLAIN_SIZE, NULL);
    CHECK_DECISION(&answer, "undecided");
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.breaches_count, 0);
    for (size_t i = 0; i < LENGTH(rules); i++) {
        refcow_rule rule = (refcow_rule)rules[i].number;
        int is_open =
            rules[i].need == REFCOW_NEED_SIZE && rule != REFCOW_RULE_RAW_SIZE && rule != REFCOW_RULE_FILE_SIZE_LIMIT;
        CHECK_EQUAL(is_undecided(&answer, rule), is_open);
    }
    policy.max_file_size = 5; /* of the stream is known that it is longer, but it is not asked */
    answer = judge_stream(&image, PLAIN_SIZE, &policy);
    CHECK(is_undecided(&answer, REFCOW_RULE_FILE_SIZE_LIMIT));
    CHECK_KEPT(&answer, FILE_SIZE_LIMIT);
    policy.wants_check = 1;
    answer = judge_stream(&image, PLAIN_SIZE, &policy);
    CHECK(is_undecided(&answer, REFCOW_RULE_CORRUPTIONS));
    CHECK(is_undecided(&answer, REFCOW_RULE_SHARING_LIMIT));
    policy = refcow_policy_strict();
    policy.header_only = 1;
    policy.max_file_size = 5;
    answer = judge_stream(&image, PLAIN_SIZE, &policy);
    expect_accepted(&answer);
    image_free(&image);
}

static void streams_are_refused_for_their_header(void)
{
    built_image image = image_with_backing_file(NAME("/etc/shadow"));
    gate_answer answer = judge_stream(&image, CLUSTER, NULL);
    CHECK_BROKEN(&answer, BACKING_ABSOLUTE);
    CHECK_KEPT(&answer, SHORT_FILE);
    CHECK_DECISION(&answer, "refuse");
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    answer = judge_stream(&image, SECTOR, NULL);
    CHECK_KEPT(&answer, SHORT_FILE);
    answer = judge_stream(&image, 71, NULL);
    CHECK_KEPT(&answer, NO_HEADER);
    CHECK_KEPT(&answer, SHORT_FILE);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_READ_FAILED);
    /* A name behind the head. */
    image_put(&image, FIELD_BACKING_FILE_OFFSET, 8, 3000);
    answer = judge_stream(&image, 3000, NULL);
    CHECK_BROKEN(&answer, BACKING_FILE);
    CHECK_KEPT(&answer, BACKING_FORMAT_MISSING);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_READ_FAILED);
    CHECK_EQUAL(answer.result.error.value, 3000);
    image_free(&image);
}

static void raw_streams_leave_what_needs_the_size(void)
{
    static const refcow_rule open[] = {REFCOW_RULE_OTHER_MAGIC_AT_END, REFCOW_RULE_RAW_SIZE,
                                       REFCOW_RULE_VIRTUAL_SIZE_LIMIT, REFCOW_RULE_FILE_SIZE_LIMIT};
    memory_source source = source_of_extents(NULL, 0, STREAM_SIZE);
    refcow_policy policy = refcow_policy_strict();
    refcow_gate_options options = {.policy = &policy, .head_bytes = 2048};
    source.ends_at = 2048;
    policy.expects_raw = 1;
    policy.max_file_size = TIB;
    gate_answer answer = run_gate(&source, &options);
    refcow_rules wanted = {{0}};
    for (size_t i = 0; i < LENGTH(open); i++) {
        refcow_rules_add(&wanted, open[i]);
    }
    CHECK_DECISION(&answer, "undecided");
    CHECK(memcmp(&answer.result.undecided, &wanted, sizeof wanted) == 0);
    policy.max_file_size = REFCOW_NO_LIMIT;
    answer = run_gate(&source, &options);
    CHECK(!is_undecided(&answer, REFCOW_RULE_FILE_SIZE_LIMIT));
}

/* The rest of the file is not looked at: what is wrong there breaks no rule, and none is open. */
static void header_only_leaves_the_rest(void)
{
    built_image image = image_with_snapshots(1);
    refcow_policy policy = policy_for_snapshots();
    policy.header_only = 1;
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_DISK, 8, 5 * TIB);
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, TIB);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.amplification, 0);
    policy.header_only = 0;
    answer = judge_image(&image, &policy);
    CHECK_BROKEN(&answer, L1_PAST_END);
    CHECK_BROKEN(&answer, VIRTUAL_SIZE_LIMIT);
    image_free(&image);
}

/* ------------------------------------------------------------------- check */

static void a_check_is_judged_if_it_is_wanted(void)
{
    built_image image = image_of_16_clusters();
    image_put(&image, image_l2_entry(&image, 0), 8, image_data(&image, 0)); /* not copied */
    image_append_counted(&image, 2);                                        /* leaked, with the four from before */
    image_put(&image, image_block_entry(&image, 1), 8, 0x1000200);          /* unaligned: clusters without refcounts */
    image_append(&image, 2048);
    image_put(&image, image_l2_entry(&image, 1), 8, FLAG_COPIED | (image.size - CLUSTER));
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = 1;
    gate_answer answer = judge_image(&image, &policy);
    const refcow_result *check = &answer.result.check;
    CHECK(check->corruptions > 0 && check->leaks > 0 && check->check_errors > 0);
    EXPECT_FIELD(&answer, CORRUPTIONS, REFCOW_NO_OFFSET, check->corruptions);
    EXPECT_FIELD(&answer, LEAKS, REFCOW_NO_OFFSET, check->leaks);
    EXPECT_FIELD(&answer, CHECK_ERRORS, REFCOW_NO_OFFSET, check->check_errors);
    CHECK_KEPT(&answer, SHARING_LIMIT);
    /* A check for another reason. */
    policy.wants_check = 0;
    policy.max_amplification = 0;
    answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.is_checked, 1);
    EXPECT_ONLY(&answer, AMPLIFICATION_LIMIT);
    image_free(&image);
}

/* A defect that only a check sees, and that is a rule of the format. */
static void a_check_may_refuse(void)
{
    static const bitmap_recipe bitmap = {"b", 0, 0};
    built_image image = image_build(plain);
    refcow_policy policy = refcow_policy_strict();
    refcow_policy_allow(&policy, REFCOW_RULE_BITMAPS);
    image_add_bitmaps(&image, &bitmap, 1);
    image_put(&image, image.bitmaps + BITMAP_TYPE, 1, 2);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.wants_check = 1;
    answer = judge_image(&image, &policy);
    EXPECT_REFUSAL(&answer, BITMAP_TYPE, image.bitmaps + BITMAP_TYPE, 2);
    CHECK_DECISION(&answer, "refuse");
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.is_checked, 0);
    CHECK(is_undecided(&answer, REFCOW_RULE_LEAKS));
    image_free(&image);
}

static void sharing_is_limited(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    map_all_to_one(&image);
    refcow_policy_allow(&policy, REFCOW_RULE_CORRUPTIONS);
    refcow_policy_allow(&policy, REFCOW_RULE_LEAKS);
    policy.wants_check = 1;
    policy.max_sharing = 1024;
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.check.most_references, 1024);
    policy.max_sharing = 1023;
    answer = judge_image(&image, &policy);
    EXPECT_LIMIT(&answer, SHARING_LIMIT, REFCOW_NO_OFFSET, 1024, 1023);
    CHECK_DECISION(&answer, "refuse");
    policy.max_sharing = REFCOW_NO_LIMIT;
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    policy.wants_check = 0;
    policy.max_sharing = 1;
    answer = judge_image(&image, &policy);
    CHECK_KEPT(&answer, SHARING_LIMIT);
    image_free(&image);
}

/* Data in whole sectors may reach past the end of the file, by less than one. */
static void compressed_data_is_in_the_file(void)
{
    built_image image = image_build(plain);
    refcow_policy policy = refcow_policy_strict();
    uint64_t last = image.size - CLUSTER;
    image_put(&image, image_l2_entry(&image, image.l2_entries + 2), 8, compressed_entry(12, last + 5, 1));
    policy.wants_check = 1;
    gate_answer answer = judge_with_size(&image, last + SECTOR + 1, &policy);
    expect_accepted(&answer);
    CHECK_EQUAL(answer.result.check.compressed_end, last + 2 * SECTOR);
    answer = judge_with_size(&image, last + SECTOR, &policy);
    EXPECT_ONLY(&answer, COMPRESSED_PAST_END);
    EXPECT_FIELD(&answer, COMPRESSED_PAST_END, REFCOW_NO_OFFSET, last + 2 * SECTOR);
    image_free(&image);
}

/* The same in several passes; and only for the gate. */
static void the_most_references_are_counted(void)
{
    built_image image = image_of_16_clusters();
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = 1;
    map_all_to_one(&image);
    image_append(&image, 50000);
    image_put(&image, image_l2_entry(&image, 0), 8, image.size - CLUSTER);
    gate_answer answer = judge_image(&image, &policy);
    CHECK_EQUAL(answer.result.check.most_references, 1023);
    CHECK(answer.result.check.passes > 1);
    check_answer checked = check_image(&image);
    CHECK_EQUAL(checked.result.most_references, 0);
    CHECK_EQUAL(checked.result.compressed_end, 0);
    drop_answer(&checked);
    image_free(&image);
}

/* Also where all clusters have the refcounts that they should have, which are found equal at a glance without it. */
static void references_of_clean_images_are_counted(void)
{
    static const image_recipe large = {
        .version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 200, .mapped = 64};
    built_image image = image_build(large);
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = 1;
    gate_answer answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.check.most_references, 1);
    /* Out of order, and three of the references to one cluster. */
    for (uint64_t guest = 0; guest < large.mapped; guest++) {
        image_put(&image, image_l2_entry(&image, guest), 8, FLAG_COPIED | image_data(&image, guest * 37 % 64));
    }
    for (uint64_t guest = 0; guest < 3; guest++) {
        image_put(&image, image_l2_entry(&image, guest), 8, image.data);
        image_set_refcount(&image, image_data(&image, guest * 37 % 64) / image.cluster_size, 0);
    }
    image_set_refcount(&image, image.data / image.cluster_size, 3);
    answer = judge_image(&image, &policy);
    CHECK_DECISION(&answer, "accept");
    CHECK_EQUAL(answer.result.check.most_references, 3);
    image_free(&image);
}

/* Of all compressed entries, also those of snapshots. */
static void a_check_finds_the_end_of_compressed_data(void)
{
    built_image image = image_with_snapshots(1);
    uint64_t in_snapshot = image.size;
    image_append_counted(&image, 2);
    image_put(&image, image_l1_entry(&image, 1), 8, 0);
    image_put(&image, image_added_table(&image, 0), 8, FLAG_COPIED | (image.l2_tables + CLUSTER));
    image_put(&image, image_l2_entry(&image, 0), 8, compressed_entry(12, image_data(&image, 0) + 1000, 0));
    image_put(&image, image_l2_entry(&image, 1), 8, compressed_entry(12, image_data(&image, 0), 7));
    check_answer checked = check_image(&image);
    CHECK_EQUAL(checked.result.compressed_end, image_data(&image, 1));
    CHECK_EQUAL(checked.result.most_references, 0);
    drop_answer(&checked);
    image_put(&image, image_l2_entry(&image, image.l2_entries), 8, compressed_entry(12, in_snapshot + 511, 0));
    image_put(&image, image_l2_entry(&image, image.l2_entries + 1), 8, compressed_entry(12, in_snapshot - 511, 0));
    checked = check_image(&image);
    CHECK_EQUAL(checked.result.compressed_end, in_snapshot + SECTOR);
    drop_answer(&checked);
    image_free(&image);
}

/* -------------------------------------------------------------- early ends */

/* What a decision that was stopped says is true; and it is not accepted. */
static void expect_part(const gate_answer *part, const gate_answer *whole, refcow_status status)
{
    CHECK_STRING(refcow_status_name(part->result.error.status), refcow_status_name(status));
    CHECK(part->result.decision != REFCOW_DECISION_ACCEPTED);
    CHECK(part->result.bytes_read <= whole->result.bytes_read);
    CHECK(part->result.is_checked || !is_broken(part, REFCOW_RULE_CORRUPTIONS));
    for (size_t i = 0; i < part->result.breaches_count; i++) {
        CHECK(is_broken(whole, part->breaches[i].rule));
    }
}

typedef struct stop {
    uint64_t calls;
    uint64_t cancel_at;
} stop;

static int cancel(void *user, const refcow_progress *now)
{
    stop *watch = user;
    (void)now;
    CHECK(watch->cancel_at == 0 || watch->calls < watch->cancel_at);
    watch->calls++;
    return watch->calls == watch->cancel_at;
}

/* Everything that the gate reads: names, snapshots, and a check. */
static built_image image_to_read(void)
{
    built_image image = image_with_backing_file(NAME("/dev/fdset/7"));
    uint64_t next = HEADER_LENGTH_3 + 16;
    image_put_extension(&image, next, EXTENSION_DATA_FILE, 4, 'd');
    image_put(&image, FIELD_AUTOCLEAR_FEATURES, 8, 4);
    image_add_snapshots(&image, 200);
    image_put(&image, image_l2_entry(&image, 0), 8, 0x100); /* a corruption, which is found early */
    return image;
}

static void each_read_may_fail(const built_image *image, const refcow_policy *policy)
{
    memory_source source = source_of_image(image);
    gate_answer whole = judge_source(&source, policy);
    uint64_t reads = source.reads;
    CHECK_EQUAL(whole.result.error.status, REFCOW_STATUS_OK);
    for (source.fail_at = 1; source.fail_at <= reads; source.fail_at++) {
        gate_answer part = judge_source(&source, policy);
        expect_part(&part, &whole, REFCOW_STATUS_READ_FAILED);
        CHECK_EQUAL(source.reads, source.fail_at);
    }
}

static void reads_of_images_may_fail(void)
{
    refcow_policy policy = refcow_policy_strict();
    built_image image = image_to_read();
    each_read_may_fail(&image, NULL);
    policy.wants_check = 1;
    each_read_may_fail(&image, &policy);
    policy.wants_check = 0;
    policy.header_only = 1;
    each_read_may_fail(&image, &policy);
    image_free(&image);
    image_recipe recipe = plain;
    recipe.data_file = 1;
    image = image_build(recipe);
    each_read_may_fail(&image, NULL);
    image_free(&image);
    image = image_build(plain);
    image_encrypt(&image, 5000);
    each_read_may_fail(&image, NULL);
    image_put(&image, FIELD_HEADER_LENGTH, 4, CLUSTER);
    image_put(&image, CLUSTER - 1, 1, 1);
    each_read_may_fail(&image, NULL);
    policy.expects_raw = 1;
    each_read_may_fail(&image, &policy);
    image_free(&image);
}

static void limits_stop_the_gate(void)
{
    built_image image = image_to_read();
    memory_source source = source_of_image(&image);
    refcow_policy policy = refcow_policy_strict();
    policy.wants_check = 1;
    refcow_gate_options options = {.policy = &policy};
    gate_answer whole = run_gate(&source, &options);
    int was_ok = 0;
    for (uint64_t limit = 1; limit < 100000000 && !was_ok; limit += 1 + limit / 40) {
        options.check.limits = (refcow_limits){.max_read = limit};
        gate_answer part = run_gate(&source, &options);
        was_ok = part.result.error.status == REFCOW_STATUS_OK;
        CHECK(was_ok || part.result.error.value == limit);
        if (!was_ok) {
            expect_part(&part, &whole, REFCOW_STATUS_READ_LIMIT);
        }
    }
    CHECK(was_ok);
    was_ok = 0;
    for (uint64_t limit = 1; limit < 100000000 && !was_ok; limit += 1 + limit / 40) {
        options.check.limits = (refcow_limits){.max_work = limit};
        gate_answer part = run_gate(&source, &options);
        was_ok = part.result.error.status == REFCOW_STATUS_OK;
        if (!was_ok) {
            expect_part(&part, &whole, REFCOW_STATUS_WORK_LIMIT);
        }
    }
    CHECK(was_ok);
    image_free(&image);
}

/* Each call of progress may cancel; it is the last one. */
static void callers_may_cancel(void)
{
    built_image image = image_to_read();
    memory_source source = source_of_image(&image);
    refcow_policy policy = refcow_policy_strict();
    stop watch = {0};
    refcow_gate_options options = {.policy = &policy, .check = {.progress = cancel, .user = &watch}};
    policy.wants_check = 1;
    gate_answer whole = run_gate(&source, &options);
    uint64_t calls = watch.calls;
    CHECK(calls > 1);
    for (uint64_t at = 1; at <= calls; at++) {
        watch = (stop){.cancel_at = at};
        gate_answer part = run_gate(&source, &options);
        expect_part(&part, &whole, REFCOW_STATUS_CANCELLED);
        CHECK_EQUAL(watch.calls, at);
    }
    image_free(&image);
}

static void sources_may_be_too_large(void)
{
    memory_source source = source_of_extents(NULL, 0, STREAM_SIZE + 1);
    gate_answer answer = judge_source(&source, NULL);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_SOURCE_TOO_LARGE);
    CHECK_EQUAL(answer.result.error.value, STREAM_SIZE + 1);
    CHECK_EQUAL(answer.result.breaches_count, 0);
    CHECK_DECISION(&answer, "undecided");
    source.size = STREAM_SIZE;
    answer = judge_source(&source, NULL);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    expect_only(&answer, (refcow_rule)REFCOW_STATUS_MAGIC);
}

void run_gate_tests(void)
{
    RUN(every_number_is_a_rule_or_none);
    RUN(some_rules_by_name);
    RUN(names_of_numbers);
    RUN(means_have_names);
    RUN(sets_have_what_was_added);
    RUN(strict_policy_allows_nothing);
    RUN(only_some_rules_can_be_allowed);
    RUN(check_and_header_only_contradict_each_other);
    RUN(wrong_calls_decide_nothing);
    RUN(missing_arguments_decide_nothing);
    RUN(other_versions_are_left_alone);
    RUN(plain_images_are_accepted);
    RUN(writers_are_known_or_not);
    RUN(the_most_dangerous_breach_comes_first);
    RUN(breaches_without_room_are_counted);
    RUN(files_have_a_least_size);
    RUN(foreign_files_are_refused);
    RUN(every_broken_rule_of_the_format_is_a_breach);
    RUN(refused_images_are_judged_further);
    RUN(header_lengths_are_multiples_of_8);
    RUN(fields_without_a_meaning_are_zero);
    RUN(compression_type_is_known);
    RUN(marks_of_the_header);
    RUN(extensions_are_known_and_there_once);
    RUN(extensions_make_features);
    RUN(names_lead_to_other_files);
    RUN(names_may_be_too_long);
    RUN(backing_files_have_a_format);
    RUN(the_backing_file_may_be_the_image);
    RUN(data_files_are_said_in_three_places);
    RUN(features_are_refused_or_required);
    RUN(compressed_clusters_need_a_check);
    RUN(cluster_sizes_and_widths_are_chosen);
    RUN(limits_of_the_header_and_the_file);
    RUN(no_limit_is_never_exceeded);
    RUN(disks_of_snapshots_are_limited);
    RUN(large_disks_are_checked);
    RUN(mapped_data_is_amplified);
    RUN(refused_disks_count_as_a_whole);
    RUN(amplification_of_a_cut_check_is_undecided);
    RUN(data_of_snapshots_is_amplified);
    RUN(mapped_data_of_snapshots_is_amplified);
    RUN(snapshots_have_a_full_size);
    RUN(data_may_be_more_than_counts_hold);
    RUN(tables_are_in_the_file);
    RUN(empty_tables_end_nowhere);
    RUN(snapshot_tables_are_in_the_file);
    RUN(snapshot_tables_are_smaller_than_the_file);
    RUN(snapshots_are_judged_without_a_check);
    RUN(snapshots_that_are_read_have_a_bound);
    RUN(more_snapshots_are_not_read);
    RUN(raw_disks_have_whole_sectors);
    RUN(raw_disks_are_judged_by_few_rules);
    RUN(raw_disks_have_other_names);
    RUN(an_image_that_is_declared_raw_is_refused);
    RUN(streams_leave_what_needs_the_size);
    RUN(streams_are_refused_for_their_header);
    RUN(raw_streams_leave_what_needs_the_size);
    RUN(header_only_leaves_the_rest);
    RUN(a_check_is_judged_if_it_is_wanted);
    RUN(a_check_may_refuse);
    RUN(sharing_is_limited);
    RUN(compressed_data_is_in_the_file);
    RUN(the_most_references_are_counted);
    RUN(references_of_clean_images_are_counted);
    RUN(a_check_finds_the_end_of_compressed_data);
    RUN(reads_of_images_may_fail);
    RUN(limits_stop_the_gate);
    RUN(callers_may_cancel);
    RUN(sources_may_be_too_large);
}
