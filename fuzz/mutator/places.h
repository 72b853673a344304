/*
 * places.h - a map of an image for the mutator: where its fields and table entries stand in the input.
 *
 * The image is walked a little, as far as its tables are inside the input; nothing is judged. Works on plain and sparse
 * inputs (extents.h), of which the heads of the extents are places too.
 */
#ifndef REFCOW_FUZZ_MUTATOR_PLACES_H
#define REFCOW_FUZZ_MUTATOR_PLACES_H

#include "../input/extents.h"

/* What a field is, as far as it decides which values are interesting. */
typedef enum place_kind {
    PLACE_OFFSET,  /* host offset in the header, of a snapshot's L1 table, of a bitmap's table */
    PLACE_SIZE,    /* a length or a count */
    PLACE_SMALL,   /* version, cluster_bits, refcount_order, ...: few values mean anything */
    PLACE_BITS,    /* feature words and flags */
    PLACE_TYPE,    /* of a header extension */
    PLACE_L1,      /* entry of an L1 table */
    PLACE_L2,      /* entry of an L2 table */
    PLACE_BITMAP,  /* of an extended L2 entry */
    PLACE_BLOCK,   /* entry of the refcount table */
    PLACE_COUNT,   /* refcounts: one, or a byte of them */
    PLACE_CLUSTER, /* entry of a bitmap's table */
    PLACE_EXTENT,  /* offset of an extent of a sparse input, or the size of its file */
    PLACE_KINDS
} place_kind;

typedef struct place {
    size_t at; /* in the input */
    uint8_t width;
    uint8_t kind; /* place_kind */
} place;

enum { PLACES_MAX = 4096, STRUCTURES_MAX = 64 };

typedef struct image_map {
    extent_list extents;
    size_t magic;     /* where it stands in the input; it belongs to no place */
    uint64_t cluster; /* in bytes */
    uint32_t refcount_order;
    int is_extended;
    size_t count;
    place places[PLACES_MAX];
    size_t structures; /* host offsets of tables and clusters that were seen */
    uint64_t structure[STRUCTURES_MAX];
} image_map;

/* Where a host offset stands in the input; SIZE_MAX if not all of so many bytes do. */
size_t input_place(const extent_list *extents, uint64_t offset, size_t width);

/* Whether the magic stands where it should. */
int is_image(const uint8_t *data, size_t size);

/* 0: it is no image. */
int map_image(image_map *map, const uint8_t *data, size_t size);

#endif
