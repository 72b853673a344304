/*
 * header.c - refcow_open(): the fields, the rules that refuse an image, the header extensions.
 */
#include "run.h"
#include "suites.h"

enum { CLUSTER_4K = 4096, MAX_POKES = 3 };

static const image_recipe version_3 = {
    .version = 3, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};
static const image_recipe version_2 = {
    .version = 2, .cluster_bits = 12, .refcount_order = 4, .l2_tables = 2, .mapped = 3};

static refcow_status open_source(refcow_image *image, memory_source *source)
{
    refcow_source callbacks = source_callbacks(source);
    memset(image, 0x5a, sizeof *image);
    refcow_status status = refcow_open(image, sizeof *image, REFCOW_VERSION, &callbacks);
    CHECK_EQUAL(status, image->error.status);
    CHECK_STRING(source->misuse != NULL ? source->misuse : "no misuse", "no misuse");
    return status;
}

static refcow_status open_built(refcow_image *image, const built_image *built)
{
    memory_source source = source_of_image(built);
    return open_source(image, &source);
}

/* ------------------------------------------------------------------ fields */

static void fields_of_version_3(void)
{
    built_image built = image_build(version_3);
    refcow_image image;
    image_put(&built, FIELD_SIZE, 8, 0x123456);
    image_put(&built, FIELD_INCOMPATIBLE_FEATURES, 8, 0x0f);
    image_put(&built, FIELD_COMPATIBLE_FEATURES, 8, 0xfedcba9876543210);
    image_put(&built, FIELD_AUTOCLEAR_FEATURES, 8, 0x8000000000000002);
    image_put(&built, FIELD_REFCOUNT_ORDER, 4, 5);
    image_put(&built, FIELD_COMPRESSION_TYPE, 1, 1);
    image_put(&built, FIELD_HEADER_LENGTH, 4, 112);
    /* An external data file has a name. */
    image_put_extension(&built, 112, EXTENSION_DATA_FILE, 4, 'd');
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    const refcow_header *header = &image.header;
    CHECK_EQUAL(header->version, 3);
    CHECK_EQUAL(header->cluster_bits, 12);
    CHECK_EQUAL(header->virtual_size, 0x123456);
    CHECK_EQUAL(header->crypt_method, 0);
    CHECK_EQUAL(header->l1_size, 2);
    CHECK_EQUAL(header->l1_table_offset, built.l1_table);
    CHECK_EQUAL(header->refcount_table_offset, built.refcount_table);
    CHECK_EQUAL(header->refcount_table_clusters, 1);
    CHECK_EQUAL(header->refcount_order, 5);
    CHECK_EQUAL(header->nb_snapshots, 0);
    CHECK_EQUAL(header->snapshots_offset, 0);
    CHECK_EQUAL(header->header_length, 112);
    CHECK_EQUAL(header->incompatible_features, 0x0f);
    CHECK_EQUAL(header->compatible_features, 0xfedcba9876543210);
    CHECK_EQUAL(header->autoclear_features, 0x8000000000000002);
    CHECK_EQUAL(header->compression_type, 1);
    CHECK_EQUAL(header->extensions, 1);
    image_free(&built);
}

static void fields_of_version_2(void)
{
    built_image built = image_build(version_2);
    refcow_image image;
    image_put(&built, FIELD_CRYPT_METHOD, 4, 1);
    image_put(&built, FIELD_NB_SNAPSHOTS, 4, 7);
    image_put(&built, FIELD_SNAPSHOTS_OFFSET, 8, 0x9000);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    const refcow_header *header = &image.header;
    CHECK_EQUAL(header->version, 2);
    CHECK_EQUAL(header->crypt_method, 1);
    CHECK_EQUAL(header->nb_snapshots, 7);
    CHECK_EQUAL(header->snapshots_offset, 0x9000);
    CHECK_EQUAL(header->refcount_order, 4);
    CHECK_EQUAL(header->header_length, 72);
    CHECK_EQUAL(header->incompatible_features, 0);
    CHECK_EQUAL(header->compatible_features, 0);
    CHECK_EQUAL(header->autoclear_features, 0);
    CHECK_EQUAL(header->compression_type, 0);
    image_free(&built);
}

/* What stands where version 3 has its feature words is a header extension in version 2. */
static void version_2_has_no_feature_words(void)
{
    built_image built = image_build(version_2);
    refcow_image image;
    image_put(&built, FIELD_INCOMPATIBLE_FEATURES, 8, 0x1234567800000010);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    CHECK_EQUAL(image.header.incompatible_features, 0);
    CHECK_EQUAL(image.header.extensions, 1);
    image_free(&built);
}

/* The field is there only if the header is long enough; what stands at its place belongs to somebody else. */
static void compression_type_may_be_missing(void)
{
    built_image built = image_build(version_3);
    refcow_image image;
    image_put(&built, FIELD_HEADER_LENGTH, 4, 104);
    image_put(&built, FIELD_COMPRESSION_TYPE, 8, (uint64_t)0x77 << 56);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    CHECK_EQUAL(image.header.compression_type, 0);
    CHECK_EQUAL(image.header.extensions, 1);
    image_put(&built, FIELD_HEADER_LENGTH, 4, 105);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_COMPRESSION_TYPE);
    image_free(&built);
}

