/*
 * sweep.h - tables that overlap: each part of the file is visited once, with the number of tables that it belongs
 * to.
 *
 * The L1 tables of 65536 snapshots may all be the same table, or each begin a cluster after the one before. A sweep
 * goes over their beginnings and ends in the order of the file and keeps count of how many tables it is in.
 */
#ifndef REFCOW_SWEEP_H
#define REFCOW_SWEEP_H

#include "tables.h"

struct sweep {
    struct table_set edges; /* see refcow_sweep_add() */
    size_t next;            /* the edge that ends the next segment */
    uint64_t depth;         /* tables that the next segment belongs to */
    uint64_t start;         /* where the next segment begins */
    uint64_t table;         /* of the tables that have begun, the one that ends last: where it begins */
    uint64_t table_end;
};

/* A part of the file that the same tables cover. */
struct segment {
    uint64_t start;
    uint64_t end;
    uint64_t depth; /* how many tables, at least 1 */
    uint64_t table; /* where one of these tables begins */
};

/* The chunk of a segment that was read. Begin with zeros. */
struct piece {
    struct segment segment;
    struct extent extent;
};

/* A sweep takes rounds: in each one name all tables, then read the pieces. */
void refcow_sweep_start(struct sweep *sweep);

/* A table is two edges. Of a name in `edges`, `weight` tables begin and `active` tables end at its offset; UINT64_MAX
 * less `guest` is where the longest one that begins there ends. An empty table covers nothing. */
void refcow_sweep_add(struct sweep *sweep, uint64_t start, uint64_t end);
bool refcow_sweep_sort(struct sweep *sweep); /* false when the reader has failed */

/* Read the next chunk into the buffer, as refcow_next_chunk(). False at the end of the round and when the reader has
 * failed. */
bool refcow_sweep_next(struct sweep *sweep, struct piece *piece, uint8_t *buffer, size_t size);

/* Start another round if there are tables left; false when the sweep is done. */
bool refcow_sweep_continue(struct sweep *sweep);

#endif
