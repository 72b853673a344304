/*
 * notes.c - notes: findings that are no defects. Each on both sides of its boundary; none changes the verdict.
 */
#include "run.h"
#include "suites.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const image_recipe small = {.version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};

enum { CLUSTER = 4096, SECTOR = 512, IN_USE = 1, FAR_AWAY = 1000 };

/* Check an image, of which only so many bytes are there, in little memory and in more. */
static check_answer check_part(const built_image *image, uint64_t size)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    source.size = size;
    check_answer answer = run_check(&source, &options);
    check_answer ample = run_with_ample_memory(&source, &answer);
    drop_answer(&ample);
    return answer;
}

/* Which tables are damaged is the matter of damage.c. */
static uint64_t notes_of(const check_answer *answer)
{
    return answer->result.notes - answer->result.found[REFCOW_KIND_L2_TABLE_DAMAGED];
}

static void expect_notes(const check_answer *answer, refcow_verdict verdict, refcow_kind kind, uint64_t times)
{
    CHECK_STRING(refcow_verdict_name(answer->result.verdict), refcow_verdict_name(verdict));
    CHECK_EQUAL(answer->result.found[kind], times);
    CHECK_EQUAL(notes_of(answer), times);
}

/* ------------------------------------------------------------------- marks */

static void marks_of_the_header_are_notes(void)
{
    built_image image = image_build(small);
    check_answer answer = check_image(&image);
    CHECK_EQUAL(answer.result.notes, 0);
    drop_answer(&answer);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, REFCOW_INCOMPATIBLE_DIRTY);
    answer = check_image(&image);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_MARKED_DIRTY, 1);
    drop_answer(&answer);
    image_put(&image, FIELD_INCOMPATIBLE_FEATURES, 8, REFCOW_INCOMPATIBLE_CORRUPT);
    answer = check_image(&image);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_MARKED_CORRUPT, 1);
    refcow_finding note = FIND(&answer, MARKED_CORRUPT);
    CHECK_EQUAL(note.host, FIELD_INCOMPATIBLE_FEATURES);
    CHECK_EQUAL(note.length, 8);
    CHECK_EQUAL(note.found, REFCOW_INCOMPATIBLE_CORRUPT);
    CHECK_EQUAL(note.guest, REFCOW_NO_GUEST);
    CHECK_EQUAL(note.table, REFCOW_NO_TABLE);
    drop_answer(&answer);
    /* A refused image has no findings, notes neither. */
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    answer = check_image(&image);
    expect_notes(&answer, REFCOW_VERDICT_REFUSED, REFCOW_KIND_MARKED_CORRUPT, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* -------------------------------------------------------------- truncation */

static void files_that_are_cut_short(void)
{
    built_image image = image_build(small);
    check_answer answer = check_part(&image, image.size - 2 * CLUSTER);
    expect_notes(&answer, REFCOW_VERDICT_CORRUPT, REFCOW_KIND_TRUNCATED, 1);
    refcow_finding note = FIND(&answer, TRUNCATED);
    CHECK_EQUAL(note.host, image.size - 2 * CLUSTER);
    CHECK_EQUAL(note.found, image.size - 2 * CLUSTER);
    CHECK_EQUAL(note.expected, image.size);
    CHECK_EQUAL(note.length, 2 * CLUSTER);
    drop_answer(&answer);
    /* The last cluster may be a part of one: QEMU leaves it so. */
    answer = check_part(&image, image.size - CLUSTER + SECTOR);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_TRUNCATED, 0);
    drop_answer(&answer);
    answer = check_part(&image, image.size - CLUSTER);
    expect_notes(&answer, REFCOW_VERDICT_CORRUPT, REFCOW_KIND_TRUNCATED, 1);
    drop_answer(&answer);
    image_free(&image);
}

/* A wrong entry is no reason to believe that a file was longer: the image counts no such cluster. */
static void entries_that_are_wrong_are_no_truncation(void)
{
    built_image image = image_build(small);
    uint64_t offset = (uint64_t)FAR_AWAY * CLUSTER;
    image_put(&image, image_l2_entry(&image, 0), 8, offset);
    check_answer answer = check_part(&image, image.size);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], 1);
    CHECK_EQUAL(notes_of(&answer), 0);
    drop_answer(&answer);
    image_set_refcount(&image, FAR_AWAY, 1);
    answer = check_part(&image, image.size);
    expect_notes(&answer, REFCOW_VERDICT_CORRUPT, REFCOW_KIND_TRUNCATED, 1);
    CHECK_EQUAL(FIND(&answer, TRUNCATED).expected, offset + CLUSTER);
    drop_answer(&answer);
    /* Whether it is counted cannot be looked up. */
    image_put(&image, image_block_entry(&image, 0), 8, image.refcount_blocks + SECTOR);
    answer = check_part(&image, image.size);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_TRUNCATED], 0);
    drop_answer(&answer);
    image_free(&image);
}