/* ---------------------------------------------------------------- refusals */

typedef struct poke {
    uint64_t offset;
    unsigned width; /* 0: no more */
    uint64_t value;
} poke;

typedef struct header_case {
    const char *name;
    int version_2;
    poke pokes[MAX_POKES]; /* into an image of 4 KiB clusters */
    refcow_status status;
    uint64_t value; /* evidence */
    uint64_t offset;
} header_case;

#define TOP ((uint64_t)1 << 63)
#define READABLE_END (TOP - ((uint64_t)1 << 30))
#define GOOD REFCOW_STATUS_OK, 0, 0

static const header_case header_cases[] = {
    {"magic", 0, {{FIELD_MAGIC, 4, 0x514649fa}}, REFCOW_STATUS_MAGIC, 0x514649fa, FIELD_MAGIC},
    {"version 1", 0, {{FIELD_VERSION, 4, 1}}, REFCOW_STATUS_VERSION, 1, FIELD_VERSION},
    {"version 4", 0, {{FIELD_VERSION, 4, 4}}, REFCOW_STATUS_VERSION, 4, FIELD_VERSION},
    {"cluster_bits 8", 0, {{FIELD_CLUSTER_BITS, 4, 8}}, REFCOW_STATUS_CLUSTER_BITS, 8, FIELD_CLUSTER_BITS},
    {"cluster_bits 22", 0, {{FIELD_CLUSTER_BITS, 4, 22}}, REFCOW_STATUS_CLUSTER_BITS, 22, FIELD_CLUSTER_BITS},
    {"cluster_bits, high byte",
     0,
     {{FIELD_CLUSTER_BITS, 4, 0x0100000c}},
     REFCOW_STATUS_CLUSTER_BITS,
     0x0100000c,
     FIELD_CLUSTER_BITS},

    {"header_length 103",
     0,
     {{FIELD_HEADER_LENGTH, 4, 103}},
     REFCOW_STATUS_HEADER_LENGTH_SMALL,
     103,
     FIELD_HEADER_LENGTH},
    {"header_length 104", 0, {{FIELD_HEADER_LENGTH, 4, 104}}, GOOD},
    {"header_length 105", 0, {{FIELD_HEADER_LENGTH, 4, 105}}, GOOD},
    {"header_length of a cluster", 0, {{FIELD_HEADER_LENGTH, 4, CLUSTER_4K}}, GOOD},
    {"header_length above",
     0,
     {{FIELD_HEADER_LENGTH, 4, CLUSTER_4K + 1}},
     REFCOW_STATUS_HEADER_LENGTH_LARGE,
     CLUSTER_4K + 1,
     FIELD_HEADER_LENGTH},
    {"header_length in version 2", 1, {{FIELD_HEADER_LENGTH, 4, 0}}, GOOD},

    {"backing name at the end", 0, {{FIELD_BACKING_FILE_OFFSET, 8, CLUSTER_4K}}, GOOD},
    {"backing name past the end",
     0,
     {{FIELD_BACKING_FILE_OFFSET, 8, CLUSTER_4K + 1}},
     REFCOW_STATUS_BACKING_FILE_OFFSET,
     CLUSTER_4K + 1,
     FIELD_BACKING_FILE_OFFSET},
    {"backing name far away",
     0,
     {{FIELD_BACKING_FILE_OFFSET, 8, UINT64_MAX}},
     REFCOW_STATUS_BACKING_FILE_OFFSET,
     UINT64_MAX,
     FIELD_BACKING_FILE_OFFSET},
    {"backing name of 1023", 0, {{FIELD_BACKING_FILE_OFFSET, 8, 1024}, {FIELD_BACKING_FILE_SIZE, 4, 1023}}, GOOD},
    {"backing name of 1024",
     0,
     {{FIELD_BACKING_FILE_OFFSET, 8, 1024}, {FIELD_BACKING_FILE_SIZE, 4, 1024}},
     REFCOW_STATUS_BACKING_FILE_SIZE,
     1024,
     FIELD_BACKING_FILE_SIZE},
    {"backing name up to the end", 0, {{FIELD_BACKING_FILE_OFFSET, 8, 4000}, {FIELD_BACKING_FILE_SIZE, 4, 96}}, GOOD},
    {"backing name over the end",
     0,
     {{FIELD_BACKING_FILE_OFFSET, 8, 4000}, {FIELD_BACKING_FILE_SIZE, 4, 97}},
     REFCOW_STATUS_BACKING_FILE_SIZE,
     97,
     FIELD_BACKING_FILE_SIZE},
    {"backing size without a name", 0, {{FIELD_BACKING_FILE_SIZE, 4, UINT32_MAX}}, GOOD},

    {"incompatible bits 0 and 1", 0, {{FIELD_INCOMPATIBLE_FEATURES, 8, 3}}, GOOD},
    {"incompatible bit 5",
     0,
     {{FIELD_INCOMPATIBLE_FEATURES, 8, 0x20}},
     REFCOW_STATUS_INCOMPATIBLE_FEATURES,
     0x20,
     FIELD_INCOMPATIBLE_FEATURES},
    {"incompatible bit 63",
     0,
     {{FIELD_INCOMPATIBLE_FEATURES, 8, TOP | 1}},
     REFCOW_STATUS_INCOMPATIBLE_FEATURES,
     TOP | 1,
     FIELD_INCOMPATIBLE_FEATURES},
    {"compatible bits", 0, {{FIELD_COMPATIBLE_FEATURES, 8, UINT64_MAX}}, GOOD},
    {"autoclear bits", 0, {{FIELD_AUTOCLEAR_FEATURES, 8, UINT64_MAX - 2}}, GOOD},
    {"compression type 1", 0, {{FIELD_INCOMPATIBLE_FEATURES, 8, 8}, {FIELD_COMPRESSION_TYPE, 1, 1}}, GOOD},
    {"compression type 2",
     0,
     {{FIELD_INCOMPATIBLE_FEATURES, 8, 8}, {FIELD_COMPRESSION_TYPE, 1, 2}},
     REFCOW_STATUS_COMPRESSION_TYPE,
     2,
     FIELD_COMPRESSION_TYPE},
    {"compression type without bit",
     0,
     {{FIELD_COMPRESSION_TYPE, 1, 1}},
     REFCOW_STATUS_COMPRESSION_BIT,
     1,
     FIELD_COMPRESSION_TYPE},
    {"compression bit without type",
     0,
     {{FIELD_INCOMPATIBLE_FEATURES, 8, 8}},
     REFCOW_STATUS_COMPRESSION_BIT,
     0,
     FIELD_COMPRESSION_TYPE},
    {"extended L2 in 4 KiB clusters",
     0,
     {{FIELD_INCOMPATIBLE_FEATURES, 8, 16}},
     REFCOW_STATUS_EXTENDED_L2_CLUSTER,
     12,
     FIELD_CLUSTER_BITS},

    {"refcount_order 6", 0, {{FIELD_REFCOUNT_ORDER, 4, 6}}, GOOD},
    {"refcount_order 7", 0, {{FIELD_REFCOUNT_ORDER, 4, 7}}, REFCOW_STATUS_REFCOUNT_ORDER, 7, FIELD_REFCOUNT_ORDER},
    {"refcount_order, all ones",
     0,
     {{FIELD_REFCOUNT_ORDER, 4, UINT32_MAX}},
     REFCOW_STATUS_REFCOUNT_ORDER,
     UINT32_MAX,
     FIELD_REFCOUNT_ORDER},
    {"no refcount table", 0, {{FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 0}}, GOOD},
    {"refcount table of 8 MiB", 0, {{FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 2048}}, GOOD},
    {"refcount table above",
     0,
     {{FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 2049}},
     REFCOW_STATUS_REFCOUNT_TABLE_SIZE,
     2049,
     FIELD_REFCOUNT_TABLE_CLUSTERS},
    {"refcount table, all ones",
     0,
     {{FIELD_REFCOUNT_TABLE_CLUSTERS, 4, UINT32_MAX}},
     REFCOW_STATUS_REFCOUNT_TABLE_SIZE,
     UINT32_MAX,
     FIELD_REFCOUNT_TABLE_CLUSTERS},
    {"refcount table in the header", 0, {{FIELD_REFCOUNT_TABLE_OFFSET, 8, 0}}, GOOD},
    {"refcount table unaligned",
     0,
     {{FIELD_REFCOUNT_TABLE_OFFSET, 8, CLUSTER_4K + 512}},
     REFCOW_STATUS_REFCOUNT_TABLE_OFFSET,
     CLUSTER_4K + 512,
     FIELD_REFCOUNT_TABLE_OFFSET},
    {"refcount table as far as can be read", 0, {{FIELD_REFCOUNT_TABLE_OFFSET, 8, READABLE_END - CLUSTER_4K}}, GOOD},
    {"refcount table too far",
     0,
     {{FIELD_REFCOUNT_TABLE_OFFSET, 8, READABLE_END}},
     REFCOW_STATUS_REFCOUNT_TABLE_OFFSET,
     READABLE_END,
     FIELD_REFCOUNT_TABLE_OFFSET},
    {"refcount table at a negative offset",
     0,
     {{FIELD_REFCOUNT_TABLE_OFFSET, 8, TOP}},
     REFCOW_STATUS_REFCOUNT_TABLE_OFFSET,
     TOP,
     FIELD_REFCOUNT_TABLE_OFFSET},

    {"l1_size at the limit", 0, {{FIELD_L1_SIZE, 4, 4194304}}, GOOD},
    {"l1_size above", 0, {{FIELD_L1_SIZE, 4, 4194305}}, REFCOW_STATUS_L1_SIZE_LARGE, 4194305, FIELD_L1_SIZE},
    {"l1_size as needed", 0, {{FIELD_L1_SIZE, 4, 2}}, GOOD},
    {"l1_size below", 0, {{FIELD_L1_SIZE, 4, 1}}, REFCOW_STATUS_L1_SIZE_SMALL, 1, FIELD_L1_SIZE},
    {"one byte more than two L1 entries",
     0,
     {{FIELD_SIZE, 8, (4u << 20) + 1}},
     REFCOW_STATUS_L1_SIZE_SMALL,
     2,
     FIELD_L1_SIZE},
    {"one byte less", 0, {{FIELD_SIZE, 8, (4u << 20) - 1}}, GOOD},
    {"empty disk, empty L1 table", 0, {{FIELD_SIZE, 8, 0}, {FIELD_L1_SIZE, 4, 0}}, GOOD},
    {"L1 table in the header", 0, {{FIELD_L1_TABLE_OFFSET, 8, 0}}, GOOD},
    {"L1 table unaligned", 0, {{FIELD_L1_TABLE_OFFSET, 8, 8}}, REFCOW_STATUS_L1_TABLE_OFFSET, 8, FIELD_L1_TABLE_OFFSET},
    {"empty L1 table unaligned",
     0,
     {{FIELD_SIZE, 8, 0}, {FIELD_L1_SIZE, 4, 0}, {FIELD_L1_TABLE_OFFSET, 8, 512}},
     REFCOW_STATUS_L1_TABLE_OFFSET,
     512,
     FIELD_L1_TABLE_OFFSET},
    {"L1 table past the end of the file", 0, {{FIELD_L1_TABLE_OFFSET, 8, (uint64_t)1 << 62}}, GOOD},
    {"L1 table too far",
     0,
     {{FIELD_L1_TABLE_OFFSET, 8, READABLE_END}},
     REFCOW_STATUS_L1_TABLE_OFFSET,
     READABLE_END,
     FIELD_L1_TABLE_OFFSET},
    {"L1 table at a negative offset",
     0,
     {{FIELD_L1_TABLE_OFFSET, 8, TOP}},
     REFCOW_STATUS_L1_TABLE_OFFSET,
     TOP,
     FIELD_L1_TABLE_OFFSET},

    {"crypt_method 1", 0, {{FIELD_CRYPT_METHOD, 4, 1}}, GOOD},
    {"crypt_method 2", 0, {{FIELD_CRYPT_METHOD, 4, 2}}, REFCOW_STATUS_ENCRYPTION_MISSING, 2, FIELD_CRYPT_METHOD},
    {"crypt_method 3", 0, {{FIELD_CRYPT_METHOD, 4, 3}}, REFCOW_STATUS_CRYPT_METHOD, 3, FIELD_CRYPT_METHOD},
    {"snapshots at the limit", 0, {{FIELD_NB_SNAPSHOTS, 4, 65536}}, GOOD},
    {"snapshots above", 0, {{FIELD_NB_SNAPSHOTS, 4, 65537}}, REFCOW_STATUS_NB_SNAPSHOTS, 65537, FIELD_NB_SNAPSHOTS},
    {"snapshots unaligned",
     0,
     {{FIELD_SNAPSHOTS_OFFSET, 8, 512}},
     REFCOW_STATUS_SNAPSHOTS_OFFSET,
     512,
     FIELD_SNAPSHOTS_OFFSET},
    {"snapshots at a negative offset",
     0,
     {{FIELD_SNAPSHOTS_OFFSET, 8, TOP}},
     REFCOW_STATUS_SNAPSHOTS_OFFSET,
     TOP,
     FIELD_SNAPSHOTS_OFFSET},
};

