/*
 * bitmaps.c - persistent bitmaps: the rules whose breach refuses an image, their names, more of them than there is
 * memory for.
 */
#include "run.h"
#include "suites.h"

#include <stdlib.h>

static const image_recipe small = {.version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};

enum { IN_USE = 1, MANY = 700 };

static void bitmaps_are_counted(void)
{
    static const bitmap_recipe bitmaps[] = {{"one", 0, 0}, {"two", 0, IN_USE}, {"three", 100, 0}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 3);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.image.header.nb_bitmaps, 3);
    CHECK_EQUAL(answer.result.image_end_offset, image.size);
    drop_answer(&answer);
    image_put(&image, image_added_table(&image, 1), 8, image.bitmaps);
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 0, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, image.bitmaps);
    drop_answer(&answer);
    image_free(&image);
}

/* ------------------------------------------------------------------- rules */

#define READABLE_END (((uint64_t)1 << 63) - ((uint64_t)1 << 30))

typedef struct rule_case {
    uint64_t field; /* of the second bitmap's entry */
    unsigned width;
    uint64_t value;
    refcow_status status;
} rule_case;

static const rule_case rule_cases[] = {
    {BITMAP_TABLE_OFFSET, 8, 0, REFCOW_STATUS_BITMAP_TABLE_OFFSET},
    {BITMAP_TABLE_OFFSET, 8, 4096 + 512, REFCOW_STATUS_BITMAP_TABLE_OFFSET},
    {BITMAP_TABLE_OFFSET, 8, READABLE_END, REFCOW_STATUS_BITMAP_TABLE_OFFSET},
    {BITMAP_TABLE_SIZE, 4, 0, REFCOW_STATUS_BITMAP_TABLE_SIZE},
    {BITMAP_TABLE_SIZE, 4, 2, REFCOW_STATUS_BITMAP_TABLE_SIZE},
    {BITMAP_TABLE_SIZE, 4, (512u << 20) / 4096 + 1, REFCOW_STATUS_BITMAP_TABLE_SIZE},
    {BITMAP_TABLE_SIZE, 4, UINT32_MAX, REFCOW_STATUS_BITMAP_TABLE_SIZE},
    {BITMAP_FLAGS, 4, 4, REFCOW_STATUS_BITMAP_FLAGS},
    {BITMAP_FLAGS, 4, 3, REFCOW_STATUS_OK},
    {BITMAP_TYPE, 1, 0, REFCOW_STATUS_BITMAP_TYPE},
    {BITMAP_TYPE, 1, 2, REFCOW_STATUS_BITMAP_TYPE},
    {BITMAP_GRANULARITY, 1, 8, REFCOW_STATUS_BITMAP_GRANULARITY},
    {BITMAP_GRANULARITY, 1, 9, REFCOW_STATUS_OK},
    {BITMAP_GRANULARITY, 1, 31, REFCOW_STATUS_OK},
    {BITMAP_GRANULARITY, 1, 32, REFCOW_STATUS_BITMAP_GRANULARITY},
    {BITMAP_NAME_SIZE, 2, 1024, REFCOW_STATUS_BITMAP_NAME_SIZE},
    {BITMAP_EXTRA_SIZE, 4, 8, REFCOW_STATUS_BITMAP_EXTRA_SIZE},
};

static void try_rule(const rule_case *row)
{
    static const bitmap_recipe bitmaps[] = {{"one", 0, 0}, {"two", 0, 0}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 2);
    uint64_t entry = image_bitmap(&image, 1);
    image_put(&image, entry + row->field, row->width, row->value);
    if (row->field == BITMAP_NAME_SIZE || row->field == BITMAP_EXTRA_SIZE) {
        image_put(&image, HEADER_LENGTH_3 + 16, 8, entry - image.bitmaps + 4096);
    }
    check_answer answer = check_image(&image);
    CHECK_STRING(refcow_status_name(answer.checked), refcow_status_name(row->status));
    if (row->status != REFCOW_STATUS_OK) {
        CHECK_EQUAL(answer.result.error.value, row->value);
        CHECK_EQUAL(answer.result.error.offset, entry + row->field);
    }
    drop_answer(&answer);
    image_free(&image);
}

static void fields_of_a_bitmap_on_both_sides_of_their_bounds(void)
{
    for (size_t i = 0; i < sizeof rule_cases / sizeof *rule_cases; i++) {
        try_rule(&rule_cases[i]);
    }
}

