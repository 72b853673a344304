/*
 * lists.c - what an image has besides its tables: extensions, snapshots, bitmaps, and the bytes of names.
 */
#include "run.h"
#include "suites.h"

#include <string.h>

static const image_recipe small = {.version = 3, .cluster_bits = 9, .refcount_order = 4, .l2_tables = 1, .mapped = 4};

static refcow_image open_image(memory_source *source, const refcow_source *callbacks)
{
    refcow_image image;
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, callbacks), REFCOW_STATUS_OK);
    source->reads = 0;
    return image;
}

static void expect_bytes(const refcow_image *image, const refcow_span *span, const char *text)
{
    char bytes[64] = {0};
    CHECK_EQUAL(span->length, strlen(text));
    CHECK_EQUAL(refcow_read_bytes(image, span->offset, bytes, (size_t)span->length), REFCOW_STATUS_OK);
    CHECK_STRING(bytes, text);
}

static void extensions_are_listed(void)
{
    built_image built = image_build(small);
    uint64_t at = image_put_extension(&built, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 3, 'q');
    image_put_extension(&built, at, 0x12345678, 0, 'x');
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    refcow_extension extension = {0};
    CHECK_EQUAL(image.header.extensions, 2);
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_OK);
    CHECK_EQUAL(extension.index, 0);
    CHECK_EQUAL(extension.type, EXTENSION_BACKING_FORMAT);
    expect_bytes(&image, &extension.contents, "qqq");
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_OK);
    CHECK_EQUAL(extension.index, 1);
    CHECK_EQUAL(extension.type, 0x12345678);
    CHECK_EQUAL(extension.contents.offset, at + 8);
    CHECK_EQUAL(extension.contents.length, 0);
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_BAD_ARGUMENT);
    image_free(&built);
}

static void an_extension_that_has_grown_since_is_a_status(void)
{
    built_image built = image_build(small);
    image_put_extension(&built, HEADER_LENGTH_3, 0x12345678, 8, 'x');
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    refcow_extension extension = {0};
    image_put(&built, HEADER_LENGTH_3 + 4, 4, 512 - HEADER_LENGTH_3 - 8);
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_OK);
    memset(&extension, 0, sizeof extension);
    image_put(&built, HEADER_LENGTH_3 + 4, 4, 512 - HEADER_LENGTH_3 - 7);
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_EXTENSION_LENGTH);
    image_free(&built);
}

/* The fields that are in the 40 bytes of every entry, and in 0, 8, 16 or 24 bytes of extra data. */
static void put_snapshot(built_image *image, uint64_t entry, uint32_t extra_size)
{
    static const uint32_t id_and_name = 5;
    image_put(image, entry + SNAPSHOT_ID_SIZE, 2, 2);
    image_put(image, entry + SNAPSHOT_NAME_SIZE, 2, id_and_name - 2);
    image_put(image, entry + 16, 4, 1000000000);
    image_put(image, entry + 20, 4, 999999999);
    image_put(image, entry + 24, 8, 0x1122334455667788);
    image_put(image, entry + 32, 4, 77);
    image_put(image, entry + SNAPSHOT_EXTRA_SIZE, 4, extra_size);
    for (uint32_t at = 0; at < extra_size; at += 8) {
        image_put(image, entry + 40 + at, 8, 0x100000000 + at);
    }
    memcpy(image->bytes + entry + 40 + extra_size, "42one", id_and_name);
}

static void snapshots_are_listed(void)
{
    for (uint32_t extra_size = 0; extra_size <= 24; extra_size += 8) {
        built_image built = image_build(small);
        image_add_snapshots(&built, 3);
        uint64_t entry = image_snapshot(&built, 2);
        put_snapshot(&built, entry, extra_size);
        memory_source source = source_of_image(&built);
        refcow_source callbacks = source_callbacks(&source);
        refcow_image image = open_image(&source, &callbacks);
        refcow_snapshot snapshot = {0};
        for (uint32_t index = 0; index < 3; index++) {
            CHECK_EQUAL(refcow_next_snapshot(&image, &snapshot), REFCOW_STATUS_OK);
            CHECK_EQUAL(snapshot.index, index);
            CHECK_EQUAL(snapshot.offset, image_snapshot(&built, index));
            CHECK_EQUAL(snapshot.l1_offset, image_added_table(&built, index));
            CHECK_EQUAL(snapshot.l1_size, 1);
        }
        expect_bytes(&image, &snapshot.id, "42");
        expect_bytes(&image, &snapshot.name, "one");
        CHECK_EQUAL(snapshot.date_seconds, 1000000000);
        CHECK_EQUAL(snapshot.date_nanoseconds, 999999999);
        CHECK_EQUAL(snapshot.vm_clock, 0x1122334455667788);
        CHECK_EQUAL(snapshot.vm_state_size, extra_size >= 8 ? 0x100000000 : 77);
        CHECK_EQUAL(snapshot.disk_size, extra_size >= 16 ? 0x100000008 : 0);
        CHECK_EQUAL(snapshot.icount, extra_size >= 24 ? 0x100000010 : REFCOW_NO_ICOUNT);
        CHECK_EQUAL(snapshot.extra_size, extra_size);
        CHECK_EQUAL(snapshot.end, entry + 40 + extra_size + 5);
        CHECK_EQUAL(refcow_next_snapshot(&image, &snapshot), REFCOW_STATUS_BAD_ARGUMENT);
        image_free(&built);
    }
}