static void try_header_case(const header_case *row)
{
    built_image built = image_build(row->version_2 ? version_2 : version_3);
    for (size_t i = 0; i < MAX_POKES && row->pokes[i].width != 0; i++) {
        image_put(&built, row->pokes[i].offset, row->pokes[i].width, row->pokes[i].value);
    }
    refcow_image image;
    refcow_status status = open_built(&image, &built);
    unsigned before = runner.complaints;
    CHECK_STRING(refcow_status_name(status), refcow_status_name(row->status));
    CHECK_EQUAL(image.error.value, row->value);
    CHECK_EQUAL(image.error.offset, row->offset);
    if (runner.complaints != before) {
        printf("    in the case \"%s\"\n", row->name);
    }
    image_free(&built);
}

static void fields_on_both_sides_of_their_bounds(void)
{
    for (size_t i = 0; i < sizeof header_cases / sizeof *header_cases; i++) {
        try_header_case(&header_cases[i]);
    }
}

/* Two rules broken in two fields: the first field in the order of the header is named. */
static void first_field_is_named(void)
{
    const size_t count = sizeof header_cases / sizeof *header_cases;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const header_case *first = &header_cases[i];
            const header_case *second = &header_cases[j];
            /* Only where one poke makes one field bad, and neither changes what the other means. */
            int is_pair = first->offset < second->offset && first->pokes[1].width == 0 && second->pokes[1].width == 0 &&
                          refcow_status_class(first->status) == REFCOW_CLASS_REFUSED &&
                          refcow_status_class(second->status) == REFCOW_CLASS_REFUSED &&
                          first->pokes[0].offset == first->offset && second->pokes[0].offset == second->offset;
            if (!is_pair) {
                continue;
            }
            built_image built = image_build(version_3);
            refcow_image image;
            image_put(&built, first->pokes[0].offset, first->pokes[0].width, first->pokes[0].value);
            image_put(&built, second->pokes[0].offset, second->pokes[0].width, second->pokes[0].value);
            CHECK_STRING(refcow_status_name(open_built(&image, &built)), refcow_status_name(first->status));
            image_free(&built);
        }
    }
}

