/*
 * api_sparse.c - holes, sizes up to exabytes, and attacks whose work must stay bounded.
 */
#include "api_run.h"
#include "api_suites.h"

#include <stdlib.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)
#define EIB ((uint64_t)1 << 60)
#define LARGEST_FILE (((uint64_t)1 << 63) - GIB)

static void put64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> (56 - 8 * i) & 0xff);
    }
}

static uint8_t *zeros(uint64_t size)
{
    uint8_t *bytes = calloc(1, (size_t)size);
    if (bytes == NULL) {
        fprintf(stderr, "api_test: no memory\n");
        exit(2);
    }
    return bytes;
}

/* ------------------------------------------------------------------- holes */

/* A small image whose file goes on as a hole. */
static void expect_holes_do_not_matter(const built_image *image, uint64_t declared)
{
    memory_source source = source_of_image(image);
    source.size = declared;
    run_options options = {0};
    check_answer plain = run_check(&source, &options);
    uint64_t delivered = source.delivered;
    options.with_next_data = 1;
    check_answer sparse = run_check(&source, &options);
    CHECK_SAME(&sparse, &plain);
    CHECK(source.delivered <= delivered);
    options.memory_size = (size_t)(8 * MIB);
    check_answer ample = run_check(&source, &options);
    CHECK_SAME(&ample, &plain);
    drop_answer(&ample);
    drop_answer(&sparse);
    drop_answer(&plain);
}

static void holes_do_not_matter(void)
{
    static const uint64_t sizes[] = {MIB, 100 * MIB + 3, GIB, TIB, EIB, LARGEST_FILE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        image_recipe recipe = {3, 16, 4, 2, 3, 0, 0};
        built_image image = image_build(recipe);
        image_set_refcount(&image, 2, 2);
        image_set_refcount(&image, image.clusters + 7, 1);
        image_put(&image, image_l2_entry(&image, 2), 8, image_get(&image, image_l2_entry(&image, 2), 8) & ~FLAG_COPIED);
        expect_holes_do_not_matter(&image, image.size > sizes[i] ? image.size : sizes[i]);
        image_free(&image);
    }
}

/* References into the hole, and tables that lie in it. */
static void references_into_holes(void)
{
    image_recipe recipe = {3, 16, 4, 4, 3, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_l2_entry(&image, 0), 8, 64 * MIB);
    image_put(&image, image_l2_entry(&image, 1), 8, 700 * MIB);
    image_put(&image, image_l1_entry(&image, 1), 8, FLAG_COPIED | 300 * MIB);
    image_put(&image, image_l1_entry(&image, 2), 8, FLAG_COPIED | 2 * TIB);
    image_put(&image, image_block_entry(&image, 1), 8, 200 * MIB);
    expect_holes_do_not_matter(&image, GIB);
    expect_holes_do_not_matter(&image, 1025 * MIB + 1);
    image_free(&image);
}

/* --------------------------------------------------------- far-away places */

/* An image whose structures lie as far apart as the format allows, in a file of exabytes. */
static void places_near_the_end_of_the_largest_file(void)
{
    image_recipe recipe = {3, 16, 4, 1, 1, 0, 0};
    built_image image = image_build(recipe);
    const uint64_t l1 = EIB;
    const uint64_t l2 = ((uint64_t)1 << 56) - 4 * 65536;
    const uint64_t data = ((uint64_t)1 << 56) - 65536;
    uint8_t *l1_bytes = zeros(65536);
    uint8_t *l2_bytes = zeros(65536);
    put64(l1_bytes, l2);
    put64(l2_bytes, data);
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, l1);
    const file_extent extents[] = {{0, image.l1_table, image.bytes}, {l2, 65536, l2_bytes}, {l1, 65536, l1_bytes}};
    memory_source source = source_of_extents(extents, 3, LARGEST_FILE);
    run_options options = {.with_next_data = 1};
    check_answer answer = run_check(&source, &options);
    /* What stood behind the refcount block is gone: 3 leaks; L1, L2 and data have no refcounts. */
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 3, 3, 0);
    CHECK_EQUAL(answer.result.refcounts.orphan_clusters, 1);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, l2);
    CHECK_EQUAL(answer.result.image_end_offset, l1 + 65536);
    CHECK(answer.result.bytes_read < 64 * MIB);
    drop_answer(&answer);
    free(l1_bytes);
    free(l2_bytes);
    image_free(&image);
}

/* Blocks that claim refcounts for clusters far away make the file no longer. */
static void refcounts_past_the_end_are_not_looked_at(void)
{
    image_recipe recipe = {3, 9, 4, 1, 4, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t cluster = image.clusters; cluster < 256; cluster++) {
        image_set_refcount(&image, cluster, 1);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.result.image_end_offset, image.size);
    drop_answer(&answer);
    image_free(&image);
}

