/*
 * naive_counts.h - how many references each cluster has, of the few clusters that have any: a hash table, because the
 * clusters of a file may be exabytes apart.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_COUNTS_H
#define REFCOW_FUZZ_MODEL_NAIVE_COUNTS_H

#include <stddef.h>
#include <stdint.h>

enum { COUNTS_PLACES = 1 << 16, COUNTS_MAX = COUNTS_PLACES / 2 };

typedef struct naive_count {
    uint64_t cluster;
    uint64_t count; /* 0: the place is free */
} naive_count;

typedef struct naive_counts {
    naive_count places[COUNTS_PLACES]; /* a cluster stands at its hash, or at the next place that was free */
    size_t used[COUNTS_MAX];           /* places that are not free */
    size_t clusters;                   /* that have a reference */
} naive_counts;

void naive_counts_clear(naive_counts *counts);

/* One more; returns how many there are then. 0: there is no room for another cluster. */
uint64_t naive_counts_add(naive_counts *counts, uint64_t cluster);

uint64_t naive_counts_get(const naive_counts *counts, uint64_t cluster);

#endif
