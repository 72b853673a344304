/*
 * early_ends.c - sources that fail or lie, callers that cancel or set limits. No stop may look like a clean image.
 */
#include "../../fuzz/input/random.h"
#include "run.h"
#include "suites.h"

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 2, .mapped = 20};

/* Far more stops than any of these images has chances to stop. */
enum { STOPS_MAX = 100000 };

/* Leaks, an orphan, wrong entries, in a file that takes the smallest block several passes. */
static built_image long_damaged_image(void)
{
    built_image image = image_build(small);
    image_append(&image, 50000);
    image_put(&image, image_l2_entry(&image, 0), 8, FLAG_COPIED | (image.size - 2 * image.cluster_size));
    image_put(&image, image_l2_entry(&image, 1), 8, FLAG_COPIED | (uint64_t)1 << 50);
    image_put(&image, image_l2_entry(&image, 2), 8, image_data(&image, 2));
    image_put(&image, image_l2_entry(&image, 40), 8, 0x100);
    image_set_refcount(&image, 1, 3);
    return image;
}

/* Snapshots, whose table is longer than what is read of it at a time. */
static built_image image_with_snapshots(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 70);
    image_put(&image, image_added_table(&image, 3), 8, image.l2_tables);
    return image;
}

/* Bitmaps whose names have the same hash and must be compared; their directory is longer than what is read of it at a
 * time. */
static built_image image_with_bitmaps(void)
{
    static const bitmap_recipe bitmaps[] = {
        {"AAAAAAAAbbbbbbb", 1000, 0}, {"another", 1000, 0}, {"AAAAAAACbbbbcbb", 1000, 0}, {"the last", 1000, 1}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 4);
    return image;
}

/* Bitmaps of which two have one name, which is compared in several steps. */
static built_image image_with_repeated_name(void)
{
    static const bitmap_recipe bitmaps[] = {
        {"more than eight bytes", 1000, 0}, {"another", 1000, 0}, {"more than eight bytes", 1000, 0}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 3);
    return image;
}

static built_image encrypted_image(void)
{
    built_image image = image_build(small);
    image_encrypt(&image, 5000);
    return image;
}

/* What is said before the stop is true, and never that all is well. */
static void expect_stopped(const check_answer *part, const check_answer *whole, refcow_status status)
{
    CHECK_STRING(refcow_status_name(part->checked), refcow_status_name(status));
    CHECK_STRING(refcow_verdict_name(part->result.verdict), "incomplete");
    CHECK_EQUAL(part->result.refcounts.complete, 0);
    CHECK_RULE(rules_lower_bound(&part->result, &whole->result));
}

static void fail_every_read(const built_image *image)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    uint64_t failures = 0;
    for (source.fail_at = 1; source.fail_at < STOPS_MAX; source.fail_at++) {
        check_answer part = run_check(&source, &options);
        int is_over = !source.failed;
        if (is_over) {
            CHECK_SAME(&part, &whole);
        } else if (part.opened != REFCOW_STATUS_OK) {
            CHECK_EQUAL(part.opened, REFCOW_STATUS_READ_FAILED);
        } else {
            expect_stopped(&part, &whole, REFCOW_STATUS_READ_FAILED);
        }
        failures += source.failed ? 1 : 0;
        drop_answer(&part);
        if (is_over) {
            break;
        }
    }
    CHECK_EQUAL(failures, whole.reads);
    drop_answer(&whole);
}

static void every_read_may_fail(void)
{
    built_image images[5] = {image_build(small), long_damaged_image(), image_with_snapshots(), image_with_bitmaps(),
                             encrypted_image()};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        fail_every_read(&images[i]);
        image_free(&images[i]);
    }
}

