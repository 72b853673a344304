/*
 * source.h - the single I/O choke point: everything that is read from an image goes through a reader.
 *
 * A reader hands out bytes, counts them, stops at the caller's limits and remembers the first failure: after it every
 * call returns false, so callers may look at the end of a piece of work.
 */
#ifndef REFCOW_SOURCE_H
#define REFCOW_SOURCE_H

#include "bytes.h"
#include "refcow.h"

/* One account of work, in units of REFCOW_UNIT: what takes longer than to decode an entry of a table is as many units
 * more. The constants are the times that were measured, on the safe side; `make bench ONLY=units` measures them again.
 */
#define WORK_READ 128u      /* a read from the source, or a question to it, however small */
#define WORK_READ_BYTES 64u /* bytes that are read or set to zeros in a unit */
#define WORK_CLUSTERS 64u   /* adjacent clusters that an observer is told of in a unit */
#define WORK_COUNTED 32u    /* clusters of part of a page that are counted in a unit */
#define WORK_SEARCHED 4u    /* clusters among which the last used one is searched for in a unit */
#define WORK_REFCOUNTS 4u   /* refcounts that are decoded in a unit */
#define WORK_PAGE 4u        /* a page of a window: start, load, compare */
#define WORK_TABLE 4u       /* a table: find out whether this window needs it */
#define WORK_BLOCK 4u       /* a refcount block: the same */

struct reader {
    const refcow_source *source;
    uint64_t most_read; /* bytes */
    uint64_t most_work; /* units */
    bool is_earning;    /* most_work is the default, which grows with what the image has */
    int (*progress)(void *user, const refcow_progress *progress);
    void *user;           /* of all callbacks but those of the source */
    refcow_progress at;   /* counts the work, and is what the callback sees */
    uint64_t next_call;   /* work at which the callback is called next */
    uint64_t next_hint;   /* bytes read at which the source may be asked for holes again */
    uint64_t owed;        /* work that was done where the check could not stop: the next charge adds it */
    uint64_t source_work; /* what the source reported last */
    uint64_t read_work;   /* what it reported for the last read */
    uint64_t hole_start;  /* a run of bytes that next_data said is a hole; empty if start = end */
    uint64_t hole_end;
    refcow_error error;
};

/* Fill the buffer from offset; bytes at or past the end of the file are zeros, as in qemu-img. */
bool refcow_read(struct reader *reader, uint64_t offset, uint8_t *buffer, size_t length);

/* Begin an account without a limit. */
void refcow_reader_start(struct reader *reader, const refcow_source *source);

/* Set the caller's limits. */
void refcow_reader_limit(struct reader *reader, const refcow_limits *limits);

/* Put so many units of work on the account. */
/*@ requires \valid(reader);
    assigns reader->at, reader->next_call, reader->owed, reader->error \from reader->at, units;
    assigns \result \from reader->at, units;
    ensures \result == 0 || \result == 1; */
bool refcow_charge(struct reader *reader, uint64_t units);

/* Ask the source where there may be data, or a hole, at or after this offset; both callbacks must be there. */
uint64_t refcow_ask_for_data(struct reader *reader, uint64_t offset);
uint64_t refcow_ask_for_hole(struct reader *reader, uint64_t offset);

/* Where the limit on work is the default, it grows by so many units. */
void refcow_earn(struct reader *reader, uint64_t units);

/* The same for bytes that were just read, and are part of an L2 table that was not read before. */
void refcow_earn_table(struct reader *reader, const uint8_t *bytes, size_t length);

/* Call the progress callback now; not when the reader has failed. */
bool refcow_call_progress(struct reader *reader);

/* Whether the oracle can read there at all: offset + length at most 2^63 - 2^30, or nothing to read. Tables that break
 * this rule are refused, or their look-ups fail; what lies past the end of the file but below this is zeros. */
bool refcow_readable(uint64_t offset, uint64_t length);

/* A table that is read chunk by chunk. Zeros in a hole or past the end of the file are left out: an entry of zeros
 * never means anything. */
struct extent {
    uint64_t next;  /* host offset of the next chunk; set it to the beginning of the table, a multiple of 8 */
    uint64_t end;   /* host offset; set it to the end of the table, a multiple of 8 after the beginning */
    uint64_t start; /* host offset of the chunk that was read */
    size_t bytes;   /* of it */
};

/* Read the next chunk into the buffer, whose size is a multiple of 16; false at the end and when the reader has failed.
 * Bound: the length of the table. */
bool refcow_next_chunk(struct reader *reader, struct extent *extent, uint8_t *buffer, size_t size);

#endif
