/*
 * run_gate.h - ask the gate about an image, once, and judge all that can be said of one answer alone.
 */
#ifndef REFCOW_FUZZ_RUN_RUN_GATE_H
#define REFCOW_FUZZ_RUN_RUN_GATE_H

#include "../input/input.h"
#include "gate.h"

typedef struct gate_setting {
    refcow_policy policy;
    const char *name; /* of the image; NULL: not known */
    size_t name_length;
    refcow_writer writer;
    size_t memory_size;
    size_t shift; /* the block begins so many bytes past a 16-byte boundary */
    uint8_t garbage;
    size_t capacity; /* of the list of breaches; 0: there is none */
    refcow_limits limits;
    uint64_t cancel_at; /* the progress call with this number cancels, counted from 1; 0: none */
    int with_next_data;
    int is_stream; /* it goes on, and only the first head_bytes, at least 1, are known */
    uint64_t head_bytes;
} gate_setting;

typedef struct gate_run {
    refcow_gate_result result;
    refcow_breach *breaches;
    uint64_t reads;
    uint64_t progress_calls;
} gate_run;

/* slot: breaches stay until the next run with the same capacity and slot. */
gate_run run_gate(input_file *file, const gate_setting *setting, int slot);

#endif