/* A virtual size that no L1 table is large enough for, and sizes that no disk may have. */
static void virtual_size_has_a_limit(void)
{
    image_recipe recipe = {.version = 3, .cluster_bits = 21, .refcount_order = 4, .l2_tables = 1, .mapped = 0};
    built_image built = image_build(recipe);
    refcow_image image;
    image_put(&built, FIELD_L1_SIZE, 4, 4194304);
    /* 4 Mi L1 entries of 512 GiB reach 2 EiB. */
    image_put(&built, FIELD_SIZE, 8, (uint64_t)1 << 61);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    image_put(&built, FIELD_SIZE, 8, ((uint64_t)1 << 61) + 1);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_L1_SIZE_SMALL);
    image_put(&built, FIELD_SIZE, 8, READABLE_END + 511);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_L1_SIZE_SMALL);
    const uint64_t too_large[] = {READABLE_END + 512, TOP, UINT64_MAX};
    for (size_t i = 0; i < sizeof too_large / sizeof *too_large; i++) {
        image_put(&built, FIELD_SIZE, 8, too_large[i]);
        CHECK_STRING(refcow_status_name(open_built(&image, &built)), "virtual-size");
        CHECK_EQUAL(image.error.value, too_large[i]);
        CHECK_EQUAL(image.error.offset, FIELD_SIZE);
    }
    image_free(&built);
}

