/*
 * source.h - sources in memory for the API tests: sparse ones, failing ones, lying ones.
 */
#ifndef REFCOW_CONFORMANCE_API_SOURCE_H
#define REFCOW_CONFORMANCE_API_SOURCE_H

#include "image_builder.h"
#include "refcow.h"

/* Bytes at a place of the file. Everything that no extent covers is zeros. */
typedef struct file_extent {
    uint64_t offset;
    uint64_t length;
    const uint8_t *bytes;
} file_extent;

typedef struct memory_source {
    const file_extent *extents; /* ascending, disjoint */
    size_t count;
    file_extent whole; /* the one extent of a source that is made of an image */
    uint64_t size;     /* declared */
    uint64_t fail_at;  /* the read with this number fails, counted from 1; 0: none */
    uint64_t ends_at;  /* reads that reach past here fail, whatever size says; 0: none do */
    uint64_t lies;     /* not 0: state of a generator that flips bits in what is delivered */
    file_extent later; /* what reads see instead from the one with the number changes_at on, counted from 1; 0: none */
    uint64_t changes_at;
    uint64_t work_each; /* units that a read or a question takes besides; 0: the source has no such callback */
    /* What happened. */
    uint64_t reads;
    uint64_t delivered;
    uint64_t questions; /* calls of next_data and next_hole */
    int failed;         /* a read has failed */
    const char *misuse; /* the first call that breaks the contract of refcow_source, in words; NULL: none */
} memory_source;

memory_source source_of_image(const built_image *image);
memory_source source_of_extents(const file_extent *extents, size_t count, uint64_t size);

/* The callbacks, for the caller's options. The pointer must stay valid. */
refcow_source source_callbacks(memory_source *source);
refcow_source source_callbacks_with_holes(memory_source *source);

/* A callback next_hole for them: the end of the extent. */
uint64_t source_next_hole(void *user, uint64_t offset);

#endif
