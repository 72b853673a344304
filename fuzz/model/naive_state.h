/*
 * naive_state.h - what the files of the second reading share: the image, the references of its clusters, the answer so
 * far.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_STATE_H
#define REFCOW_FUZZ_MODEL_NAIVE_STATE_H

#include "naive.h"

#define NAIVE_COPIED ((uint64_t)1 << 63)
#define NAIVE_COMPRESSED ((uint64_t)1 << 62)
#define NAIVE_OFFSET 0x00fffffffffffe00u

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
    naive->answer.found[kind] += is_one ? 1 : 0;
}

/* Entries of zeros mean nothing in any table: the next one that is not, at or after `at`, which is the beginning of an
 * entry; the end of the table or past it: there is none. */
static inline uint64_t naive_next_entry(const naive_state *naive, uint64_t at, uint64_t end, uint64_t width)
{
    uint64_t next = input_next(naive->file, at);
    return next < end && next < naive->file->size ? at + (next - at) / width * width : end;
}

/* References of a cluster as far as the image's refcounts can say them. */
static inline uint64_t naive_counted(const naive_state *naive, uint64_t cluster)
{
    uint64_t count = naive_counts_get(&naive->counts, cluster);
    return count < naive->limit ? count : naive->limit;
}

/* Whether the cluster has nothing but zeros. */
static inline int naive_is_in_hole(const naive_state *naive, uint64_t cluster)
{
    uint64_t start = cluster * naive->cluster;
    uint64_t end = start + naive->cluster < naive->file->size ? start + naive->cluster : naive->file->size;
    return start < end && input_next(naive->file, start) >= end;
}

/* The stored refcount of a cluster. 1: looked up; 0: cannot be. */
int naive_look_up(const naive_state *naive, uint64_t cluster, uint64_t *refcount);

/* Rules that the oracle insists on before it counts. The first that is broken is left in the answer's error. */
void naive_judge_snapshots(naive_state *naive);
void naive_judge_bitmaps(naive_state *naive);

/* Walk over an entry of the table of snapshots, or of the directory of bitmaps: where the next one begins. */
uint64_t naive_snapshot_end(const naive_state *naive, uint64_t snapshot);
uint64_t naive_bitmap_end(const naive_state *naive, uint64_t bitmap);

#endif
