/*
 * source.h - the single I/O choke point: everything that is read from an image goes through a reader.
 *
 * A reader hands out bytes, counts them, stops at the caller's limits and remembers the first failure: after it every
 * call returns false, so callers may look at the end of a stretch of work.
 */
#ifndef REFCOW_SOURCE_H
#define REFCOW_SOURCE_H

#include "bytes.h"
#include "refcow.h"

struct reader {
    const refcow_source *source;
    refcow_limits limits;
    int (*progress)(void *user, const refcow_progress *progress);
    void *user;           /* of all callbacks but those of the source */
    refcow_progress at;   /* counts the work, and is what the callback sees */
    uint64_t next_report; /* work at which the callback is called next */
    uint64_t hole_start;  /* a stretch that next_data said is a hole; empty if start = end */
    uint64_t hole_end;
    refcow_error error;
};

/* Fill the buffer from offset; bytes at or past the end of the file are zeros, as in qemu-img. */
bool refcow_read(struct reader *reader, uint64_t offset, uint8_t *buffer, size_t length);

/* Account for work on this many entries. */
bool refcow_visit(struct reader *reader, uint64_t entries);

/* Call the progress callback now; not when the reader has failed. */
bool refcow_report(struct reader *reader);

/* Whether the oracle can read there at all: offset + length at most 2^63 - 2^30, or nothing to read. Tables that break
 * this rule are refused, or their look-ups fail; what lies past the end of the file but below this is zeros. */
bool refcow_readable(uint64_t offset, uint64_t length);

/* A table that is read chunk by chunk. Stretches that are known to be zeros, in a hole or past the end of the file, are
 * left out: an entry of zeros never means anything. */
struct stretch {
    uint64_t next;  /* host offset of the next chunk; set it to the beginning of the table, a multiple of 8 */
    uint64_t end;   /* host offset; set it to the end of the table, a multiple of 8 after the beginning */
    uint64_t start; /* host offset of the chunk that was read */
    size_t bytes;   /* of it */
};

/* Read the next chunk into the buffer, whose size is a multiple of 16; false at the end and when the reader has failed.
 * Bound: the length of the table. */
bool refcow_next_chunk(struct reader *reader, struct stretch *stretch, uint8_t *buffer, size_t size);

#endif
