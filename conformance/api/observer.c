/*
 * observer.c - what someone who looks on is told: windows, references, clusters. That references and counts agree
 * is tested with every input of the harnesses, see fuzz/oracles/ledger.h.
 */
#include "run.h"
#include "suites.h"

#include <string.h>

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 1, .mapped = 2};

enum { TOLD_MAX = 8192, TELLING_WINDOW, TELLING_REFERENCE, TELLING_CLUSTERS };

typedef struct told_thing {
    int what;
    refcow_reference reference;
    refcow_clusters clusters; /* or the window */
} told_thing;

typedef struct told_things {
    told_thing list[TOLD_MAX];
    size_t count;
} told_things;

static told_thing *tell(told_things *told, int what)
{
    CHECK(told->count < TOLD_MAX);
    told_thing *thing = &told->list[told->count < TOLD_MAX ? told->count : 0];
    told->count++;
    memset(thing, 0, sizeof *thing);
    thing->what = what;
    return thing;
}

static void tell_window(void *user, uint64_t host, uint64_t length)
{
    told_thing *thing = tell(user, TELLING_WINDOW);
    thing->clusters.host = host;
    thing->clusters.length = length;
}

static void tell_reference(void *user, const refcow_reference *reference)
{
    tell(user, TELLING_REFERENCE)->reference = *reference;
}

static void tell_clusters(void *user, const refcow_clusters *clusters)
{
    tell(user, TELLING_CLUSTERS)->clusters = *clusters;
}

/* What someone is told, until the next call. */
static const told_things *look_on(const built_image *image)
{
    static told_things told;
    told.count = 0;
    refcow_observer observer = {tell_window, tell_reference, tell_clusters, &told};
    memory_source source = source_of_image(image);
    run_options options = {.observer = &observer};
    check_answer answer = run_check(&source, &options);
    check_answer alone = check_image(image);
    CHECK_SAME(&answer, &alone);
    drop_answer(&answer);
    drop_answer(&alone);
    return &told;
}

static uint64_t number_of(const told_things *told, int what)
{
    uint64_t number = 0;
    for (size_t i = 0; i < told->count; i++) {
        number += told->list[i].what == what;
    }
    return number;
}

static void expect_reference(const told_things *told, refcow_role role, uint64_t offset, uint64_t length,
                             uint64_t times, uint64_t active)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < told->count; i++) {
        const refcow_reference *reference = &told->list[i].reference;
        if (told->list[i].what == TELLING_REFERENCE && reference->role == role && reference->offset == offset &&
            reference->length == length) {
            CHECK_EQUAL(reference->times, times);
            CHECK_EQUAL(reference->active, active);
            seen++;
        }
    }
    CHECK_EQUAL(seen, 1);
}

/* Of the cluster at a host offset. */
static refcow_clusters clusters_at(const told_things *told, uint64_t host)
{
    refcow_clusters none = {0};
    for (size_t i = 0; i < told->count; i++) {
        const refcow_clusters *clusters = &told->list[i].clusters;
        if (told->list[i].what == TELLING_CLUSTERS && host >= clusters->host &&
            host - clusters->host < clusters->length) {
            return *clusters;
        }
    }
    int is_told = 0;
    CHECK(is_told);
    return none;
}

static void everything_is_told_in_order(void)
{
    built_image image = image_build(small);
    const told_things *told = look_on(&image);
    int last = TELLING_WINDOW;
    CHECK_EQUAL(told->list[0].what, TELLING_WINDOW);
    CHECK_EQUAL(told->list[0].clusters.host, 0);
    CHECK(told->list[0].clusters.length >= image.size);
    CHECK_EQUAL(number_of(told, TELLING_WINDOW), 1);
    CHECK_EQUAL(number_of(told, TELLING_REFERENCE), 7);
    for (size_t i = 0; i < told->count; i++) {
        CHECK(told->list[i].what >= last);
        last = told->list[i].what;
    }
    expect_reference(told, REFCOW_ROLE_HEADER, 0, 512, 1, 1);
    expect_reference(told, REFCOW_ROLE_REFCOUNT_TABLE, image.refcount_table, 512, 1, 1);
    expect_reference(told, REFCOW_ROLE_REFCOUNT_BLOCK, image.refcount_blocks, 512, 1, 1);
    expect_reference(told, REFCOW_ROLE_L1_TABLE, image.l1_table, 8, 1, 1);
    expect_reference(told, REFCOW_ROLE_L2_TABLE, image.l2_tables, 512, 1, 1);
    expect_reference(told, REFCOW_ROLE_DATA, image_data(&image, 0), 512, 1, 1);
    expect_reference(told, REFCOW_ROLE_DATA, image_data(&image, 1), 512, 1, 1);
    image_free(&image);
}

