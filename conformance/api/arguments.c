/*
 * arguments.c - what the caller gives: pointers, sizes, memory, room for findings.
 */
#include "run.h"
#include "suites.h"

#include <stdlib.h>

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 2, .mapped = 20};

/* Some of everything to find: an orphan, leaks apart and adjacent, wrong flags. */
static built_image damaged_image(void)
{
    built_image image = image_build(small);
    image_append(&image, 9);
    image_set_refcount(&image, 3, 2);
    image_set_refcount(&image, image.clusters - 1, 1);
    image_set_refcount(&image, image.clusters - 2, 1);
    image_set_refcount(&image, image.clusters - 4, 7);
    image_set_refcount(&image, image_data(&image, 5) / image.cluster_size, 0);
    image_put(&image, image_l2_entry(&image, 7), 8, image_data(&image, 7));
    image_put(&image, image_l2_entry(&image, 30), 8, 0x100);
    image_put(&image, image_l2_entry(&image, 31), 8, FLAG_COPIED | (uint64_t)1 << 40);
    return image;
}

static void missing_arguments_are_a_status(void)
{
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    CHECK_EQUAL(refcow_open(NULL, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    refcow_source without_read = callbacks;
    without_read.read = NULL;
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &without_read), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(source.reads, 0);
    image_free(&built);
}

static void missing_arguments_of_a_check_are_a_status(void)
{
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    static uint8_t memory[REFCOW_MEMORY_MIN];
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_result result;
    refcow_plan plan;
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
    source.reads = 0;
    CHECK_EQUAL(refcow_plan_memory(NULL, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_check(NULL, &options, &result), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_check(&image, NULL, &result), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_check(&image, &options, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    options.memory = NULL;
    CHECK_EQUAL(refcow_status_class(refcow_check(&image, &options, &result)), REFCOW_CLASS_USAGE);
    CHECK_EQUAL(source.reads, 0);
    CHECK_STRING(refcow_verdict_name(result.verdict), "incomplete");
    image_free(&built);
}

/* What refcow_open() does not know as an image must not be used; who does it all the same is told. */
static void an_image_that_was_not_opened_is_a_status(void)
{
    built_image built = image_build(small);
    image_put(&built, FIELD_MAGIC, 4, 0);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    static uint8_t memory[REFCOW_MEMORY_MIN];
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_result result;
    refcow_plan plan;
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_MAGIC);
    source.reads = 0;
    CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_check(&image, &options, &result), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_STRING(refcow_verdict_name(result.verdict), "incomplete");
    CHECK_EQUAL(source.reads, 0);
    image_free(&built);
}

/* What never was an image object, but for a status that chance has put there. */
static void an_image_of_any_bytes_is_a_status(void)
{
    static const uint32_t bits[] = {0, 8, 22, UINT32_MAX};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        refcow_image image = {0};
        refcow_plan plan;
        image.header.cluster_bits = bits[i];
        CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_BAD_ARGUMENT);
        image.error.status = REFCOW_STATUS_L1_SIZE_LARGE;
        CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_BAD_ARGUMENT);
    }
}

/* A caller that was compiled against other structures: nothing of its is written. */
static void another_header_is_a_status(void)
{
    static const struct {
        size_t size;
        uint32_t version;
    } callers[] = {
        {0, REFCOW_VERSION},
        {sizeof(refcow_image) - 1, REFCOW_VERSION},
        {sizeof(refcow_image) + 1, REFCOW_VERSION},
        {sizeof(refcow_image) * 2, REFCOW_VERSION},
        {sizeof(refcow_image), 0},
        {sizeof(refcow_image), REFCOW_VERSION + 0x100},
        {sizeof(refcow_image), REFCOW_VERSION - 0x100},
        {sizeof(refcow_image), REFCOW_VERSION + 0x10000},
        {sizeof(refcow_image), UINT32_MAX},
    };
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    refcow_image before;
    memset(&image, 0x5a, sizeof image);
    memset(&before, 0x5a, sizeof before);
    for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
        CHECK_EQUAL(refcow_open(&image, callers[i].size, callers[i].version, &callbacks),
                    REFCOW_STATUS_BAD_VERSION_OF_HEADER);
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): no byte is written, padding neither */
        CHECK(memcmp(&image, &before, sizeof image) == 0);
    }
    CHECK_EQUAL(source.reads, 0);
    image_free(&built);
}

static void a_caller_of_another_patch_version_is_served(void)
{
    static const uint32_t patches[] = {0x00, 0x01, 0xff};
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
        uint32_t version = (REFCOW_VERSION & ~0xffu) | patches[i];
        CHECK_EQUAL(refcow_open(&image, sizeof image, version, &callbacks), REFCOW_STATUS_OK);
    }
    image_free(&built);
}

