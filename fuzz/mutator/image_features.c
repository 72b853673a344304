#include "image_features.h"
#include "../input/random.h"

#include <string.h>

enum { EXTENSION_HEAD = 8, CONTENTS_MAX = 48 };

#define TYPE_BACKING_FORMAT 0xe2792acau
#define TYPE_FEATURE_NAMES 0x6803f857u
#define TYPE_ENCRYPTION 0x0537be77u
#define TYPE_BITMAPS 0x23852875u
#define TYPE_DATA_FILE 0x44415441u

/* Host offsets of header fields. */
enum {
    AT_VERSION = 4,
    AT_BACKING_FILE = 8,
    AT_BACKING_SIZE = 16,
    AT_CLUSTER_BITS = 20,
    AT_SIZE = 24,
    AT_CRYPT_METHOD = 32,
    AT_L1_SIZE = 36,
    AT_L1_TABLE = 40,
    AT_NB_SNAPSHOTS = 60,
    AT_SNAPSHOTS = 64,
    AT_INCOMPATIBLE = 72,
    AT_COMPATIBLE = 80,
    AT_AUTOCLEAR = 88,
    AT_REFCOUNT_ORDER = 96,
    AT_HEADER_LENGTH = 100,
    AT_COMPRESSION_TYPE = 104
};

static void flip(image_edit *edit, uint64_t offset, size_t width, uint64_t bits)
{
    edit_put(edit, offset, width, edit_get(edit, offset, width) ^ bits);
}

/* ----------------------------------------------------------------- extensions */

static uint64_t extensions_start(const image_edit *edit)
{
    uint64_t length = edit_get(edit, AT_HEADER_LENGTH, 4);
    return edit_get(edit, AT_VERSION, 4) == 2 || length < AT_INCOMPATIBLE ? AT_INCOMPATIBLE : length;
}

/* Before the others. The contents are padded to 8 bytes. */
static void add_extension(image_edit *edit, uint32_t type, const uint8_t *contents, size_t length)
{
    uint8_t bytes[EXTENSION_HEAD + CONTENTS_MAX] = {0};
    store_number(bytes, 4, type);
    store_number(bytes + 4, 4, length);
    memcpy(bytes + EXTENSION_HEAD, contents, length);
    edit_insert(edit, extensions_start(edit), bytes, EXTENSION_HEAD + (length + 7) / 8 * 8);
}

static void remove_extension(image_edit *edit)
{
    uint64_t start = extensions_start(edit);
    uint64_t length = EXTENSION_HEAD + (edit_get(edit, start + 4, 4) + 7) / 8 * 8;
    size_t at = input_place(&edit->map.extents, start, 1);
    const extent *first = edit->map.extents.list;
    if (at == SIZE_MAX || at < first->at || at - first->at >= first->length ||
        length > first->length - (at - first->at)) {
        return;
    }
    size_t rest = first->length - (at - first->at) - (size_t)length;
    memmove(edit->data + at, edit->data + at + length, rest < CONTENTS_MAX ? rest : CONTENTS_MAX);
}

void change_extension(image_edit *edit)
{
    static const uint32_t types[] = {TYPE_BACKING_FORMAT, TYPE_FEATURE_NAMES, TYPE_ENCRYPTION,
                                     TYPE_BITMAPS,        TYPE_DATA_FILE,     0x12345678};
    static const uint8_t lengths[] = {0, 1, 3, 8, 15, 16, 17, 24, 32, 48};
    uint8_t contents[CONTENTS_MAX] = {'r', 'a', 'w'};
    uint64_t dice = next_random(&edit->random);
    if (dice % 4 == 0) {
        remove_extension(edit);
    } else {
        add_extension(edit, types[(dice >> 8) % (sizeof types / sizeof *types)], contents,
                      lengths[(dice >> 16) % sizeof lengths]);
    }
}

/* ------------------------------------------------------------------- features */

