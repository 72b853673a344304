/*
 * image_builder.h - make small, valid QCOW2 images in memory.
 *
 * A reading of the format of its own: it shares no code with the parser. What is built is clean; tests then poke into
 * it. Layout, in clusters: header, refcount table, refcount blocks, L1 table, L2 tables, data clusters in guest order.
 */
#ifndef REFCOW_CONFORMANCE_API_IMAGE_BUILDER_H
#define REFCOW_CONFORMANCE_API_IMAGE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

/* Offsets of header fields, as in the format. */
enum {
    FIELD_MAGIC = 0,
    FIELD_VERSION = 4,
    FIELD_BACKING_FILE_OFFSET = 8,
    FIELD_BACKING_FILE_SIZE = 16,
    FIELD_CLUSTER_BITS = 20,
    FIELD_SIZE = 24,
    FIELD_CRYPT_METHOD = 32,
    FIELD_L1_SIZE = 36,
    FIELD_L1_TABLE_OFFSET = 40,
    FIELD_REFCOUNT_TABLE_OFFSET = 48,
    FIELD_REFCOUNT_TABLE_CLUSTERS = 56,
    FIELD_NB_SNAPSHOTS = 60,
    FIELD_SNAPSHOTS_OFFSET = 64,
    FIELD_INCOMPATIBLE_FEATURES = 72,
    FIELD_COMPATIBLE_FEATURES = 80,
    FIELD_AUTOCLEAR_FEATURES = 88,
    FIELD_REFCOUNT_ORDER = 96,
    FIELD_HEADER_LENGTH = 100,
    FIELD_COMPRESSION_TYPE = 104,
    HEADER_LENGTH_2 = 72,
    HEADER_LENGTH_3 = 112
};

/* Offsets in an entry of the snapshot table, and in one of the bitmap directory. */
enum {
    SNAPSHOT_L1_OFFSET = 0,
    SNAPSHOT_L1_SIZE = 8,
    SNAPSHOT_ID_SIZE = 12,
    SNAPSHOT_NAME_SIZE = 14,
    SNAPSHOT_EXTRA_SIZE = 36,
    BITMAP_TABLE_OFFSET = 0,
    BITMAP_TABLE_SIZE = 8,
    BITMAP_FLAGS = 12,
    BITMAP_TYPE = 16,
    BITMAP_GRANULARITY = 17,
    BITMAP_NAME_SIZE = 18,
    BITMAP_EXTRA_SIZE = 20,
    BITMAP_NAME = 24
};

#define FLAG_COPIED ((uint64_t)1 << 63)
#define FLAG_COMPRESSED ((uint64_t)1 << 62)
#define FLAG_ZERO ((uint64_t)1)

#define MAGIC_QCOW2 0x514649fbu

/* Types of header extensions. */
#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define EXTENSION_FEATURE_NAMES 0x6803f857u
#define EXTENSION_DATA_FILE 0x44415441u
#define EXTENSION_ENCRYPTION 0x0537be77u
#define EXTENSION_BITMAPS 0x23852875u

typedef struct image_recipe {
    uint32_t version;        /* 2 or 3 */
    uint32_t cluster_bits;   /* 9 to 21 */
    uint32_t refcount_order; /* 0 to 6; version 2 needs 4 */
    uint32_t l2_tables;      /* each is named by one L1 entry; the disk is as large as they can map */
    uint32_t mapped;         /* standard clusters at the beginning of each L2 table */
    int extended_l2;
    int data_file;
} image_recipe;

/* A persistent bitmap of a disk that one cluster of bits is enough for. */
typedef struct bitmap_recipe {
    const char *name;   /* ends at the first zero byte */
    unsigned name_size; /* the room for it, filled up with zeros; 0: just enough */
    unsigned flags;     /* bit 0: in use */
} bitmap_recipe;

typedef struct built_image {
    image_recipe recipe;
    uint8_t *bytes;
    uint64_t size;
    uint64_t cluster_size;
    uint64_t clusters; /* of the file */
    uint64_t l2_entries;
    uint64_t entry_size;
    uint64_t refcount_table; /* offsets of the first cluster of each */
    uint64_t refcount_blocks;
    uint64_t l1_table;
    uint64_t l2_tables;
    uint64_t data;
    uint64_t blocks; /* how many refcount blocks */
    /* What was added, else 0. */
    uint64_t snapshots; /* the snapshot table */
    uint64_t bitmaps;   /* the bitmap directory */
    uint64_t added;     /* the first L1 table of a snapshot, or the first table of a bitmap */
} built_image;

/* Ends the process when there is no memory. */
built_image image_build(image_recipe recipe);
void image_free(built_image *image);

/* Big-endian numbers of 1, 2, 4 or 8 bytes. */
uint64_t image_get(const built_image *image, uint64_t offset, unsigned width);
void image_put(built_image *image, uint64_t offset, unsigned width, uint64_t value);

/* Host offsets of entries; guest counts clusters of the disk. */
uint64_t image_l1_entry(const built_image *image, uint64_t index);
uint64_t image_l2_entry(const built_image *image, uint64_t guest);
uint64_t image_block_entry(const built_image *image, uint64_t index);

/* Host offset of the data of a mapped guest cluster. */
uint64_t image_data(const built_image *image, uint64_t guest);

/* cluster: index in the file, may be past its end if the refcount blocks cover it. */
void image_set_refcount(built_image *image, uint64_t cluster, uint64_t value);

/* Make the file so many clusters of zeros longer. */
void image_append(built_image *image, uint64_t clusters);

/* The same with clusters that have a refcount of 1. Ends the process if the refcount blocks do not cover them. */
void image_append_counted(built_image *image, uint64_t clusters);

/* Write a header extension of version 3, return where the next one begins. The contents are repetitions of a byte. */
uint64_t image_put_extension(built_image *image, uint64_t at, uint32_t type, uint32_t length, char content);

/* Give the image snapshots, or bitmaps. Each has a table of one entry, 0, in a cluster of its own. */
void image_add_snapshots(built_image *image, uint64_t count);
void image_add_bitmaps(built_image *image, const bitmap_recipe *bitmaps, uint64_t count);

/* Host offsets of their entries in the snapshot table and the bitmap directory, and of the tables. */
uint64_t image_snapshot(const built_image *image, uint64_t index);
uint64_t image_bitmap(const built_image *image, uint64_t index);
uint64_t image_added_table(const built_image *image, uint64_t index);

/* Give the image a LUKS header of this length, as far as anything can be seen of it without a key. */
void image_encrypt(built_image *image, uint64_t length);

#endif
