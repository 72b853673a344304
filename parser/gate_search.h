/*
 * gate_search.h - whether a file carries the signature of a format other than qcow2.
 */
#ifndef REFCOW_GATE_SEARCH_H
#define REFCOW_GATE_SEARCH_H

#include "gate_magics.h"
#include "source.h"

/* The file is read piece by piece, each with the sector after it: what begins in a piece may end there. */
#define GATE_PIECE 16384u
#define GATE_PIECE_SIZE (GATE_PIECE + SECTOR_SIZE)

struct found_magics {
    uint64_t at[MAGICS]; /* offset of each signature, by its row; UINT64_MAX: the file does not have it */
};

/*
 * Look for the signatures of all formats in the first bytes of the reader's source, and in its last ones if the file
 * ends where the source does. buffer: GATE_PIECE_SIZE bytes. Where a signature stands in several places, found has the
 * first one; of places before the end of the file, the last one. False if the reader has failed; found then has some of
 * the signatures.
 */
bool refcow_gate_search(struct reader *reader, bool ends_there, uint8_t *buffer, struct found_magics *found);

#endif