static void change_version(image_edit *edit)
{
    uint8_t fields[32] = {0};
    if (edit_get(edit, AT_VERSION, 4) != 2) {
        edit_put(edit, AT_VERSION, 4, 2);
        return;
    }
    store_number(fields + (AT_REFCOUNT_ORDER - AT_INCOMPATIBLE), 4, 4);
    store_number(fields + (AT_HEADER_LENGTH - AT_INCOMPATIBLE), 4, 104);
    if (edit_insert(edit, AT_INCOMPATIBLE, fields, sizeof fields)) {
        edit_put(edit, AT_VERSION, 4, 3);
    }
}

/* Some tables then have the entries of others, but the header is good. */
static void add_extended_l2(image_edit *edit)
{
    flip(edit, AT_INCOMPATIBLE, 8, 16);
    if (edit_get(edit, AT_CLUSTER_BITS, 4) < 14) {
        edit_put(edit, AT_CLUSTER_BITS, 4, 14);
    }
}

static void add_compression_type(image_edit *edit)
{
    uint8_t field[8] = {1};
    if (edit_get(edit, AT_HEADER_LENGTH, 4) != 104 || !edit_insert(edit, AT_COMPRESSION_TYPE, field, sizeof field)) {
        flip(edit, AT_COMPRESSION_TYPE, 1, 1);
    }
    edit_put(edit, AT_HEADER_LENGTH, 4, 112);
    flip(edit, AT_INCOMPATIBLE, 8, 8);
}

static void add_data_file(image_edit *edit)
{
    static const uint8_t name[] = {'d'};
    flip(edit, AT_INCOMPATIBLE, 8, 4);
    add_extension(edit, TYPE_DATA_FILE, name, sizeof name);
}

static void add_backing_file(image_edit *edit)
{
    edit_put(edit, AT_BACKING_FILE, 8, edit->map.cluster - 8);
    edit_put(edit, AT_BACKING_SIZE, 4, next_random(&edit->random) % 10);
}

static void add_luks(image_edit *edit)
{
    uint8_t contents[16];
    uint64_t cluster = edit_append(edit, 8);
    edit_put(edit, AT_CRYPT_METHOD, 4, 2);
    edit_put(edit, cluster, 8, cluster == 0 ? edit_get(edit, 0, 8) : 0x4c554b53babe0001u);
    store_number(contents, 8, cluster);
    store_number(contents + 8, 8, next_random(&edit->random) % 2 == 0 ? 592 : 2 * edit->map.cluster);
    add_extension(edit, TYPE_ENCRYPTION, contents, sizeof contents);
}

enum { BITMAP_HEAD = 24, BITMAP_IN_USE = 1 };

/* What the disk needs, or, as nobody asks if a bitmap is in use, somewhat more than the entries of a cluster. */
static uint64_t bitmap_table_size(image_edit *edit, uint64_t granularity, uint64_t flags)
{
    uint64_t disk = edit_get(edit, AT_SIZE, 8) / 512 * 512;
    uint64_t granules = (disk >> granularity) + ((disk & (((uint64_t)1 << granularity) - 1)) != 0 ? 1 : 0);
    uint64_t bytes = (granules + 63) / 64 * 8;
    uint64_t entries = (bytes + edit->map.cluster - 1) / edit->map.cluster;
    int is_free = (flags & BITMAP_IN_USE) != 0 && next_random(&edit->random) % 2 == 0;
    return is_free ? edit->map.cluster / 8 + next_random(&edit->random) % 3 : entries;
}

