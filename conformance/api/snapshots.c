/*
 * snapshots.c - internal snapshots: their table, their L1 tables, more of them than there is memory for.
 */
#include "run.h"
#include "suites.h"

#include <stdlib.h>

static const image_recipe small = {.version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};

#define READABLE_END (((uint64_t)1 << 63) - ((uint64_t)1 << 30))

/* What is in the entry of the second of three snapshots, and what is said about it. */
static check_answer check_with_field(uint64_t field, unsigned width, uint64_t value)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 3);
    image_put(&image, image_snapshot(&image, 1) + field, width, value);
    check_answer answer = check_image(&image);
    if (refcow_status_class(answer.checked) == REFCOW_CLASS_REFUSED) {
        CHECK_EQUAL(answer.result.error.value, value);
        CHECK_EQUAL(answer.result.error.offset, image_snapshot(&image, 1) + field);
    }
    image_free(&image);
    return answer;
}

static void snapshots_are_counted(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 3);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    drop_answer(&answer);
    /* One of them has the first L2 table, with its clusters: flags and refcounts say otherwise. */
    image_put(&image, image_added_table(&image, 1), 8, image.l2_tables);
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 4, 0, 0);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_REFCOUNT_LOW], 4);
    drop_answer(&answer);
    image_free(&image);
}

/* An L1 table that qemu-img does not walk either: a finding, and its cluster leaks. */
static void l1_tables_that_are_not_walked(void)
{
    check_answer answer = check_with_field(SNAPSHOT_L1_OFFSET, 8, 512);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 1, 0);
    CHECK_EQUAL(FIND(&answer, SNAPSHOT_L1_UNALIGNED).index, 1);
    drop_answer(&answer);
    answer = check_with_field(SNAPSHOT_L1_SIZE, 4, REFCOW_L1_ENTRIES_MAX + 1);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 1, 0);
    CHECK_EQUAL(FIND(&answer, SNAPSHOT_L1_LARGE).found, REFCOW_L1_ENTRIES_MAX + 1);
    drop_answer(&answer);
}

static void l1_tables_that_cannot_be_read(void)
{
    check_answer answer = check_with_field(SNAPSHOT_L1_OFFSET, 8, READABLE_END);
    CHECK_STRING(refcow_status_name(answer.checked), "snapshot-l1-offset");
    drop_answer(&answer);
    answer = check_with_field(SNAPSHOT_L1_OFFSET, 8, READABLE_END - 4096);
    CHECK_STRING(refcow_status_name(answer.checked), "ok");
    drop_answer(&answer);
}

static void extra_data_has_a_largest_length(void)
{
    check_answer answer = check_with_field(SNAPSHOT_EXTRA_SIZE, 4, 1025);
    CHECK_STRING(refcow_status_name(answer.checked), "snapshot-extra-size");
    drop_answer(&answer);
    answer = check_with_field(SNAPSHOT_EXTRA_SIZE, 4, 1024);
    CHECK_STRING(refcow_status_name(answer.checked), "ok");
    drop_answer(&answer);
}

/* Two snapshots whose table has no length: two findings in one place, and not one that goes on. */
static void empty_l1_tables_are_no_range(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 2);
    for (uint64_t index = 0; index < 2; index++) {
        image_put(&image, image_snapshot(&image, index) + SNAPSHOT_L1_OFFSET, 8, 512);
        image_put(&image, image_snapshot(&image, index) + SNAPSHOT_L1_SIZE, 4, 0);
    }
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_SNAPSHOT_L1_UNALIGNED], 2);
    refcow_finding first = FIND(&answer, SNAPSHOT_L1_UNALIGNED);
    CHECK_EQUAL(first.index, 0);
    CHECK_EQUAL(first.length, 0);
    CHECK_EQUAL(first.times, 1);
    drop_answer(&answer);
    image_free(&image);
}

/* A snapshot that names the active L1 table: an entry with reserved bits is one finding, which counts twice and has
 * the guest offset of the active disk. */
