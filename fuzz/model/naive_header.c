#include "naive_header.h"
#include "../fuzz.h"

#include <string.h>

typedef struct header_reading {
    const input_file *file;
    naive_header *result;
    refcow_header *header;
    uint64_t cluster;      /* in bytes */
    refcow_span directory; /* that the last extension for bitmaps names */
} header_reading;

int naive_readable(uint64_t offset, uint64_t length)
{
    const uint64_t end = ((uint64_t)1 << 63) - ((uint64_t)1 << 30);
    return length == 0 || (offset < end && length <= end - offset);
}

/* Returns whether the rule is broken. */
static int rule(header_reading *in, int is_broken, refcow_status status, uint64_t value, uint64_t offset)
{
    naive_header *result = in->result;
    refcow_error broken = {status, value, offset};
    if (!is_broken) {
        return 0;
    }
    FUZZ_ASSERT(result->broken_count < NAIVE_BROKEN_MAX);
    result->broken[result->broken_count++] = broken;
    if (result->error.status == REFCOW_STATUS_OK || offset < result->error.offset) {
        result->error = broken;
    }
    return 1;
}

/* -------------------------------------------------------------------- fields */

static uint32_t field32(const header_reading *in, uint64_t offset)
{
    return (uint32_t)input_number(in->file, offset, 4);
}

static uint64_t field64(const header_reading *in, uint64_t offset)
{
    return input_number(in->file, offset, 8);
}

/* 0: this is no image. */
static int read_identity(header_reading *in)
{
    refcow_header *header = in->header;
    uint32_t magic = field32(in, 0);
    if (rule(in, magic != 0x514649fb, REFCOW_STATUS_MAGIC, magic, 0)) {
        return 0;
    }
    header->version = field32(in, 4);
    if (rule(in, header->version < 2 || header->version > 3, REFCOW_STATUS_VERSION, header->version, 4)) {
        return 0;
    }
    header->cluster_bits = field32(in, 20);
    uint32_t bits = header->cluster_bits;
    if (rule(in, bits < 9 || bits > 21, REFCOW_STATUS_CLUSTER_BITS, bits, 20)) {
        return 0;
    }
    in->cluster = (uint64_t)1 << bits;
    return 1;
}

static void read_fields(header_reading *in)
{
    refcow_header *header = in->header;
    int is_v3 = header->version == 3;
    header->backing_file.offset = field64(in, 8);
    header->backing_file.length = header->backing_file.offset == 0 ? 0 : field32(in, 16);
    header->virtual_size = field64(in, 24);
    header->crypt_method = field32(in, 32);
    header->l1_size = field32(in, 36);
    header->l1_table_offset = field64(in, 40);
    header->refcount_table_offset = field64(in, 48);
    header->refcount_table_clusters = field32(in, 56);
    header->nb_snapshots = field32(in, 60);
    header->snapshots_offset = field64(in, 64);
    header->incompatible_features = is_v3 ? field64(in, 72) : 0;
    header->compatible_features = is_v3 ? field64(in, 80) : 0;
    header->autoclear_features = is_v3 ? field64(in, 88) : 0;
    header->refcount_order = is_v3 ? field32(in, 96) : 4;
    header->header_length = is_v3 ? field32(in, 100) : 72;
    header->compression_type = header->header_length > 104 ? (uint32_t)input_number(in->file, 104, 1) : 0;
}

/* --------------------------------------------------------------------- rules */

static void judge_lengths(header_reading *in)
{
    refcow_header *header = in->header;
    uint32_t length = header->header_length;
    uint64_t name = header->backing_file.offset;
    rule(in, header->version == 3 && length < 104, REFCOW_STATUS_HEADER_LENGTH_SMALL, length, 100);
    rule(in, length > in->cluster, REFCOW_STATUS_HEADER_LENGTH_LARGE, length, 100);
    rule(in, name > in->cluster, REFCOW_STATUS_BACKING_FILE_OFFSET, name, 8);
    uint64_t bytes = header->backing_file.length;
    int is_outside = bytes > 0 && (name > in->cluster || bytes > in->cluster - name);
    if (rule(in, bytes > 1023 || is_outside, REFCOW_STATUS_BACKING_FILE_SIZE, bytes, 16)) {
        header->backing_file.length = 0;
    }
}

static void judge_features(header_reading *in)
{
    const refcow_header *header = in->header;
    uint64_t features = header->incompatible_features;
    uint32_t type = header->compression_type;
    int has_bit = (features >> 3 & 1) != 0;
    rule(in, features > 31, REFCOW_STATUS_INCOMPATIBLE_FEATURES, features, 72);
    rule(in, type > 1, REFCOW_STATUS_COMPRESSION_TYPE, type, 104);
    rule(in, has_bit != (type > 0), REFCOW_STATUS_COMPRESSION_BIT, type, 104);
    rule(in, (features >> 4 & 1) != 0 && in->cluster < 16384, REFCOW_STATUS_EXTENDED_L2_CLUSTER, header->cluster_bits,
         20);
    rule(in, header->crypt_method > 2, REFCOW_STATUS_CRYPT_METHOD, header->crypt_method, 32);
}