/* A bitmap, whose name has so many letters, all the same but for the last one; returns where the next one begins. */
static uint64_t put_bitmap(image_edit *edit, uint64_t at, uint64_t table, uint64_t letters)
{
    uint64_t granularity = 9 + next_random(&edit->random) % 23;
    uint64_t flags = next_random(&edit->random) % 4;
    edit_put(edit, at, 8, table);
    edit_put(edit, at + 8, 4, bitmap_table_size(edit, granularity, flags));
    edit_put(edit, at + 12, 4, flags);
    edit_put(edit, at + 16, 2, 0x100 | granularity);
    edit_put(edit, at + 18, 2, letters);
    for (uint64_t i = 0; i < letters; i++) {
        uint64_t letter = i + 1 < letters ? 'a' : 'a' + next_random(&edit->random) % 3;
        edit_put(edit, at + BITMAP_HEAD + i, 1, letter);
    }
    return (at + BITMAP_HEAD + letters + 7) / 8 * 8;
}

/* Up to three bitmaps with one table. */
static void add_bitmaps(image_edit *edit)
{
    enum { MOST = 3, LETTERS_MAX = 17 };
    uint8_t contents[24] = {0};
    uint64_t directory = edit_append(edit, (size_t)MOST * (BITMAP_HEAD + LETTERS_MAX + 7));
    uint64_t table = edit_append(edit, 16);
    uint64_t count = 1 + next_random(&edit->random) % MOST;
    uint64_t letters = next_random(&edit->random) % (LETTERS_MAX + 1);
    if (directory == 0 || table == 0) {
        return;
    }
    uint64_t end = directory;
    for (uint64_t i = 0; i < count; i++) {
        end = put_bitmap(edit, end, table, letters);
    }
    edit_put(edit, table, 8, next_random(&edit->random) % 3 * edit->map.cluster);
    store_number(contents, 4, count);
    store_number(contents + 8, 8, end - directory);
    store_number(contents + 16, 8, directory);
    edit_put(edit, AT_AUTOCLEAR, 8, edit_get(edit, AT_AUTOCLEAR, 8) | 1);
    add_extension(edit, TYPE_BITMAPS, contents, sizeof contents);
}

/* Snapshots of the active tree. */
static void add_snapshots(image_edit *edit)
{
    enum { ENTRY = 56, MOST = 3 };
    uint64_t table = edit_append(edit, (size_t)ENTRY * MOST);
    uint64_t count = 1 + next_random(&edit->random) % MOST;
    if (table == 0) {
        return;
    }
    for (uint64_t i = 0; i < count; i++) {
        edit_put(edit, table + i * ENTRY, 8, edit_get(edit, AT_L1_TABLE, 8));
        edit_put(edit, table + i * ENTRY + 8, 4, edit_get(edit, AT_L1_SIZE, 4));
        edit_put(edit, table + i * ENTRY + 36, 4, 16);
    }
    edit_put(edit, AT_SNAPSHOTS, 8, table);
    edit_put(edit, AT_NB_SNAPSHOTS, 4, count);
}

void change_feature(image_edit *edit, unsigned feature)
{
    switch (feature % FEATURES) {
    case 0:
        change_version(edit);
        break;
    case 1:
        flip(edit, AT_INCOMPATIBLE, 8, 1 + next_random(&edit->random) % 3); /* dirty, corrupt */
        break;
    case 2:
        flip(edit, AT_COMPATIBLE, 8, 1); /* lazy refcounts */
        break;
    case 3:
        add_data_file(edit);
        break;
    case 4:
        flip(edit, AT_AUTOCLEAR, 8, 2); /* raw external data */
        break;
    case 5:
        add_compression_type(edit);
        break;
    case 6:
        add_extended_l2(edit);
        break;
    case 7:
        add_backing_file(edit);
        break;
    case 8:
        edit_put(edit, AT_CRYPT_METHOD, 4, next_random(&edit->random) % 2); /* AES */
        break;
    case 9:
        add_luks(edit);
        break;
    case 10:
        add_bitmaps(edit);
        break;
    case 11:
        add_snapshots(edit);
        break;
    case 12:
        edit_put(edit, AT_REFCOUNT_ORDER, 4, next_random(&edit->random) % 7);
        break;
    default:
        flip(edit, AT_AUTOCLEAR, 8, 1); /* are the bitmaps to be trusted */
        break;
    }
}
