#include "header.h"

#include "extensions.h"
#include "snapshots.h"

/* The rules are those by which the oracle opens an image. The broken one whose field stands first is remembered as a
 * refusal; the header is decoded all the same, because the refcount report is given for refused images too. */

#define VERSION_PATCH_BITS 8u
#define MAGIC 0x514649fbu /* "QFI\xfb" */
#define HEADER_SIZE 112u  /* bytes of the longest header whose fields have a meaning here */

#define BACKING_NAME_MAX 1023u
#define KNOWN_INCOMPATIBLE                                                                                             \
    (REFCOW_INCOMPATIBLE_DIRTY | REFCOW_INCOMPATIBLE_CORRUPT | REFCOW_INCOMPATIBLE_DATA_FILE |                         \
     REFCOW_INCOMPATIBLE_COMPRESSION | REFCOW_INCOMPATIBLE_EXTENDED_L2)
#define EXTENDED_L2_CLUSTER_BITS_MIN 14u

static bool has_cluster_size(const refcow_header *header)
{
    return header->cluster_bits >= REFCOW_CLUSTER_BITS_MIN && header->cluster_bits <= REFCOW_CLUSTER_BITS_MAX;
}

/* Without these nothing else in the file has a meaning. */
static bool recognise(struct opening *opening, const uint8_t *bytes)
{
    refcow_header *header = &opening->image->header;
    if (load_be32(bytes + AT_MAGIC) != MAGIC)
        return refcow_refuse(opening, REFCOW_STATUS_MAGIC, load_be32(bytes + AT_MAGIC), AT_MAGIC);
    header->version = load_be32(bytes + AT_VERSION);
    if (header->version != 2 && header->version != 3)
        return refcow_refuse(opening, REFCOW_STATUS_VERSION, header->version, AT_VERSION);
    header->cluster_bits = load_be32(bytes + AT_CLUSTER_BITS);
    if (!has_cluster_size(header))
        return refcow_refuse(opening, REFCOW_STATUS_CLUSTER_BITS, header->cluster_bits, AT_CLUSTER_BITS);
    return true;
}

static void decode_version_2(refcow_header *header, const uint8_t *bytes)
{
    header->backing_file.offset = load_be64(bytes + AT_BACKING_FILE_OFFSET);
    if (header->backing_file.offset != 0)
        header->backing_file.length = load_be32(bytes + AT_BACKING_FILE_SIZE);
    header->virtual_size = load_be64(bytes + AT_SIZE);
    header->crypt_method = load_be32(bytes + AT_CRYPT_METHOD);
    header->l1_size = load_be32(bytes + AT_L1_SIZE);
    header->l1_table_offset = load_be64(bytes + AT_L1_TABLE_OFFSET);
    header->refcount_table_offset = load_be64(bytes + AT_REFCOUNT_TABLE_OFFSET);
    header->refcount_table_clusters = load_be32(bytes + AT_REFCOUNT_TABLE_CLUSTERS);
    header->nb_snapshots = load_be32(bytes + AT_NB_SNAPSHOTS);
    header->snapshots_offset = load_be64(bytes + AT_SNAPSHOTS_OFFSET);
    header->refcount_order = 4;
    header->header_length = REFCOW_HEADER_LENGTH_MIN;
}

static void decode_version_3(refcow_header *header, const uint8_t *bytes)
{
    header->incompatible_features = load_be64(bytes + AT_INCOMPATIBLE_FEATURES);
    header->compatible_features = load_be64(bytes + AT_COMPATIBLE_FEATURES);
    header->autoclear_features = load_be64(bytes + AT_AUTOCLEAR_FEATURES);
    header->refcount_order = load_be32(bytes + AT_REFCOUNT_ORDER);
    header->header_length = load_be32(bytes + AT_HEADER_LENGTH);
    if (header->header_length > AT_COMPRESSION_TYPE)
        header->compression_type = bytes[AT_COMPRESSION_TYPE];
}

