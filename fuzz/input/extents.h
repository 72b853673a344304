/*
 * extents.h - the bytes of an image as stretches of an input: one stretch for a plain file, many for a sparse one.
 *
 * A sparse input reaches places that are exabytes apart in a few bytes. All numbers are big-endian:
 *
 *     4 bytes   SPARSE_MAGIC
 *     8 bytes   size of the file
 *     then, to the end of the input, extents of 8 bytes offset, 2 bytes length, and as many bytes as there still are
 *
 * Where extents overlap the first one counts; where there is none there are zeros.
 */
#ifndef REFCOW_FUZZ_INPUT_EXTENTS_H
#define REFCOW_FUZZ_INPUT_EXTENTS_H

#include <stddef.h>
#include <stdint.h>

#define SPARSE_MAGIC 0x51537072u /* "QSpr" */

enum { SPARSE_HEAD = 12, EXTENT_HEAD = 10, EXTENTS_MAX = 64 };

typedef struct extent {
    uint64_t offset; /* in the file */
    size_t at;       /* in the input */
    size_t length;
} extent;

typedef struct extent_list {
    uint64_t size; /* of the file */
    size_t count;
    extent list[EXTENTS_MAX];
} extent_list;

/* The big-endian number in so many bytes. */
uint64_t load_number(const uint8_t *bytes, size_t width);
void store_number(uint8_t *bytes, size_t width, uint64_t value);

int is_sparse_input(const uint8_t *data, size_t size);

/* Of an input of either form. Extents past the end of the file, or after EXTENTS_MAX of them, are left out. */
void find_extents(extent_list *extents, const uint8_t *data, size_t size);

#endif