/* The highest of several, in whatever order. */
static void the_furthest_reference_counts(void)
{
    static const uint64_t clusters[][2] = {{FAR_AWAY, FAR_AWAY + 7}, {FAR_AWAY + 7, FAR_AWAY}};
    for (size_t i = 0; i < LENGTH(clusters); i++) {
        built_image image = image_build(small);
        for (size_t k = 0; k < 2; k++) {
            image_put(&image, image_l2_entry(&image, k), 8, clusters[i][k] * CLUSTER);
            image_set_refcount(&image, clusters[i][k], 1);
        }
        check_answer answer = check_part(&image, image.size);
        CHECK_EQUAL(FIND(&answer, TRUNCATED).expected, (uint64_t)(FAR_AWAY + 8) * CLUSTER);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* --------------------------------------------------------- compressed data */

/* A descriptor of the compressed data that ends so many bytes behind the end of the file. */
static check_answer check_compressed(uint64_t behind)
{
    built_image image = image_build(small);
    uint64_t start = image.size - SECTOR;
    uint64_t sectors = (SECTOR + behind) / SECTOR;
    uint64_t shift = 62 - (small.cluster_bits - 8);
    image_put(&image, image_l2_entry(&image, 4), 8, FLAG_COMPRESSED | (sectors - 1) << shift | start);
    check_answer answer = check_part(&image, image.size);
    CHECK_EQUAL(answer.result.compressed_end, image.size + behind);
    if (answer.result.found[REFCOW_KIND_COMPRESSED_PAST_END] != 0) {
        refcow_finding note = FIND(&answer, COMPRESSED_PAST_END);
        CHECK_EQUAL(note.host, start);
        CHECK_EQUAL(note.length, SECTOR + behind);
        CHECK_EQUAL(note.guest, 4 * CLUSTER);
        CHECK_EQUAL(note.index, 4);
        CHECK_EQUAL(note.role, REFCOW_ROLE_COMPRESSED);
    }
    image_free(&image);
    return answer;
}

static void compressed_data_ends_in_the_file(void)
{
    static const struct {
        uint64_t behind;
        uint64_t notes;
        uint64_t out_of_file;
    } rows[] = {{0, 0, 0}, {SECTOR, 1, 0}, {CLUSTER - SECTOR, 1, 0}, {CLUSTER, 0, 1}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        check_answer answer = check_compressed(rows[i].behind);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_COMPRESSED_PAST_END], rows[i].notes);
        CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], rows[i].out_of_file);
        CHECK_EQUAL(notes_of(&answer), rows[i].notes);
        drop_answer(&answer);
    }
}

/* ---------------------------------------------------------- empty L2 tables */

/* The second L2 table loses its entries. */
static built_image image_with_empty_table(void)
{
    built_image image = image_build(small);
    for (uint64_t guest = 0; guest < small.mapped; guest++) {
        image_put(&image, image_l2_entry(&image, image.l2_entries + guest), 8, 0);
    }
    return image;
}

static void empty_tables_beside_leaks(void)
{
    built_image image = image_with_empty_table();
    uint64_t table = image.l2_tables + CLUSTER;
    check_answer answer = check_part(&image, image.size);
    expect_notes(&answer, REFCOW_VERDICT_LEAKS, REFCOW_KIND_L2_TABLE_EMPTY, 1);
    refcow_finding note = FIND(&answer, L2_TABLE_EMPTY);
    CHECK_EQUAL(note.host, table);
    CHECK_EQUAL(note.length, CLUSTER);
    CHECK_EQUAL(note.guest, image.l2_entries * CLUSTER);
    CHECK_EQUAL(note.role, REFCOW_ROLE_L2_TABLE);
    drop_answer(&answer);
    /* The first entry names the table, too: twice, and the lower offset. */
    image_put(&image, image_l1_entry(&image, 0), 8, table | FLAG_COPIED);
    answer = check_part(&image, image.size);
    CHECK_EQUAL(answer.result.notes, 2);
    CHECK_EQUAL(FIND(&answer, L2_TABLE_EMPTY).times, 2);
    CHECK_EQUAL(FIND(&answer, L2_TABLE_EMPTY).guest, 0);
    drop_answer(&answer);
    image_free(&image);
}

