/*
 * l2_ranges.h - which clusters the L2 tables refer to, so that later passes need not read those that do not matter to
 * them.
 *
 * The tables of an image come in the same order in every pass. When there are more of them than room, neighbours share
 * a range.
 */
#ifndef REFCOW_L2_RANGES_H
#define REFCOW_L2_RANGES_H

#include "bytes.h"

/* The clusters from lowest to highest at most; none if lowest is above highest. */
struct range {
    uint64_t lowest;
    uint64_t highest;
};

struct ranges {
    struct range *list; /* `room` of them, an even number */
    size_t room;
    uint32_t shared_bits; /* 1 << shared_bits tables share a range */
    uint64_t count;       /* tables whose range is known */
};

/* Remember the range of the next table, which is the table number `count`. */
void refcow_ranges_add(struct ranges *ranges, const struct range *range);

/* What is known of the range of a table; false: nothing. */
bool refcow_ranges_find(const struct ranges *ranges, uint64_t table, struct range *range);

#endif