/* ------------------------------------------------------------ bounded work */

/* The whole L1 table, 4 Mi entries, names one L2 table of 2 MiB: the table is walked once and counts 4 Mi times. */
static void one_table_named_four_million_times(void)
{
    image_recipe recipe = {3, 21, 4, 1, 1, 0, 0};
    built_image image = image_build(recipe);
    const uint64_t entries = 4194304;
    const uint64_t l1 = GIB;
    uint8_t *l1_bytes = zeros(8 * entries);
    for (uint64_t i = 0; i < entries; i++) {
        put64(l1_bytes + 8 * i, image.l2_tables);
    }
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, l1);
    image_put(&image, FIELD_L1_SIZE, 4, entries);
    const file_extent extents[] = {{0, image.size, image.bytes}, {l1, 8 * entries, l1_bytes}};
    memory_source source = source_of_extents(extents, 2, l1 + 8 * entries);
    run_options options = {.with_next_data = 1};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.allocated_clusters, entries);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).expected, UINT16_MAX);
    /* Two passes at most, of L1 and one L2 table each, because the counters run full. */
    CHECK(answer.result.work <= 7 * entries);
    CHECK(answer.result.bytes_read <= 3 * 8 * entries);
    CHECK_RULE(answer.broken_progress);
    drop_answer(&answer);
    free(l1_bytes);
    image_free(&image);
}

/* Two tables that take turns: neither may be walked, or remembered, more than once for all its names. */
static void two_tables_that_take_turns(void)
{
    image_recipe recipe = {3, 16, 4, 2, 1, 0, 0};
    built_image image = image_build(recipe);
    const uint64_t entries = 100000;
    const uint64_t l1 = GIB;
    uint8_t *l1_bytes = zeros(8 * entries);
    for (uint64_t i = 0; i < entries; i++) {
        put64(l1_bytes + 8 * i, image.l2_tables + i % 2 * image.cluster_size);
    }
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, l1);
    image_put(&image, FIELD_L1_SIZE, 4, entries);
    const file_extent extents[] = {{0, image.size, image.bytes}, {l1, 8 * entries, l1_bytes}};
    memory_source source = source_of_extents(extents, 2, l1 + 8 * entries);
    run_options options = {.with_next_data = 1};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.result.allocated_clusters, entries);
    CHECK(answer.result.work <= answer.result.passes * 4 * entries);
    drop_answer(&answer);
    free(l1_bytes);
    image_free(&image);
}