static void too_little_memory_is_a_status(void)
{
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
    source.reads = 0;
    for (size_t size = 0; size < REFCOW_MEMORY_MIN; size += size < 64 || size > REFCOW_MEMORY_MIN - 64 ? 1 : 61) {
        /* Exactly so large that ASan sees the first byte that is touched too many. */
        uint8_t *memory = allocate(size + 1);
        refcow_options options = {.memory = memory, .memory_size = size};
        refcow_result result;
        memset(&result, 0x5a, sizeof result);
        CHECK_EQUAL(refcow_check(&image, &options, &result), REFCOW_STATUS_MEMORY_TOO_SMALL);
        CHECK_EQUAL(result.error.status, REFCOW_STATUS_MEMORY_TOO_SMALL);
        CHECK_EQUAL(result.verdict, REFCOW_VERDICT_INCOMPLETE);
        CHECK_EQUAL(result.findings_count + result.corruptions + result.leaks + result.check_errors, 0);
        free(memory);
    }
    CHECK_EQUAL(source.reads, 0);
    image_free(&built);
}

static void plan_is_enough_for_one_pass(void)
{
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    refcow_plan plan = {0, 0, 0};
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
    CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_OK);
    CHECK_EQUAL(plan.minimum, REFCOW_MEMORY_MIN);
    CHECK_EQUAL(plan.passes, 1);
    CHECK_EQUAL(refcow_plan_memory(&image, REFCOW_MEMORY_MIN - 1, &plan), REFCOW_STATUS_MEMORY_TOO_SMALL);
    CHECK_EQUAL(plan.passes, 0);
    CHECK_EQUAL(plan.minimum, REFCOW_MEMORY_MIN);
    run_options options = {.memory_size = (size_t)plan.one_pass};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.result.passes, 1);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    drop_answer(&answer);
    image_free(&built);
}

/* A reference into the last of so many clusters that the smallest block takes several passes. */
static void plan_is_enough_for_one_pass_of_a_long_file(void)
{
    built_image built = image_build(small);
    image_append(&built, 200000);
    image_put(&built, image_l2_entry(&built, 0), 8, built.size - built.cluster_size);
    memory_source source = source_of_image(&built);
    run_options smallest = {0};
    check_answer many = run_check(&source, &smallest);
    CHECK(many.result.passes > 1);
    refcow_plan plan = {0, 0, 0};
    CHECK_EQUAL(refcow_plan_memory(&many.image, REFCOW_MEMORY_MIN, &plan), REFCOW_STATUS_OK);
    CHECK(plan.passes >= many.result.passes);
    CHECK_EQUAL(refcow_plan_memory(&many.image, plan.one_pass, &plan), REFCOW_STATUS_OK);
    CHECK_EQUAL(plan.passes, 1);
    run_options planned = {.memory_size = (size_t)plan.one_pass};
    check_answer one = run_check(&source, &planned);
    CHECK_EQUAL(one.result.passes, 1);
    CHECK_SAME(&one, &many);
    drop_answer(&one);
    drop_answer(&many);
    image_free(&built);
}

static void block_may_begin_anywhere(void)
{
    built_image built = damaged_image();
    memory_source source = source_of_image(&built);
    run_options options = {0};
    check_answer first = run_check(&source, &options);
    CHECK(first.result.corruptions > 0 && first.result.leaks > 0);
    for (options.shift = 0; options.shift < 16; options.shift++) {
        for (int garbage = 0; garbage < 256; garbage += 85) {
            options.garbage = (uint8_t)garbage;
            check_answer other = run_check(&source, &options);
            CHECK_SAME(&other, &first);
            CHECK_RULE(rules_same_work(&other.result, &first.result));
            drop_answer(&other);
        }
    }
    drop_answer(&first);
    image_free(&built);
}

static void size_of_the_block_does_not_matter(void)
{
    static const size_t extra[] = {0, 1, 7, 8, 4095, 4096, 65536, 1000003, 4u << 20, (8u << 20) + 5};
    built_image built = damaged_image();
    image_append(&built, 150000);
    image_put(&built, image_l2_entry(&built, 64), 8, FLAG_COPIED | (built.size - 3 * built.cluster_size));
    image_put(&built, image_l2_entry(&built, 65), 8, built.size / 2 & ~(built.cluster_size - 1));
    memory_source source = source_of_image(&built);
    run_options options = {0};
    check_answer first = run_check(&source, &options);
    CHECK(first.result.passes > 1);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        options.memory_size = REFCOW_MEMORY_MIN + extra[i];
        check_answer other = run_check(&source, &options);
        CHECK_SAME(&other, &first);
        CHECK(other.result.passes <= first.result.passes);
        drop_answer(&other);
    }
    drop_answer(&first);
    image_free(&built);
}

