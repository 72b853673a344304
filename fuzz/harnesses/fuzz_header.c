/*
 * fuzz_header.c - opening an image: the header, its extensions, the names of codes.
 *
 * The input is a plain image file. Oracles: the header is decoded once more by naive_header.c, and fields, status and
 * evidence are the same; every place that the header names lies where refcow.h says; extensions, snapshots and bitmaps
 * are listed, one behind the other.
 */
#include "../fuzz.h"
#include "../model/naive_header.h"
#include "../run/run.h"

static void expect_text(const char *text)
{
    FUZZ_ASSERT(text != NULL && text[0] != '\0');
}

/* Also for numbers that stand for nothing. The casts are what a caller in another language would do. */
static void expect_names(void)
{
    for (int number = 0; number < 300; number++) {
        expect_text(refcow_status_name((refcow_status)number));
        expect_text(refcow_status_text((refcow_status)number));
        expect_text(refcow_kind_name((refcow_kind)number));
        expect_text(refcow_kind_text((refcow_kind)number));
        expect_text(refcow_kind_rule((refcow_kind)number));
        expect_text(refcow_role_name((refcow_role)number));
        expect_text(refcow_verdict_name((refcow_verdict)number));
        FUZZ_ASSERT((unsigned)refcow_status_class((refcow_status)number) <= REFCOW_CLASS_REFUSED);
        FUZZ_ASSERT((unsigned)refcow_kind_severity((refcow_kind)number) <= REFCOW_SEVERITY_NOTE);
    }
}

static void expect_inside(const refcow_span *span, uint64_t end)
{
    FUZZ_ASSERT(span->length == 0 || (span->offset > 0 && span->offset < end && span->length <= end - span->offset));
}

/* The reader of a header may use these places without another look. */
static void expect_places(const refcow_header *header)
{
    uint64_t cluster = (uint64_t)1 << header->cluster_bits;
    expect_inside(&header->backing_file, cluster);
    expect_inside(&header->backing_format, cluster);
    expect_inside(&header->feature_names, cluster);
    expect_inside(&header->data_file, cluster);
    FUZZ_ASSERT(header->encryption_header.offset % cluster == 0);
    FUZZ_ASSERT(header->bitmap_directory.offset % cluster == 0);
    FUZZ_ASSERT((header->nb_bitmaps == 0) == (header->bitmap_directory.length == 0));
}

/* Of snapshots and bitmaps, of which an image may name many: the later ones are like the first. */
enum { LISTED_MAX = 40 };

/* A call too many. */
static void expect_end(refcow_status status)
{
    FUZZ_ASSERT(status == REFCOW_STATUS_BAD_ARGUMENT);
}

/* Extensions were seen when the image was opened, and the file has not changed. */
static void expect_extensions(const refcow_image *image)
{
    refcow_extension extension = {0};
    uint64_t next = image->header.header_length;
    for (uint32_t i = 0; i < image->header.extensions; i++) {
        FUZZ_ASSERT(refcow_next_extension(image, &extension) == REFCOW_STATUS_OK);
        FUZZ_ASSERT(extension.index == i && extension.type != 0 && extension.contents.offset == next + 8);
        expect_inside(&extension.contents, ((uint64_t)1 << image->header.cluster_bits) + 1);
        next = extension.contents.offset + (extension.contents.length + 7) / 8 * 8;
    }
    expect_end(refcow_next_extension(image, &extension));
}

static void expect_snapshots(const refcow_image *image)
{
    refcow_snapshot snapshot = {0};
    uint64_t end = image->header.snapshots_offset;
    uint32_t count = image->header.nb_snapshots < LISTED_MAX ? image->header.nb_snapshots : LISTED_MAX;
    refcow_status status = REFCOW_STATUS_OK;
    for (uint32_t i = 0; i < count && status == REFCOW_STATUS_OK; i++, end = snapshot.end) {
        status = refcow_next_snapshot(image, &snapshot);
        if (status == REFCOW_STATUS_OK) {
            FUZZ_ASSERT(snapshot.index == i && snapshot.offset >= end && snapshot.offset < end + 8);
            FUZZ_ASSERT(snapshot.id.offset == snapshot.offset + 40 + snapshot.extra_size);
            FUZZ_ASSERT(snapshot.name.offset == snapshot.id.offset + snapshot.id.length);
            FUZZ_ASSERT(snapshot.end == snapshot.name.offset + snapshot.name.length);
        }
    }
    FUZZ_ASSERT(status == REFCOW_STATUS_OK || status == REFCOW_STATUS_SNAPSHOTS_OFFSET);
    if (status == REFCOW_STATUS_OK && count < LISTED_MAX) {
        expect_end(refcow_next_snapshot(image, &snapshot));
    }
}

static void expect_bitmaps(const refcow_image *image)
{
    refcow_bitmap bitmap = {0};
    uint64_t end = image->header.bitmap_directory.offset;
    uint32_t count = image->header.nb_bitmaps < LISTED_MAX ? image->header.nb_bitmaps : LISTED_MAX;
    for (uint32_t i = 0; i < count; i++, end = bitmap.end) {
        FUZZ_ASSERT(refcow_next_bitmap(image, &bitmap) == REFCOW_STATUS_OK);
        FUZZ_ASSERT(bitmap.index == i && bitmap.offset == end);
        FUZZ_ASSERT(bitmap.name.offset == bitmap.offset + 24 + bitmap.extra_size);
        FUZZ_ASSERT(bitmap.end >= bitmap.name.offset + bitmap.name.length && bitmap.end % 8 == bitmap.offset % 8);
    }
    if (count < LISTED_MAX) {
        expect_end(refcow_next_bitmap(image, &bitmap));
    }
}

static void expect_same_error(const refcow_error *one, const refcow_error *other)
{
    FUZZ_ASSERT(one->status == other->status);
    FUZZ_ASSERT(one->value == other->value);
    FUZZ_ASSERT(one->offset == other->offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int names_are_checked;
    static input_file file;
    refcow_image image;
    if (!names_are_checked) {
        expect_names();
        names_are_checked = 1;
    }

    input_start(&file, data, size);
    refcow_class class_ = refcow_status_class(run_open(&image, &file, size % 2 == 0));
    if (class_ == REFCOW_CLASS_IO) { /* a sparse input, too large */
        return 0;
    }
    naive_header naive = naive_open(&file);
    expect_same_error(&image.error, &naive.error);
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        FUZZ_RULE(naive_header_difference(&image.header, &naive.fields));
        expect_places(&image.header);
        expect_extensions(&image);
        expect_snapshots(&image);
        expect_bitmaps(&image);
    }
    return 0;
}