static void a_shared_l1_table_has_one_finding(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 1);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_OFFSET, 8, image.l1_table);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_SIZE, 4, 2);
    image_put(&image, image_l1_entry(&image, 1), 8, image_get(&image, image_l1_entry(&image, 1), 8) | 0x10);
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L1_RESERVED], 2);
    refcow_finding reserved = FIND(&answer, L1_RESERVED);
    CHECK_EQUAL(reserved.table, image.l1_table);
    CHECK_EQUAL(reserved.index, 1);
    CHECK_EQUAL(reserved.times, 2);
    CHECK_EQUAL(reserved.guest, image.l2_entries * image.cluster_size);
    drop_answer(&answer);
    image_free(&image);
}

static void put_snapshot_l1(built_image *image, uint64_t index, uint64_t offset, uint64_t size)
{
    image_put(image, image_snapshot(image, index) + SNAPSHOT_L1_OFFSET, 8, offset);
    image_put(image, image_snapshot(image, index) + SNAPSHOT_L1_SIZE, 4, size);
}

/* The second snapshot's L1 table lies inside the first one's. Entries of the first one that come after the second one
 * are the first one's, also where the second one is empty. */
static void a_finding_names_a_table_that_has_its_entry(void)
{
    for (uint64_t inner = 0; inner <= 1; inner++) {
        image_recipe recipe = {3, 9, 4, 1, 1, 0, 0};
        built_image image = image_build(recipe);
        image_add_snapshots(&image, 2);
        uint64_t outer = image.clusters * image.cluster_size;
        uint64_t entries = image.cluster_size / 8;
        image_append(&image, 3);
        put_snapshot_l1(&image, 0, outer, 3 * entries);
        put_snapshot_l1(&image, 1, outer + image.cluster_size, inner);
        image_put(&image, outer + 8 * (2 * entries + 5), 8, (uint64_t)0x7f << 56 | image.l2_tables);
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_L1_RESERVED], 1);
        refcow_finding reserved = FIND(&answer, L1_RESERVED);
        CHECK_EQUAL(reserved.table, outer);
        CHECK_EQUAL(reserved.index, 2 * entries + 5);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* ------------------------------------------------------------ a long table */

/* 508 entries with the longest id and name there is, and extra data, are more than 64 MiB. */
/* Findings that come again are kept once, also behind others that have come since. */
static void a_shared_l1_table_has_each_finding_once(void)
{
    image_recipe recipe = {3, 9, 4, 30, 1, 0, 0};
    built_image image = image_build(recipe);
    image_add_snapshots(&image, 1);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_OFFSET, 8, image.l1_table);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_SIZE, 4, recipe.l2_tables);
    for (uint64_t i = 0; i < recipe.l2_tables; i++)
        image_put(&image, image_l1_entry(&image, i), 8, image_get(&image, image_l1_entry(&image, i), 8) | (1 + i) << 1);
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L1_RESERVED], 2 * recipe.l2_tables);
    uint64_t seen = 0;
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        if (answer.findings[i].kind == REFCOW_KIND_L1_RESERVED) {
            CHECK_EQUAL(answer.findings[i].index, seen);
            CHECK_EQUAL(answer.findings[i].times, 2);
            seen++;
        }
    }
    CHECK_EQUAL(seen, recipe.l2_tables);
    drop_answer(&answer);
    image_free(&image);
}

/* The same where another finding, which comes first, stands behind them: that of the refcount table is of no table. */
static void findings_that_wait_are_kept_once(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 1);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_OFFSET, 8, image.l1_table);
    image_put(&image, image_snapshot(&image, 0) + SNAPSHOT_L1_SIZE, 4, 2);
    image_put(&image, image_l1_entry(&image, 1), 8, (uint64_t)1 << 40);
    image_put(&image, FIELD_REFCOUNT_TABLE_OFFSET, 8, (uint64_t)1 << 41);
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], 3);
    refcow_finding first = FIND(&answer, OUT_OF_FILE);
    CHECK_EQUAL(first.table, image.l1_table);
    CHECK_EQUAL(first.index, 1);
    CHECK_EQUAL(first.times, 2);
    CHECK_EQUAL(first.guest, image.l2_entries * image.cluster_size);
    drop_answer(&answer);
    image_free(&image);
}