/* One range of leaks from one window into the next is one finding, whatever the windows. */
static void findings_go_on_from_window_to_window(void)
{
    const uint64_t kept = 100;
    image_recipe recipe = {.version = 3, .cluster_bits = 9, .refcount_order = 0, .l2_tables = 600, .mapped = 64};
    built_image built = image_build(recipe);
    for (uint64_t table = kept; table < recipe.l2_tables; table++) {
        image_put(&built, image_l1_entry(&built, table), 8, 0);
    }
    memory_source source = source_of_image(&built);
    run_options options = {0};
    check_answer little = run_check(&source, &options);
    CHECK(little.result.passes > 1);
    options.memory_size = 4u << 20;
    check_answer ample = run_check(&source, &options);
    CHECK_EQUAL(ample.result.passes, 1);
    CHECK_SAME(&little, &ample);
    CHECK_EQUAL(little.result.findings_count, 2);
    CHECK_EQUAL(little.findings[0].times, recipe.l2_tables - kept);
    CHECK_EQUAL(little.findings[1].times, 64 * (recipe.l2_tables - kept));
    drop_answer(&little);
    drop_answer(&ample);
    image_free(&built);
}

static void room_for_findings_does_not_matter(void)
{
    static const size_t capacities[] = {1,
                                        REFCOW_KINDS - 1,
                                        REFCOW_KINDS,
                                        REFCOW_KINDS + 1,
                                        2 * REFCOW_KINDS - 1,
                                        2 * REFCOW_KINDS,
                                        3 * REFCOW_KINDS,
                                        1000 * REFCOW_KINDS};
    built_image built = damaged_image();
    memory_source source = source_of_image(&built);
    run_options options = {.without_findings = 1};
    check_answer none = run_check(&source, &options);
    CHECK_EQUAL(none.result.findings_count, 0);
    CHECK_EQUAL(none.result.findings_omitted,
                none.result.corruptions + none.result.leaks + none.result.check_errors + none.result.notes);
    options.without_findings = 0;
    options.no_room = 1;
    check_answer no_room = run_check(&source, &options);
    CHECK_SAME(&no_room, &none);
    drop_answer(&no_room);
    options.no_room = 0;
    check_answer ample = run_check(&source, &options);
    CHECK_EQUAL(ample.result.findings_omitted, 0);
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        options.capacity = capacities[i];
        check_answer some = run_check(&source, &options);
        CHECK_RULE(rules_same_counts(&some.result, &none.result));
        CHECK_RULE(rules_same_reading(&some.result, &none.result));
        CHECK_RULE(rules_first_ones(&some.result, some.findings, &ample.result, ample.findings));
        CHECK((some.result.findings_count == 0) == (capacities[i] < REFCOW_KINDS));
        drop_answer(&some);
    }
    drop_answer(&ample);
    image_free(&built);
}

/* Only findings of the listed kinds are kept, in all the room that there is. */
static void kinds_that_are_not_listed_are_counted(void)
{
    built_image built = damaged_image();
    memory_source source = source_of_image(&built);
    run_options options = {0};
    check_answer all = run_check(&source, &options);
    CHECK(all.result.found[REFCOW_KIND_REFCOUNT_HIGH] > 1 && all.result.found[REFCOW_KIND_L2_COPIED] > 0);
    options.kinds = 1u << REFCOW_KIND_REFCOUNT_HIGH;
    options.capacity = (size_t)all.result.found[REFCOW_KIND_REFCOUNT_HIGH];
    check_answer one = run_check(&source, &options);
    CHECK_RULE(rules_same_counts(&one.result, &all.result));
    CHECK_RULE(rules_same_reading(&one.result, &all.result));
    CHECK(one.result.work < all.result.work);
    uint64_t times = 0;
    for (size_t i = 0; i < one.result.findings_count; i++) {
        CHECK_EQUAL(one.findings[i].kind, REFCOW_KIND_REFCOUNT_HIGH);
        times += one.findings[i].times;
    }
    CHECK_EQUAL(times, all.result.found[REFCOW_KIND_REFCOUNT_HIGH]);
    drop_answer(&one);
    drop_answer(&all);
    image_free(&built);
}

/* Of many defects of a kind the first ones by entry stay. */
static void first_findings_are_kept(void)
{
    built_image built = image_build(small);
    for (uint64_t guest = 0; guest < 20; guest++) {
        uint64_t far_away = (uint64_t)(40 - guest) << 30;
        image_put(&built, image_l2_entry(&built, guest), 8, far_away);
    }
    memory_source source = source_of_image(&built);
    run_options options = {.capacity = 3 * REFCOW_KINDS};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], 20);
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQUAL(answer.findings[i].kind, REFCOW_KIND_OUT_OF_FILE);
        CHECK_EQUAL(answer.findings[i].host, (uint64_t)(40 - i) << 30);
        CHECK_EQUAL(answer.findings[i].index, i);
    }
    drop_answer(&answer);
    image_free(&built);
}