/* Also when nothing has to be read any more: without a refcount table the windows are next. */
static void no_progress_after_a_failure(void)
{
    enum { MORE = 252 }; /* than to open it: more than a look-up, and less than what comes before the windows */
    built_image image = image_with_snapshots();
    image_put(&image, FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 0);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    options.limits.max_work = answer.image.work + MORE;
    drop_answer(&answer);
    answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_WORK_LIMIT);
    CHECK(answer.result.work <= options.limits.max_work);
    CHECK_EQUAL(answer.progress_calls, 1); /* with the first read */
    drop_answer(&answer);
    image_free(&image);
}

static void failed_read_says_where(void)
{
    built_image image = image_build(small);
    memory_source source = source_of_image(&image);
    source.ends_at = image.l2_tables;
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_READ_FAILED);
    CHECK(answer.result.error.value <= image.l2_tables);
    CHECK_EQUAL(answer.result.error.offset, 0);
    drop_answer(&answer);
    source.ends_at = 8;
    answer = run_check(&source, &options);
    CHECK_EQUAL(answer.opened, REFCOW_STATUS_READ_FAILED);
    CHECK_EQUAL(answer.image.error.value, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* The refcount report of a refused image must not look complete either. */
static void fail_reads_of_refused(const built_image *image)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    CHECK_EQUAL(whole.result.verdict, REFCOW_VERDICT_REFUSED);
    CHECK_EQUAL(whole.result.refcounts.complete, 1);
    for (source.fail_at = 1; source.fail_at < STOPS_MAX; source.fail_at++) {
        check_answer part = run_check(&source, &options);
        int is_over = !source.failed;
        if (!is_over && part.opened == whole.opened) {
            CHECK_EQUAL(part.result.refcounts.complete, 0);
            CHECK(part.result.verdict == REFCOW_VERDICT_REFUSED || part.checked == REFCOW_STATUS_READ_FAILED);
        } else if (!is_over) {
            CHECK_EQUAL(part.opened, REFCOW_STATUS_READ_FAILED);
        }
        drop_answer(&part);
        if (is_over) {
            break;
        }
    }
    CHECK_EQUAL(source.fail_at, whole.reads + 1);
    drop_answer(&whole);
}

static void reads_of_refused_images_may_fail(void)
{
    built_image images[2] = {image_build(small), image_with_repeated_name()};
    image_put(&images[0], FIELD_CRYPT_METHOD, 4, 3);
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        fail_reads_of_refused(&images[i]);
        image_free(&images[i]);
    }
}

/* A size that the reads do not keep: a failure like any other, wherever the bytes end. */
static void size_may_be_a_lie(void)
{
    built_image image = image_build(small);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    for (source.ends_at = 1; source.ends_at < image.size; source.ends_at += 61) {
        check_answer answer = run_check(&source, &options);
        CHECK(answer.checked != REFCOW_STATUS_OK || !source.failed);
        CHECK(answer.result.verdict != REFCOW_VERDICT_CLEAN || !source.failed || answer.opened != REFCOW_STATUS_OK);
        drop_answer(&answer);
    }
    drop_answer(&whole);
    image_free(&image);
}

/* Bytes that differ from read to read: any answer will do that keeps the rules; ASan and UBSan look on. */
static void bytes_may_change_between_reads(void)
{
    built_image image = long_damaged_image();
    memory_source source = source_of_image(&image);
    refcow_source callbacks = source_callbacks(&source);
    static uint8_t memory[REFCOW_MEMORY_MIN];
    static refcow_finding findings[3 * REFCOW_KINDS];
    refcow_options options = {.memory = memory, .memory_size = sizeof memory, .findings = findings};
    options.findings_capacity = sizeof findings / sizeof *findings;
    options.limits.max_work = 1u << 20;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        refcow_image opened;
        refcow_result result;
        source.lies = 0;
        CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
        source.lies = seed << 32;
        refcow_check(&opened, &options, &result);
        CHECK_RULE(rules_unstable_result(&result, &options));
    }
    CHECK_STRING(source.misuse != NULL ? source.misuse : "no misuse", "no misuse");
    image_free(&image);
}

