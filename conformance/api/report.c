/*
 * report.c - the refcount report, of images that are checked and of images that are refused.
 */
#include "run.h"
#include "suites.h"

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 2, .mapped = 20};

static void make_orphans(built_image *image)
{
    image_set_refcount(image, image_data(image, 3) / image->cluster_size, 0);
    image_set_refcount(image, image_data(image, 66) / image->cluster_size, 0);
}

static void expect_report(const check_answer *answer, uint64_t allocated, uint64_t orphans)
{
    const refcow_refcount_report *report = &answer->result.refcounts;
    CHECK_EQUAL(report->allocated_clusters, allocated);
    CHECK_EQUAL(report->orphan_clusters, orphans);
    CHECK_EQUAL(report->unknown_clusters, 0);
    CHECK_EQUAL(report->complete, 1);
}

static void report_has_the_header_and_the_counts(void)
{
    built_image image = image_build(small);
    make_orphans(&image);
    check_answer answer = check_image(&image);
    expect_report(&answer, 40, 2);
    CHECK_EQUAL(answer.result.refcounts.refcount_order, 4);
    CHECK_EQUAL(answer.result.refcounts.refcount_table_offset, image.refcount_table);
    CHECK_EQUAL(answer.result.refcounts.refcount_table_clusters, 1);
    drop_answer(&answer);
    image_free(&image);
}

static void orphans_are_told_of_one_by_one(void)
{
    built_image image = image_build(small);
    make_orphans(&image);
    check_answer answer = check_image(&image);
    refcow_finding orphan = answer.last_orphan;
    CHECK_EQUAL(answer.orphans, 2);
    CHECK_EQUAL(orphan.host, image_data(&image, 66));
    CHECK_EQUAL(orphan.length, image.cluster_size);
    CHECK_EQUAL(orphan.guest, 66 * image.cluster_size);
    CHECK_EQUAL(orphan.table + 8 * orphan.index, image_l2_entry(&image, 66));
    CHECK_EQUAL(orphan.found, image_get(&image, image_l2_entry(&image, 66), 8));
    drop_answer(&answer);
    image_free(&image);
}

static void every_width_is_looked_up(void)
{
    for (uint32_t order = 0; order <= 6; order++) {
        image_recipe recipe = small;
        recipe.refcount_order = order;
        built_image image = image_build(recipe);
        make_orphans(&image);
        check_answer answer = check_image(&image);
        expect_report(&answer, 40, 2);
        CHECK_EQUAL(answer.result.refcounts.refcount_order, order);
        drop_answer(&answer);
        image_free(&image);
    }
}

static void only_standard_entries_are_reported(void)
{
    built_image image = image_build(small);
    make_orphans(&image);
    uint64_t zero = image_l2_entry(&image, 3);
    image_put(&image, zero, 8, image_get(&image, zero, 8) | FLAG_ZERO);
    image_put(&image, image_l2_entry(&image, 4), 8, FLAG_COMPRESSED | image_data(&image, 4));
    image_put(&image, image_l2_entry(&image, 5), 8, FLAG_ZERO);
    image_put(&image, image_l2_entry(&image, 6), 8, image_data(&image, 66));
    check_answer answer = check_image(&image);
    /* Entry 6 names the other orphan a second time. */
    expect_report(&answer, 37, 2);
    drop_answer(&answer);
    image_free(&image);
}

/* Bit 0 of an extended entry means nothing: zeros are in the bitmap. */
static void extended_entries_have_no_zero_flag(void)
{
    image_recipe recipe = {3, 14, 4, 1, 3, 1, 0};
    built_image image = image_build(recipe);
    uint64_t entry = image_l2_entry(&image, 1);
    image_put(&image, entry, 8, image_get(&image, entry, 8) | FLAG_ZERO);
    image_set_refcount(&image, image_data(&image, 1) / image.cluster_size, 0);
    check_answer answer = check_image(&image);
    expect_report(&answer, 3, 1);
    drop_answer(&answer);
    image_free(&image);
}

static void cluster_past_the_refcount_table_is_an_orphan(void)
{
    built_image image = image_build(small);
    uint64_t covered = image.cluster_size / 8 * (image.cluster_size / 2);
    image_put(&image, image_l2_entry(&image, 0), 8, (covered + 5) * image.cluster_size);
    check_answer answer = check_image(&image);
    expect_report(&answer, 40, 1);
    drop_answer(&answer);
    image_free(&image);
}

static void data_file_has_no_orphans(void)
{
    image_recipe recipe = small;
    recipe.data_file = 1;
    built_image image = image_build(recipe);
    check_answer answer = check_image(&image);
    expect_report(&answer, 40, 0);
    drop_answer(&answer);
    image_free(&image);
}