static void validate_lengths(struct opening *opening)
{
    refcow_header *header = &opening->image->header;
    uint64_t cluster_size = (uint64_t)1 << header->cluster_bits;
    uint64_t name = header->backing_file.offset;
    if (header->version == 3 && header->header_length < REFCOW_HEADER_LENGTH_V3_MIN)
        refcow_refuse(opening, REFCOW_STATUS_HEADER_LENGTH_SMALL, header->header_length, AT_HEADER_LENGTH);
    if (header->header_length > cluster_size)
        refcow_refuse(opening, REFCOW_STATUS_HEADER_LENGTH_LARGE, header->header_length, AT_HEADER_LENGTH);
    uint64_t room = least(BACKING_NAME_MAX, cluster_size - least(name, cluster_size));
    if (name > cluster_size)
        refcow_refuse(opening, REFCOW_STATUS_BACKING_FILE_OFFSET, name, AT_BACKING_FILE_OFFSET);
    if (header->backing_file.length > room) {
        refcow_refuse(opening, REFCOW_STATUS_BACKING_FILE_SIZE, header->backing_file.length, AT_BACKING_FILE_SIZE);
        header->backing_file.length = 0; /* no name that could be shown */
    }
}

static void validate_features(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    uint64_t bits = header->incompatible_features;
    bool compression_bit = (bits & REFCOW_INCOMPATIBLE_COMPRESSION) != 0;
    if ((bits & ~(uint64_t)KNOWN_INCOMPATIBLE) != 0)
        refcow_refuse(opening, REFCOW_STATUS_INCOMPATIBLE_FEATURES, bits, AT_INCOMPATIBLE_FEATURES);
    if (header->compression_type > 1)
        refcow_refuse(opening, REFCOW_STATUS_COMPRESSION_TYPE, header->compression_type, AT_COMPRESSION_TYPE);
    if (compression_bit != (header->compression_type != 0))
        refcow_refuse(opening, REFCOW_STATUS_COMPRESSION_BIT, header->compression_type, AT_COMPRESSION_TYPE);
    if ((bits & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0 && header->cluster_bits < EXTENDED_L2_CLUSTER_BITS_MIN)
        refcow_refuse(opening, REFCOW_STATUS_EXTENDED_L2_CLUSTER, header->cluster_bits, AT_CLUSTER_BITS);
    if (header->crypt_method > CRYPT_LUKS)
        refcow_refuse(opening, REFCOW_STATUS_CRYPT_METHOD, header->crypt_method, AT_CRYPT_METHOD);
}

/* Whether a table can stand there: cluster aligned and readable; past the end of the file it is a table of zeros. One
 * without entries must lie in the file all the same. */
static bool is_table_place(const refcow_header *header, uint64_t offset, uint64_t length)
{
    return is_aligned(offset, (uint64_t)1 << header->cluster_bits) && offset <= INT64_MAX &&
           refcow_readable(offset, length);
}

static void validate_refcount_table(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    uint64_t bytes = (uint64_t)header->refcount_table_clusters << header->cluster_bits;
    if (header->refcount_order > REFCOW_REFCOUNT_ORDER_MAX)
        refcow_refuse(opening, REFCOW_STATUS_REFCOUNT_ORDER, header->refcount_order, AT_REFCOUNT_ORDER);
    if (bytes > REFCOW_REFCOUNT_TABLE_BYTES_MAX)
        refcow_refuse(opening, REFCOW_STATUS_REFCOUNT_TABLE_SIZE, header->refcount_table_clusters,
                      AT_REFCOUNT_TABLE_CLUSTERS);
    if (!is_table_place(header, header->refcount_table_offset, bytes))
        refcow_refuse(opening, REFCOW_STATUS_REFCOUNT_TABLE_OFFSET, header->refcount_table_offset,
                      AT_REFCOUNT_TABLE_OFFSET);
}

static void validate_l1_table(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    bool extended = (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    /* An L2 table is one cluster, so an L1 entry spans cluster size / entry size clusters. */
    uint32_t span_bits = 2 * header->cluster_bits - (extended ? 4 : 3);
    if (!refcow_readable(0, round_down(header->virtual_size, SECTOR_SIZE)))
        refcow_refuse(opening, REFCOW_STATUS_VIRTUAL_SIZE, header->virtual_size, AT_SIZE);
    if (header->l1_size > REFCOW_L1_ENTRIES_MAX)
        refcow_refuse(opening, REFCOW_STATUS_L1_SIZE_LARGE, header->l1_size, AT_L1_SIZE);
    if (!is_table_place(header, header->l1_table_offset, 8 * (uint64_t)header->l1_size))
        refcow_refuse(opening, REFCOW_STATUS_L1_TABLE_OFFSET, header->l1_table_offset, AT_L1_TABLE_OFFSET);
    if (units_of(header->virtual_size, span_bits) > header->l1_size)
        refcow_refuse(opening, REFCOW_STATUS_L1_SIZE_SMALL, header->l1_size, AT_L1_SIZE);
}

/* The snapshot table must lie in the file even when it has no entries. */
static void validate_snapshots(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    uint64_t bytes = SNAPSHOT_HEAD_SIZE * (uint64_t)header->nb_snapshots;
    if (header->nb_snapshots > REFCOW_SNAPSHOTS_MAX)
        refcow_refuse(opening, REFCOW_STATUS_NB_SNAPSHOTS, header->nb_snapshots, AT_NB_SNAPSHOTS);
    if (!is_table_place(header, header->snapshots_offset, bytes))
        refcow_refuse(opening, REFCOW_STATUS_SNAPSHOTS_OFFSET, header->snapshots_offset, AT_SNAPSHOTS_OFFSET);
}

/* Whether it names nothing: a name ends with its first zero byte. A name that cannot be read is a failure. */
static bool is_no_name(const refcow_span *name, struct reader *reader)
{
    uint8_t first = 0;
    if (name->length == 0)
        return true;
    return refcow_read(reader, name->offset, &first, sizeof first) && first == 0;
}

/* Features that need an extension. */
static void validate_extensions(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    bool has_data_file = (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    if (header->crypt_method == CRYPT_LUKS && header->encryption_header.length == 0)
        refcow_refuse(opening, REFCOW_STATUS_ENCRYPTION_MISSING, header->crypt_method, AT_CRYPT_METHOD);
    if (has_data_file && is_no_name(&header->data_file, &opening->reader))
        refcow_refuse(opening, REFCOW_STATUS_DATA_FILE_NAME, header->incompatible_features, AT_INCOMPATIBLE_FEATURES);
    if (!has_data_file && (header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0)
        refcow_refuse(opening, REFCOW_STATUS_DATA_FILE_RAW, header->autoclear_features, AT_AUTOCLEAR_FEATURES);
}

static void validate(struct opening *opening)
{
    validate_lengths(opening);
    validate_features(opening);
    validate_refcount_table(opening);
    validate_l1_table(opening);
    validate_snapshots(opening);
    if (refcow_extensions_locate(opening))
        validate_extensions(opening);
}

bool refcow_is_usable(const refcow_image *image)
{
    refcow_class kind = refcow_status_class(image->error.status);
    return (kind == REFCOW_CLASS_OK || kind == REFCOW_CLASS_REFUSED) && has_cluster_size(&image->header);
}

refcow_status refcow_open_image(struct opening *opening, const refcow_source *source)
{
    refcow_image *image = opening->image;
    struct reader *reader = &opening->reader;
    memset(image, 0, sizeof *image);
    image->source = *source;
    refcow_reader_start(reader, &image->source);
    reader->most_work = REFCOW_WORK_TO_OPEN;
    if (!refcow_readable(0, source->size)) {
        image->error = (refcow_error){REFCOW_STATUS_SOURCE_TOO_LARGE, source->size, 0};
        return image->error.status;
    }
    uint8_t bytes[HEADER_SIZE] = {0};
    if (refcow_read(reader, 0, bytes, sizeof bytes) && recognise(opening, bytes)) {
        decode_version_2(&image->header, bytes);
        if (image->header.version == 3)
            decode_version_3(&image->header, bytes);
        validate(opening);
    }
    if (reader->error.status != REFCOW_STATUS_OK)
        image->error = reader->error;
    if (image->error.status == REFCOW_STATUS_WORK_LIMIT)
        image->error.status = REFCOW_STATUS_OPEN_LIMIT;
    image->work = reader->at.work + reader->owed;
    return image->error.status;
}

bool refcow_is_same_version(uint32_t version)
{
    return version >> VERSION_PATCH_BITS == REFCOW_VERSION >> VERSION_PATCH_BITS;
}

refcow_status refcow_open(refcow_image *image, size_t image_size, uint32_t version, const refcow_source *source)
{
    if (image_size != sizeof *image || !refcow_is_same_version(version))
        return REFCOW_STATUS_BAD_VERSION_OF_HEADER;
    if (image == NULL || source == NULL || source->read == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    struct opening opening = {0};
    opening.image = image;
    return refcow_open_image(&opening, source);
}