/* The bytes of `before`, and from some read on those of `after`, for each read there is. How many of the checks went to
 * their end and saw so many leaks and corruptions? */
static uint64_t change_at_every_read(const built_image *before, const built_image *after, uint64_t leaks,
                                     uint64_t corruptions)
{
    memory_source source = source_of_image(before);
    file_extent later = {0, after->size, after->bytes};
    source.later = later;
    static uint8_t memory[REFCOW_MEMORY_MIN];
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_source callbacks = source_callbacks(&source);
    uint64_t seen = 0;
    do {
        refcow_image opened;
        refcow_result result;
        source.reads = 0;
        source.changes_at++;
        CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
        refcow_check(&opened, &options, &result);
        CHECK_RULE(rules_unstable_result(&result, &options));
        seen += result.error.status == REFCOW_STATUS_OK && result.leaks == leaks && result.corruptions == corruptions;
    } while (source.reads >= source.changes_at);
    CHECK(source.changes_at > 3);
    CHECK_STRING(source.misuse != NULL ? source.misuse : "no misuse", "no misuse");
    return seen;
}

/* A table that was judged and then goes where nothing can be read: it counts nothing. */
static void tables_may_move_away(void)
{
    const uint64_t nowhere = ((uint64_t)1 << 63) - 512;
    built_image before = image_with_snapshots();
    built_image after = image_with_snapshots();
    image_put(&after, image_snapshot(&after, 60) + SNAPSHOT_L1_OFFSET, 8, nowhere);
    /* It leaks, and is no corruption; the L2 table and 20 clusters of another snapshot are as before. */
    CHECK(change_at_every_read(&before, &after, 1, 21) > 0);
    image_free(&before);
    image_free(&after);
    before = image_with_bitmaps();
    after = image_with_bitmaps();
    image_put(&after, image_bitmap(&after, 3) + BITMAP_TABLE_OFFSET, 8, nowhere);
    CHECK(change_at_every_read(&before, &after, 1, 0) > 0);
    image_free(&before);
    image_free(&after);
}

/* In the first pass the file has more tables than there is room for, and in later ones still more. */
static void tables_may_become_more(void)
{
    enum { TABLES = 1400, HIDDEN = 600 };
    image_recipe recipe = {3, 9, 4, TABLES, 40, 0, 0};
    built_image before = image_build(recipe);
    built_image after = image_build(recipe);
    for (uint64_t i = 0; i < HIDDEN; i++)
        image_put(&before, image_l1_entry(&before, 2 * i), 8, 0);
    memory_source source = source_of_image(&before);
    source.later = (file_extent){0, after.size, after.bytes};
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    CHECK(whole.result.passes > 2);
    uint64_t step = whole.reads / 16;
    drop_answer(&whole);
    for (uint64_t i = 1; i < 16; i++) {
        static uint8_t memory[REFCOW_MEMORY_MIN];
        refcow_options call = {.memory = memory, .memory_size = sizeof memory};
        refcow_source callbacks = source_callbacks(&source);
        refcow_image opened;
        refcow_result result;
        source.reads = 0;
        source.changes_at = i * step;
        CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
        refcow_check(&opened, &call, &result);
        CHECK_RULE(rules_unstable_result(&result, &call));
        CHECK_EQUAL(result.error.status, REFCOW_STATUS_OK);
    }
    image_free(&before);
    image_free(&after);
}

static uint64_t any_offset(void *user, uint64_t offset)
{
    memory_source *source = user;
    uint64_t dice = next_random(&source->lies);
    static const uint64_t offsets[] = {0, 1, 513, UINT64_MAX};
    return dice % 8 < 4 ? offsets[dice % 4] : offset + (dice >> 50);
}

