/*
 * damage.c - where wrong entries are: in which L2 tables, in which guest range, on which disks.
 */
#include "run.h"
#include "suites.h"

static const image_recipe small = {.version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 3, .mapped = 3};

enum { CLUSTER = 4096, SECTOR = 512, RESERVED = 2, MANY = 3000, EVERY = 7 };

/* In little memory and in more. */
static check_answer check_twice(const built_image *image)
{
    check_answer answer = check_image(image);
    memory_source source = source_of_image(image);
    check_answer ample = run_with_ample_memory(&source, &answer);
    drop_answer(&ample);
    return answer;
}

/* So many damaged tables, which are named by so many L1 entries. */
static void expect_tables(const check_answer *answer, uint64_t tables, uint64_t damaged, uint64_t times)
{
    CHECK_EQUAL(answer->result.damage.l2_tables, tables);
    CHECK_EQUAL(answer->result.damage.damaged_l2_tables, damaged);
    CHECK_EQUAL(answer->result.found[REFCOW_KIND_L2_TABLE_DAMAGED], times);
}

static void expect_guest(const check_answer *answer, uint64_t guest, uint64_t end)
{
    CHECK_EQUAL(answer->result.damage.guest, guest);
    CHECK_EQUAL(answer->result.damage.guest_end, end);
}

static void sound_tables(void)
{
    built_image image = image_build(small);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 3, 0, 0);
    expect_guest(&answer, 0, 0);
    drop_answer(&answer);
    /* A copied flag that is wrong is found, and costs no data. */
    image_put(&image, image_l2_entry(&image, 0), 8, image_data(&image, 0));
    answer = check_twice(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_COPIED], 1);
    expect_tables(&answer, 3, 0, 0);
    expect_guest(&answer, 0, 0);
    drop_answer(&answer);
    image_free(&image);
}

static void wrong_entries_of_the_active_disk(void)
{
    built_image image = image_build(small);
    uint64_t span = image.l2_entries * CLUSTER;
    image_put(&image, image_l2_entry(&image, image.l2_entries + 5), 8, RESERVED);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 3, 1, 1);
    expect_guest(&answer, span + 5 * CLUSTER, span + 6 * CLUSTER);
    refcow_finding note = FIND(&answer, L2_TABLE_DAMAGED);
    CHECK_EQUAL(note.host, image.l2_tables + CLUSTER);
    CHECK_EQUAL(note.length, CLUSTER);
    CHECK_EQUAL(note.table, image.l1_table);
    CHECK_EQUAL(note.index, 1);
    CHECK_EQUAL(note.guest, span);
    CHECK_EQUAL(note.role, REFCOW_ROLE_L2_TABLE);
    drop_answer(&answer);
    /* Another one in the same table, and one in the last table. */
    image_put(&image, image_l2_entry(&image, image.l2_entries + 4), 8, RESERVED);
    image_put(&image, image_l2_entry(&image, 2 * image.l2_entries), 8, RESERVED);
    answer = check_twice(&image);
    expect_tables(&answer, 3, 2, 2);
    expect_guest(&answer, span + 4 * CLUSTER, 2 * span + CLUSTER);
    drop_answer(&answer);
    image_free(&image);
}

/* The guest range of an L1 entry is that of all its table; no L2 table is damaged. */
static void wrong_entries_of_the_l1_table(void)
{
    built_image image = image_build(small);
    uint64_t span = image.l2_entries * CLUSTER;
    image_put(&image, image_l1_entry(&image, 1), 8, image.size + 100 * CLUSTER);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 2, 0, 1);
    expect_guest(&answer, span, 2 * span);
    CHECK_EQUAL(FIND(&answer, L2_TABLE_DAMAGED).index, 1);
    drop_answer(&answer);
    /* An unaligned table has no guest range of its own, whatever is in it. */
    image_put(&image, image_l2_entry(&image, image.l2_entries + 5), 8, RESERVED);
    image_put(&image, image_l1_entry(&image, 1), 8, image.l2_tables + CLUSTER + SECTOR);
    answer = check_twice(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_L2_UNALIGNED], 1);
    expect_tables(&answer, 3, 0, 1);
    expect_guest(&answer, span, 2 * span);
    drop_answer(&answer);
    image_free(&image);
}

/* An unaligned table that begins in an aligned one: there are wrong entries behind where it begins, then also before.
 */
