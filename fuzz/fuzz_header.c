/*
 * fuzz_header.c - opening an image: the header, its extensions, the names of codes.
 *
 * The input is a plain image file. Oracles: the header is decoded once more by naive_header.c, and fields, status and
 * evidence are the same; every place that the header names lies where refcow.h says.
 */
#include "fuzz.h"
#include "naive_header.h"
#include "run.h"

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
        FUZZ_ASSERT((unsigned)refcow_kind_severity((refcow_kind)number) <= REFCOW_SEVERITY_ERROR);
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
    }
    return 0;
}
