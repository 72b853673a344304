/*
 * naive_header.h - a second reading of the header and its extensions, written from the rules of the format.
 *
 * It shares no code with the parser: one read per field, every rule tested, the broken one that stands first
 * remembered.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_HEADER_H
#define REFCOW_FUZZ_MODEL_NAIVE_HEADER_H

#include "../input/input.h"

/* The header has fewer rules, and no rule is judged more often than twice. */
enum { NAIVE_BROKEN_MAX = 64 };

typedef struct naive_header {
    refcow_header fields;
    refcow_error error;                    /* what opening ends with */
    refcow_error broken[NAIVE_BROKEN_MAX]; /* every rule that is broken, in the order in which they are judged */
    size_t broken_count;
    int is_followed;     /* the header extensions were read up to their end */
    uint64_t bitmaps_at; /* host offset of the contents of the last bitmaps extension that is used; 0: there is none */
    uint64_t luks_at;    /* the same of the encryption extension */
} naive_header;

/* Never with class IO: the caller knows of reads that fail, and of sizes that no file has. */
naive_header naive_open(const input_file *file);

/* Whether the oracle can read there: up to 2^63 - 2^30. */
int naive_readable(uint64_t offset, uint64_t length);

/* NULL, or the field that two headers differ in. */
const char *naive_header_difference(const refcow_header *one, const refcow_header *other);

#endif