static void next_data_may_lie(void)
{
    built_image image = long_damaged_image();
    memory_source source = source_of_image(&image);
    refcow_source callbacks = source_callbacks(&source);
    callbacks.next_data = any_offset;
    static uint8_t memory[REFCOW_MEMORY_MIN];
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    options.limits.max_work = 1u << 20;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        refcow_image opened;
        refcow_result result;
        source.lies = seed << 32;
        refcow_source honest = callbacks;
        honest.next_data = NULL;
        source.lies = 0;
        CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &honest), REFCOW_STATUS_OK);
        opened.source.next_data = any_offset;
        opened.source.next_hole = seed % 2 == 0 ? any_offset : NULL;
        source.lies = seed << 32;
        refcow_check(&opened, &options, &result);
        CHECK_RULE(rules_unstable_result(&result, &options));
    }
    CHECK_STRING(source.misuse != NULL ? source.misuse : "no misuse", "no misuse");
    image_free(&image);
}

/* ------------------------------------------------- progress, cancellation */

static void progress_goes_forward(void)
{
    built_image image = long_damaged_image();
    image_append(&image, 3000000);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    CHECK(answer.progress_calls > 2);
    CHECK_RULE(answer.broken_progress);
    drop_answer(&answer);
    image_free(&image);
}

/* One pass, in which no cluster is compared before all tables have been read. */
static void progress_counts_tables_within_a_pass(void)
{
    image_recipe recipe = {.version = 3, .cluster_bits = 16, .refcount_order = 4, .l2_tables = 64, .mapped = 1};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    run_options options = {.memory_size = 1u << 20};
    check_answer answer = run_check(&source, &options);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.result.passes, 1);
    CHECK_RULE(answer.broken_progress);
    CHECK_EQUAL(answer.last_progress.done, 0);
    CHECK_EQUAL(answer.last_progress.next, answer.last_progress.total);
    CHECK_EQUAL(answer.last_progress.tables_known, 64);
    CHECK(answer.last_progress.tables > 32);
    drop_answer(&answer);
    image_free(&image);
}

static void every_progress_call_may_cancel(void)
{
    built_image image = long_damaged_image();
    image_append(&image, 3000000); /* so that there are some */
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    CHECK(whole.progress_calls > 2);
    for (options.cancel_at = 1; options.cancel_at <= whole.progress_calls; options.cancel_at++) {
        check_answer part = run_check(&source, &options);
        expect_stopped(&part, &whole, REFCOW_STATUS_CANCELLED);
        CHECK_EQUAL(part.progress_calls, options.cancel_at);
        CHECK(part.reads <= whole.reads);
        drop_answer(&part);
    }
    check_answer passed = run_check(&source, &options);
    CHECK_SAME(&passed, &whole);
    drop_answer(&passed);
    drop_answer(&whole);
    image_free(&image);
}

/* ------------------------------------------------------------------ limits */

/* Each bound, or two thousand of them when there are more than ten thousand, and the first ones on which the check
 * passes. */
static uint64_t step_of(uint64_t most)
{
    return most <= 10000 ? 1 : most / 2000;
}

static void try_read_limits(const built_image *image)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    uint64_t most = whole.result.bytes_read;
    for (uint64_t limit = 1; limit < most; limit += step_of(most)) {
        options.limits.max_read = limit;
        check_answer part = run_check(&source, &options);
        expect_stopped(&part, &whole, REFCOW_STATUS_READ_LIMIT);
        CHECK_EQUAL(part.result.error.value, limit);
        CHECK(part.result.bytes_read <= limit);
        drop_answer(&part);
    }
    for (int exact = 0; exact < 2; exact++) {
        options.limits.max_read = most - 1 + (uint64_t)exact;
        check_answer last = run_check(&source, &options);
        CHECK_EQUAL(last.checked, exact ? REFCOW_STATUS_OK : REFCOW_STATUS_READ_LIMIT);
        drop_answer(&last);
    }
    drop_answer(&whole);
}