static void tables_that_overlap(void)
{
    built_image image = image_build(small);
    image_put(&image, image_l2_entry(&image, image.l2_entries - 1), 8, RESERVED);
    image_put(&image, image_l1_entry(&image, 1), 8, image.l2_tables + SECTOR);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 3, 1, 2);
    drop_answer(&answer);
    image_put(&image, image_l2_entry(&image, 5), 8, RESERVED);
    answer = check_twice(&image);
    expect_tables(&answer, 3, 1, 2);
    drop_answer(&answer);
    /* Reserved bits in the entry that names the damaged table are noted once. */
    image_put(&image, image_l1_entry(&image, 0), 8, image.l2_tables | RESERVED);
    answer = check_twice(&image);
    expect_tables(&answer, 3, 1, 2);
    drop_answer(&answer);
    image_free(&image);
}

/* The L1 table is past the end of the file: by less than a cluster, and by one. */
static void active_l1_tables_that_are_missing(void)
{
    built_image image = image_build(small);
    uint64_t disk = small.l2_tables * image.l2_entries * CLUSTER;
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, image.size - CLUSTER);
    check_answer answer = check_twice(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], 0);
    expect_guest(&answer, 0, 0);
    drop_answer(&answer);
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, image.size + CLUSTER);
    answer = check_twice(&image);
    CHECK_EQUAL(answer.result.found[REFCOW_KIND_OUT_OF_FILE], 1);
    expect_guest(&answer, 0, disk);
    drop_answer(&answer);
    image_free(&image);
}

/* Each entry that names a damaged table says so: the active disk twice, two snapshots once. */
static void tables_that_disks_share(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 3);
    image_put(&image, image_l2_entry(&image, 5), 8, RESERVED);
    image_put(&image, image_l1_entry(&image, 2), 8, image.l2_tables);
    image_put(&image, image_added_table(&image, 0), 8, image.l2_tables);
    image_put(&image, image_added_table(&image, 2), 8, image.l2_tables);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 2, 1, 4);
    expect_guest(&answer, 5 * CLUSTER, 6 * CLUSTER);
    uint64_t seen = 0;
    for (size_t i = 0; i < answer.result.findings_count; i++) {
        const refcow_finding *note = &answer.findings[i];
        int is_snapshot = note->table == image_added_table(&image, 0) || note->table == image_added_table(&image, 2);
        if (note->kind == REFCOW_KIND_L2_TABLE_DAMAGED) {
            CHECK(is_snapshot || note->table == image.l1_table);
            CHECK_EQUAL(note->guest == REFCOW_NO_GUEST, is_snapshot);
            CHECK_EQUAL(note->host, image.l2_tables);
            seen += note->times;
        }
    }
    CHECK_EQUAL(seen, 4);
    drop_answer(&answer);
    image_free(&image);
}

/* The active disk is not affected by what is wrong in a table that only a snapshot has. */
static void tables_of_snapshots_only(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 1);
    image_append_counted(&image, 1);
    uint64_t table = image.size - CLUSTER;
    image_put(&image, table + 8, 8, RESERVED);
    image_put(&image, image_added_table(&image, 0), 8, table);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 4, 1, 1);
    expect_guest(&answer, 0, 0);
    CHECK_EQUAL(FIND(&answer, L2_TABLE_DAMAGED).table, image_added_table(&image, 0));
    CHECK_EQUAL(FIND(&answer, L2_TABLE_DAMAGED).guest, REFCOW_NO_GUEST);
    drop_answer(&answer);
    image_free(&image);
}

/* More tables than there is room for in the smallest memory: several scans, each of which notes its own. */
static void more_tables_than_memory(void)
{
    image_recipe recipe = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = MANY, .mapped = 1};
    built_image image = image_build(recipe);
    uint64_t damaged = 0;
    for (uint64_t table = 0; table < MANY; table += EVERY, damaged++) {
        image_put(&image, image_l2_entry(&image, table * image.l2_entries + 1), 8, RESERVED);
    }
    check_answer answer = check_twice(&image);
    expect_tables(&answer, MANY, damaged, damaged);
    drop_answer(&answer);
    image_free(&image);
}

/* Of a refused image nothing is said. */
static void refused_images(void)
{
    built_image image = image_build(small);
    image_put(&image, image_l2_entry(&image, 5), 8, RESERVED);
    image_put(&image, FIELD_CRYPT_METHOD, 4, 3);
    check_answer answer = check_twice(&image);
    expect_tables(&answer, 0, 0, 0);
    expect_guest(&answer, 0, 0);
    drop_answer(&answer);
    image_free(&image);
}

void run_damage_tests(void)
{
    RUN(sound_tables);
    RUN(wrong_entries_of_the_active_disk);
    RUN(wrong_entries_of_the_l1_table);
    RUN(tables_that_overlap);
    RUN(active_l1_tables_that_are_missing);
    RUN(tables_that_disks_share);
    RUN(tables_of_snapshots_only);
    RUN(more_tables_than_memory);
    RUN(refused_images);
}
