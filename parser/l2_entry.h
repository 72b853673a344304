/*
 * l2_entry.h - the entries of L2 tables, one by one: the clusters that they name, and all that can be wrong with them.
 */
#ifndef REFCOW_L2_ENTRY_H
#define REFCOW_L2_ENTRY_H

#include "count.h"

/* A walk over tables in ascending order. "Open" tables are those that the entries at hand belong to. */
struct l2_walk {
    struct table_name *tables; /* all of them */
    size_t oldest;             /* the tables oldest .. newest are open */
    size_t newest;
    struct table_name *aligned; /* the open table that is cluster aligned, or NULL */
    uint64_t weight;            /* of the open tables, together: times named */
    uint64_t active;            /* of these, by the active tree */
    uint64_t reported;          /* of these, those that the refcount report is about */
    uint64_t judged;            /* of the active ones, those whose entries' copied flags can be tested */
    uint64_t fresh;             /* of the active ones, those without a data cluster so far; statistics only */
    uint64_t zeros;             /* host offset from which on all that was visited is zeros; first pass only */
    uint64_t next; /* host offset that would continue the last data cluster of the others; statistics only */
};

/* Visit the entries at .. end - 1 of the chunk, which was read from this host offset; each has `size` bytes. Bound:
 * bytes of the chunk. */
void refcow_l2_visit_entries(struct check *check, struct l2_walk *walk, uint64_t offset, size_t at, size_t end,
                             uint32_t size);

/* `count` guest clusters of each open table that a reader may find data in. */
void refcow_l2_count_data(struct check *check, const struct l2_walk *walk, uint64_t count);

/* `count` adjacent clusters of the active disk, for the answer's statistics. The first cluster of a table cannot be
 * fragmented. */
void refcow_l2_count_statistics(struct check *check, struct l2_walk *walk, uint64_t offset, uint64_t count);

#endif