static void empty_tables_that_are_no_reason_to_worry(void)
{
    built_image image = image_with_empty_table();
    /* The last entry is one. */
    image_put(&image, image_l2_entry(&image, 2 * image.l2_entries - 1), 8, FLAG_ZERO);
    check_answer answer = check_part(&image, image.size);
    expect_notes(&answer, REFCOW_VERDICT_LEAKS, REFCOW_KIND_L2_TABLE_EMPTY, 0);
    drop_answer(&answer);
    image_put(&image, image_l2_entry(&image, 2 * image.l2_entries - 1), 8, 0);
    /* Its clusters have been freed: what the guest has discarded. */
    for (uint64_t cluster = image.clusters - small.mapped; cluster < image.clusters; cluster++) {
        image_set_refcount(&image, cluster, 0);
    }
    answer = check_part(&image, image.size);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_L2_TABLE_EMPTY, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* Past the end of the file, or not aligned: other findings say what is wrong. */
static void tables_that_are_not_there_are_not_empty(void)
{
    built_image image = image_build(small);
    image_put(&image, image_l1_entry(&image, 1), 8, (uint64_t)FAR_AWAY * CLUSTER);
    check_answer answer = check_part(&image, image.size);
    CHECK(answer.result.leaks > 0);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_TABLE_EMPTY], 0);
    drop_answer(&answer);
    image_append_counted(&image, 2);
    image_put(&image, image_l1_entry(&image, 1), 8, image.size - 2 * CLUSTER + SECTOR);
    answer = check_part(&image, image.size);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_UNALIGNED], 1);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_TABLE_EMPTY], 0);
    drop_answer(&answer);
    image_free(&image);
}

/* An unaligned table that begins in an aligned one, or ends in it, and has an entry there or not. */
static void tables_that_overlap_an_empty_one(void)
{
    for (int has_entry = 0; has_entry < 2; has_entry++) {
        for (uint64_t shift = SECTOR; shift < CLUSTER; shift += CLUSTER - 2 * SECTOR) {
            built_image image = image_with_empty_table();
            uint64_t table = image.size;
            image_append_counted(&image, 3);
            image_put(&image, image_l1_entry(&image, 1), 8, (table + CLUSTER) | FLAG_COPIED);
            image_put(&image, image_l1_entry(&image, 0), 8, table + shift);
            image_put(&image, table + 2 * CLUSTER - 8, 8, has_entry ? FLAG_ZERO : 0);
            check_answer answer = check_part(&image, image.size);
            CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_TABLE_EMPTY], has_entry ? 0 : 1);
            drop_answer(&answer);
            image_free(&image);
        }
    }
}

/* ------------------------------------------------------------------ bitmaps */

static void bitmaps_in_use_are_notes(void)
{
    static const bitmap_recipe bitmaps[] = {{"one", 0, 0}, {"two", 0, IN_USE}, {"three", 100, IN_USE}};
    built_image image = image_build(small);
    image_add_bitmaps(&image, bitmaps, 3);
    check_answer answer = check_part(&image, image.size);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_BITMAP_IN_USE, 2);
    refcow_finding note = FIND(&answer, BITMAP_IN_USE);
    CHECK_EQUAL(note.host, image_bitmap(&image, 1));
    CHECK_EQUAL(note.length, image_bitmap(&image, 2) - image_bitmap(&image, 1));
    CHECK_EQUAL(note.index, 1);
    CHECK_EQUAL(note.found, IN_USE);
    CHECK_EQUAL(note.role, REFCOW_ROLE_BITMAP_DIRECTORY);
    drop_answer(&answer);
    image_free(&image);
}

/* ------------------------------------------------------------------- holes */

/* The image with a hole from one offset to another: the bytes that are there stay zeros or not as they are. */
static memory_source source_with_hole(const built_image *image, file_extent extents[2], uint64_t start, uint64_t end)
{
    extents[0] = (file_extent){0, start, image->bytes};
    extents[1] = (file_extent){end, image->size - end, image->bytes + end};
    return source_of_extents(extents, 2, image->size);
}

static const run_options asking = {.with_next_data = 1, .with_next_hole = 1};

/* In little memory and in more: the same answer. */
static check_answer check_for_holes(memory_source *source)
{
    run_options ample = asking;
    ample.memory_size = 4u << 20;
    check_answer answer = run_check(source, &asking);
    check_answer other = run_check(source, &ample);
    CHECK_SAME(&answer, &other);
    drop_answer(&other);
    return answer;
}

