/*
 * input.h - what `refcow gate` judges: a file, or the first bytes of what comes through standard input.
 */
#ifndef REFCOW_CLI_GATE_INPUT_H
#define REFCOW_CLI_GATE_INPUT_H

#include "../image/file.h"
#include "../process/memory.h"
#include "../text/failure.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

/* As much of a stream is looked at: the largest first cluster. */
#define GATE_HEAD_SIZE (UINT64_C(2) << 20)

typedef struct gate_input {
    refcow_source inner; /* where the bytes come from */
    image_file file;     /* of a stream: only size and allocated, if it has ended */
    memory_block head;   /* the first bytes of a stream; base NULL: it is a file */
    size_t head_length;
    bool knows_size;     /* file.size is the image's size; false: a stream goes on */
    uint64_t bytes_read; /* that somebody has looked at */
} gate_input;

/* "-" is standard input, anything else a path. Returns true, or false and why. */
bool gate_input_open(gate_input *input, const char *path, failure *why);

void gate_input_close(gate_input *input);

/* Through which it is read; of a stream nothing more is. */
int gate_input_descriptor(const gate_input *input);

/* The source refers to input, which must stay in place. Bytes of a stream behind its head cannot be read. */
refcow_source gate_input_source(gate_input *input);

/* Why a read has failed, or NULL. */
const char *gate_input_detail(const gate_input *input);

#endif