/* Past the end of the file is good enough for a table, out of all reach is not. */
static int is_no_table(const header_reading *in, uint64_t offset, uint64_t length)
{
    return offset % in->cluster != 0 || offset >> 63 != 0 || !naive_readable(offset, length);
}

static uint64_t l1_entries_needed(const header_reading *in)
{
    uint64_t entry = (in->header->incompatible_features >> 4 & 1) != 0 ? 16 : 8;
    uint64_t span = in->cluster / entry * in->cluster;
    return in->header->virtual_size / span + (in->header->virtual_size % span != 0 ? 1 : 0);
}

static void judge_tables(header_reading *in)
{
    const refcow_header *header = in->header;
    uint64_t table = header->refcount_table_clusters * in->cluster;
    uint64_t disk = header->virtual_size / 512 * 512;
    rule(in, !naive_readable(0, disk), REFCOW_STATUS_VIRTUAL_SIZE, header->virtual_size, 24);
    rule(in, header->l1_size > 4194304, REFCOW_STATUS_L1_SIZE_LARGE, header->l1_size, 36);
    rule(in, l1_entries_needed(in) > header->l1_size, REFCOW_STATUS_L1_SIZE_SMALL, header->l1_size, 36);
    rule(in, is_no_table(in, header->l1_table_offset, (uint64_t)header->l1_size * 8), REFCOW_STATUS_L1_TABLE_OFFSET,
         header->l1_table_offset, 40);
    rule(in, is_no_table(in, header->refcount_table_offset, table), REFCOW_STATUS_REFCOUNT_TABLE_OFFSET,
         header->refcount_table_offset, 48);
    rule(in, table > 8 << 20, REFCOW_STATUS_REFCOUNT_TABLE_SIZE, header->refcount_table_clusters, 56);
    rule(in, header->nb_snapshots > 65536, REFCOW_STATUS_NB_SNAPSHOTS, header->nb_snapshots, 60);
    rule(in, is_no_table(in, header->snapshots_offset, (uint64_t)header->nb_snapshots * 40),
         REFCOW_STATUS_SNAPSHOTS_OFFSET, header->snapshots_offset, 64);
    rule(in, header->refcount_order > 6, REFCOW_STATUS_REFCOUNT_ORDER, header->refcount_order, 96);
}

/* ---------------------------------------------------------------- extensions */

/* Of each extension the functions return 0 if it breaks a rule: then no further one is read. The rules of one are in
 * the order of the oracle. */

static int read_encryption(header_reading *in, uint64_t at, uint64_t length)
{
    if (rule(in, in->header->crypt_method != 2, REFCOW_STATUS_ENCRYPTION_UNEXPECTED, in->header->crypt_method,
             at - 8) ||
        rule(in, length != 16, REFCOW_STATUS_ENCRYPTION_LENGTH, length, at - 4)) {
        return 0;
    }
    refcow_span luks = {field64(in, at), field64(in, at + 8)};
    int is_nowhere = luks.offset % in->cluster != 0 || !naive_readable(luks.offset, 592);
    if (rule(in, is_nowhere, REFCOW_STATUS_ENCRYPTION_OFFSET, luks.offset, at)) {
        return 0;
    }
    uint64_t magic = field64(in, luks.offset);
    if (rule(in, luks.length < 592 || magic != 0x4c554b53babe0001, REFCOW_STATUS_ENCRYPTION_HEADER, magic,
             luks.offset)) {
        return 0;
    }
    in->header->encryption_header = luks;
    in->result->luks_at = at;
    return 1;
}

static int read_bitmaps(header_reading *in, uint64_t at, uint64_t length)
{
    if (rule(in, length != 24, REFCOW_STATUS_BITMAPS_LENGTH, length, at - 4)) {
        return 0;
    }
    if ((in->header->autoclear_features & 1) == 0) {
        return 1;
    }
    uint32_t count = field32(in, at);
    uint32_t reserved = field32(in, at + 4);
    refcow_span directory = {field64(in, at + 16), field64(in, at + 8)};
    if (rule(in, count < 1 || count > 65535, REFCOW_STATUS_NB_BITMAPS, count, at) ||
        rule(in, reserved != 0, REFCOW_STATUS_BITMAPS_RESERVED, reserved, at + 4) ||
        rule(in, directory.length > 67107840, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory.length, at + 8) ||
        rule(in, directory.offset % in->cluster != 0, REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET, directory.offset,
             at + 16)) {
        return 0;
    }
    in->result->bitmaps_at = at;
    in->directory = directory;
    int is_somewhere = directory.length > 0 && naive_readable(directory.offset, directory.length);
    in->header->nb_bitmaps = is_somewhere ? count : 0;
    in->header->bitmap_directory.offset = is_somewhere ? directory.offset : 0;
    in->header->bitmap_directory.length = is_somewhere ? directory.length : 0;
    return 1;
}

