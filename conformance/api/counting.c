/*
 * counting.c - what a check finds, on images that are built clean and then damaged in one place.
 */
#include "run.h"
#include "suites.h"

#include <stdlib.h>

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 2, .mapped = 20};

static uint64_t cluster_of(const built_image *image, uint64_t offset)
{
    return offset / image->cluster_size;
}

/* ------------------------------------------------------------ clean images */

static void clean_images_are_clean(void)
{
    built_image image = image_build(small);
    check_answer answer = check_image(&image);
    const refcow_result *result = &answer.result;
    CHECK_EQUAL(answer.opened, REFCOW_STATUS_OK);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_OK);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(result->image_end_offset, image.size);
    CHECK_EQUAL(result->total_clusters, 2 * 64);
    CHECK_EQUAL(result->allocated_clusters, 40);
    CHECK_EQUAL(result->fragmented_clusters, 0);
    CHECK_EQUAL(result->compressed_clusters, 0);
    CHECK_EQUAL(result->findings_count, 0);
    CHECK_EQUAL(result->findings_omitted, 0);
    CHECK(result->bytes_read > image.cluster_size);
    CHECK(result->work > 0);
    CHECK(result->memory_used > 0);
    drop_answer(&answer);
    image_free(&image);
}

static void expect_clean(image_recipe recipe)
{
    built_image image = image_build(recipe);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.result.image_end_offset, image.size);
    CHECK_EQUAL(answer.result.allocated_clusters, recipe.l2_tables * recipe.mapped);
    drop_answer(&answer);
    image_free(&image);
}

static void every_geometry_is_clean(void)
{
    for (uint32_t bits = 9; bits <= 21; bits++) {
        for (uint32_t order = 0; order <= 6; order++) {
            image_recipe recipe = {3, bits, order, 2, bits < 16 ? 10 : 1, 0, 0};
            expect_clean(recipe);
            recipe.data_file = 1;
            expect_clean(recipe);
            recipe.extended_l2 = bits >= 14;
            expect_clean(recipe);
            recipe.data_file = 0;
            expect_clean(recipe);
        }
        expect_clean((image_recipe){2, bits, 4, 2, bits < 16 ? 10 : 1, 0, 0});
    }
}

/* ------------------------------------------------------------- refcounts */

static uint64_t largest_refcount(uint32_t order)
{
    return order == 6 ? UINT64_MAX : ((uint64_t)1 << (1u << order)) - 1;
}

/* One cluster after the other: its neighbours in the same byte must not be touched by what it says. */
static void zero_refcounts_are_found_one_by_one(void)
{
    for (uint32_t order = 0; order <= 6; order++) {
        image_recipe recipe = {3, 9, order, 1, 20, 0, 0};
        built_image image = image_build(recipe);
        for (uint64_t guest = 0; guest < 20; guest++) {
            uint64_t host = image_data(&image, guest);
            image_set_refcount(&image, cluster_of(&image, host), 0);
            check_answer answer = check_image(&image);
            expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 2, 0, 0);
            refcow_finding low = FIND(&answer, REFCOUNT_LOW);
            CHECK_EQUAL(low.host, host);
            CHECK_EQUAL(low.length, image.cluster_size);
            CHECK_EQUAL(low.expected, 1);
            CHECK_EQUAL(low.found, 0);
            CHECK_EQUAL(low.times, 1);
            refcow_finding flag = FIND(&answer, L2_COPIED);
            CHECK_EQUAL(flag.host, host);
            CHECK_EQUAL(flag.role, REFCOW_ROLE_DATA);
            CHECK_EQUAL(flag.guest, guest * image.cluster_size);
            CHECK_EQUAL(flag.table, image.l2_tables);
            CHECK_EQUAL(flag.index, guest);
            CHECK_EQUAL(flag.expected, 0);
            CHECK_EQUAL(flag.found, FLAG_COPIED | host);
            CHECK_EQUAL(answer.result.refcounts.orphan_clusters, 1);
            drop_answer(&answer);
            image_set_refcount(&image, cluster_of(&image, host), 1);
        }
        image_free(&image);
    }
}

static void high_refcounts_keep_their_value(void)
{
    for (uint32_t order = 1; order <= 6; order++) {
        const uint64_t values[] = {2, largest_refcount(order) - 1, largest_refcount(order)};
        for (size_t i = 0; i < 3; i++) {
            image_recipe recipe = {3, 9, order, 1, 20, 0, 0};
            built_image image = image_build(recipe);
            image_set_refcount(&image, cluster_of(&image, image.refcount_table), values[i]);
            check_answer answer = check_image(&image);
            expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 1, 0);
            refcow_finding high = FIND(&answer, REFCOUNT_HIGH);
            CHECK_EQUAL(high.host, image.refcount_table);
            CHECK_EQUAL(high.expected, 1);
            CHECK_EQUAL(high.found, values[i]);
            drop_answer(&answer);
            image_free(&image);
        }
    }
}

/* The layout within a byte, stated by hand: the least significant bits belong to the first cluster. */
static void narrow_refcounts_begin_at_the_low_end(void)
{
    static const struct {
        uint32_t order;
        uint8_t first_byte; /* of which only the refcount of the cluster is missing */
        uint64_t cluster;
    } rows[] = {{0, 0xfe, 0}, {0, 0x7f, 7}, {1, 0x54, 0}, {1, 0x51, 1}, {1, 0x15, 3}, {2, 0x10, 0}, {2, 0x01, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        image_recipe recipe = {3, 9, rows[i].order, 1, 20, 0, 0};
        built_image image = image_build(recipe);
        image.bytes[image.refcount_blocks] = rows[i].first_byte;
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_REFCOUNT_LOW], 1);
        CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, rows[i].cluster * image.cluster_size);
        CHECK_EQUAL(answer.result.leaks, 0);
        drop_answer(&answer);
        image_free(&image);
    }
}

static void wide_refcounts_are_big_endian(void)
{
    for (uint32_t order = 4; order <= 6; order++) {
        image_recipe recipe = {3, 9, order, 1, 20, 0, 0};
        built_image image = image_build(recipe);
        unsigned bytes = 1u << (order - 3);
        memset(image.bytes + image.refcount_blocks, 0, bytes);
        image.bytes[image.refcount_blocks] = 0x01;
        check_answer answer = check_image(&image);
        expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 1, 0);
        CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).found, (uint64_t)1 << (8 * bytes - 8));
        drop_answer(&answer);
        image_free(&image);
    }
}

static void leaks_in_a_row_are_one_finding(void)
{
    built_image image = image_build(small);
    image_append(&image, 9);
    uint64_t end = image.clusters;
    image_set_refcount(&image, end - 9, 1);
    image_set_refcount(&image, end - 8, 1);
    image_set_refcount(&image, end - 7, 1);
    image_set_refcount(&image, end - 6, 2);
    image_set_refcount(&image, end - 2, 1);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 5, 0);
    CHECK_EQUAL(answer.result.findings_count, 3);
    CHECK_EQUAL(answer.findings[0].host, (end - 9) * image.cluster_size);
    CHECK_EQUAL(answer.findings[0].length, 3 * image.cluster_size);
    CHECK_EQUAL(answer.findings[0].times, 3);
    CHECK_EQUAL(answer.findings[0].guest, REFCOW_NO_GUEST);
    CHECK_EQUAL(answer.findings[0].role, REFCOW_ROLE_NONE);
    CHECK_EQUAL(answer.findings[1].found, 2);
    CHECK_EQUAL(answer.findings[2].host, (end - 2) * image.cluster_size);
    CHECK_EQUAL(answer.result.image_end_offset, (end - 1) * image.cluster_size);
    drop_answer(&answer);
    image_free(&image);
}