static void clusters_that_lie_wholly_in_a_hole(void)
{
    static const struct {
        uint64_t start; /* from the first data cluster on */
        uint64_t end;
        uint64_t first; /* noted */
        uint64_t count;
    } rows[] = {
        {0, CLUSTER, 0, 1},
        {1, CLUSTER, 0, 0},
        {0, CLUSTER - 1, 0, 0},
        {0, CLUSTER + 1, 0, 1},
        {1, 2 * CLUSTER, 1, 1},
        {CLUSTER - 1, 2 * CLUSTER + 1, 1, 1},
        {2 * CLUSTER, 5 * CLUSTER, 2, 3},
        {0, 6 * CLUSTER, 0, 6},
        {1, 6 * CLUSTER - 1, 1, 4},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        built_image image = image_build(small);
        uint64_t data = image.size - 6 * CLUSTER;
        file_extent extents[2];
        memory_source source = source_with_hole(&image, extents, data + rows[i].start, data + rows[i].end);
        check_answer answer = check_for_holes(&source);
        expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, rows[i].count);
        if (rows[i].count != 0) {
            refcow_finding note = FIND(&answer, DATA_IN_HOLE);
            CHECK_EQUAL(note.host, data + rows[i].first * CLUSTER);
            CHECK_EQUAL(note.length, rows[i].count * CLUSTER);
            CHECK_EQUAL(note.times, rows[i].count);
            CHECK_EQUAL(note.guest, REFCOW_NO_GUEST);
            CHECK_EQUAL(note.table, REFCOW_NO_TABLE);
        }
        drop_answer(&answer);
        image_free(&image);
    }
}

/* The last cluster of a file need not be whole; what is behind its end is a hole. */
static void the_last_cluster_of_a_file_that_ends_in_a_hole(void)
{
    built_image image = image_build(small);
    memory_source source = source_of_image(&image);
    source.whole.length = image.size - CLUSTER;
    source.size = image.size - CLUSTER + SECTOR;
    check_answer answer = check_for_holes(&source);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, 1);
    drop_answer(&answer);
    source.whole.length++;
    answer = check_for_holes(&source);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, 0);
    drop_answer(&answer);
    image_free(&image);
}

/* Clusters that are not in use are no news, and part two runs. A table counts as well as data. */
static void only_clusters_in_use_are_noted(void)
{
    built_image image = image_build(small);
    uint64_t before = image.size;
    image_append(&image, 9);
    image_put(&image, image_l2_entry(&image, 4), 8, (before + 2 * CLUSTER) | FLAG_COPIED);
    image_put(&image, image_l2_entry(&image, 5), 8, (before + 7 * CLUSTER) | FLAG_COPIED);
    image_set_refcount(&image, before / CLUSTER + 2, 1);
    image_set_refcount(&image, before / CLUSTER + 7, 1);
    memory_source source = source_of_image(&image);
    source.whole.length = before;
    check_answer answer = check_for_holes(&source);
    expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, 2);
    CHECK_EQUAL(FIND(&answer, DATA_IN_HOLE).host, before + 2 * CLUSTER);
    CHECK_EQUAL(answer.result.findings_count, 2);
    drop_answer(&answer);
    file_extent extents[2];
    source = source_with_hole(&image, extents, image.l2_tables + CLUSTER, image.l2_tables + 2 * CLUSTER);
    answer = check_for_holes(&source);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_DATA_IN_HOLE], 1);
    CHECK_EQUAL(FIND(&answer, DATA_IN_HOLE).host, image.l2_tables + CLUSTER);
    drop_answer(&answer);
    image_free(&image);
}

/* A page that is uniform but for one cluster, so many after the first one of the page. */
static void one_cluster_in_use_of_a_hole(void)
{
    enum { PAGE = 4096 };
    static const image_recipe bits = {3, 12, 0, 2, 3, 0, 0};
    for (uint64_t after = 0; after < 4; after++) {
        built_image image = image_build(bits);
        uint64_t end = image.size;
        uint64_t before = (uint64_t)PAGE * CLUSTER;
        image_append(&image, 2 * PAGE);
        image_put(&image, image_l2_entry(&image, 4), 8, (before + after * CLUSTER) | FLAG_COPIED);
        image_set_refcount(&image, before / CLUSTER + after, 1);
        memory_source source = source_of_image(&image);
        source.whole.length = end;
        check_answer answer = check_for_holes(&source);
        expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, 1);
        CHECK_EQUAL(FIND(&answer, DATA_IN_HOLE).host, before + after * CLUSTER);
        CHECK_EQUAL(FIND(&answer, DATA_IN_HOLE).length, CLUSTER);
        drop_answer(&answer);
        image_free(&image);
    }
}

