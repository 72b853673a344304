#include "extensions.h"

#include "cache.h"

/* An extension is a type, a length, and contents padded to 8 bytes. They stand from the end of the header to the
 * backing file's name, or to the end of the first cluster. */

#define TYPE_END 0u

#define HEADS_PAGE 512u
#define EXTENSION_UNIT 8u

#define BACKING_FORMAT_MAX 15u

#define ENCRYPTION_SIZE 16u
#define LUKS_HEADER_SIZE 592u
#define LUKS_MAGIC 0x4c554b53babe0001u /* "LUKS\xba\xbe" and version 1 */

#define BITMAPS_SIZE 24u
#define BITMAPS_MAX 65535u
#define BITMAP_DIRECTORY_MAX 67107840u /* 65535 entries of 1024 bytes */

refcow_extension refcow_extensions_start(const refcow_header *header)
{
    refcow_extension extension = {0};
    extension.end = header->header_length;
    return extension;
}

static bool is_place(const refcow_header *header, uint64_t offset)
{
    return is_aligned(offset, (uint64_t)1 << header->cluster_bits);
}

/* The first bytes of the LUKS header. refcow does not read it again if the extension before refers to it as well. */
static bool read_luks_magic(const refcow_header *header, struct reader *reader, uint64_t offset, uint64_t *magic)
{
    uint8_t bytes[8] = {0};
    *magic = LUKS_MAGIC;
    if (header->encryption_header.length != 0 && header->encryption_header.offset == offset)
        return true;
    bool is_read = refcow_read(reader, offset, bytes, sizeof bytes);
    *magic = load_be64(bytes);
    return is_read;
}

/* The extension has the span of the LUKS header: offset and length. */
static bool locate_encryption(struct opening *opening, refcow_span contents, const uint8_t *bytes)
{
    refcow_header *header = &opening->image->header;
    uint64_t magic = 0;
    if (header->crypt_method != CRYPT_LUKS)
        return refcow_refuse(opening, REFCOW_STATUS_ENCRYPTION_UNEXPECTED, header->crypt_method, contents.offset - 8);
    if (contents.length != ENCRYPTION_SIZE)
        return refcow_refuse(opening, REFCOW_STATUS_ENCRYPTION_LENGTH, contents.length, contents.offset - 4);
    refcow_span luks = {load_be64(bytes), load_be64(bytes + 8)};
    if (!is_place(header, luks.offset) || !refcow_readable(luks.offset, LUKS_HEADER_SIZE))
        return refcow_refuse(opening, REFCOW_STATUS_ENCRYPTION_OFFSET, luks.offset, contents.offset);
    if (!read_luks_magic(header, &opening->reader, luks.offset, &magic))
        return false;
    if (luks.length < LUKS_HEADER_SIZE || magic != LUKS_MAGIC)
        return refcow_refuse(opening, REFCOW_STATUS_ENCRYPTION_HEADER, magic, luks.offset);
    header->encryption_header = luks;
    return true;
}

/* What makes a directory of bitmaps unreadable; `at` is where the contents of its extension are. */
static refcow_error refusal_of_directory(const refcow_span *directory, uint64_t at)
{
    if (directory->length == 0)
        return (refcow_error){REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, 0, at + 8};
    if (!refcow_readable(directory->offset, directory->length))
        return (refcow_error){REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET, directory->offset, at + 16};
    return (refcow_error){REFCOW_STATUS_OK, 0, 0};
}

/* The extension has the number of bitmaps and the span of their directory. It is to be trusted only if the autoclear
 * bit says that every writer since has known about bitmaps; its length is judged all the same. Of a repeated one the
 * oracle reads only the last directory, so `wrong` is what makes that one unreadable. */
static bool locate_bitmaps(struct opening *opening, refcow_span contents, const uint8_t *bytes, refcow_error *wrong)
{
    refcow_header *header = &opening->image->header;
    if (contents.length != BITMAPS_SIZE)
        return refcow_refuse(opening, REFCOW_STATUS_BITMAPS_LENGTH, contents.length, contents.offset - 4);
    if ((header->autoclear_features & REFCOW_AUTOCLEAR_BITMAPS) == 0)
        return true;
    uint32_t count = load_be32(bytes);
    uint32_t reserved = load_be32(bytes + 4);
    refcow_span directory = {load_be64(bytes + 16), load_be64(bytes + 8)};
    if (count == 0 || count > BITMAPS_MAX)
        return refcow_refuse(opening, REFCOW_STATUS_NB_BITMAPS, count, contents.offset);
    if (reserved != 0)
        return refcow_refuse(opening, REFCOW_STATUS_BITMAPS_RESERVED, reserved, contents.offset + 4);
    if (directory.length > BITMAP_DIRECTORY_MAX)
        return refcow_refuse(opening, REFCOW_STATUS_BITMAP_DIRECTORY_SIZE, directory.length, contents.offset + 8);
    if (!is_place(header, directory.offset))
        return refcow_refuse(opening, REFCOW_STATUS_BITMAP_DIRECTORY_OFFSET, directory.offset, contents.offset + 16);
    *wrong = refusal_of_directory(&directory, contents.offset);
    if (wrong->status != REFCOW_STATUS_OK) {
        count = 0;
        directory = (refcow_span){0, 0};
    }
    header->nb_bitmaps = count;
    header->bitmap_directory = directory;
    return true;
}

