#include "naive_counts.h"

void naive_counts_clear(naive_counts *counts)
{
    while (counts->clusters > 0) {
        counts->places[counts->used[--counts->clusters]].count = 0;
    }
}

/* Where the cluster stands or would stand: half of the places are free at least. */
static size_t place_of(const naive_counts *counts, uint64_t cluster)
{
    size_t place = (size_t)((cluster ^ cluster >> 16 ^ cluster >> 32 ^ cluster >> 48) % COUNTS_PLACES);
    while (counts->places[place].count != 0 && counts->places[place].cluster != cluster) {
        place = (place + 1) % COUNTS_PLACES;
    }
    return place;
}

uint64_t naive_counts_add(naive_counts *counts, uint64_t cluster)
{
    size_t place = place_of(counts, cluster);
    if (counts->places[place].count == 0) {
        if (counts->clusters == COUNTS_MAX) {
            return 0;
        }
        counts->places[place].cluster = cluster;
        counts->used[counts->clusters++] = place;
    }
    return ++counts->places[place].count;
}

uint64_t naive_counts_get(const naive_counts *counts, uint64_t cluster)
{
    return counts->places[place_of(counts, cluster)].count;
}