/* What a bitmap in use contains is unknown, so its table need not have the size that the disk wants; but some size. */
static void a_bitmap_in_use_has_a_table_of_any_size(void)
{
    static const struct {
        uint64_t entries;
        refcow_status status;
    } rows[] = {{0, REFCOW_STATUS_BITMAP_TABLE_SIZE},
                {512, REFCOW_STATUS_OK},
                {(512u << 20) / 4096, REFCOW_STATUS_OK},
                {(512u << 20) / 4096 + 1, REFCOW_STATUS_BITMAP_TABLE_SIZE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const bitmap_recipe bitmap = {"busy", 0, IN_USE};
        built_image image = image_build(small);
        image_add_bitmaps(&image, &bitmap, 1);
        image_put(&image, image_bitmap(&image, 0) + BITMAP_TABLE_SIZE, 4, rows[i].entries);
        check_answer answer = check_image(&image);
        CHECK_STRING(refcow_status_name(answer.checked), refcow_status_name(rows[i].status));
        drop_answer(&answer);
        image_free(&image);
    }
}

static void expect_table_entry(uint64_t entry, refcow_status status)
{
    static const bitmap_recipe bitmap = {"busy", 0, IN_USE};
    built_image image = image_build(small);
    image_add_bitmaps(&image, &bitmap, 1);
    image_put(&image, image_bitmap(&image, 0) + BITMAP_TABLE_SIZE, 4, 3);
    uint64_t second = image_added_table(&image, 0) + 8;
    image_put(&image, second, 8, entry);
    image_put(&image, second + 8, 8, status == REFCOW_STATUS_OK ? 0 : UINT64_MAX); /* as bad, but later */
    check_answer answer = check_image(&image);
    CHECK_STRING(refcow_status_name(answer.checked), refcow_status_name(status));
    if (status != REFCOW_STATUS_OK) {
        CHECK_EQUAL(answer.result.error.value, entry);
        CHECK_EQUAL(answer.result.error.offset, second);
    }
    drop_answer(&answer);
    image_free(&image);
}

static void entries_of_a_table_are_judged(void)
{
    expect_table_entry(0, REFCOW_STATUS_OK);
    expect_table_entry(1, REFCOW_STATUS_OK); /* all ones, no cluster */
    expect_table_entry(4096, REFCOW_STATUS_OK);
    expect_table_entry(4096 + 1, REFCOW_STATUS_BITMAP_TABLE_ENTRY);
    expect_table_entry(4096 + 512, REFCOW_STATUS_BITMAP_TABLE_ENTRY);
    expect_table_entry(2, REFCOW_STATUS_BITMAP_TABLE_ENTRY);
    expect_table_entry((uint64_t)1 << 56, REFCOW_STATUS_BITMAP_TABLE_ENTRY);
    expect_table_entry((uint64_t)1 << 63, REFCOW_STATUS_BITMAP_TABLE_ENTRY);
}

/* ------------------------------------------------------------------- names */

/* A name is repeated if a bitmap that is not in use comes after any other of the same name. */
static void expect_names(const bitmap_recipe *bitmaps, uint64_t count, int are_repeated)
{
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, count);
    check_answer answer = check_image(&image);
    CHECK_STRING(refcow_status_name(answer.checked), are_repeated ? "bitmap-name-repeated" : "ok");
    CHECK_EQUAL(answer.result.error.offset, are_repeated ? image.bitmaps : 0);
    drop_answer(&answer);
    image_free(&image);
}
#define EXPECT_NAMES(are_repeated, ...)                                                                                \
    do {                                                                                                               \
        static const bitmap_recipe named[] = {__VA_ARGS__};                                                            \
        expect_names(named, sizeof named / sizeof *named, are_repeated);                                               \
    } while (0)

static void names_may_not_be_repeated(void)
{
    EXPECT_NAMES(0, {"a", 0, 0}, {"b", 0, 0});
    EXPECT_NAMES(1, {"a", 0, 0}, {"a", 0, 0});
    EXPECT_NAMES(1, {"a", 0, 0}, {"b", 0, 0}, {"c", 0, 0}, {"a", 0, 0}, {"d", 0, 0});
    EXPECT_NAMES(0, {"eight888", 0, 0}, {"eight889", 0, 0}, {"eight888eight888", 0, 0}, {"eight88", 0, 0});
    EXPECT_NAMES(1, {"eight888", 0, 0}, {"eight888", 0, 0});
    EXPECT_NAMES(1, {"nine99999", 0, 0}, {"nine99999", 1023, 0});
    EXPECT_NAMES(1, {"eight888", 0, 0}, {"eight888", 40, 0});
}