static enum extension_sort sort_of_type(uint32_t type)
{
    switch (type) {
    case REFCOW_EXTENSION_BACKING_FORMAT:
        return EXTENSION_BACKING_FORMAT;
    case REFCOW_EXTENSION_FEATURE_NAMES:
        return EXTENSION_FEATURE_NAMES;
    case REFCOW_EXTENSION_DATA_FILE:
        return EXTENSION_DATA_FILE;
    case REFCOW_EXTENSION_ENCRYPTION:
        return EXTENSION_ENCRYPTION;
    case REFCOW_EXTENSION_BITMAPS:
        return EXTENSION_BITMAPS;
    default:
        return EXTENSION_UNKNOWN;
    }
}

/* Remember the first extension of each sort, and the first one that repeats a known sort. */
static void note(struct opening *opening, const refcow_extension *extension, enum extension_sort sort)
{
    refcow_extension *first = &opening->first[sort];
    if (first->end == 0)
        *first = *extension;
    else if (sort != EXTENSION_UNKNOWN && opening->repeated.end == 0)
        opening->repeated = *extension;
}

/* One extension, with the first bytes of its contents. A repeated one replaces the one before; `wrong` is what makes
 * the last directory of bitmaps unreadable. */
static bool locate(struct opening *opening, const refcow_extension *extension, const uint8_t *bytes,
                   refcow_error *wrong)
{
    refcow_header *header = &opening->image->header;
    refcow_span contents = extension->contents;
    enum extension_sort sort = sort_of_type(extension->type);
    header->extensions++;
    note(opening, extension, sort);
    switch ((int)sort) {
    case EXTENSION_BACKING_FORMAT:
        if (contents.length > BACKING_FORMAT_MAX)
            return refcow_refuse(opening, REFCOW_STATUS_BACKING_FORMAT_LENGTH, contents.length, contents.offset - 4);
        header->backing_format = contents;
        return true;
    case EXTENSION_FEATURE_NAMES:
        header->feature_names = contents;
        return true;
    case EXTENSION_DATA_FILE:
        header->data_file = contents;
        return true;
    case EXTENSION_ENCRYPTION:
        return locate_encryption(opening, contents, bytes);
    case EXTENSION_BITMAPS:
        return locate_bitmaps(opening, contents, bytes, wrong);
    default: /* EXTENSION_UNKNOWN */
        return true;
    }
}

/* Where extensions end at the latest. */
static uint64_t end_of_extensions(const refcow_header *header)
{
    uint64_t cluster_size = (uint64_t)1 << header->cluster_bits;
    uint64_t name = header->backing_file.offset;
    return name != 0 ? least(name, cluster_size) : cluster_size;
}

bool refcow_extension_decode(const refcow_header *header, refcow_extension *extension, const uint8_t *head)
{
    uint64_t end = end_of_extensions(header);
    refcow_span contents = {extension->end + EXTENSION_HEAD_SIZE, load_be32(head + 4)};
    extension->index = extension->next++;
    extension->type = load_be32(head);
    extension->contents = contents;
    extension->end = contents.offset + round_up(contents.length, EXTENSION_UNIT);
    return contents.offset <= end && contents.length <= end - contents.offset;
}

/* Bound: a cluster; heads that are near to each other are read together, and with each the contents that are looked at:
 * CACHE_LOOK_BYTES are more than EXTENSION_HEAD_SIZE and BITMAPS_SIZE. */
bool refcow_extensions_locate(struct opening *opening)
{
    const refcow_header *header = &opening->image->header;
    refcow_extension extension = refcow_extensions_start(header);
    uint8_t page[HEADS_PAGE + CACHE_LOOK_BYTES] = {0};
    uint64_t number = 0;
    struct cache heads = {&opening->reader, page, &number, 1, HEADS_PAGE};
    refcow_cache_start(&heads, &opening->reader);
    uint64_t end = end_of_extensions(header);
    refcow_error wrong = {REFCOW_STATUS_OK, 0, 0};
    while (extension.end < end) {
        const uint8_t *head = refcow_look(&heads, extension.end);
        if (head == NULL)
            return false;
        bool is_inside = refcow_extension_decode(header, &extension, head);
        refcow_span contents = extension.contents;
        if (!is_inside)
            return refcow_refuse(opening, REFCOW_STATUS_EXTENSION_LENGTH, contents.length, contents.offset - 4);
        if (extension.type == TYPE_END)
            break;
        if (!locate(opening, &extension, head + EXTENSION_HEAD_SIZE, &wrong))
            return false;
    }
    if (wrong.status != REFCOW_STATUS_OK)
        return refcow_refuse(opening, wrong.status, wrong.value, wrong.offset);
    return true;
}