/* In an image whose counters all run full the count starts over: nothing may be counted twice. */
static void many_references_are_counted_exactly(void)
{
    static const uint64_t references[] = {2, 252, 253, 254, 255, 256, 257, 640};
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        image_recipe recipe = {3, 9, 4, 10, 64, 0, 0};
        built_image image = image_build(recipe);
        uint64_t shared = image_data(&image, 0);
        for (uint64_t guest = 1; guest < references[i]; guest++) {
            image_set_refcount(&image, cluster_of(&image, image_data(&image, guest)), 0);
            image_put(&image, image_l2_entry(&image, guest), 8, shared);
        }
        image_put(&image, image_l2_entry(&image, 0), 8, shared);
        image_set_refcount(&image, cluster_of(&image, shared), references[i]);
        check_answer clean = check_image(&image);
        expect_counts(&clean, REFCOW_VERDICT_CLEAN, 0, 0, 0);
        CHECK_EQUAL(clean.result.allocated_clusters, 640);
        CHECK_EQUAL(clean.result.refcounts.allocated_clusters, 640);
        CHECK(clean.result.fragmented_clusters <= 640);
        drop_answer(&clean);

        image_set_refcount(&image, cluster_of(&image, shared), references[i] + 1);
        check_answer leak = check_image(&image);
        expect_counts(&leak, REFCOW_VERDICT_LEAKS, 0, 1, 0);
        CHECK_EQUAL(FIND(&leak, REFCOUNT_HIGH).expected, references[i]);
        CHECK_EQUAL(FIND(&leak, REFCOUNT_HIGH).found, references[i] + 1);
        CHECK_EQUAL(leak.result.allocated_clusters, 640);
        drop_answer(&leak);
        image_free(&image);
    }
}

/* Every reference that the width cannot store is a corruption; then the stored value is what was counted. */
static void references_past_the_width_are_found(void)
{
    static const struct {
        uint32_t order;
        uint64_t references;
    } rows[] = {{0, 2}, {0, 5}, {1, 4}, {2, 16}, {2, 40}, {3, 256}, {3, 600}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        image_recipe recipe = {3, 9, rows[i].order, 10, 64, 0, 0};
        built_image image = image_build(recipe);
        uint64_t shared = image_data(&image, 0);
        uint64_t limit = largest_refcount(rows[i].order);
        for (uint64_t guest = 0; guest < rows[i].references; guest++) {
            image_set_refcount(&image, cluster_of(&image, image_data(&image, guest)), 0);
            image_put(&image, image_l2_entry(&image, guest), 8, shared | (limit == 1 ? FLAG_COPIED : 0));
        }
        image_set_refcount(&image, cluster_of(&image, shared), limit);
        check_answer answer = check_image(&image);
        expect_counts(&answer, REFCOW_VERDICT_CORRUPT, rows[i].references - limit, 0, 0);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_TOO_MANY_REFERENCES], rows[i].references - limit);
        CHECK_EQUAL(FIND(&answer, TOO_MANY_REFERENCES).host, shared);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* ------------------------------------------------------------------ places */

/* A damage of one number, and all that it leads to. */
typedef struct damage_case {
    const char *name;
    uint64_t (*place)(const built_image *image);
    uint64_t clear;
    uint64_t set;
    refcow_kind kind;
    refcow_role role;
    uint64_t corruptions;
    uint64_t leaks;
} damage_case;

static uint64_t first_l1_entry(const built_image *image)
{
    return image_l1_entry(image, 0);
}

static uint64_t second_l2_entry(const built_image *image)
{
    return image_l2_entry(image, 1);
}

static uint64_t unallocated_l2_entry(const built_image *image)
{
    return image_l2_entry(image, 60);
}

static uint64_t first_block_entry(const built_image *image)
{
    return image_block_entry(image, 0);
}

static uint64_t spare_block_entry(const built_image *image)
{
    return image_block_entry(image, 60);
}

#define FAR ((uint64_t)1 << 40)

static const damage_case damage_cases[] = {
    {"l1 flag", first_l1_entry, FLAG_COPIED, 0, REFCOW_KIND_L1_COPIED, REFCOW_ROLE_L2_TABLE, 1, 0},
    {"l1 bit 0", first_l1_entry, 0, 1, REFCOW_KIND_L1_RESERVED, REFCOW_ROLE_L2_TABLE, 1, 0},
    {"l1 bit 8", first_l1_entry, 0, 0x100, REFCOW_KIND_L1_RESERVED, REFCOW_ROLE_L2_TABLE, 1, 0},
    {"l1 bit 56", first_l1_entry, 0, (uint64_t)1 << 56, REFCOW_KIND_L1_RESERVED, REFCOW_ROLE_L2_TABLE, 1, 0},
    {"l1 bit 62", first_l1_entry, 0, (uint64_t)1 << 62, REFCOW_KIND_L1_RESERVED, REFCOW_ROLE_L2_TABLE, 1, 0},
    /* The table and its 20 clusters are leaked; past the end there is a refcount of 0 and a flag that says 1. */
    {"l1 out of file", first_l1_entry, 0, FAR, REFCOW_KIND_OUT_OF_FILE, REFCOW_ROLE_L2_TABLE, 2, 21},
    {"l2 flag", second_l2_entry, FLAG_COPIED, 0, REFCOW_KIND_L2_COPIED, REFCOW_ROLE_DATA, 1, 0},
    {"l2 bit 1", second_l2_entry, 0, 2, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, 1, 0},
    {"l2 bit 8", second_l2_entry, 0, 0x100, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, 1, 0},
    {"l2 bit 61", second_l2_entry, 0, (uint64_t)1 << 61, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, 1, 0},
    {"l2 bits", second_l2_entry, 0, 0x3f000000000001fe, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, 1, 0},
    {"l2 out of file", second_l2_entry, 0, FAR, REFCOW_KIND_OUT_OF_FILE, REFCOW_ROLE_DATA, 2, 1},
    {"l2 unallocated", unallocated_l2_entry, 0, 4, REFCOW_KIND_L2_RESERVED, REFCOW_ROLE_DATA, 1, 0},
    {"table bit 0", first_block_entry, 0, 1, REFCOW_KIND_BLOCK_RESERVED, REFCOW_ROLE_REFCOUNT_BLOCK, 1, 1},
    {"table bit 8", first_block_entry, 0, 0x100, REFCOW_KIND_BLOCK_RESERVED, REFCOW_ROLE_REFCOUNT_BLOCK, 1, 1},
    {"spare table entry", spare_block_entry, 0, 0x1ff, REFCOW_KIND_BLOCK_RESERVED, REFCOW_ROLE_REFCOUNT_BLOCK, 1, 0},
    {"block past the end", spare_block_entry, 0, FAR, REFCOW_KIND_BLOCK_OUT_OF_FILE, REFCOW_ROLE_REFCOUNT_BLOCK, 1, 0},
    /* The header's cluster has two references then and a refcount of 1. */
    {"block shared", spare_block_entry, 0, 0x200, REFCOW_KIND_BLOCK_SHARED, REFCOW_ROLE_REFCOUNT_BLOCK, 2, 0},
};

static uint64_t table_of(refcow_role role, const built_image *image)
{
    if (role == REFCOW_ROLE_REFCOUNT_BLOCK) {
        return image->refcount_table;
    }
    return role == REFCOW_ROLE_L2_TABLE ? image->l1_table : image->l2_tables;
}