static void every_cluster_size_opens(void)
{
    for (uint32_t bits = 9; bits <= 21; bits++) {
        image_recipe recipe = {.version = 3, .cluster_bits = bits, .refcount_order = 4, .l2_tables = 1, .mapped = 1};
        recipe.extended_l2 = bits >= 14;
        built_image built = image_build(recipe);
        refcow_image image;
        CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
        CHECK_EQUAL(image.header.cluster_bits, bits);
        image_put(&built, FIELD_INCOMPATIBLE_FEATURES, 8, REFCOW_INCOMPATIBLE_EXTENDED_L2);
        CHECK_EQUAL(open_built(&image, &built), bits < 14 ? REFCOW_STATUS_EXTENDED_L2_CLUSTER : REFCOW_STATUS_OK);
        image_free(&built);
    }
}

/* -------------------------------------------------------------- extensions */

static void expect_span(refcow_span span, uint64_t offset, uint64_t length)
{
    CHECK_EQUAL(span.offset, offset);
    CHECK_EQUAL(span.length, length);
}

static void extensions_are_located(void)
{
    for (int version = 2; version <= 3; version++) {
        built_image built = image_build(version == 2 ? version_2 : version_3);
        uint64_t format = version == 2 ? HEADER_LENGTH_2 : HEADER_LENGTH_3;
        uint64_t features = image_put_extension(&built, format, EXTENSION_BACKING_FORMAT, 5, 'q');
        uint64_t unknown = image_put_extension(&built, features, EXTENSION_FEATURE_NAMES, 96, 'f');
        uint64_t data_file = image_put_extension(&built, unknown, 0x12345678, 1, 'u');
        uint64_t bitmaps = image_put_extension(&built, data_file, EXTENSION_DATA_FILE, 9, 'd');
        uint64_t end = image_put_extension(&built, bitmaps, EXTENSION_BITMAPS, 24, 'b');
        uint64_t after = image_put_extension(&built, end, 0, 0, 0);
        image_put_extension(&built, after, EXTENSION_BACKING_FORMAT, 1, 'x');
        image_put(&built, FIELD_BACKING_FILE_OFFSET, 8, 2000);
        image_put(&built, FIELD_BACKING_FILE_SIZE, 4, 11);
        refcow_image image;
        CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
        CHECK_EQUAL(image.header.extensions, 5);
        expect_span(image.header.backing_format, format + 8, 5);
        expect_span(image.header.feature_names, features + 8, 96);
        expect_span(image.header.data_file, data_file + 8, 9);
        expect_span(image.header.backing_file, 2000, 11);
        /* Without the autoclear bit the bitmaps extension is not to be trusted. */
        CHECK_EQUAL(image.header.nb_bitmaps, 0);
        image_free(&built);
    }
}