/* Adjacent entries with the same defect that name adjacent clusters are one finding, as far as there is room for them.
 */
static void findings_of_adjacent_entries_are_a_range(void)
{
    image_recipe recipe = {3, 9, 4, 1, 40, 0, 0};
    built_image built = image_build(recipe);
    for (uint64_t guest = 5; guest < 25; guest++)
        image_put(&built, image_l2_entry(&built, guest), 8, image_data(&built, guest));
    for (size_t room = 3; room <= 33; room += 30) {
        memory_source source = source_of_image(&built);
        run_options options = {.capacity = room * REFCOW_KINDS};
        check_answer answer = run_check(&source, &options);
        uint64_t entries = room < 20 ? room : 20;
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_COPIED], 20);
        CHECK_EQUAL(answer.result.findings_count, 1);
        CHECK_EQUAL(answer.result.findings_omitted, 20 - entries);
        CHECK_EQUAL(answer.findings[0].host, image_data(&built, 5));
        CHECK_EQUAL(answer.findings[0].length, entries * built.cluster_size);
        CHECK_EQUAL(answer.findings[0].index, 5);
        CHECK_EQUAL(answer.findings[0].guest, 5 * built.cluster_size);
        CHECK_EQUAL(answer.findings[0].times, entries);
        drop_answer(&answer);
    }
    image_free(&built);
}

/* Entries that count differently often are no range: here one table ends between them. */
static void findings_of_different_weight_are_no_range(void)
{
    image_recipe recipe = {3, 12, 4, 6, 0, 0, 0};
    built_image built = image_build(recipe);
    uint64_t table = image_get(&built, image_l1_entry(&built, 3), 8);
    uint64_t overlapping = table - 3584;
    for (uint64_t index = 0; index < 5; index++)
        image_put(&built, image_l1_entry(&built, index), 8, index < 2 ? overlapping : table);
    table &= ~FLAG_COPIED;
    image_put(&built, table + 504, 8, 2 | 20 * built.cluster_size);
    image_put(&built, table + 512, 8, 2 | 21 * built.cluster_size);
    memory_source source = source_of_image(&built);
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    uint64_t times[2] = {0};
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        const refcow_finding *finding = &answer.findings[i];
        if (finding->kind == REFCOW_KIND_L2_RESERVED && finding->index >= 63 && finding->index <= 64) {
            CHECK_EQUAL(finding->length, built.cluster_size);
            times[finding->index - 63] = finding->times;
        }
    }
    CHECK_EQUAL(times[0], 5);
    CHECK_EQUAL(times[1], 3);
    drop_answer(&answer);
    image_free(&built);
}

static void source_has_a_largest_size(void)
{
    const uint64_t largest = ((uint64_t)1 << 63) - ((uint64_t)1 << 30);
    const uint64_t too_large[] = {largest + 1, (uint64_t)1 << 63, UINT64_MAX};
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_image image;
    source.size = largest;
    refcow_source callbacks = source_callbacks(&source);
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
    for (size_t i = 0; i < sizeof too_large / sizeof *too_large; i++) {
        callbacks.size = too_large[i];
        CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_SOURCE_TOO_LARGE);
        CHECK_EQUAL(image.error.value, too_large[i]);
        CHECK_EQUAL(image.error.offset, 0);
    }
    image_free(&built);
}

void run_argument_tests(void)
{
    RUN(missing_arguments_are_a_status);
    RUN(missing_arguments_of_a_check_are_a_status);
    RUN(an_image_that_was_not_opened_is_a_status);
    RUN(an_image_of_any_bytes_is_a_status);
    RUN(another_header_is_a_status);
    RUN(a_caller_of_another_patch_version_is_served);
    RUN(too_little_memory_is_a_status);
    RUN(plan_is_enough_for_one_pass);
    RUN(plan_is_enough_for_one_pass_of_a_long_file);
    RUN(block_may_begin_anywhere);
    RUN(size_of_the_block_does_not_matter);
    RUN(findings_go_on_from_window_to_window);
    RUN(room_for_findings_does_not_matter);
    RUN(kinds_that_are_not_listed_are_counted);
    RUN(first_findings_are_kept);
    RUN(findings_of_adjacent_entries_are_a_range);
    RUN(findings_of_different_weight_are_no_range);
    RUN(source_has_a_largest_size);
}