static void try_damage(const damage_case *row)
{
    built_image image = image_build(small);
    uint64_t place = row->place(&image);
    uint64_t entry = (image_get(&image, place, 8) & ~row->clear) | row->set;
    image_put(&image, place, 8, entry);
    check_answer answer = check_image(&image);
    unsigned before = runner.complaints;
    expect_counts(&answer, row->corruptions != 0 ? REFCOW_VERDICT_CORRUPT : REFCOW_VERDICT_LEAKS, row->corruptions,
                  row->leaks, 0);
    refcow_finding finding = find(&answer, row->kind);
    CHECK_EQUAL(finding.role, row->role);
    CHECK_EQUAL(finding.table, table_of(row->role, &image));
    CHECK_EQUAL(finding.index, (place - finding.table) / 8);
    CHECK_EQUAL(finding.found, entry);
    CHECK_EQUAL(finding.times, 1);
    CHECK_EQUAL(answer.result.found[row->kind], 1);
    if (runner.complaints != before) {
        printf("    in the case \"%s\"\n", row->name);
    }
    drop_answer(&answer);
    image_free(&image);
}

static void one_wrong_entry_is_one_finding(void)
{
    for (size_t i = 0; i < sizeof damage_cases / sizeof *damage_cases; i++) {
        try_damage(&damage_cases[i]);
    }
}

/* Unaligned offsets need clusters above 512 bytes: below, those bits are reserved. */
static void unaligned_places_are_found(void)
{
    image_recipe recipe = {3, 12, 4, 2, 10, 0, 0};
    built_image image = image_build(recipe);
    uint64_t entry = image_l2_entry(&image, 3);
    image_put(&image, entry, 8, image_get(&image, entry, 8) + 512);
    check_answer data = check_image(&image);
    CHECK_EQUAL(data.result.found[REFCOW_KIND_DATA_UNALIGNED], 1);
    CHECK_EQUAL(FIND(&data, DATA_UNALIGNED).host, image_data(&image, 3) + 512);
    /* The cluster after it is touched too, and has a refcount of 1. */
    expect_counts(&data, REFCOW_VERDICT_CORRUPT, 2, 0, 0);
    drop_answer(&data);
    image_free(&image);

    image = image_build(recipe);
    image_put(&image, image_l1_entry(&image, 1), 8, FLAG_COPIED | (image.l2_tables + image.cluster_size + 1024));
    check_answer table = check_image(&image);
    CHECK_EQUAL(table.result.found[REFCOW_KIND_L2_UNALIGNED], 1);
    CHECK_EQUAL(FIND(&table, L2_UNALIGNED).index, 1);
    CHECK_EQUAL(FIND(&table, L2_UNALIGNED).role, REFCOW_ROLE_L2_TABLE);
    drop_answer(&table);
    image_free(&image);
}

/* Without the block nothing can be looked up: not clean, not corrupt, but incomplete, and still status OK. */
static void unreadable_refcounts_are_check_errors(void)
{
    image_recipe recipe = {3, 12, 4, 2, 10, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_block_entry(&image, 0), 8, image.refcount_blocks + 512);
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.checked, REFCOW_STATUS_OK);
    expect_counts(&answer, REFCOW_VERDICT_INCOMPLETE, 1, 0, image.clusters);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_BLOCK_UNALIGNED], 1);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_REFCOUNT_UNREADABLE], image.clusters);
    CHECK_EQUAL(answer.result.image_end_offset, image.cluster_size);
    CHECK_EQUAL(answer.result.refcounts.unknown_clusters, 20);
    drop_answer(&answer);
    image_free(&image);
}

/* -------------------------------------------------------------- compressed */

static uint64_t compressed_entry(uint32_t cluster_bits, uint64_t offset, uint64_t sectors)
{
    return FLAG_COMPRESSED | (sectors - 1) << (62 - (cluster_bits - 8)) | offset;
}

/* The bits of length and offset share the word differently for each cluster size. */
static void compressed_clusters_are_counted(void)
{
    for (uint32_t bits = 9; bits <= 21; bits++) {
        image_recipe recipe = {3, bits, 4, 1, 3, 0, 0};
        built_image image = image_build(recipe);
        uint64_t host = image_data(&image, 0);
        uint64_t most = (uint64_t)1 << (bits - 8);
        /* From the last byte of the first cluster, as long as can be: it touches all three. */
        image_put(&image, image_l2_entry(&image, 0), 8, compressed_entry(bits, host + image.cluster_size - 1, most));
        image_put(&image, image_l2_entry(&image, 1), 8, 0);
        image_put(&image, image_l2_entry(&image, 2), 8, 0);
        check_answer answer = check_image(&image);
        uint64_t touched = cluster_of(&image, (host + image.cluster_size - 1) / 512 * 512 + most * 512 - 1) -
                           cluster_of(&image, host) + 1;
        expect_counts(&answer, touched == 3 ? REFCOW_VERDICT_CLEAN : REFCOW_VERDICT_LEAKS, 0, 3 - touched, 0);
        CHECK_EQUAL(answer.result.compressed_clusters, 1);
        CHECK_EQUAL(answer.result.allocated_clusters, 1);
        CHECK_EQUAL(answer.result.fragmented_clusters, 1);
        CHECK_EQUAL(answer.result.refcounts.allocated_clusters, 0);
        drop_answer(&answer);

        /* The highest bit of the offset. */
        uint64_t highest = (uint64_t)1 << (62 - (bits - 8) - 1);
        image_put(&image, image_l2_entry(&image, 0), 8, compressed_entry(bits, highest, 1));
        answer = check_image(&image);
        CHECK_EQUAL(answer.result.corruptions, 1);
        CHECK_EQUAL(FIND(&answer, OUT_OF_FILE).host, highest);
        CHECK_EQUAL(FIND(&answer, OUT_OF_FILE).length, 512);
        drop_answer(&answer);

        image_put(&image, image_l2_entry(&image, 0), 8,
                  compressed_entry(bits, host + image.cluster_size - 1, most) | FLAG_COPIED);
        answer = check_image(&image);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_COMPRESSED_COPIED], 1);
        CHECK_EQUAL(FIND(&answer, COMPRESSED_COPIED).role, REFCOW_ROLE_COMPRESSED);
        drop_answer(&answer);
        image_free(&image);
    }
}