/* As a string of C it is empty if it begins with a zero byte. */
static void data_file_has_a_name(void)
{
    for (int is_empty = 0; is_empty < 2; is_empty++) {
        built_image built = image_build(version_3);
        image_put(&built, FIELD_INCOMPATIBLE_FEATURES, 8, 4);
        image_put_extension(&built, HEADER_LENGTH_3, EXTENSION_DATA_FILE, 4, 'd');
        image_put(&built, HEADER_LENGTH_3 + 8 + (is_empty ? 0 : 1), 1, 0);
        refcow_image image;
        CHECK_EQUAL(open_built(&image, &built), is_empty ? REFCOW_STATUS_DATA_FILE_NAME : REFCOW_STATUS_OK);
        CHECK_EQUAL(image.header.data_file.length, 4);
        image_free(&built);
    }
}

static void last_of_equal_extensions_counts(void)
{
    built_image built = image_build(version_3);
    uint64_t second = image_put_extension(&built, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 3, 'a');
    image_put_extension(&built, second, EXTENSION_BACKING_FORMAT, 4, 'b');
    refcow_image image;
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    CHECK_EQUAL(image.header.extensions, 2);
    expect_span(image.header.backing_format, second + 8, 4);
    image_free(&built);
}

/* Contents are padded to a multiple of 8 bytes, which does not align them: a header may have any length. */
static void extensions_begin_anywhere(void)
{
    for (uint32_t length = 105; length <= HEADER_LENGTH_3; length++) {
        built_image built = image_build(version_3);
        image_put(&built, FIELD_HEADER_LENGTH, 4, length);
        uint64_t second = length + 8 + 8;
        image_put_extension(&built, length, 0x12345678, 1, 'a');
        image_put_extension(&built, second, EXTENSION_BACKING_FORMAT, 8, 'b');
        image_put_extension(&built, second + 8 + 8, 0, 0, 0);
        refcow_image image;
        CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
        CHECK_EQUAL(image.header.extensions, 2);
        expect_span(image.header.backing_format, second + 8, 8);
        image_free(&built);
    }
}

/* The area of extensions ends at the backing file's name, or with the cluster. */
static void extensions_stay_in_their_area(void)
{
    static const struct {
        uint64_t name;
        uint32_t length;
        refcow_status status;
    } cases[] = {
        {0, CLUSTER_4K - HEADER_LENGTH_3 - 8, REFCOW_STATUS_OK},
        {0, CLUSTER_4K - HEADER_LENGTH_3 - 7, REFCOW_STATUS_EXTENSION_LENGTH},
        {0, UINT32_MAX, REFCOW_STATUS_EXTENSION_LENGTH},
        {1000, 1000 - HEADER_LENGTH_3 - 8, REFCOW_STATUS_OK},
        {1000, 1000 - HEADER_LENGTH_3 - 7, REFCOW_STATUS_EXTENSION_LENGTH},
        {HEADER_LENGTH_3 + 8, 0, REFCOW_STATUS_OK},
        {HEADER_LENGTH_3 + 7, 0, REFCOW_STATUS_EXTENSION_LENGTH},
        {HEADER_LENGTH_3, UINT32_MAX, REFCOW_STATUS_OK}, /* no area, nothing is read */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        built_image built = image_build(version_3);
        image_put(&built, FIELD_BACKING_FILE_OFFSET, 8, cases[i].name);
        image_put(&built, HEADER_LENGTH_3, 4, EXTENSION_FEATURE_NAMES);
        image_put(&built, HEADER_LENGTH_3 + 4, 4, cases[i].length);
        refcow_image image;
        CHECK_STRING(refcow_status_name(open_built(&image, &built)), refcow_status_name(cases[i].status));
        if (cases[i].status != REFCOW_STATUS_OK) {
            CHECK_EQUAL(image.error.value, cases[i].length);
            CHECK_EQUAL(image.error.offset, HEADER_LENGTH_3 + 4);
        }
        image_free(&built);
    }
}

/* Also the end marker's length is tested. */
static void end_marker_has_a_length_too(void)
{
    built_image built = image_build(version_3);
    refcow_image image;
    image_put(&built, HEADER_LENGTH_3 + 4, 4, CLUSTER_4K);
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_EXTENSION_LENGTH);
    image_free(&built);
}

static void backing_format_has_a_largest_length(void)
{
    built_image built = image_build(version_3);
    refcow_image image;
    image_put_extension(&built, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 15, 'r');
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_OK);
    image_put_extension(&built, HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 16, 'r');
    CHECK_EQUAL(open_built(&image, &built), REFCOW_STATUS_BACKING_FORMAT_LENGTH);
    CHECK_EQUAL(image.error.value, 16);
    CHECK_EQUAL(image.error.offset, HEADER_LENGTH_3 + 4);
    image_free(&built);
}

/* Where the bitmaps extension has its fields. */
enum { BITMAPS_AT = HEADER_LENGTH_3 + 8 };