static void without_both_questions_there_is_no_note(void)
{
    built_image image = image_build(small);
    file_extent extents[2];
    memory_source source = source_with_hole(&image, extents, image.size - CLUSTER, image.size);
    for (int which = 0; which < 4; which++) {
        run_options options = {.with_next_data = which & 1, .with_next_hole = which >> 1};
        check_answer answer = run_check(&source, &options);
        expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, which == 3 ? 1 : 0);
        drop_answer(&answer);
    }
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    check_answer refused = run_check(&source, &asking);
    expect_notes(&refused, REFCOW_VERDICT_REFUSED, REFCOW_KIND_DATA_IN_HOLE, 0);
    drop_answer(&refused);
    image_free(&image);
}

/* Several windows, whose pages are uniform; or have a counter for each cluster, because entries are in no order. */
static void holes_of_several_windows(void)
{
    enum { TABLES = 600, PER_TABLE = 64, FIRST = 777, LAST = 30011 };
    static const image_recipe many = {3, 9, 2, TABLES, PER_TABLE, 0, 0};
    for (int is_dense = 0; is_dense < 2; is_dense++) {
        built_image image = image_build(many);
        for (uint64_t guest = 0; is_dense && guest + 3 < (uint64_t)TABLES * PER_TABLE; guest += 4) {
            uint64_t entry = image_get(&image, image_l2_entry(&image, guest), 8);
            image_put(&image, image_l2_entry(&image, guest), 8,
                      image_get(&image, image_l2_entry(&image, guest + 3), 8));
            image_put(&image, image_l2_entry(&image, guest + 3), 8, entry);
        }
        file_extent extents[2];
        memory_source source =
            source_with_hole(&image, extents, image.data + FIRST * SECTOR - 1, image.data + LAST * SECTOR + 1);
        check_answer answer = check_for_holes(&source);
        CHECK(answer.result.passes > 1);
        expect_notes(&answer, REFCOW_VERDICT_CLEAN, REFCOW_KIND_DATA_IN_HOLE, LAST - FIRST);
        CHECK_EQUAL(FIND(&answer, DATA_IN_HOLE).length, (uint64_t)(LAST - FIRST) * SECTOR);
        drop_answer(&answer);
        image_free(&image);
    }
}

/* Questions and clusters are work, and no limit is passed: wherever it ends, the counts are lower bounds. */
static void work_on_holes_is_limited(void)
{
    built_image image = image_build(small);
    file_extent extents[2];
    memory_source source = source_with_hole(&image, extents, image.size - 4 * CLUSTER, image.size - 2 * CLUSTER);
    run_options options = asking;
    options.with_next_hole = 0;
    check_answer without = run_check(&source, &options);
    options.with_next_hole = 1;
    check_answer whole = run_check(&source, &options);
    /* Two questions for data, two for a hole; the second time there is none. */
    CHECK(whole.result.work >= without.result.work + 3 * 128);
    /* After the walk more windows are looked for, which is work as well. */
    for (uint64_t limit = without.result.work / 2; limit < whole.result.work; limit++) {
        options.limits.max_work = limit;
        check_answer part = run_check(&source, &options);
        CHECK_EQUAL(part.checked, REFCOW_STATUS_WORK_LIMIT);
        CHECK_RULE(rules_lower_bound(&part.result, &whole.result));
        drop_answer(&part);
    }
    drop_answer(&whole);
    drop_answer(&without);
    image_free(&image);
}

void run_note_tests(void)
{
    RUN(marks_of_the_header_are_notes);
    RUN(files_that_are_cut_short);
    RUN(entries_that_are_wrong_are_no_truncation);
    RUN(the_furthest_reference_counts);
    RUN(compressed_data_ends_in_the_file);
    RUN(empty_tables_beside_leaks);
    RUN(empty_tables_that_are_no_reason_to_worry);
    RUN(tables_that_are_not_there_are_not_empty);
    RUN(tables_that_overlap_an_empty_one);
    RUN(bitmaps_in_use_are_notes);
    RUN(clusters_that_lie_wholly_in_a_hole);
    RUN(the_last_cluster_of_a_file_that_ends_in_a_hole);
    RUN(only_clusters_in_use_are_noted);
    RUN(one_cluster_in_use_of_a_hole);
    RUN(without_both_questions_there_is_no_note);
    RUN(holes_of_several_windows);
    RUN(work_on_holes_is_limited);
}