static void snapshots_out_of_range_are_a_status(void)
{
    built_image built = image_build(small);
    image_add_snapshots(&built, 1);
    image_put(&built, FIELD_SNAPSHOTS_OFFSET, 8, UINT64_MAX - 511);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image;
    refcow_snapshot snapshot = {0};
    CHECK_EQUAL(refcow_open(&image, sizeof image, REFCOW_VERSION, &callbacks), REFCOW_STATUS_SNAPSHOTS_OFFSET);
    CHECK_EQUAL(refcow_next_snapshot(&image, &snapshot), REFCOW_STATUS_SNAPSHOTS_OFFSET);
    image_free(&built);
}

static void bitmaps_are_listed(void)
{
    static const bitmap_recipe bitmaps[] = {{"first", 0, 1}, {"the other one", 0, 2}};
    built_image built = image_build(small);
    image_add_bitmaps(&built, bitmaps, 2);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    refcow_bitmap bitmap = {0};
    for (uint32_t index = 0; index < 2; index++) {
        CHECK_EQUAL(refcow_next_bitmap(&image, &bitmap), REFCOW_STATUS_OK);
        CHECK_EQUAL(bitmap.index, index);
        CHECK_EQUAL(bitmap.offset, image_bitmap(&built, index));
        CHECK_EQUAL(bitmap.table_offset, image_added_table(&built, index));
        CHECK_EQUAL(bitmap.table_entries, 1);
        CHECK_EQUAL(bitmap.flags, bitmaps[index].flags);
        CHECK_EQUAL(bitmap.type, 1);
        CHECK_EQUAL(bitmap.granularity, image_get(&built, bitmap.offset + BITMAP_GRANULARITY, 1));
        CHECK_EQUAL(bitmap.extra_size, 0);
        expect_bytes(&image, &bitmap.name, bitmaps[index].name);
    }
    CHECK_EQUAL(refcow_next_bitmap(&image, &bitmap), REFCOW_STATUS_BAD_ARGUMENT);
    image_free(&built);
}

static void bytes_past_the_end_are_zeros(void)
{
    static const uint8_t zeros[8] = {0};
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    uint8_t bytes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    CHECK_EQUAL(refcow_read_bytes(&image, built.size - 4, bytes, sizeof bytes), REFCOW_STATUS_OK);
    CHECK(memcmp(bytes + 4, zeros, 4) == 0);
    CHECK_EQUAL(refcow_read_bytes(&image, UINT64_MAX, bytes, sizeof bytes), REFCOW_STATUS_OK);
    CHECK(memcmp(bytes, zeros, sizeof bytes) == 0);
    CHECK_EQUAL(refcow_read_bytes(&image, 0, bytes, 0), REFCOW_STATUS_OK);
    CHECK_EQUAL(source.reads, 1);
    image_free(&built);
}

static void failed_reads_are_a_status(void)
{
    static const bitmap_recipe bitmap_of_image = {"one", 0, 0};
    built_image built = image_build(small);
    image_put_extension(&built, HEADER_LENGTH_3, 0x12345678, 8, 'x');
    image_add_snapshots(&built, 1);
    image_add_bitmaps(&built, &bitmap_of_image, 1);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    refcow_extension extension = {0};
    refcow_snapshot snapshot = {0};
    refcow_bitmap bitmap = {0};
    uint8_t byte = 0;
    source.fail_at = 1;
    CHECK_EQUAL(refcow_read_bytes(&image, 0, &byte, 1), REFCOW_STATUS_READ_FAILED);
    source.reads = 0;
    CHECK_EQUAL(refcow_next_extension(&image, &extension), REFCOW_STATUS_READ_FAILED);
    source.reads = 0;
    CHECK_EQUAL(refcow_next_snapshot(&image, &snapshot), REFCOW_STATUS_READ_FAILED);
    source.reads = 0;
    CHECK_EQUAL(refcow_next_bitmap(&image, &bitmap), REFCOW_STATUS_READ_FAILED);
    image_free(&built);
}

static void missing_arguments_are_a_status(void)
{
    built_image built = image_build(small);
    memory_source source = source_of_image(&built);
    refcow_source callbacks = source_callbacks(&source);
    refcow_image image = open_image(&source, &callbacks);
    refcow_image foreign = image;
    refcow_extension extension = {0};
    refcow_snapshot snapshot = {0};
    refcow_bitmap bitmap = {0};
    uint8_t byte = 0;
    foreign.error.status = REFCOW_STATUS_MAGIC;
    const refcow_image *bad[] = {NULL, &foreign};
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(refcow_read_bytes(bad[i], 0, &byte, 1), REFCOW_STATUS_BAD_ARGUMENT);
        CHECK_EQUAL(refcow_next_extension(bad[i], &extension), REFCOW_STATUS_BAD_ARGUMENT);
        CHECK_EQUAL(refcow_next_snapshot(bad[i], &snapshot), REFCOW_STATUS_BAD_ARGUMENT);
        CHECK_EQUAL(refcow_next_bitmap(bad[i], &bitmap), REFCOW_STATUS_BAD_ARGUMENT);
    }
    CHECK_EQUAL(refcow_read_bytes(&image, 0, NULL, 1), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_next_extension(&image, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_next_snapshot(&image, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    CHECK_EQUAL(refcow_next_bitmap(&image, NULL), REFCOW_STATUS_BAD_ARGUMENT);
    image_free(&built);
}

void run_list_tests(void)
{
    RUN(extensions_are_listed);
    RUN(an_extension_that_has_grown_since_is_a_status);
    RUN(snapshots_are_listed);
    RUN(snapshots_out_of_range_are_a_status);
    RUN(bitmaps_are_listed);
    RUN(bytes_past_the_end_are_zeros);
    RUN(failed_reads_are_a_status);
    RUN(missing_arguments_are_a_status);
}