/* What stands behind the end of a name is no part of it. */
static void names_end_at_their_first_zero_byte(void)
{
    static const bitmap_recipe bitmaps[] = {{"a", 8, 0}, {"a", 8, 0}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 2);
    image_put(&image, image_bitmap(&image, 1) + BITMAP_NAME + 2, 1, 'x');
    check_answer answer = check_image(&image);
    CHECK_STRING(refcow_status_name(answer.checked), "bitmap-name-repeated");
    drop_answer(&answer);
    image_free(&image);
}

static void names_in_use_do_not_repeat_earlier_ones(void)
{
    EXPECT_NAMES(0, {"a", 0, 0}, {"a", 0, IN_USE});
    EXPECT_NAMES(1, {"a", 0, IN_USE}, {"a", 0, 0});
    EXPECT_NAMES(0, {"a", 0, IN_USE}, {"a", 0, IN_USE});
    EXPECT_NAMES(1, {"a", 0, 0}, {"a", 0, IN_USE}, {"a", 0, 0});
    EXPECT_NAMES(1, {"a", 0, IN_USE}, {"a", 0, IN_USE}, {"a", 0, 0});
}

/* Two names with the same hash: what differs in their first eight bytes is made up for in the others. */
#define TWIN_1 "AAAAAAAAbbbbbbb"
#define TWIN_2 "AAAAAAACbbbbcbb"

static void names_with_the_same_hash_are_told_apart(void)
{
    EXPECT_NAMES(0, {TWIN_1, 0, 0}, {TWIN_2, 0, 0});
    EXPECT_NAMES(0, {TWIN_1, 0, IN_USE}, {TWIN_2, 0, 0}, {"c", 0, 0});
    EXPECT_NAMES(1, {TWIN_1, 0, 0}, {TWIN_2, 0, 0}, {TWIN_1, 0, 0});
    EXPECT_NAMES(1, {TWIN_2, 0, 0}, {TWIN_1, 0, 0}, {TWIN_1, 0, 0});
    EXPECT_NAMES(0, {TWIN_1, 0, 0}, {TWIN_2, 0, 0}, {TWIN_1, 0, IN_USE});
}

/* ---------------------------------------------------------------- quantity */

/* More names and tables than the smallest block has room for. */
static built_image image_with_many_bitmaps(int repeated)
{
    static bitmap_recipe bitmaps[MANY];
    static char names[MANY][sizeof "bitmap -2147483648"];
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "bitmap %d", i == repeated ? 0 : i);
        bitmaps[i].name = names[i];
    }
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, MANY);
    return image;
}

static void many_bitmaps_in_little_memory(void)
{
    built_image image = image_with_many_bitmaps(-1);
    image_put(&image, image_added_table(&image, MANY / 2), 8, image.bitmaps);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer little = run_check(&source, &options);
    expect_counts(&little, REFCOW_VERDICT_CORRUPT, 1, 0, 0);
    check_answer ample = run_with_ample_memory(&source, &little);
    CHECK(little.result.work > ample.result.work);
    drop_answer(&ample);
    drop_answer(&little);

    /* The last table is judged like the first one. */
    image_put(&image, image_added_table(&image, MANY - 1), 8, 2);
    check_answer refused = check_image(&image);
    CHECK_STRING(refcow_status_name(refused.checked), "bitmap-table-entry");
    CHECK_EQUAL(refused.result.error.offset, image_added_table(&image, MANY - 1));
    drop_answer(&refused);
    image_free(&image);
}

static void many_names_one_of_them_repeated(void)
{
    for (int repeated = 1; repeated < MANY; repeated += 60) {
        built_image image = image_with_many_bitmaps(repeated);
        check_answer answer = check_image(&image);
        CHECK_STRING(refcow_status_name(answer.checked), "bitmap-name-repeated");
        drop_answer(&answer);
        image_free(&image);
    }
}

void run_bitmap_tests(void)
{
    RUN(bitmaps_are_counted);
    RUN(fields_of_a_bitmap_on_both_sides_of_their_bounds);
    RUN(a_bitmap_in_use_has_a_table_of_any_size);
    RUN(entries_of_a_table_are_judged);
    RUN(names_may_not_be_repeated);
    RUN(names_end_at_their_first_zero_byte);
    RUN(names_in_use_do_not_repeat_earlier_ones);
    RUN(names_with_the_same_hash_are_told_apart);
    RUN(many_bitmaps_in_little_memory);
    RUN(many_names_one_of_them_repeated);
}