static void clusters_have_their_counts(void)
{
    built_image image = image_build(small);
    image_append(&image, 1);
    image_set_refcount(&image, image.size / 512 - 1, 5);
    image_put(&image, image_l2_entry(&image, 2), 8, image_data(&image, 0));
    const told_things *told = look_on(&image);
    refcow_clusters leaked = clusters_at(told, image.size - 512);
    CHECK_EQUAL(leaked.stored, 5);
    CHECK_EQUAL(leaked.counted, 0);
    CHECK_EQUAL(leaked.is_known, 1);
    refcow_clusters shared = clusters_at(told, image_data(&image, 0));
    CHECK_EQUAL(shared.stored, 1);
    CHECK_EQUAL(shared.counted, 2);
    image_free(&image);
}

static void refcounts_that_cannot_be_read_are_unknown(void)
{
    built_image image = image_build(small);
    image_put(&image, image.refcount_table, 8, (uint64_t)1 << 63); /* more than can be read */
    const told_things *told = look_on(&image);
    refcow_clusters header = clusters_at(told, 0);
    CHECK_EQUAL(header.is_known, 0);
    CHECK_EQUAL(header.stored, 0);
    CHECK_EQUAL(header.counted, 1);
    image_free(&image);
}

static void what_only_snapshots_name_is_not_active(void)
{
    built_image image = image_build(small);
    image_add_snapshots(&image, 2);
    image_put(&image, image_added_table(&image, 0), 8, image.l2_tables);
    const told_things *told = look_on(&image);
    expect_reference(told, REFCOW_ROLE_SNAPSHOT_TABLE, image.snapshots,
                     image_snapshot(&image, 1) - image.snapshots + 40 + 16 + 1 +
                         image_get(&image, image_snapshot(&image, 1) + SNAPSHOT_NAME_SIZE, 2),
                     1, 1);
    expect_reference(told, REFCOW_ROLE_L1_TABLE, image_added_table(&image, 1), 8, 1, 0);
    expect_reference(told, REFCOW_ROLE_DATA, image_data(&image, 0), 512, 2, 1);
    image_free(&image);
}

/* Of the only reference to a structure. */
static void expect_guest(const told_things *told, refcow_role role, uint64_t offset, uint64_t guest, uint64_t length)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < told->count; i++) {
        const refcow_reference *reference = &told->list[i].reference;
        if (told->list[i].what == TELLING_REFERENCE && reference->role == role && reference->offset == offset) {
            CHECK_EQUAL(reference->guest, guest);
            CHECK_EQUAL(reference->guest_length, length);
            seen++;
        }
    }
    CHECK_EQUAL(seen, 1);
}

static void references_have_their_part_of_the_disk(void)
{
    image_recipe recipe = {3, 9, 4, 2, 2, 0, 0};
    built_image image = image_build(recipe);
    uint64_t span = image.l2_entries * image.cluster_size;
    image_put(&image, image_l2_entry(&image, 3), 8, FLAG_COMPRESSED | image_data(&image, 0));
    const told_things *told = look_on(&image);
    expect_guest(told, REFCOW_ROLE_HEADER, 0, REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_REFCOUNT_TABLE, image.refcount_table, REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_REFCOUNT_BLOCK, image.refcount_blocks, REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_L1_TABLE, image.l1_table, REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_L2_TABLE, image.l2_tables, 0, span);
    expect_guest(told, REFCOW_ROLE_L2_TABLE, image.l2_tables + 512, span, span);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, 1), 512, 512);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, image.l2_entries), span, 512);
    expect_guest(told, REFCOW_ROLE_COMPRESSED, image_data(&image, 0), 3 * (uint64_t)512, 512);
    image_free(&image);
}