static void try_entry_limits(const built_image *image)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    uint64_t most = whole.result.work;
    for (uint64_t limit = 1; limit < most; limit += step_of(most)) {
        options.limits.max_work = limit;
        check_answer part = run_check(&source, &options);
        expect_stopped(&part, &whole, REFCOW_STATUS_WORK_LIMIT);
        CHECK_EQUAL(part.result.error.value, limit);
        CHECK(part.result.work <= limit);
        drop_answer(&part);
    }
    for (int exact = 0; exact < 2; exact++) {
        options.limits.max_work = most - 1 + (uint64_t)exact;
        check_answer last = run_check(&source, &options);
        CHECK_EQUAL(last.checked, exact ? REFCOW_STATUS_OK : REFCOW_STATUS_WORK_LIMIT);
        drop_answer(&last);
    }
    drop_answer(&whole);
}

/* The refcount table names one block so often that its counter runs full when all else has been counted. What was
 * counted up to then must not be in the answer of a check that is stopped before it has counted again. */
static void a_counter_runs_full_and_the_check_is_stopped(void)
{
    image_recipe recipe = {3, 9, 4, 1, 20, 0, 0};
    built_image image = image_build(recipe);
    uint64_t table = image.size;
    uint64_t block = image_get(&image, image.refcount_table, 8);
    image_append(&image, 7000); /* more than a page: there is still something to compare when the counter has been */
    for (uint64_t guest = 0; guest < 2; guest++)
        image_put(&image, image_l2_entry(&image, guest), 8, FLAG_COPIED | (6000 + 2 * guest) * image.cluster_size);
    image_put(&image, table, 8, block);
    for (uint64_t index = 64; index < 363; index++) /* for clusters behind the end of the file */
        image_put(&image, table + 8 * index, 8, block);
    image_put(&image, FIELD_REFCOUNT_TABLE_OFFSET, 8, table);
    image_put(&image, FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 6);
    image_set_refcount(&image, block / image.cluster_size, 300);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer whole = run_check(&source, &options);
    CHECK_EQUAL(whole.checked, REFCOW_STATUS_OK);
    uint64_t most = whole.result.work;
    for (uint64_t limit = 1; limit < most; limit += step_of(most)) {
        options.limits.max_work = limit;
        check_answer part = run_check(&source, &options);
        expect_stopped(&part, &whole, REFCOW_STATUS_WORK_LIMIT);
        drop_answer(&part);
    }
    drop_answer(&whole);
    image_free(&image);
}

static void limits_stop_and_say_so(void)
{
    built_image images[4] = {image_build(small), long_damaged_image(), image_with_snapshots(), image_with_bitmaps()};
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        try_read_limits(&images[i]);
        try_entry_limits(&images[i]);
        image_free(&images[i]);
    }
}

/* Also where counters run full and the count starts over. */
static void stops_while_starting_over_are_lower_bounds(void)
{
    image_recipe recipe = {3, 9, 4, 10, 64, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t guest = 1; guest < 640; guest++) {
        image_put(&image, image_l2_entry(&image, guest), 8, image_data(&image, 0));
    }
    try_read_limits(&image);
    try_entry_limits(&image);
    fail_every_read(&image);
    image_free(&image);
}

void run_early_end_tests(void)
{
    RUN(every_read_may_fail);
    RUN(no_progress_after_a_failure);
    RUN(failed_read_says_where);
    RUN(reads_of_refused_images_may_fail);
    RUN(size_may_be_a_lie);
    RUN(bytes_may_change_between_reads);
    RUN(tables_may_move_away);
    RUN(tables_may_become_more);
    RUN(next_data_may_lie);
    RUN(progress_goes_forward);
    RUN(progress_counts_tables_within_a_pass);
    RUN(every_progress_call_may_cancel);
    RUN(limits_stop_and_say_so);
    RUN(a_counter_runs_full_and_the_check_is_stopped);
    RUN(stops_while_starting_over_are_lower_bounds);
}