/* More distinct L2 tables than the smallest block can remember: the answer is that of an ample block. */
static void more_tables_than_can_be_remembered(void)
{
    image_recipe recipe = {3, 9, 4, 5000, 2, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer ascending = run_check(&source, &options);
    expect_counts(&ascending, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(ascending.result.allocated_clusters, 10000);
    drop_answer(&ascending);

    /* The other way round. */
    for (uint64_t i = 0; i < 2500; i++) {
        uint64_t other = 4999 - i;
        uint64_t entry = image_get(&image, image_l1_entry(&image, i), 8);
        image_put(&image, image_l1_entry(&image, i), 8, image_get(&image, image_l1_entry(&image, other), 8));
        image_put(&image, image_l1_entry(&image, other), 8, entry);
    }
    check_answer little = run_check(&source, &options);
    expect_counts(&little, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(little.result.allocated_clusters, 10000);
    check_answer ample = run_with_ample_memory(&source, &little);
    CHECK_EQUAL(ample.result.passes, 1);
    drop_answer(&ample);
    drop_answer(&little);

    /* Each of the later tables twice. */
    for (uint64_t i = 0; i < 2500; i++) {
        image_put(&image, image_l1_entry(&image, i), 8, image_get(&image, image_l1_entry(&image, i + 2500), 8));
    }
    little = run_check(&source, &options);
    expect_counts(&little, REFCOW_VERDICT_CORRUPT, 2500 * 3, 2500 * 3, 0);
    ample = run_with_ample_memory(&source, &little);
    drop_answer(&ample);
    drop_answer(&little);
    image_free(&image);
}

/* L2 tables in an order in which the median of the first, the middle and the last one is always the second smallest: a
 * quicksort gets nowhere. The answer is that for the same tables in ascending order. */
static void tables_in_an_order_against_quicksort(void)
{
    enum { TABLES = 400 };
    static uint64_t names[TABLES];
    image_recipe recipe = {3, 9, 4, TABLES, 2, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t i = 0; i < TABLES; i++) {
        names[i] = image_get(&image, image_l1_entry(&image, i), 8);
    }
    for (uint64_t left = 18; left <= TABLES; left += 2) {
        uint64_t start = TABLES - left;
        uint64_t middle = start + left / 2;
        uint64_t second = names[start + 1];
        names[start + 1] = names[middle];
        names[middle] = second;
    }
    for (uint64_t i = 0; i < TABLES; i++) {
        image_put(&image, image_l1_entry(&image, i), 8, names[i]);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.result.allocated_clusters, 2 * TABLES);
    CHECK_EQUAL(answer.result.fragmented_clusters, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* Each table refers to another part of the file: to earlier and later windows than the one at hand. */
static void tables_for_different_windows(void)
{
    image_recipe recipe = {3, 9, 4, 8, 0, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t i = 0; i < recipe.l2_tables; i++)
        image_put(&image, image_l2_entry(&image, i * image.l2_entries), 8, FLAG_COPIED | ((5 * i % 8 + 1) * 32 * MIB));
    memory_source source = source_of_image(&image);
    source.size = 300 * MIB;
    run_options options = {0};
    check_answer little = run_check(&source, &options);
    CHECK(little.result.passes > 5);
    CHECK_EQUAL(little.result.found[REFCOW_KIND_REFCOUNT_LOW], recipe.l2_tables);
    check_answer ample = run_with_ample_memory(&source, &little);
    drop_answer(&ample);
    drop_answer(&little);
    image_free(&image);
}

/* The only thing that a refcount table says of a long hole is a block that no refcount can be looked up in: the check
 * goes there, and what it finds does not depend on the windows. */
static void unreadable_blocks_in_a_hole_are_not_passed_over(void)
{
    image_recipe recipe = {3, 12, 4, 1, 3, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_block_entry(&image, 50), 8, GIB + 512);
    memory_source source = source_of_image(&image);
    source.size = 512 * MIB;
    run_options options = {0};
    check_answer little = run_check(&source, &options);
    expect_counts(&little, REFCOW_VERDICT_INCOMPLETE, 1, 0, 2048);
    CHECK_EQUAL(FIND(&little, REFCOUNT_UNREADABLE).host, 50 * 2048 * image.cluster_size);
    CHECK_EQUAL(FIND(&little, REFCOUNT_UNREADABLE).length, 2048 * image.cluster_size);
    CHECK(little.result.passes > 1);
    check_answer ample = run_with_ample_memory(&source, &little);
    CHECK_EQUAL(ample.result.passes, 1);
    drop_answer(&ample);
    drop_answer(&little);
    image_free(&image);
}

/* 64 GiB of hole in clusters of 512 bytes with 64-bit refcounts: qemu-img needs a gigabyte before it has read a thing.
 */
static void a_long_hole_costs_little(void)
{
    image_recipe recipe = {3, 9, 6, 1, 1, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    source.size = 64 * GIB;
    run_options options = {.with_next_data = 1};
    check_answer answer = run_check(&source, &options);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK(answer.result.work < MIB);
    CHECK(answer.result.bytes_read < 16 * MIB);
    drop_answer(&answer);
    image_free(&image);
}

/* What the source says that its calls have taken is work, but for what the last one did. */
static void work_of_the_source_is_charged(void)
{
    image_recipe recipe = {3, 9, 4, 20, 1, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer local = run_check(&source, &options);
    source.work_each = 1000;
    check_answer remote = run_check(&source, &options);
    CHECK_SAME(&remote, &local);
    CHECK_EQUAL(remote.reads, local.reads);
    CHECK(local.reads > recipe.l2_tables);
    CHECK(remote.result.work <= local.result.work + 1000 * local.reads);
    CHECK(remote.result.work >= local.result.work + 1000 * (local.reads - 1));
    drop_answer(&remote);
    drop_answer(&local);
    image_free(&image);
}

/* An image is given the work that it takes to read its L2 tables, however slow the source; not for tables of zeros. */
static void slow_reads_of_tables_are_granted(void)
{
    image_recipe recipe = {3, 9, 4, 200, 1, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    source.work_each = REFCOW_WORK_FREE / 100;
    run_options options = {0};
    check_answer full = run_check(&source, &options);
    CHECK(full.reads > recipe.l2_tables);
    CHECK_EQUAL(full.checked, REFCOW_STATUS_OK);
    drop_answer(&full);
    for (uint64_t i = 0; i < recipe.l2_tables; i++)
        image_put(&image, image_l2_entry(&image, i * image.l2_entries), 8, 0);
    check_answer empty = run_check(&source, &options);
    CHECK_EQUAL(empty.checked, REFCOW_STATUS_WORK_LIMIT);
    CHECK(empty.reads <= 102);
    drop_answer(&empty);
    image_free(&image);
}

/* A source that says so much work that sums of it do not fit into 64 bits. */
static void endless_work_of_the_source_is_a_limit(void)
{
    image_recipe recipe = {3, 9, 4, 2, 1, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    source.work_each = UINT64_MAX - 1;
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.opened, REFCOW_STATUS_OPEN_LIMIT);
    CHECK_EQUAL(answer.reads, 1);
    drop_answer(&answer);
    image_free(&image);
}

/* A header full of extensions, which name two LUKS headers by turns, or the first one always. */
static built_image image_of_extensions(uint64_t *extensions, int of_two)
{
    image_recipe recipe = {3, 16, 4, 1, 1, 0, 0};
    built_image image = image_build(recipe);
    image_encrypt(&image, 1000);
    uint64_t luks = image_get(&image, HEADER_LENGTH_3 + 8, 8);
    uint64_t other = luks + (of_two ? image.cluster_size : 0);
    image_append_counted(&image, 1);
    image_put(&image, other, 8, image_get(&image, luks, 8));
    *extensions = 0;
    for (uint64_t at = HEADER_LENGTH_3; at + 24 <= image.cluster_size; at += 24) {
        image_put_extension(&image, at, EXTENSION_ENCRYPTION, 16, 0);
        image_put(&image, at + 8, 8, *extensions % 2 == 0 ? luks : other);
        image_put(&image, at + 16, 8, 1000);
        ++*extensions;
    }
    return image;
}

/* A LUKS header that was judged is not judged again, unless there was another one meanwhile. */
static void luks_headers_are_read_once(void)
{
    uint64_t extensions, pages;
    for (int of_two = 0; of_two < 2; of_two++) {
        built_image image = image_of_extensions(&extensions, of_two);
        memory_source source = source_of_image(&image);
        refcow_source callbacks = source_callbacks(&source);
        refcow_image opened;
        CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
        CHECK_EQUAL(opened.header.extensions, extensions);
        pages = image.cluster_size / 512;
        CHECK_EQUAL(source.reads, 1 + pages + (of_two ? extensions : 1));
        image_free(&image);
    }
}

/* What it took to open an image is part of what the check took, and has a limit of its own. */
static void opening_is_work(void)
{
    uint64_t extensions;
    built_image image = image_of_extensions(&extensions, 1);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_OK);
    CHECK(answer.image.work >= 128 * extensions);
    CHECK(answer.result.work > answer.image.work);
    options.limits.max_work = answer.image.work;
    drop_answer(&answer);

    answer = run_check(&source, &options);
    CHECK_EQUAL(answer.opened, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_WORK_LIMIT);
    drop_answer(&answer);

    source.work_each = REFCOW_WORK_TO_OPEN / 100;
    options.limits.max_work = UINT64_MAX;
    answer = run_check(&source, &options);
    CHECK_EQUAL(answer.opened, REFCOW_STATUS_OPEN_LIMIT);
    CHECK_EQUAL(answer.image.error.value, REFCOW_WORK_TO_OPEN);
    CHECK_EQUAL(answer.reads, 100);
    drop_answer(&answer);
    image_free(&image);
}

/* A refcount table of 8 MiB of zeros is work, and is counted as such before it is done. */
static void entries_of_the_refcount_table_are_counted(void)
{
    image_recipe recipe = {3, 9, 4, 1, 1, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, FIELD_REFCOUNT_TABLE_OFFSET, 8, 16 * MIB);
    image_put(&image, FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 16384);
    memory_source source = source_of_image(&image);
    source.size = 64 * MIB;
    run_options options = {0};
    check_answer answer = run_check(&source, &options);
    CHECK(answer.result.work >= MIB);
    drop_answer(&answer);
    options.limits.max_work = 1000;
    answer = run_check(&source, &options);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_WORK_LIMIT);
    CHECK(answer.result.bytes_read <= 8 * 1000 + 64 * KIB);
    drop_answer(&answer);
    image_free(&image);
}

void run_sparse_tests(void)
{
    RUN(holes_do_not_matter);
    RUN(references_into_holes);
    RUN(places_near_the_end_of_the_largest_file);
    RUN(refcounts_past_the_end_are_not_looked_at);
    RUN(one_table_named_four_million_times);
    RUN(two_tables_that_take_turns);
    RUN(more_tables_than_can_be_remembered);
    RUN(tables_in_an_order_against_quicksort);
    RUN(tables_for_different_windows);
    RUN(unreadable_blocks_in_a_hole_are_not_passed_over);
    RUN(a_long_hole_costs_little);
    RUN(work_of_the_source_is_charged);
    RUN(slow_reads_of_tables_are_granted);
    RUN(endless_work_of_the_source_is_a_limit);
    RUN(luks_headers_are_read_once);
    RUN(opening_is_work);
    RUN(entries_of_the_refcount_table_are_counted);
}