static int read_extension(header_reading *in, uint32_t type, refcow_span contents)
{
    in->header->extensions++;
    switch (type) {
    case 0xe2792aca:
        in->header->backing_format = contents.length > 15 ? in->header->backing_format : contents;
        return !rule(in, contents.length > 15, REFCOW_STATUS_BACKING_FORMAT_LENGTH, contents.length,
                     contents.offset - 4);
    case 0x6803f857:
        in->header->feature_names = contents;
        return 1;
    case 0x44415441:
        in->header->data_file = contents;
        return 1;
    case 0x0537be77:
        return read_encryption(in, contents.offset, contents.length);
    case 0x23852875:
        return read_bitmaps(in, contents.offset, contents.length);
    default:
        return 1;
    }
}

/* Up to the name of the backing file or the end of the cluster. */
static int read_extensions(header_reading *in)
{
    uint64_t end = in->header->backing_file.offset;
    end = end == 0 || end > in->cluster ? in->cluster : end;
    uint64_t at = in->header->header_length;
    while (at < end) {
        uint32_t type = field32(in, at);
        refcow_span contents = {at + 8, field32(in, at + 4)};
        if (rule(in, contents.offset + contents.length > end, REFCOW_STATUS_EXTENSION_LENGTH, contents.length,
                 at + 4)) {
            return 0;
        }
        if (type == 0) {
            return 1;
        }
        if (!read_extension(in, type, contents)) {
            return 0;
        }
        at = contents.offset + (contents.length + 7) / 8 * 8;
    }
    return 1;
}

/* It is read after all extensions, so only the last one matters. */
static int judge_directory(header_reading *in)
{
    refcow_span directory = in->directory;
    return in->result->bitmaps_at == 0 ||
           (!rule(in, directory.length == 0, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, 0, in->result->bitmaps_at + 8) &&
            !rule(in, !naive_readable(directory.offset, directory.length), REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET,
                  directory.offset, in->result->bitmaps_at + 16));
}

static void judge_what_needs_extensions(header_reading *in)
{
    const refcow_header *header = in->header;
    int has_data_file = (header->incompatible_features >> 2 & 1) != 0;
    int is_raw = (header->autoclear_features >> 1 & 1) != 0;
    rule(in, header->crypt_method == 2 && header->encryption_header.length == 0, REFCOW_STATUS_ENCRYPTION_MISSING, 2,
         32);
    int is_nameless = header->data_file.length == 0 || input_number(in->file, header->data_file.offset, 1) == 0;
    rule(in, has_data_file && is_nameless, REFCOW_STATUS_DATA_FILE_NAME, header->incompatible_features, 72);
    rule(in, is_raw && !has_data_file, REFCOW_STATUS_DATA_FILE_RAW, header->autoclear_features, 88);
}

naive_header naive_open(const input_file *file)
{
    naive_header result;
    memset(&result, 0, sizeof result);
    header_reading in = {.file = file, .result = &result, .header = &result.fields};
    if (read_identity(&in)) {
        read_fields(&in);
        judge_lengths(&in);
        judge_features(&in);
        judge_tables(&in);
        result.is_followed = read_extensions(&in);
        if (result.is_followed && judge_directory(&in)) {
            judge_what_needs_extensions(&in);
        }
    }
    return result;
}

/* ---------------------------------------------------------------- difference */

#define SAME(field)                                                                                                    \
    do {                                                                                                               \
        if (one->field != other->field) {                                                                              \
            return "header: " #field;                                                                                  \
        }                                                                                                              \
    } while (0)

#define SAME_SPAN(field)                                                                                               \
    do {                                                                                                               \
        SAME(field.offset);                                                                                            \
        SAME(field.length);                                                                                            \
    } while (0)

static const char *difference_in_places(const refcow_header *one, const refcow_header *other)
{
    SAME_SPAN(backing_file);
    SAME_SPAN(backing_format);
    SAME_SPAN(feature_names);
    SAME_SPAN(data_file);
    SAME_SPAN(encryption_header);
    SAME_SPAN(bitmap_directory);
    SAME(nb_bitmaps);
    SAME(extensions);
    return NULL;
}

const char *naive_header_difference(const refcow_header *one, const refcow_header *other)
{
    SAME(version);
    SAME(cluster_bits);
    SAME(virtual_size);
    SAME(crypt_method);
    SAME(l1_size);
    SAME(l1_table_offset);
    SAME(refcount_table_offset);
    SAME(refcount_table_clusters);
    SAME(refcount_order);
    SAME(nb_snapshots);
    SAME(header_length);
    SAME(snapshots_offset);
    SAME(incompatible_features);
    SAME(compatible_features);
    SAME(autoclear_features);
    SAME(compression_type);
    return difference_in_places(one, other);
}
