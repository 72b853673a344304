/*
 * input.h - the image file that an input stands for, how it misbehaves, and a watch over what is read of it.
 */
#ifndef REFCOW_FUZZ_INPUT_INPUT_H
#define REFCOW_FUZZ_INPUT_INPUT_H

#include "extents.h"
#include "refcow.h"

typedef struct input_file {
    const uint8_t *data; /* of the input */
    extent_list extents;
    uint64_t size;      /* of the file; past the last extent there are zeros */
    uint64_t reads;     /* since the last input_rewind() */
    uint64_t delivered; /* bytes, since then */
    uint64_t fail_at;   /* the read with this number fails, counted from 1; 0: none */
    uint64_t lies;      /* not 0: state of a generator that flips bits in what is delivered */
    uint64_t honest;    /* so many reads are delivered as they are before the lies begin */
    int ended;          /* a read has failed or the caller has cancelled: nothing more may be asked */
} input_file;

/* The file that an input of either form stands for. The input must stay. */
void input_start(input_file *file, const uint8_t *data, size_t size);

/* Before each call of the library: counters at 0, and reading is allowed again. */
void input_rewind(input_file *file);

/* A source that asserts that each read is inside the file and not after the end of reading. */
refcow_source input_source(input_file *file, int with_next_data);

/* For a source with next_data: where there is a byte that is 0, at or after this offset. */
uint64_t input_next_hole(void *user, uint64_t offset);

/* The big-endian number at a host offset; past the end there are zeros. */
uint64_t input_number(const input_file *file, uint64_t offset, size_t width);

/* The first byte that is not 0, at or after a host offset; the size of the file, or more: there is none. */
uint64_t input_next(const input_file *file, uint64_t offset);

#endif