static void a_table_has_a_largest_length(void)
{
    enum { HEAD = 40, ENTRIES = 520 };
    const uint64_t entry = HEAD + 1024 + 65535 + 65535 + 2; /* and 2 bytes of padding */
    built_image image = image_build(small);
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, ENTRIES);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, image.size);
    static uint8_t head[HEAD];
    memset(head + SNAPSHOT_ID_SIZE, 0xff, 4);
    head[SNAPSHOT_EXTRA_SIZE + 2] = 0x04;
    static file_extent extents[ENTRIES + 1];
    file_extent whole = {0, image.size, image.bytes};
    extents[0] = whole;
    for (uint64_t index = 0; index < ENTRIES; index++) {
        file_extent next = {image.size + index * entry, HEAD, head};
        extents[1 + index] = next;
    }
    memory_source source = source_of_extents(extents, ENTRIES + 1, image.size + ENTRIES * entry);
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    uint64_t first_too_many = (64 << 20) / entry;
    CHECK_STRING(refcow_status_name(answer.checked), "snapshot-table-size");
    CHECK_EQUAL(answer.result.error.value, first_too_many);
    CHECK_EQUAL(answer.result.error.offset, image.size + first_too_many * entry);
    drop_answer(&answer);
    image_free(&image);
}

/* The last entry begins where a file can have bytes, and goes on where it cannot. */
static void a_table_must_be_readable(void)
{
    built_image image = image_build(small);
    static uint8_t head[40];
    head[SNAPSHOT_EXTRA_SIZE + 2] = 0x04;
    const uint64_t table = READABLE_END - 4096;
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, 4);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, table);
    const file_extent extents[] = {{0, image.size, image.bytes},
                                   {table, 40, head},
                                   {table + 1064, 40, head},
                                   {table + 2128, 40, head},
                                   {table + 3192, 40, head}};
    memory_source source = source_of_extents(extents, 5, READABLE_END);
    run_options options = {.with_next_data = 1};
    check_answer answer = run_check(&source, &options);
    CHECK_STRING(refcow_status_name(answer.checked), "snapshot-table-size");
    CHECK_EQUAL(answer.result.error.value, 3);
    drop_answer(&answer);
    image_free(&image);
}

/* ---------------------------------------------------------------- quantity */

/* Each snapshot has an L1 table of its own, and all of them the first L2 table. More than the smallest block has room
 * for, also of L2 tables, which the active disk has in a long row. */
static void many_snapshots_in_little_memory(void)
{
    enum { SNAPSHOTS = 300, TABLES = 600 };
    image_recipe recipe = {3, 12, 4, TABLES, 1, 0, 0};
    built_image image = image_build(recipe);
    image_add_snapshots(&image, SNAPSHOTS);
    for (uint64_t index = 0; index < SNAPSHOTS; index++) {
        image_put(&image, image_added_table(&image, index), 8, image.l2_tables);
    }
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer little = run_check(&source, &options);
    expect_counts(&little, REFCOW_VERDICT_CORRUPT, 2, 0, 0);
    for (size_t i = 0; i < little.result.findings_count; i++) {
        CHECK_EQUAL(little.findings[i].expected, SNAPSHOTS + 1);
    }
    check_answer ample = run_with_ample_memory(&source, &little);
    CHECK(little.result.work > ample.result.work);
    drop_answer(&ample);
    drop_answer(&little);
    image_free(&image);
}

void run_snapshot_tests(void)
{
    RUN(snapshots_are_counted);
    RUN(l1_tables_that_are_not_walked);
    RUN(l1_tables_that_cannot_be_read);
    RUN(extra_data_has_a_largest_length);
    RUN(empty_l1_tables_are_no_range);
    RUN(a_shared_l1_table_has_one_finding);
    RUN(a_shared_l1_table_has_each_finding_once);
    RUN(a_finding_names_a_table_that_has_its_entry);
    RUN(findings_that_wait_are_kept_once);
    RUN(a_table_has_a_largest_length);
    RUN(a_table_must_be_readable);
    RUN(many_snapshots_in_little_memory);
}