static void extended_tables_stand_for_half_as_much(void)
{
    image_recipe recipe = {3, 14, 4, 2, 1, 1, 0};
    built_image image = image_build(recipe);
    uint64_t span = (uint64_t)1 << (14 + 14 - 4);
    const told_things *told = look_on(&image);
    expect_guest(told, REFCOW_ROLE_L2_TABLE, image.l2_tables + image.cluster_size, span, span);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, image.l2_entries), span, image.cluster_size);
    image_free(&image);
}

/* The snapshot's L1 table is its own. It names the L2 table of the active disk, and another one behind it. */
static void only_the_active_disk_has_guest_offsets(void)
{
    image_recipe recipe = {3, 9, 4, 2, 2, 0, 0};
    built_image image = image_build(recipe);
    uint64_t other = image_l1_entry(&image, 1);
    image_add_snapshots(&image, 1);
    image_put(&image, image_added_table(&image, 0), 8, image_get(&image, other, 8));
    image_put(&image, other, 8, 0);
    const told_things *told = look_on(&image);
    expect_guest(told, REFCOW_ROLE_L1_TABLE, image_added_table(&image, 0), REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_L2_TABLE, image.l2_tables + 512, REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, image.l2_entries), REFCOW_NO_GUEST, 0);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, 0), 0, 512);
    image_free(&image);
}

/* A table that several L1 entries name stands for the lowest place; the entries name it for their own. */
static void the_lowest_guest_offset_is_told(void)
{
    image_recipe recipe = {3, 9, 4, 3, 2, 0, 0};
    built_image image = image_build(recipe);
    uint64_t span = image.l2_entries * image.cluster_size;
    image_put(&image, image_l1_entry(&image, 0), 8, 0);
    image_put(&image, image_l1_entry(&image, 1), 8, image.l2_tables + 1024);
    const told_things *told = look_on(&image);
    expect_reference(told, REFCOW_ROLE_DATA, image_data(&image, 2 * image.l2_entries), 512, 2, 2);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, 2 * image.l2_entries), span, 512);
    uint64_t sum = 0;
    for (size_t i = 0; i < told->count; i++)
        if (told->list[i].reference.role == REFCOW_ROLE_L2_TABLE)
            sum += told->list[i].reference.guest;
    CHECK_EQUAL(sum, 3 * span);
    image_free(&image);
}

/* Entries of a table that is not cluster aligned belong to the clusters that hold them. */
static void unaligned_tables_have_no_guest_offsets(void)
{
    image_recipe recipe = {3, 10, 4, 1, 2, 0, 0};
    built_image image = image_build(recipe);
    image_put(&image, image_l1_entry(&image, 0), 8, image.l2_tables - 512);
    const told_things *told = look_on(&image);
    expect_guest(told, REFCOW_ROLE_L2_TABLE, image.l2_tables - 512, 0, image.l2_entries * image.cluster_size);
    expect_guest(told, REFCOW_ROLE_DATA, image_data(&image, 0), REFCOW_NO_GUEST, 0);
    image_free(&image);
}

static void nothing_is_told_about_a_refused_image(void)
{
    built_image image = image_build(small);
    image_put(&image, FIELD_L1_TABLE_OFFSET, 8, image.l1_table + 1);
    const told_things *told = look_on(&image);
    CHECK_EQUAL(number_of(told, TELLING_REFERENCE) + number_of(told, TELLING_CLUSTERS), 0);
    image_free(&image);
}

static void every_window_is_told(void)
{
    built_image image = image_build(small);
    image_append(&image, 20000);
    image_put(&image, image_l2_entry(&image, 2), 8, 15000 * image.cluster_size);
    const told_things *told = look_on(&image);
    uint64_t end = 0;
    for (size_t i = 0; i < told->count; i++) {
        const refcow_clusters *window = &told->list[i].clusters;
        if (told->list[i].what == TELLING_WINDOW) {
            CHECK(window->host >= end);
            end = window->host + window->length;
        }
    }
    CHECK_EQUAL(number_of(told, TELLING_WINDOW), 2);
    expect_reference(told, REFCOW_ROLE_DATA, 15000 * image.cluster_size, 512, 1, 1);
    image_free(&image);
}