static void data_file_has_no_compressed_clusters(void)
{
    image_recipe recipe = {3, 9, 4, 1, 3, 0, 1};
    built_image image = image_build(recipe);
    image_put(&image, image_l2_entry(&image, 5), 8, compressed_entry(9, 0x200, 1));
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 0, 0);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_COMPRESSED_IN_DATA_FILE], 1);
    CHECK_EQUAL(answer.result.compressed_clusters, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* ------------------------------------------------------------ extended L2 */

static void expect_bitmap(uint64_t guest, uint64_t word_set, uint64_t bitmap, refcow_kind kind, uint64_t corruptions)
{
    image_recipe recipe = {3, 14, 4, 1, 2, 1, 0};
    built_image image = image_build(recipe);
    uint64_t entry = image_l2_entry(&image, guest);
    image_put(&image, entry, 8, image_get(&image, entry, 8) | word_set);
    image_put(&image, entry + 8, 8, bitmap);
    check_answer answer = check_image(&image);
    expect_counts(&answer, corruptions == 0 ? REFCOW_VERDICT_CLEAN : REFCOW_VERDICT_CORRUPT, corruptions, 0, 0);
    if (corruptions != 0) {
        CHECK_EQUAL(answer.result.found[kind], corruptions);
        CHECK_EQUAL(find(&answer, kind).index, guest);
        CHECK_EQUAL(find(&answer, kind).guest, guest * image.cluster_size);
    }
    drop_answer(&answer);
    image_free(&image);
}

static void subcluster_bitmaps_are_tested(void)
{
    expect_bitmap(0, 0, 0, REFCOW_KIND_SUBCLUSTERS_CLASH, 0);
    expect_bitmap(0, 0, 0xffff0000ffff, REFCOW_KIND_SUBCLUSTERS_CLASH, 1);
    expect_bitmap(0, 0, 0xffff00000000ffff, REFCOW_KIND_SUBCLUSTERS_CLASH, 0);
    expect_bitmap(0, 0, 0x8000000080000000, REFCOW_KIND_SUBCLUSTERS_CLASH, 1);
    expect_bitmap(0, 0, UINT64_MAX, REFCOW_KIND_SUBCLUSTERS_CLASH, 1);
    expect_bitmap(5, 0, (uint64_t)UINT32_MAX << 32, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED, 0);
    expect_bitmap(5, 0, 1, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED, 1);
    expect_bitmap(5, 0, 0x180000000, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED, 1);
    /* Bit 0 is the zero flag of standard entries and nothing in extended ones. */
    expect_bitmap(0, FLAG_ZERO, UINT32_MAX, REFCOW_KIND_L2_RESERVED, 0);
}

/* ------------------------------------------------------------ guest data */

enum { EXTENDED = 1, DATA_FILE = 2 };

/* The seventh guest cluster's entry, beside two clusters of data. As qemu-img convert reads it, or more. */
static void what_readers_may_expand_is_counted(void)
{
    static const struct {
        uint64_t word;
        uint64_t bitmap;
        int kind;
        uint64_t allocated; /* as qemu-img check counts */
        uint64_t data;      /* as readers do */
    } rows[] = {
        {0, 0, 0, 0, 0},
        {FLAG_COPIED, 0, 0, 0, 0},
        {FLAG_ZERO, 0, 0, 0, 0},
        {0x3f000000000001fe, 0, 0, 0, 0},
        {0x3f000000000041fe, 0, 0, 1, 1},
        {FLAG_ZERO | 0x4000, 0, 0, 1, 1},
        {0x4200, 0, 0, 1, 1},
        {0x40000000, 0, 0, 1, 1},
        {FLAG_COMPRESSED | 0x4000, 0, 0, 1, 1},
        {FLAG_COMPRESSED | FLAG_COPIED | 0x4000, 0, 0, 1, 1},
        {FLAG_COMPRESSED | 0x40000000, 0, 0, 1, 1},
        {FLAG_COMPRESSED | 0x4000, 0, EXTENDED, 1, 1},
        {FLAG_COMPRESSED | 0x4000, 1, EXTENDED, 0, 1},
        {FLAG_COMPRESSED | 0x4000, 0x100000000, EXTENDED, 0, 1},
        {FLAG_COMPRESSED | 0x4000, 0, DATA_FILE, 0, 1},
        {FLAG_COMPRESSED | 0x4000, 1, EXTENDED | DATA_FILE, 0, 1},
        {0x4000, 0, EXTENDED, 1, 1},
        {0x4000, 1, EXTENDED, 1, 1},
        {0x4000, UINT64_MAX, EXTENDED, 1, 1},
        {0, 0x100000000, EXTENDED, 0, 0},
        {FLAG_ZERO, 0, EXTENDED, 0, 0},
        {0, 1, EXTENDED, 0, 1},
        {FLAG_ZERO | FLAG_COPIED, UINT64_MAX, EXTENDED, 0, 1},
        {FLAG_COPIED, 0, DATA_FILE, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        image_recipe recipe = {3, 14, 4, 1, 2, (rows[i].kind & EXTENDED) != 0, (rows[i].kind & DATA_FILE) != 0};
        built_image image = image_build(recipe);
        uint64_t entry = image_l2_entry(&image, 6);
        image_put(&image, entry, 8, rows[i].word);
        if (recipe.extended_l2) {
            image_put(&image, entry + 8, 8, rows[i].bitmap);
        }
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.allocated_clusters, 2 + rows[i].allocated);
        CHECK_EQUAL(answer.result.data_clusters, 2 + rows[i].data);
        CHECK_EQUAL(answer.result.snapshot_data_clusters, 0);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* --------------------------------------------------------- classes, extent */

static void entries_without_a_cluster_count_nothing(void)
{
    static const uint64_t entries[] = {0, FLAG_COPIED, FLAG_ZERO, FLAG_ZERO | FLAG_COPIED};
    built_image image = image_build(small);
    for (uint64_t i = 0; i < 4; i++) {
        image_put(&image, image_l2_entry(&image, 30 + i), 8, entries[i]);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.result.allocated_clusters, 40);
    drop_answer(&answer);
    image_free(&image);
}

static void zero_flag_keeps_the_cluster(void)
{
    for (uint32_t version = 2; version <= 3; version++) {
        image_recipe recipe = small;
        recipe.version = version;
        built_image image = image_build(recipe);
        image_put(&image, image_l2_entry(&image, 3), 8, image_get(&image, image_l2_entry(&image, 3), 8) | FLAG_ZERO);
        check_answer answer = check_image(&image);
        expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
        CHECK_EQUAL(answer.result.allocated_clusters, 40);
        CHECK_EQUAL(answer.result.refcounts.allocated_clusters, 39);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* A range may stick out of the file by less than a cluster; then that cluster is compared too. Past that it is a
 * corruption, and only one: the refcount of what is missing still says 1, as the copied flag does. */
static void a_partial_cluster_belongs_to_the_file(void)
{
    image_recipe recipe = {3, 12, 4, 1, 4, 0, 0};
    built_image image = image_build(recipe);
    memory_source source = source_of_image(&image);
    run_options options = {0};
    static const struct {
        uint64_t missing;
        uint64_t corruptions;
    } rows[] = {{0, 0}, {1, 0}, {511, 0}, {512, 0}, {3584, 0}, {4095, 0}, {4096, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_extent part = {0, image.size - rows[i].missing, image.bytes};
        source = source_of_extents(&part, 1, part.length);
        check_answer answer = run_check(&source, &options);
        CHECK_EQUAL(answer.result.corruptions, rows[i].corruptions);
        CHECK_EQUAL(answer.result.leaks, 0);
        drop_answer(&answer);
    }
    image_free(&image);
}

static void total_clusters_are_of_whole_sectors(void)
{
    static const struct {
        uint64_t size;
        uint64_t clusters;
    } rows[] = {{0, 0}, {1, 0}, {511, 0}, {512, 1}, {513, 1}, {4096, 1}, {4607, 1}, {4608, 2}, {8192, 2}};
    image_recipe recipe = {3, 12, 4, 1, 0, 0, 0};
    built_image image = image_build(recipe);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        image_put(&image, FIELD_SIZE, 8, rows[i].size);
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.total_clusters, rows[i].clusters);
        drop_answer(&answer);
    }
    image_free(&image);
}

static void fragments_are_counted_within_a_table(void)
{
    built_image image = image_build(small);
    uint64_t third = image_get(&image, image_l2_entry(&image, 2), 8);
    uint64_t fifth = image_get(&image, image_l2_entry(&image, 4), 8);
    image_put(&image, image_l2_entry(&image, 2), 8, fifth);
    image_put(&image, image_l2_entry(&image, 4), 8, third);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    /* 0 1 4 3 2 5: four of them do not follow the one before. */
    CHECK_EQUAL(answer.result.fragmented_clusters, 4);
    drop_answer(&answer);
    image_free(&image);
}

/* The clusters of neighbours change places, so that none follows the one before. */
static void scatter(built_image *image)
{
    for (uint64_t guest = 0; guest < image->recipe.l2_tables * image->l2_entries; guest += 2) {
        uint64_t one = image_l2_entry(image, guest);
        uint64_t other = image_l2_entry(image, guest + 1);
        uint64_t entry = image_get(image, one, 8);
        image_put(image, one, 8, image_get(image, other, 8));
        image_put(image, other, 8, entry);
    }
}

/* Change a scattered entry, and a refcount. */
static void scattered_clusters_are_checked_like_others(void)
{
    enum { KEEP = 1000 }; /* the refcount */
    static const struct {
        uint64_t set; /* bits of the entry */
        uint64_t clear;
        uint64_t add;      /* clusters */
        uint64_t past_end; /* clusters from the end of the file, which it names instead, less 1; 0: it does not */
        uint64_t stored;   /* refcount of the cluster that it names, or KEEP */
        uint64_t complaints;
    } rows[] = {
        {0, 0, 0, 0, KEEP, 0},
        {0, FLAG_COPIED, 0, 0, KEEP, 1}, /* the flag */
        {0, FLAG_COPIED, 0, 0, 2, 1},    /* a leak */
        {0, 0, 0, 0, 2, 2},              /* a leak and the flag */
        {0, FLAG_COPIED, 0, 0, 0, 1},    /* too low */
        {0, 0, 0, 0, 0, 2},              /* too low, and the flag */
        {2, 0, 0, 0, KEEP, 1},           /* a reserved bit */
        {0, 0, 8, 0, KEEP, 2},           /* one cluster twice, another not at all */
        {0, 0, 0, 1, KEEP, 3},           /* past the end of the file, a leak, the flag */
        {0, 0, 0, 1, 1, 2},              /* past the end of the file, where there is a refcount; a leak */
        {0, 0, 0, 3000, KEEP, 3},        /* far past it */
        {0, UINT64_MAX, 0, 0, KEEP, 1},  /* not allocated: a leak */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        built_image image = image_build(small);
        scatter(&image);
        uint64_t entry = image_l2_entry(&image, 11);
        uint64_t host = image_data(&image, 10);
        CHECK_EQUAL(image_get(&image, entry, 8), host | FLAG_COPIED);
        uint64_t named = rows[i].past_end == 0 ? host : image.size + (rows[i].past_end - 1) * image.cluster_size;
        uint64_t value = ((named | FLAG_COPIED) & ~rows[i].clear) | rows[i].set;
        image_put(&image, entry, 8, value + rows[i].add * image.cluster_size);
        if (rows[i].stored != KEEP) {
            image_set_refcount(&image, named / image.cluster_size, rows[i].stored);
        }
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.corruptions + answer.result.leaks, rows[i].complaints);
        CHECK_EQUAL(answer.result.check_errors, 0);
        CHECK_EQUAL(answer.result.allocated_clusters, rows[i].clear == UINT64_MAX ? 39 : 40);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* Whether the flag is set does not matter to that: 1 0 3 2 5 6 7 6 9 8 ..., of which 6 has two references. */
static void fragments_are_counted_among_scattered_clusters(void)
{
    built_image image = image_build(small);
    scatter(&image);
    uint64_t shared = image_data(&image, 6);
    image_put(&image, image_l2_entry(&image, 5), 8, shared);
    image_put(&image, image_l2_entry(&image, 7), 8, shared);
    image_set_refcount(&image, shared / image.cluster_size, 2);
    image_set_refcount(&image, image_data(&image, 4) / image.cluster_size, 0);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    /* All but the first of each table, and the first 6 and the 7. */
    CHECK_EQUAL(answer.result.fragmented_clusters, 40 - 2 - 2);
    drop_answer(&answer);
    image_free(&image);
}

static void scattered_clusters_are_found_in_every_window(void)
{
    image_recipe recipe = {3, 10, 4, 300, 128, 0, 0};
    built_image image = image_build(recipe);
    scatter(&image);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK(answer.result.passes > 1);
    drop_answer(&answer);
    image_free(&image);
}

static void scattered_clusters_have_the_weight_of_their_table(void)
{
    built_image image = image_build(small);
    scatter(&image);
    image_put(&image, image_l1_entry(&image, 1), 8, image_get(&image, image_l1_entry(&image, 0), 8));
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 21, 21, 0);
    CHECK_EQUAL(answer.result.allocated_clusters, 40);
    CHECK_EQUAL(answer.result.fragmented_clusters, 38);
    CHECK_EQUAL(answer.result.refcounts.allocated_clusters, 40);
    drop_answer(&answer);
    image_free(&image);
}

/* In runs, scattered, and one by one. */
static void data_of_snapshots_adds_up(void)
{
    for (int is_scattered = 0; is_scattered < 2; is_scattered++) {
        built_image image = image_build(small);
        if (is_scattered) {
            scatter(&image);
        }
        image_add_snapshots(&image, 3);
        uint64_t table = image_get(&image, image_l1_entry(&image, 1), 8);
        image_put(&image, image_added_table(&image, 0), 8, table);
        image_put(&image, image_added_table(&image, 2), 8, table);
        image_put(&image, image_l2_entry(&image, image.l2_entries + 30), 8, FLAG_COMPRESSED);
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.data_clusters, 41);
        CHECK_EQUAL(answer.result.snapshot_data_clusters, 2 * 21);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* Two L1 entries with one table: everything in it counts twice, for the lower guest offset. */
static void a_table_that_is_named_twice_counts_twice(void)
{
    built_image image = image_build(small);
    image_put(&image, image_l1_entry(&image, 1), 8, image_get(&image, image_l1_entry(&image, 0), 8));
    image_put(&image, image_l2_entry(&image, 30), 8, 2);
    check_answer answer = check_image(&image);
    /* The table and its 20 clusters have refcount 1 and two references, the other table and its clusters leak. */
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 21 + 2, 21, 0);
    CHECK_EQUAL(answer.result.allocated_clusters, 40);
    refcow_finding reserved = FIND(&answer, L2_RESERVED);
    CHECK_EQUAL(reserved.times, 2);
    CHECK_EQUAL(reserved.guest, 30 * image.cluster_size);
    drop_answer(&answer);
    image_free(&image);
}

/* Clusters in a row that tables of different weight name. */
static void weights_do_not_spread_to_neighbours(void)
{
    image_recipe recipe = {3, 12, 4, 32, 512, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_l1_entry(&image, 31), 8, image_get(&image, image_l1_entry(&image, 10), 8));
    check_answer answer = check_image(&image);
    /* The table and its clusters once more than stored, the last table and its clusters not at all. */
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 513, 513, 0);
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        if (answer.findings[i].host == image_data(&image, 10 * 512)) {
            CHECK_EQUAL(answer.findings[i].kind, REFCOW_KIND_REFCOUNT_LOW);
            CHECK_EQUAL(answer.findings[i].length, 512 * image.cluster_size);
            CHECK_EQUAL(answer.findings[i].expected, 2);
        }
    }
    drop_answer(&answer);
    image_free(&image);
}

/* -------------------------------------------------------------- many alike */

/* The parser divides clusters into pages of 4096, and handles those that are all alike in one go. */
enum { PAGE = 4096 };

/* More than two pages of data clusters in a row; the last table is there to be changed. */
static built_image long_image(uint32_t refcount_order)
{
    image_recipe recipe = {3, 9, refcount_order, 140, 64, 0, 0};
    return image_build(recipe);
}

static uint64_t guest_of(const built_image *image, uint64_t cluster)
{
    return (cluster * image->cluster_size - image->data) / image->cluster_size;
}

/* A run of entries from one page into the next one, where the refcounts are others. */
static void a_run_ends_where_refcounts_differ(void)
{
    built_image image = long_image(4);
    uint64_t first = guest_of(&image, PAGE);
    uint64_t differing = 64 - first % 64; /* clusters of the run */
    CHECK(differing > 1 && differing < 64);
    for (uint64_t i = 0; i < differing; i++) {
        image_set_refcount(&image, PAGE + i, 2);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, differing, differing, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).host, PAGE * image.cluster_size);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).length, differing * image.cluster_size);
    CHECK_EQUAL(FIND(&answer, L2_COPIED).guest, first * image.cluster_size);
    drop_answer(&answer);
    image_free(&image);
}

