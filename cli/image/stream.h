/*
 * stream.h - a file, or the first bytes of what comes through standard input.
 */
#ifndef REFCOW_CLI_IMAGE_STREAM_H
#define REFCOW_CLI_IMAGE_STREAM_H

#include "../process/memory.h"
#include "../text/failure.h"
#include "file.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

/* As much of a stream is looked at: the largest first cluster. */
#define IMAGE_HEAD_SIZE (UINT64_C(2) << 20)

typedef struct image_input {
    refcow_source inner; /* where the bytes come from */
    image_file file;     /* of a stream: only size and allocated, if it has ended */
    memory_block head;   /* the first bytes of a stream; base NULL: it is a file */
    size_t head_length;
    bool knows_size; /* file.size is the image's size; false: a stream goes on */
} image_input;

/* "-" is standard input, anything else a path. Returns true, or false and why. */
bool image_input_open(image_input *input, const char *path, failure *why);

void image_input_close(image_input *input);

/* Through which it is read; of a stream nothing more is. */
int image_input_descriptor(const image_input *input);

/* The source refers to input, which must stay in place. Bytes of a stream behind its head cannot be read. */
refcow_source image_input_source(const image_input *input);

/* Of a stream that goes on: how many bytes of it are known; else 0. */
uint64_t image_input_head(const image_input *input);

/* Why a read has failed, or NULL. */
const char *image_input_detail(const image_input *input);

#endif
