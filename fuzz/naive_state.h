/*
 * naive_state.h - what the files of the second reading share: the image, one counter per cluster, the answer so far.
 */
#ifndef REFCOW_FUZZ_NAIVE_STATE_H
#define REFCOW_FUZZ_NAIVE_STATE_H

#include "naive_header.h"

#define NAIVE_COPIED ((uint64_t)1 << 63)
#define NAIVE_COMPRESSED ((uint64_t)1 << 62)
#define NAIVE_OFFSET 0x00fffffffffffe00u

typedef struct naive_state {
    const input_file *file;
    const refcow_header *header;
    refcow_result *answer;
    refcow_error error;
    uint64_t *counted;    /* references of each cluster of the file, and of the one after them */
    uint64_t clusters;    /* of the file, as grown so far */
    uint64_t cluster;     /* in bytes */
    uint64_t file_length; /* size rounded up to 512 */
    uint64_t most;        /* the largest refcount */
    uint64_t work;        /* left; 0: given up */
    int is_extended;
    int has_data_file;
} naive_state;

static inline uint64_t naive_number(const naive_state *naive, uint64_t offset, size_t width)
{
    return input_number(naive->file, offset, width);
}

static inline int naive_has_work(naive_state *naive)
{
    naive->work -= naive->work > 0 ? 1 : 0;
    return naive->work > 0;
}

static inline int naive_aligned(const naive_state *naive, uint64_t offset)
{
    return offset % naive->cluster == 0;
}

/* A defect, if it is one. */
static inline void naive_defect(naive_state *naive, int is_one, refcow_kind kind)
{
    naive->answer->found[kind] += is_one ? 1 : 0;
}

/* Rules that the oracle insists on before it counts. The first that is broken is left in error. */
void naive_judge_snapshots(naive_state *naive);
void naive_judge_bitmaps(naive_state *naive);

/* Walk over an entry of the table of snapshots, or of the directory of bitmaps: where the next one begins. */
uint64_t naive_snapshot_end(const naive_state *naive, uint64_t snapshot);
uint64_t naive_bitmap_end(const naive_state *naive, uint64_t bitmap);

#endif