/* Entries in a row are looked at many at a time, beginning with a cluster whose number is a multiple of 32. This is one
 * among them that says something else than what would follow. */
static void expect_seen_amid_a_run(const image_recipe *recipe, uint64_t guest)
{
    built_image image = image_build(*recipe);
    const uint64_t twice = image_data(&image, (guest + 1) % 64);
    const uint64_t entry = image_l2_entry(&image, guest);
    image_put(&image, entry, 8, twice | FLAG_COPIED);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 1, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).host, image_data(&image, guest));
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, twice);
    drop_answer(&answer);
    image_put(&image, entry, 8, image_data(&image, guest));
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 0, 0);
    CHECK_EQUAL(FIND(&answer, L2_COPIED).guest, guest * image.cluster_size);
    drop_answer(&answer);
    for (uint64_t bit = 0; bit < 64; bit = bit == 8 ? 56 : bit + 1) {
        image_put(&image, entry, 8, (image_data(&image, guest) | FLAG_COPIED) ^ (uint64_t)1 << bit);
        answer = check_image(&image);
        if (bit == 0) {
            expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0); /* it reads as zeros */
        } else {
            CHECK(answer.result.verdict == REFCOW_VERDICT_CORRUPT);
        }
        drop_answer(&answer);
    }
    image_free(&image);
}