static void unreadable_refcounts_are_unknown(void)
{
    image_recipe recipe = {3, 12, 4, 2, 10, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_block_entry(&image, 0), 8, image.refcount_blocks + 1024);
    for (uint64_t guest = 0; guest < 5; guest++) {
        image_put(&image, image_l2_entry(&image, guest), 8, image_data(&image, guest));
    }
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.refcounts.allocated_clusters, 20);
    CHECK_EQUAL(answer.result.refcounts.orphan_clusters, 0);
    CHECK_EQUAL(answer.result.refcounts.unknown_clusters, 20);
    drop_answer(&answer);
    image_free(&image);
}

/* Header fields that refuse an image but leave its tables where they are: the report is as if the field were good. */
static void refused_images_are_reported(void)
{
    static const struct {
        uint64_t field;
        unsigned width;
        uint64_t value;
        refcow_status status;
    } rows[] = {
        {FIELD_HEADER_LENGTH, 4, 8, REFCOW_STATUS_HEADER_LENGTH_SMALL},
        {FIELD_HEADER_LENGTH, 4, UINT32_MAX, REFCOW_STATUS_HEADER_LENGTH_LARGE},
        {FIELD_BACKING_FILE_OFFSET, 8, UINT64_MAX, REFCOW_STATUS_BACKING_FILE_OFFSET},
        {FIELD_INCOMPATIBLE_FEATURES, 8, (uint64_t)1 << 63, REFCOW_STATUS_INCOMPATIBLE_FEATURES},
        {FIELD_COMPRESSION_TYPE, 1, 9, REFCOW_STATUS_COMPRESSION_TYPE},
        {FIELD_SIZE, 8, UINT64_MAX / 4, REFCOW_STATUS_L1_SIZE_SMALL},
        {FIELD_CRYPT_METHOD, 4, 77, REFCOW_STATUS_CRYPT_METHOD},
        {FIELD_NB_SNAPSHOTS, 4, UINT32_MAX, REFCOW_STATUS_NB_SNAPSHOTS},
        {FIELD_SNAPSHOTS_OFFSET, 8, 1, REFCOW_STATUS_SNAPSHOTS_OFFSET},
        {HEADER_LENGTH_3 + 4, 4, UINT32_MAX, REFCOW_STATUS_EXTENSION_LENGTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        built_image image = image_build(small);
        make_orphans(&image);
        image_append(&image, 3);
        image_set_refcount(&image, image.clusters - 1, 1);
        image_put(&image, rows[i].field, rows[i].width, rows[i].value);
        check_answer answer = check_image(&image);
        CHECK_STRING(refcow_status_name(answer.opened), refcow_status_name(rows[i].status));
        CHECK_STRING(refcow_status_name(answer.checked), refcow_status_name(rows[i].status));
        CHECK_EQUAL(answer.result.error.value, answer.image.error.value);
        CHECK_EQUAL(answer.result.error.offset, answer.image.error.offset);
        expect_counts(&answer, REFCOW_VERDICT_REFUSED, 0, 0, 0);
        CHECK_EQUAL(answer.result.findings_count, 0);
        expect_report(&answer, 40, 2);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* A field without which no refcount can be looked up: the allocated clusters are counted all the same. */
static void report_says_when_it_is_not_complete(void)
{
    static const struct {
        uint64_t field;
        unsigned width;
        uint64_t value;
        uint64_t allocated;
    } rows[] = {
        {FIELD_REFCOUNT_ORDER, 4, 7, 40},
        {FIELD_L1_SIZE, 4, 4194305, 40},
        {FIELD_L1_TABLE_OFFSET, 8, UINT64_MAX - 511, 0},
        {FIELD_REFCOUNT_TABLE_OFFSET, 8, UINT64_MAX - 511, 40},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        built_image image = image_build(small);
        image_put(&image, rows[i].field, rows[i].width, rows[i].value);
        check_answer answer = check_image(&image);
        expect_counts(&answer, REFCOW_VERDICT_REFUSED, 0, 0, 0);
        CHECK(answer.result.refcounts.allocated_clusters >= rows[i].allocated);
        CHECK_EQUAL(answer.result.refcounts.complete, 0);
        drop_answer(&answer);
        image_free(&image);
    }
}

static void refused_images_keep_limits(void)
{
    built_image image = image_build(small);
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    memory_source source = source_of_image(&image);
    run_options options = {.limits = {.max_work = 10}};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.result.verdict, REFCOW_VERDICT_REFUSED);
    CHECK_EQUAL(answer.result.refcounts.complete, 0);
    drop_answer(&answer);
    image_free(&image);
}

void run_report_tests(void)
{
    RUN(report_has_the_header_and_the_counts);
    RUN(orphans_are_told_of_one_by_one);
    RUN(every_width_is_looked_up);
    RUN(only_standard_entries_are_reported);
    RUN(extended_entries_have_no_zero_flag);
    RUN(cluster_past_the_refcount_table_is_an_orphan);
    RUN(data_file_has_no_orphans);
    RUN(unreadable_refcounts_are_unknown);
    RUN(refused_images_are_reported);
    RUN(report_says_when_it_is_not_complete);
    RUN(refused_images_keep_limits);
}
