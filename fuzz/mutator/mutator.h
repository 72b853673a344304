/*
 * mutator.h - changes of an image that know its fields: what most of them lead to is still an image, with one more
 * thing wrong or odd in it.
 *
 * Deterministic in the seed, for plain and sparse inputs. What is not an image gets a header.
 */
#ifndef REFCOW_FUZZ_MUTATOR_MUTATOR_H
#define REFCOW_FUZZ_MUTATOR_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

typedef enum mutation {
    MUTATE_BOUNDARY,  /* a field gets a value at which something changes */
    MUTATE_STEP,      /* a field is one more or less, or twice or half as much */
    MUTATE_FLIP,      /* one bit of a field */
    MUTATE_POINT,     /* an offset or entry names another structure: shared clusters, overlapping tables */
    MUTATE_SWAP,      /* two fields of a kind change places */
    MUTATE_ALIAS,     /* a field becomes the same as another of its kind */
    MUTATE_SHIFT,     /* the entries of a table move up or down by one */
    MUTATE_REFCOUNT,  /* a refcount is one more or less */
    MUTATE_FEATURE,   /* a feature, with what it needs */
    MUTATE_EXTENSION, /* a header extension is added or removed */
    MUTATE_RESIZE,    /* the file is cut or goes on */
    MUTATIONS,
    MUTATE_MAGIC = MUTATIONS /* only when asked for: the image is none any more */
} mutation;

/* One change of an input of `size` bytes in a buffer of `max`: the new size. Bytes past the size may be overwritten. */
size_t mutate(mutation kind, uint8_t *data, size_t size, size_t max, uint64_t seed);

/* One or some random changes, not of the magic. */
size_t mutate_some(uint8_t *data, size_t size, size_t max, uint64_t seed);

/* A copy of `one` in which some structures or fields are those of `other`: the size of the copy. */
size_t mutate_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                    size_t max, uint64_t seed);

#endif