static void last_of_the_bitmap_directories_counts(void)
{
    static const bitmap_recipe bitmap = {"one", 0, 0};
    static const struct {
        uint64_t field;
        uint64_t value;
        refcow_status status;
    } rows[] = {
        {8, 0, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE},
        {16, READABLE_END, REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        int is_last = i % 2 == 1;
        built_image built = image_build(version_3);
        image_add_bitmaps(&built, &bitmap, 1);
        memmove(built.bytes + BITMAPS_AT + 24, built.bytes + BITMAPS_AT - 8, 32);
        uint64_t field = BITMAPS_AT + rows[i / 2].field + (is_last ? 32 : 0);
        image_put(&built, field, 8, rows[i / 2].value);
        refcow_image image;
        refcow_status wanted = is_last ? rows[i / 2].status : REFCOW_STATUS_OK;
        CHECK_STRING(refcow_status_name(open_built(&image, &built)), refcow_status_name(wanted));
        CHECK_EQUAL(image.error.offset, is_last ? field : 0);
        CHECK_EQUAL(image.header.nb_bitmaps, is_last ? 0 : 1);
        CHECK_EQUAL(image.header.bitmap_directory.length != 0, !is_last);
        image_free(&built);
    }
}

static void bitmaps_extension_is_judged(void)
{
    static const struct {
        uint64_t field;
        unsigned width;
        uint64_t value;
        refcow_status status;
    } rows[] = {
        {BITMAPS_AT - 4, 4, 23, REFCOW_STATUS_BITMAPS_LENGTH},
        {BITMAPS_AT, 4, 0, REFCOW_STATUS_NB_BITMAPS},
        {BITMAPS_AT, 4, 65535, REFCOW_STATUS_OK},
        {BITMAPS_AT, 4, 65536, REFCOW_STATUS_NB_BITMAPS},
        {BITMAPS_AT + 4, 4, 1, REFCOW_STATUS_BITMAPS_RESERVED},
        {BITMAPS_AT + 8, 8, 0, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE},
        {BITMAPS_AT + 8, 8, 65535 * 1024, REFCOW_STATUS_OK},
        {BITMAPS_AT + 8, 8, 65535 * 1024 + 1, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE},
        {BITMAPS_AT + 16, 8, CLUSTER_4K + 512, REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET},
        {BITMAPS_AT + 16, 8, READABLE_END - CLUSTER_4K, REFCOW_STATUS_OK},
        {BITMAPS_AT + 16, 8, READABLE_END, REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const bitmap_recipe bitmap = {"one", 0, 0};
        built_image built = image_build(version_3);
        image_add_bitmaps(&built, &bitmap, 1);
        image_put(&built, rows[i].field, rows[i].width, rows[i].value);
        refcow_image image;
        CHECK_STRING(refcow_status_name(open_built(&image, &built)), refcow_status_name(rows[i].status));
        CHECK_EQUAL(image.error.value, rows[i].status == REFCOW_STATUS_OK ? 0 : rows[i].value);
        CHECK_EQUAL(image.error.offset, rows[i].status == REFCOW_STATUS_OK ? 0 : rows[i].field);
        image_free(&built);
    }
}

/* -------------------------------------------------------------- encryption */

/* Where the extension has the place of the LUKS header. */
enum { LUKS_OFFSET_AT = HEADER_LENGTH_3 + 8, LUKS_LENGTH_AT = HEADER_LENGTH_3 + 16, LUKS_BYTES = 5000 };

static void expect_encryption(uint64_t field, unsigned width, uint64_t value, refcow_status status, uint64_t evidence,
                              uint64_t offset)
{
    built_image built = image_build(version_3);
    image_encrypt(&built, LUKS_BYTES);
    image_put(&built, field, width, value);
    refcow_image image;
    CHECK_STRING(refcow_status_name(open_built(&image, &built)), refcow_status_name(status));
    CHECK_EQUAL(image.error.value, evidence);
    CHECK_EQUAL(image.error.offset, offset);
    image_free(&built);
}

static void luks_headers_are_judged(void)
{
    built_image built = image_build(version_3);
    const uint64_t luks = built.size;
    const uint64_t magic = 0x4c554b53babe0001;
    image_free(&built);
    expect_encryption(LUKS_OFFSET_AT, 8, luks, GOOD);
    expect_encryption(FIELD_CRYPT_METHOD, 4, 1, REFCOW_STATUS_ENCRYPTION_UNEXPECTED, 1, HEADER_LENGTH_3);
    expect_encryption(LUKS_OFFSET_AT - 4, 4, 15, REFCOW_STATUS_ENCRYPTION_LENGTH, 15, LUKS_OFFSET_AT - 4);
    expect_encryption(LUKS_OFFSET_AT, 8, luks + 512, REFCOW_STATUS_ENCRYPTION_OFFSET, luks + 512, LUKS_OFFSET_AT);
    expect_encryption(LUKS_OFFSET_AT, 8, READABLE_END, REFCOW_STATUS_ENCRYPTION_OFFSET, READABLE_END, LUKS_OFFSET_AT);
    expect_encryption(LUKS_LENGTH_AT, 8, 592, GOOD);
    expect_encryption(LUKS_LENGTH_AT, 8, 591, REFCOW_STATUS_ENCRYPTION_HEADER, magic, luks);
    expect_encryption(luks + 7, 1, 2, REFCOW_STATUS_ENCRYPTION_HEADER, magic + 1, luks);
    expect_encryption(luks, 4, MAGIC_QCOW2, REFCOW_STATUS_ENCRYPTION_HEADER,
                      (uint64_t)MAGIC_QCOW2 << 32 | (magic & UINT32_MAX), luks);
}

/* The length is a signed number for qemu-img: from 2^63 on there is nothing to count. */
static void luks_headers_are_counted(void)
{
    built_image built = image_build(version_3);
    image_encrypt(&built, LUKS_BYTES);
    check_answer answer = check_image(&built);
    expect_counts(&answer, REFCOW_VERDICT_CLEAN, 0, 0, 0);
    CHECK_EQUAL(answer.image.header.encryption_header.length, LUKS_BYTES);
    drop_answer(&answer);
    image_put(&built, LUKS_LENGTH_AT, 8, TOP - 1);
    answer = check_image(&built);
    expect_counts(&answer, REFCOW_VERDICT_CORRUPT, 1, 2, 0);
    CHECK_EQUAL(FIND(&answer, OUT_OF_FILE).role, REFCOW_ROLE_ENCRYPTION_HEADER);
    drop_answer(&answer);
    image_put(&built, LUKS_LENGTH_AT, 8, TOP);
    answer = check_image(&built);
    expect_counts(&answer, REFCOW_VERDICT_LEAKS, 0, 2, 0);
    drop_answer(&answer);
    image_free(&built);
}

/* --------------------------------------------------------------- the spans */

/* A caller prints what spans name: they must lie inside the first cluster, also in an image that is refused. */
static void spans_lie_in_the_first_cluster(void)
{
    static const struct {
        uint64_t offset;
        uint32_t length;
    } names[] = {{0, 5}, {4000, 97}, {CLUSTER_4K, 1}, {CLUSTER_4K + 1, 0}, {UINT64_MAX, UINT32_MAX}, {1000, 1024}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        built_image built = image_build(version_3);
        image_put(&built, FIELD_BACKING_FILE_OFFSET, 8, names[i].offset);
        image_put(&built, FIELD_BACKING_FILE_SIZE, 4, names[i].length);
        refcow_image image;
        open_built(&image, &built);
        refcow_span span = image.header.backing_file;
        CHECK(span.length == 0 || span.offset != 0);
        CHECK(span.length == 0 || (span.offset < CLUSTER_4K && span.length <= CLUSTER_4K - span.offset));
        image_free(&built);
    }
}

/* ------------------------------------------------------------- short files */

/* A file of n bytes opens like the same bytes followed by zeros. */
static void short_file_reads_as_padded(void)
{
    static const int versions[] = {2, 3};
    for (size_t v = 0; v < 2; v++) {
        built_image built = image_build(versions[v] == 2 ? version_2 : version_3);
        image_put_extension(&built, versions[v] == 2 ? HEADER_LENGTH_2 : HEADER_LENGTH_3, EXTENSION_BACKING_FORMAT, 5,
                            'q');
        for (uint64_t length = 0; length <= 256; length++) {
            built_image padded = image_build(version_3);
            memset(padded.bytes, 0, (size_t)padded.size);
            memcpy(padded.bytes, built.bytes, (size_t)length);
            file_extent head = {0, length, built.bytes};
            memory_source source = source_of_extents(&head, 1, length);
            refcow_image from_short;
            refcow_image from_padded;
            refcow_status status = open_source(&from_short, &source);
            CHECK_EQUAL(status, open_built(&from_padded, &padded));
            CHECK_EQUAL(from_short.error.value, from_padded.error.value);
            CHECK_EQUAL(from_short.error.offset, from_padded.error.offset);
            /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): the library zeroes it all, then fills it */
            CHECK(memcmp(&from_short.header, &from_padded.header, sizeof from_short.header) == 0);
            CHECK_EQUAL(status == REFCOW_STATUS_MAGIC, length < 4);
            image_free(&padded);
        }
        image_free(&built);
    }
}

void run_header_tests(void)
{
    RUN(fields_of_version_3);
    RUN(fields_of_version_2);
    RUN(version_2_has_no_feature_words);
    RUN(compression_type_may_be_missing);
    RUN(fields_on_both_sides_of_their_bounds);
    RUN(first_field_is_named);
    RUN(virtual_size_has_a_limit);
    RUN(every_cluster_size_opens);
    RUN(extensions_are_located);
    RUN(data_file_has_a_name);
    RUN(last_of_equal_extensions_counts);
    RUN(extensions_begin_anywhere);
    RUN(extensions_stay_in_their_area);
    RUN(end_marker_has_a_length_too);
    RUN(backing_format_has_a_largest_length);
    RUN(last_of_the_bitmap_directories_counts);
    RUN(bitmaps_extension_is_judged);
    RUN(luks_headers_are_judged);
    RUN(luks_headers_are_counted);
    RUN(spans_lie_in_the_first_cluster);
    RUN(short_file_reads_as_padded);
}