static void each_entry_of_a_run_is_seen(void)
{
    for (uint32_t tables = 1; tables <= 32; tables += 5) {
        const image_recipe recipe = {3, 9, 4, tables, 64, 0, 0};
        for (uint64_t guest = 0; guest < 64; guest++) {
            expect_seen_amid_a_run(&recipe, guest);
        }
    }
}

/* After the first entry, 32 with the bits that count up, but exchanged instead of added: that is the same only where
 * the second entry's cluster is a multiple of 32. Else they are the clusters from there on, some of which are not
 * theirs. */
static void bits_that_differ_are_no_run(void)
{
    for (uint32_t tables = 32; tables < 64; tables++) {
        const image_recipe recipe = {3, 9, 4, tables, 64, 0, 0};
        built_image image = image_build(recipe);
        const uint64_t second = cluster_of(&image, image_data(&image, 1));
        const uint64_t others = second % 32;
        for (uint64_t i = 0; i < 32; i++) {
            image_put(&image, image_l2_entry(&image, 1 + i), 8, (second ^ i) * image.cluster_size | FLAG_COPIED);
        }
        check_answer answer = check_image(&image);
        expect_counts(&answer, others > 0 ? REFCOW_VERDICT_CORRUPT : REFCOW_VERDICT_CLEAN, others, others, 0);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* The next 32 entries name clusters one after the other as well, but not those that would follow. */
static void a_run_goes_on_elsewhere(void)
{
    const image_recipe recipe = {3, 12, 4, 1, 512, 0, 0};
    built_image image = image_build(recipe);
    uint64_t second = 32 - cluster_of(&image, image.data) % 32 + 32;
    for (uint64_t i = second; i < second + 32; i++) {
        image_put(&image, image_l2_entry(&image, i), 8, image_data(&image, i + 32) | FLAG_COPIED);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 32, 32, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).host, image_data(&image, second));
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, image_data(&image, second + 32));
    drop_answer(&answer);
    image_free(&image);
}

/* A table as long as what is read at once, in a file so long that all of the block is used: what is behind it is not
 * looked at, or sanitizers say so. The block is aligned so badly that the bytes for that are used as well. */
static void expect_run_to_end_with_the_block(const image_recipe *recipe)
{
    built_image image = image_build(*recipe);
    memory_source source = source_of_image(&image);
    source.size = image.size << 10;
    refcow_source callbacks = source_callbacks(&source);
    refcow_image opened;
    CHECK_EQUAL(refcow_open(&opened, sizeof opened, REFCOW_VERSION, &callbacks), REFCOW_STATUS_OK);
    uint8_t *block = allocate(REFCOW_MEMORY_MIN + 1);
    refcow_options options = {.memory = block + 1, .memory_size = REFCOW_MEMORY_MIN};
    refcow_result result;
    CHECK_EQUAL(refcow_check(&opened, &options, &result), REFCOW_STATUS_OK);
    CHECK_EQUAL(result.verdict, REFCOW_VERDICT_CLEAN);
    CHECK(result.memory_used > REFCOW_MEMORY_MIN - 7);
    free(block);
    image_free(&image);
}

/* From each cluster of a group on. */
static void a_run_ends_with_the_block(void)
{
    for (uint32_t tables = 1; tables <= 32; tables++) {
        const image_recipe recipe = {3, 13, 4, tables, 1024, 0, 0};
        expect_run_to_end_with_the_block(&recipe);
    }
}

/* Runs of a page's clusters, counted from its beginning, in the order in which a table's entries name them. */
enum { RUNS = 5, IN_REACH = 16 };
typedef struct named_run {
    uint64_t first;
    uint64_t count; /* 0: there is no run */
} named_run;

static uint64_t times_named(const named_run *runs, uint64_t cluster)
{
    uint64_t times = 0;
    for (size_t i = 0; i < RUNS; i++) {
        times += cluster >= runs[i].first && cluster < runs[i].first + runs[i].count;
    }
    return times;
}

/* The last table names these runs, with an unallocated entry after each; nothing else names clusters of the page. Their
 * refcounts are 9, so that each run is handled in one go. */
static built_image image_of_runs(const named_run *runs, uint64_t page)
{
    built_image image = long_image(4);
    uint64_t guests = 140 * 64;
    uint64_t next = guests - 64;
    for (uint64_t guest = guest_of(&image, page); guest < guests; guest++) {
        image_set_refcount(&image, cluster_of(&image, image_data(&image, guest)), 0);
        image_put(&image, image_l2_entry(&image, guest), 8, 0);
    }
    for (uint64_t i = 0; i < IN_REACH; i++) {
        image_set_refcount(&image, page + i, 9);
    }
    for (size_t i = 0; i < RUNS; i++, next++) {
        for (uint64_t k = 0; k < runs[i].count; k++, next++) {
            image_put(&image, image_l2_entry(&image, next), 8, (page + runs[i].first + k) * image.cluster_size);
        }
    }
    return image;
}

static void expect_runs_are_counted(const named_run *runs)
{
    const uint64_t page = 2 * PAGE;
    built_image image = image_of_runs(runs, page);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, IN_REACH, 0);
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        const refcow_finding *high = &answer.findings[i];
        uint64_t first = cluster_of(&image, high->host) - page;
        for (uint64_t k = first; k < first + cluster_of(&image, high->length); k++) {
            CHECK_EQUAL(high->expected, times_named(runs, k));
        }
    }
    drop_answer(&answer);
    image_free(&image);
}