/* More references than a counter of a byte holds: the check does not start again when someone looks on. */
static void large_counts_are_told_once(void)
{
    image_recipe recipe = {3, 9, 4, 8, 64, 0, 0};
    built_image image = image_build(recipe);
    for (uint64_t index = 1; index < 8; index++) {
        image_put(&image, image_l1_entry(&image, index), 8, image_get(&image, image_l1_entry(&image, 0), 8));
    }
    for (uint64_t guest = 0; guest < 64; guest++) {
        image_put(&image, image_l2_entry(&image, guest), 8, image_data(&image, 0));
    }
    const told_things *told = look_on(&image);
    CHECK_EQUAL(number_of(told, TELLING_WINDOW), 1);
    CHECK_EQUAL(clusters_at(told, image_data(&image, 0)).counted, 512);
    image_free(&image);
}

static void ignore_window(void *user, uint64_t host, uint64_t length)
{
    (void)user;
    (void)host;
    (void)length;
}

static void ignore_reference(void *user, const refcow_reference *reference)
{
    (void)user;
    (void)reference;
}

static void ignore_clusters(void *user, const refcow_clusters *clusters)
{
    (void)user;
    (void)clusters;
}

/* The work that a check takes; within the limit, if there is one. */
static uint64_t work_of(memory_source *source, const refcow_observer *observer, uint64_t limit)
{
    run_options options = {.memory_size = (size_t)4 << 20, .observer = observer, .limits = {.max_work = limit}};
    check_answer answer = run_check(source, &options);
    uint64_t work = answer.result.work;
    CHECK_EQUAL(answer.checked, limit == 0 ? REFCOW_STATUS_OK : REFCOW_STATUS_WORK_LIMIT);
    drop_answer(&answer);
    return work;
}

/* A few bytes can say that a file has very many clusters, and that one reference takes them up. */
static void clusters_that_are_told_are_work(void)
{
    enum { FILE_CLUSTERS = 1 << 17, TABLE_CLUSTERS = 1 << 14, CLUSTERS_PER_UNIT = 64, PAGE_CLUSTERS = 4096 };
    const refcow_observer observer = {ignore_window, ignore_reference, ignore_clusters, NULL};
    built_image image = image_build(small);
    memory_source source = source_of_image(&image);
    source.size = (uint64_t)FILE_CLUSTERS << 9;
    uint64_t most = work_of(&source, &observer, 0);
    for (uint64_t limit = 1; limit < most; limit += 10)
        CHECK(work_of(&source, &observer, limit) <= limit);
    uint64_t without = work_of(&source, NULL, 0);
    image_put(&image, FIELD_REFCOUNT_TABLE_CLUSTERS, 4, TABLE_CLUSTERS);
    uint64_t alone = work_of(&source, NULL, 0);
    CHECK(alone >= without + TABLE_CLUSTERS / PAGE_CLUSTERS);
    uint64_t observed = work_of(&source, &observer, 0);
    CHECK(observed >= alone + (FILE_CLUSTERS + TABLE_CLUSTERS - PAGE_CLUSTERS) / CLUSTERS_PER_UNIT);
    image_free(&image);
}

void run_observer_tests(void)
{
    RUN(everything_is_told_in_order);
    RUN(clusters_have_their_counts);
    RUN(refcounts_that_cannot_be_read_are_unknown);
    RUN(what_only_snapshots_name_is_not_active);
    RUN(references_have_their_part_of_the_disk);
    RUN(extended_tables_stand_for_half_as_much);
    RUN(only_the_active_disk_has_guest_offsets);
    RUN(the_lowest_guest_offset_is_told);
    RUN(unaligned_tables_have_no_guest_offsets);
    RUN(nothing_is_told_about_a_refused_image);
    RUN(every_window_is_told);
    RUN(large_counts_are_told_once);
    RUN(clusters_that_are_told_are_work);
}
