/*
 * image_builder.c - make small, valid QCOW2 images in memory. See image_builder.h.
 */
#include "image_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *resize(uint8_t *bytes, uint64_t size)
{
    uint8_t *resized = realloc(bytes, (size_t)size);
    if (resized == NULL) {
        fprintf(stderr, "image_builder: no memory\n");
        exit(2);
    }
    return resized;
}

static uint64_t round_up_divide(uint64_t dividend, uint64_t divisor)
{
    return (dividend + divisor - 1) / divisor;
}

uint64_t image_get(const built_image *image, uint64_t offset, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        value = value << 8 | image->bytes[offset + i];
    }
    return value;
}

void image_put(built_image *image, uint64_t offset, unsigned width, uint64_t value)
{
    for (unsigned i = width; i > 0; i--) {
        image->bytes[offset + i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

uint64_t image_l1_entry(const built_image *image, uint64_t index)
{
    return image->l1_table + 8 * index;
}

uint64_t image_l2_entry(const built_image *image, uint64_t guest)
{
    uint64_t table = image->l2_tables + guest / image->l2_entries * image->cluster_size;
    return table + guest % image->l2_entries * image->entry_size;
}

uint64_t image_block_entry(const built_image *image, uint64_t index)
{
    return image->refcount_table + 8 * index;
}

uint64_t image_data(const built_image *image, uint64_t guest)
{
    uint64_t before = guest / image->l2_entries * image->recipe.mapped + guest % image->l2_entries;
    return image->data + before * image->cluster_size;
}

/* --------------------------------------------------------------- refcounts */

static unsigned refcount_bits(const built_image *image)
{
    return 1u << image->recipe.refcount_order;
}

static uint64_t refcounts_per_block(const built_image *image)
{
    return image->cluster_size * 8 / refcount_bits(image);
}

/* The byte in which the refcount of a cluster begins. Blocks lie one after the other. */
static uint64_t refcount_offset(const built_image *image, uint64_t cluster)
{
    return image->refcount_blocks + cluster * refcount_bits(image) / 8;
}

/* Narrow refcounts fill their byte from the least significant bit up. */
void image_set_refcount(built_image *image, uint64_t cluster, uint64_t value)
{
    unsigned bits = refcount_bits(image);
    uint64_t offset = refcount_offset(image, cluster);
    if (bits >= 8) {
        image_put(image, offset, bits / 8, value);
        return;
    }
    unsigned shift = (unsigned)(cluster * bits % 8);
    unsigned mask = ((1u << bits) - 1) << shift;
    unsigned byte = ((unsigned)image->bytes[offset] & ~mask) | ((unsigned)value << shift & mask);
    image->bytes[offset] = (uint8_t)byte;
}

/* ------------------------------------------------------------------ layout */

static uint64_t data_clusters(const image_recipe *recipe)
{
    return recipe->data_file ? 0 : (uint64_t)recipe->l2_tables * recipe->mapped;
}

static uint64_t l1_clusters(const built_image *image)
{
    return round_up_divide((uint64_t)image->recipe.l2_tables * 8, image->cluster_size);
}

/* The blocks have refcounts too: more of them until they cover themselves. */
static uint64_t count_blocks(const built_image *image, uint64_t other_clusters)
{
    uint64_t blocks = 1;
    while (blocks * refcounts_per_block(image) < other_clusters + blocks) {
        blocks++;
    }
    return blocks;
}

static void lay_out(built_image *image)
{
    const image_recipe *recipe = &image->recipe;
    image->cluster_size = (uint64_t)1 << recipe->cluster_bits;
    image->entry_size = recipe->extended_l2 ? 16 : 8;
    image->l2_entries = image->cluster_size / image->entry_size;
    uint64_t others = 2 + l1_clusters(image) + recipe->l2_tables + data_clusters(recipe);
    image->blocks = count_blocks(image, others);
    image->clusters = others + image->blocks;
    image->size = image->clusters * image->cluster_size;
    image->refcount_table = image->cluster_size;
    image->refcount_blocks = 2 * image->cluster_size;
    image->l1_table = image->refcount_blocks + image->blocks * image->cluster_size;
    image->l2_tables = image->l1_table + l1_clusters(image) * image->cluster_size;
    image->data = image->l2_tables + recipe->l2_tables * image->cluster_size;
}

/* ---------------------------------------------------------------- contents */

static void write_header_3(built_image *image)
{
    const image_recipe *recipe = &image->recipe;
    uint64_t incompatible = (recipe->extended_l2 ? 0x10u : 0u) | (recipe->data_file ? 0x04u : 0u);
    image_put(image, FIELD_INCOMPATIBLE_FEATURES, 8, incompatible);
    image_put(image, FIELD_REFCOUNT_ORDER, 4, recipe->refcount_order);
    image_put(image, FIELD_HEADER_LENGTH, 4, HEADER_LENGTH_3);
    if (recipe->data_file) {
        /* The header extension with the data file's name, "data". */
        image_put(image, HEADER_LENGTH_3, 4, EXTENSION_DATA_FILE);
        image_put(image, HEADER_LENGTH_3 + 4, 4, 4);
        image_put(image, HEADER_LENGTH_3 + 8, 4, 0x64617461);
    }
}

static void write_header(built_image *image)
{
    const image_recipe *recipe = &image->recipe;
    image_put(image, FIELD_MAGIC, 4, MAGIC_QCOW2);
    image_put(image, FIELD_VERSION, 4, recipe->version);
    image_put(image, FIELD_CLUSTER_BITS, 4, recipe->cluster_bits);
    image_put(image, FIELD_SIZE, 8, recipe->l2_tables * image->l2_entries * image->cluster_size);
    image_put(image, FIELD_L1_SIZE, 4, recipe->l2_tables);
    image_put(image, FIELD_L1_TABLE_OFFSET, 8, image->l1_table);
    image_put(image, FIELD_REFCOUNT_TABLE_OFFSET, 8, image->refcount_table);
    image_put(image, FIELD_REFCOUNT_TABLE_CLUSTERS, 4, 1);
    if (recipe->version == 3) {
        write_header_3(image);
    }
}

static void write_refcounts(built_image *image)
{
    for (uint64_t block = 0; block < image->blocks; block++) {
        image_put(image, image_block_entry(image, block), 8, image->refcount_blocks + block * image->cluster_size);
    }
    for (uint64_t cluster = 0; cluster < image->clusters; cluster++) {
        image_set_refcount(image, cluster, 1);
    }
}

/* With a data file, guest and host offsets are the same. */
static uint64_t l2_entry_value(const built_image *image, uint64_t guest)
{
    return FLAG_COPIED | (image->recipe.data_file ? guest * image->cluster_size : image_data(image, guest));
}

static void write_l2_entry(built_image *image, uint64_t guest)
{
    uint64_t entry = image_l2_entry(image, guest);
    image_put(image, entry, 8, l2_entry_value(image, guest));
    if (image->recipe.extended_l2) {
        image_put(image, entry + 8, 8, 0xffffffffu);
    }
}

static void write_mapping(built_image *image)
{
    for (uint64_t table = 0; table < image->recipe.l2_tables; table++) {
        image_put(image, image_l1_entry(image, table), 8,
                  FLAG_COPIED | (image->l2_tables + table * image->cluster_size));
        for (uint64_t index = 0; index < image->recipe.mapped; index++) {
            write_l2_entry(image, table * image->l2_entries + index);
        }
    }
}

built_image image_build(image_recipe recipe)
{
    built_image image = {.recipe = recipe};
    lay_out(&image);
    image.bytes = resize(NULL, image.size);
    memset(image.bytes, 0, (size_t)image.size);
    write_header(&image);
    write_refcounts(&image);
    write_mapping(&image);
    return image;
}

void image_free(built_image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}

void image_append(built_image *image, uint64_t clusters)
{
    uint64_t added = clusters * image->cluster_size;
    image->bytes = resize(image->bytes, image->size + added);
    memset(image->bytes + image->size, 0, (size_t)added);
    image->size += added;
    image->clusters += clusters;
}

void image_append_counted(built_image *image, uint64_t clusters)
{
    uint64_t first = image->clusters;
    image_append(image, clusters);
    if (image->clusters > image->blocks * refcounts_per_block(image)) {
        fprintf(stderr, "image_builder: more clusters than the refcount blocks cover\n");
        exit(2);
    }
    for (uint64_t cluster = first; cluster < image->clusters; cluster++) {
        image_set_refcount(image, cluster, 1);
    }
}

/* ------------------------------------------------------- what can be added */

uint64_t image_put_extension(built_image *image, uint64_t at, uint32_t type, uint32_t length, char content)
{
    image_put(image, at, 4, type);
    image_put(image, at + 4, 4, length);
    memset(image->bytes + at + 8, content, length);
    return at + 8 + ((uint64_t)length + 7) / 8 * 8;
}

uint64_t image_added_table(const built_image *image, uint64_t index)
{
    return image->added + index * image->cluster_size;
}

/* An entry with the 16 bytes of extra data that version 3 wants, an id of one byte and a name. */
enum { SNAPSHOT_HEAD = 40, SNAPSHOT_EXTRA = 16, SNAPSHOT_ID = 1, SNAPSHOT_NAME = 7, SNAPSHOT_BYTES = 64 };

uint64_t image_snapshot(const built_image *image, uint64_t index)
{
    return image->snapshots + index * SNAPSHOT_BYTES;
}

void image_add_snapshots(built_image *image, uint64_t count)
{
    image->snapshots = image->size;
    image_append_counted(image, round_up_divide(count * SNAPSHOT_BYTES, image->cluster_size));
    image->added = image->size;
    image_append_counted(image, count);
    for (uint64_t index = 0; index < count; index++) {
        uint64_t entry = image_snapshot(image, index);
        image_put(image, entry + SNAPSHOT_L1_OFFSET, 8, image_added_table(image, index));
        image_put(image, entry + SNAPSHOT_L1_SIZE, 4, 1);
        image_put(image, entry + SNAPSHOT_ID_SIZE, 2, SNAPSHOT_ID);
        image_put(image, entry + SNAPSHOT_NAME_SIZE, 2, SNAPSHOT_NAME);
        image_put(image, entry + SNAPSHOT_EXTRA_SIZE, 4, SNAPSHOT_EXTRA);
        image_put(image, entry + SNAPSHOT_HEAD + 8, 8, image_get(image, FIELD_SIZE, 8));
        memset(image->bytes + entry + SNAPSHOT_HEAD + SNAPSHOT_EXTRA, 's', SNAPSHOT_ID + SNAPSHOT_NAME);
    }
    image_put(image, FIELD_NB_SNAPSHOTS, 4, count);
    image_put(image, FIELD_SNAPSHOTS_OFFSET, 8, image->snapshots);
}

static uint64_t bitmap_bytes(uint64_t name_size)
{
    return (BITMAP_NAME + name_size + 7) / 8 * 8;
}

uint64_t image_bitmap(const built_image *image, uint64_t index)
{
    uint64_t entry = image->bitmaps;
    for (; index > 0; index--) {
        entry += bitmap_bytes(image_get(image, entry + BITMAP_NAME_SIZE, 2));
    }
    return entry;
}

static unsigned bitmap_name_size(const bitmap_recipe *bitmap)
{
    return bitmap->name_size != 0 ? bitmap->name_size : (unsigned)strlen(bitmap->name);
}

static void write_bitmap(built_image *image, uint64_t entry, const bitmap_recipe *bitmap, uint64_t table)
{
    image_put(image, entry + BITMAP_TABLE_OFFSET, 8, table);
    image_put(image, entry + BITMAP_TABLE_SIZE, 4, 1);
    image_put(image, entry + BITMAP_FLAGS, 4, bitmap->flags);
    image_put(image, entry + BITMAP_TYPE, 1, 1);
    image_put(image, entry + BITMAP_GRANULARITY, 1, 16);
    image_put(image, entry + BITMAP_NAME_SIZE, 2, bitmap_name_size(bitmap));
    memcpy(image->bytes + entry + BITMAP_NAME, bitmap->name, strlen(bitmap->name));
}

void image_add_bitmaps(built_image *image, const bitmap_recipe *bitmaps, uint64_t count)
{
    uint64_t bytes = 0;
    for (uint64_t index = 0; index < count; index++) {
        bytes += bitmap_bytes(bitmap_name_size(&bitmaps[index]));
    }
    image->bitmaps = image->size;
    image_append_counted(image, round_up_divide(bytes, image->cluster_size));
    image->added = image->size;
    image_append_counted(image, count);
    uint64_t entry = image->bitmaps;
    for (uint64_t index = 0; index < count; index++) {
        write_bitmap(image, entry, &bitmaps[index], image_added_table(image, index));
        entry += bitmap_bytes(bitmap_name_size(&bitmaps[index]));
    }
    image_put_extension(image, HEADER_LENGTH_3, EXTENSION_BITMAPS, 24, 0);
    image_put(image, HEADER_LENGTH_3 + 8, 4, count);
    image_put(image, HEADER_LENGTH_3 + 16, 8, bytes);
    image_put(image, HEADER_LENGTH_3 + 24, 8, image->bitmaps);
    image_put(image, FIELD_AUTOCLEAR_FEATURES, 8, 1);
}

void image_encrypt(built_image *image, uint64_t length)
{
    uint64_t luks = image->size;
    image_append_counted(image, round_up_divide(length, image->cluster_size));
    image_put(image, luks, 8, 0x4c554b53babe0001); /* "LUKS\xba\xbe", version 1 */
    image_put_extension(image, HEADER_LENGTH_3, EXTENSION_ENCRYPTION, 16, 0);
    image_put(image, HEADER_LENGTH_3 + 8, 8, luks);
    image_put(image, HEADER_LENGTH_3 + 16, 8, length);
    image_put(image, FIELD_CRYPT_METHOD, 4, 2);
}