/* Runs that go on where others end, or leave a hole between them that is filled later, are kept together. */
static void runs_of_a_page_in_any_order(void)
{
    static const named_run rows[][RUNS] = {
        {{1, 2}, {5, 2}, {3, 2}},                 /* a hole is filled */
        {{5, 2}, {1, 2}, {3, 2}},                 /* which came about the other way */
        {{1, 2}, {5, 2}, {3, 1}, {4, 1}},         /* from its start */
        {{1, 2}, {6, 2}, {5, 1}, {4, 1}, {3, 1}}, /* from its end */
        {{1, 2}, {7, 2}, {4, 1}},                 /* in the middle: there are two */
        {{1, 2}, {5, 2}, {9, 2}},                 /* a second hole behind the first */
        {{9, 2}, {5, 2}, {1, 2}},                 /* before it */
        {{1, 2}, {5, 2}, {7, 2}, {0, 1}},         /* both ends grow */
        {{1, 2}, {5, 2}, {3, 3}},                 /* more than the hole: one cluster twice */
        {{1, 2}, {5, 2}, {2, 3}},                 /* the same at the other end */
        {{1, 2}, {5, 2}, {0, 9}},                 /* all of it again, and more */
        {{1, 2}, {5, 2}, {1, 6}},                 /* all of it again: the hole once, the others twice */
        {{1, 6}, {1, 6}},                         /* the same without a hole */
        {{1, 6}, {1, 6}, {7, 2}},                 /* and then others that are named once */
        {{1, 6}, {1, 6}, {9, 2}},                 /* further away */
        {{1, 6}, {2, 2}},                         /* a part again */
        {{1, 2}, {5, 2}, {3, 2}, {9, 1}, {1, 6}}, /* filled, and then a new hole */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned before = runner.complaints;
        expect_runs_are_counted(rows[i]);
        if (runner.complaints != before) {
            printf("    in row %zu\n", i);
        }
    }
}

/* As many snapshots as there can be, whose L1 table, the same one, has as many entries: half of them name one L2 table,
 * the others the other one. */
enum { TREES = 65536, TREE_BYTES = 40 };
static built_image image_of_many_trees(void)
{
    const image_recipe recipe = {3, 9, 6, 2, 1, 0, 0};
    built_image image = image_build(recipe);
    image.added = image.size;
    image_append(&image, cluster_of(&image, TREES * 8));
    image.snapshots = image.size;
    image_append(&image, cluster_of(&image, TREES * TREE_BYTES));
    image_put(&image, FIELD_NB_SNAPSHOTS, 4, TREES);
    image_put(&image, FIELD_SNAPSHOTS_OFFSET, 8, image.snapshots);
    for (uint64_t i = 0; i < TREES; i++) {
        uint64_t entry = image.snapshots + i * TREE_BYTES;
        image_put(&image, entry + SNAPSHOT_L1_OFFSET, 8, image.added);
        image_put(&image, entry + SNAPSHOT_L1_SIZE, 4, TREES);
        image_put(&image, image.added + i * 8, 8, image.l2_tables + i % 2 * image.cluster_size);
    }
    image_append(&image, 2 * PAGE);
    return image;
}

/* What was counted for a cluster whose refcount is too low; 0: it is not. */
static uint64_t counted_for(const built_image *image, uint64_t host)
{
    check_answer answer = check_image(image);
    uint64_t counted = 0;
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        const refcow_finding *low = &answer.findings[i];
        if (low->kind == REFCOW_KIND_REFCOUNT_LOW && host >= low->host && host < low->host + low->length) {
            counted = low->expected;
        }
    }
    drop_answer(&answer);
    return counted;
}

/* A cluster that is named more than 2^32 times, in two goes or at once, and is all that is named of its page. */
static void more_references_than_32_bits(void)
{
    const uint64_t half = (uint64_t)1 << 31;
    built_image image = image_of_many_trees();
    const uint64_t data = (image.clusters - PAGE) * image.cluster_size;
    image_put(&image, image_l2_entry(&image, 0), 8, data);
    CHECK_EQUAL(counted_for(&image, data), half + 1);
    image_put(&image, image_l2_entry(&image, image.l2_entries), 8, data);
    CHECK_EQUAL(counted_for(&image, data), 2 * (half + 1));
    image_put(&image, image_l1_entry(&image, 1), 8, image.l2_tables);
    for (uint64_t i = 1; i < TREES; i += 2) {
        image_put(&image, image.added + i * 8, 8, image.l2_tables);
    }
    CHECK_EQUAL(counted_for(&image, data), 2 * (half + 1));
    image_free(&image);
}

/* All clusters of a page are in use, and two of them, far from each other, once more. */
static void a_full_page_with_two_exceptions(void)
{
    built_image image = long_image(4);
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t shared = PAGE + 1000 * (1 + i);
        uint64_t last = 140 * 64 - 1 - i;
        image_set_refcount(&image, shared, 2);
        image_set_refcount(&image, cluster_of(&image, image_data(&image, last)), 0);
        image_put(&image, image_l2_entry(&image, guest_of(&image, shared)), 8, shared * image.cluster_size);
        image_put(&image, image_l2_entry(&image, last), 8, shared * image.cluster_size);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    drop_answer(&answer);
    image_set_refcount(&image, PAGE + 2000, 3);
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 1, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).host, (PAGE + 2000) * image.cluster_size);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).expected, 2);
    drop_answer(&answer);
    /* All refcounts are too low by 1: the difference is the same for each cluster. */
    for (uint64_t cluster = PAGE; cluster < 2 * PAGE; cluster++) {
        image_set_refcount(&image, cluster, 0);
    }
    image_set_refcount(&image, PAGE + 1000, 1);
    image_set_refcount(&image, PAGE + 2000, 1);
    answer = check_image(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_REFCOUNT_LOW], PAGE);
    drop_answer(&answer);
    image_free(&image);
}

/* All clusters of a page are in use but one, which nobody names, or the last table. */
static void a_full_page_with_a_hole(void)
{
    const uint64_t hole = PAGE + 1000;
    built_image image = long_image(4);
    image_put(&image, image_l2_entry(&image, guest_of(&image, hole)), 8, 0);
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 1, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_HIGH).host, hole * image.cluster_size);
    drop_answer(&answer);
    uint64_t last = 140 * 64 - 1;
    image_set_refcount(&image, cluster_of(&image, image_data(&image, last)), 0);
    image_put(&image, image_l2_entry(&image, last), 8, hole * image.cluster_size | FLAG_COPIED);
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* The work to check an image whose LUKS header takes up so many clusters, from the middle of a page on. */
static uint64_t work_of_luks_header(uint64_t clusters)
{
    built_image image = image_build(small);
    image_encrypt(&image, 1);
    image_append(&image, 5000);
    image_put(&image, HEADER_LENGTH_3 + 16, 8, clusters * image.cluster_size);
    check_answer answer = check_image(&image);
    uint64_t work = answer.result.work;
    CHECK_STRING(refcow_status_name(answer.checked), "ok");
    drop_answer(&answer);
    image_free(&image);
    return work;
}

/* They are counted one by one, also where they are as many as a page has. */
static void clusters_of_parts_of_pages_are_charged(void)
{
    CHECK(work_of_luks_header(4096) >= work_of_luks_header(4095));
}

