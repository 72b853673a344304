/*
 * tables.h - the distinct tables that a tree names, each with how often it is named.
 *
 * A table that is named a thousand times is read once, and everything in it counts a thousand times. When there are
 * more distinct tables than room, a scan over their names keeps the ones with the lowest offsets, and further scans go
 * on from there; each scan is over all names, so the weights are complete.
 */
#ifndef REFCOW_TABLES_H
#define REFCOW_TABLES_H

#include "source.h"

struct table_name {
    uint64_t offset;
    uint64_t weight;     /* times named */
    uint64_t guest;      /* lowest guest offset it stands for, or REFCOW_NO_GUEST */
    uint32_t active;     /* of the times, by the active tree: it has at most REFCOW_L1_ENTRIES_MAX entries */
    uint32_t is_damaged; /* not 0: entries of it are wrong */
};

struct table_set {
    struct table_name *names; /* `room` of them, at least 2 */
    size_t room;
    size_t count;
    uint64_t lowest;       /* offsets below have been dealt with in earlier scans */
    uint64_t highest;      /* offsets above are left to later scans */
    struct reader *reader; /* for the account of work */
};

/* Start the first scan. */
void refcow_tables_start(struct table_set *set);

void refcow_tables_add(struct table_set *set, const struct table_name *name);

/* The scan is over: sort by offset, equal offsets added up. False, and the names are in no order, when the reader has
 * failed. */
bool refcow_tables_finish(struct table_set *set);

/* The table at this offset, or NULL. The scan is over, and there are tables. Bound: the logarithm of the names. */
const struct table_name *refcow_tables_find(const struct table_set *set, uint64_t offset);

/* Start the next scan; false when there is nothing left to scan for. */
bool refcow_tables_continue(struct table_set *set);

#endif