/* An encryption header takes up the end of a page, all of the next one and the beginning of the one after. */
static void one_reference_to_a_whole_page(void)
{
    built_image image = long_image(4);
    const uint64_t first = PAGE - 10;
    const uint64_t length = PAGE + 20;
    image_encrypt(&image, 1);
    image_set_refcount(&image, image.clusters - 1, 0);
    image_put(&image, first * image.cluster_size, 8, image_get(&image, image.size - image.cluster_size, 8));
    image_put(&image, HEADER_LENGTH_3 + 8, 8, first * image.cluster_size);
    image_put(&image, HEADER_LENGTH_3 + 16, 8, length * image.cluster_size);
    for (uint64_t cluster = first; cluster < first + length; cluster++) {
        image_put(&image, image_l2_entry(&image, guest_of(&image, cluster)), 8, 0);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* A whole page of refcounts that a byte does not hold. */
static void a_page_of_high_refcounts(void)
{
    built_image image = long_image(4);
    for (uint64_t cluster = PAGE; cluster < 2 * PAGE; cluster++) {
        image_set_refcount(&image, cluster, 300);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, PAGE, PAGE, 0);
    refcow_finding high = FIND(&answer, REFCOUNT_HIGH);
    CHECK_EQUAL(high.host, PAGE * image.cluster_size);
    CHECK_EQUAL(high.length, PAGE * image.cluster_size);
    CHECK_EQUAL(high.expected, 1);
    CHECK_EQUAL(high.found, 300);
    drop_answer(&answer);
    image_free(&image);
}

/* Refcounts that share a byte, and take turns. */
static void narrow_refcounts_in_turns(void)
{
    for (uint32_t order = 1; order <= 2; order++) {
        built_image image = long_image(order);
        for (uint64_t cluster = 0; cluster < image.clusters; cluster += 2) {
            image_set_refcount(&image, cluster, 2);
        }
        check_answer answer = check_image(&image);
        CHECK_EQUAL(answer.result.leaks, (image.clusters + 1) / 2);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_REFCOUNT_LOW], 0);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* A window may begin in the middle of a byte of refcounts, and so may each page of it: with a little more memory each,
 * one of them ends with the cluster that has another refcount than all before it. */
static void narrow_refcounts_in_windows(void)
{
    for (uint32_t order = 0; order <= 2; order++) {
        image_recipe recipe = {3, 10, order, 200, 128, 0, 0};
        built_image image = image_build(recipe);
        memory_source source = source_of_image(&image);
        run_options options = {0};
        check_answer answer = run_check(&source, &options);
        expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
        CHECK(answer.second_window != 0);
        const uint64_t other = answer.second_window + PAGE + 2;
        drop_answer(&answer);
        image_set_refcount(&image, other, 0);
        for (size_t more = 0; more < 20; more++) {
            options.memory_size = REFCOW_MEMORY_MIN + more;
            answer = run_check(&source, &options);
            expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 2, 0, 0);
            CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, other * image.cluster_size);
            drop_answer(&answer);
        }
        image_free(&image);
    }
}

/* Two tables that name the same clusters, each itself named so often that the clusters' counters run full, all at once,
 * and those of the tables do not. */
static void runs_of_clusters_with_many_references(void)
{
    enum { NAMES = 150, MAPPED = 20 };
    image_recipe recipe = {3, 12, 4, 2 * NAMES, MAPPED, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t i = 0; i < 2 * NAMES; i++) {
        image_put(&image, image_l1_entry(&image, i), 8, image.l2_tables + i % 2 * image.cluster_size);
    }
    for (uint64_t guest = 0; guest < MAPPED; guest++) {
        uint64_t host = image_data(&image, guest);
        image_put(&image, image_l2_entry(&image, guest), 8, host);
        image_put(&image, image_l2_entry(&image, image.l2_entries + guest), 8, host);
        image_set_refcount(&image, cluster_of(&image, host), 2 * NAMES);
    }
    image_set_refcount(&image, cluster_of(&image, image.l2_tables), NAMES);
    image_set_refcount(&image, cluster_of(&image, image.l2_tables) + 1, NAMES);
    check_answer answer = check_image(&image);
    const uint64_t unused = 2 * NAMES - 2 + (2 * NAMES - 1) * MAPPED;
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, unused, 0);
    drop_answer(&answer);
    image_set_refcount(&image, cluster_of(&image, image_data(&image, 7)), 2 * NAMES - 1);
    answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, unused, 0);
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).host, image_data(&image, 7));
    CHECK_EQUAL(FIND(&answer, REFCOUNT_LOW).expected, 2 * NAMES);
    drop_answer(&answer);
    image_free(&image);
}

/* Entries 0 and 3 name one place after the other, but are not next to each other. */
static void a_range_has_no_gaps(void)
{
    built_image image = image_build(small);
    uint64_t place = image.size;
    image_append_counted(&image, 2);
    for (uint64_t i = 0; i < 2; i++) {
        image_set_refcount(&image, cluster_of(&image, image_data(&image, 3 * i)), 0);
        image_put(&image, image_l2_entry(&image, 3 * i), 8, place + i * image.cluster_size);
    }
    check_answer answer = check_image(&image);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 2, 0, 0);
    CHECK_EQUAL(answer.result.findings_count, 2);
    CHECK_EQUAL(FIND(&answer, L2_COPIED).length, image.cluster_size);
    CHECK_EQUAL(answer.findings[1].index, 3);
    drop_answer(&answer);
    image_free(&image);
}

void run_counting_tests(void)
{
    RUN(clean_images_are_clean);
    RUN(every_geometry_is_clean);
    RUN(zero_refcounts_are_found_one_by_one);
    RUN(high_refcounts_keep_their_value);
    RUN(narrow_refcounts_begin_at_the_low_end);
    RUN(wide_refcounts_are_big_endian);
    RUN(leaks_in_a_row_are_one_finding);
    RUN(many_references_are_counted_exactly);
    RUN(references_past_the_width_are_found);
    RUN(one_wrong_entry_is_one_finding);
    RUN(unaligned_places_are_found);
    RUN(unreadable_refcounts_are_check_errors);
    RUN(compressed_clusters_are_counted);
    RUN(data_file_has_no_compressed_clusters);
    RUN(subcluster_bitmaps_are_tested);
    RUN(what_readers_may_expand_is_counted);
    RUN(data_of_snapshots_adds_up);
    RUN(entries_without_a_cluster_count_nothing);
    RUN(zero_flag_keeps_the_cluster);
    RUN(a_partial_cluster_belongs_to_the_file);
    RUN(total_clusters_are_of_whole_sectors);
    RUN(fragments_are_counted_within_a_table);
    RUN(scattered_clusters_are_checked_like_others);
    RUN(fragments_are_counted_among_scattered_clusters);
    RUN(scattered_clusters_are_found_in_every_window);
    RUN(scattered_clusters_have_the_weight_of_their_table);
    RUN(a_table_that_is_named_twice_counts_twice);
    RUN(weights_do_not_spread_to_neighbours);
    RUN(a_run_ends_where_refcounts_differ);
    RUN(each_entry_of_a_run_is_seen);
    RUN(bits_that_differ_are_no_run);
    RUN(a_run_goes_on_elsewhere);
    RUN(a_run_ends_with_the_block);
    RUN(runs_of_a_page_in_any_order);
    RUN(more_references_than_32_bits);
    RUN(a_full_page_with_two_exceptions);
    RUN(a_full_page_with_a_hole);
    RUN(one_reference_to_a_whole_page);
    RUN(clusters_of_parts_of_pages_are_charged);
    RUN(a_page_of_high_refcounts);
    RUN(narrow_refcounts_in_turns);
    RUN(narrow_refcounts_in_windows);
    RUN(runs_of_clusters_with_many_references);
    RUN(a_range_has_no_gaps);
}
