/*
 * l2.h - L2 tables: the data clusters and the compressed data that their entries name.
 *
 * L2 tables are cluster aligned and then have nothing in common. But a damaged or hostile L1 entry may name any
 * multiple of 512, and then tables overlap. Every entry is visited once all the same, for all the tables that it
 * belongs to.
 */
#ifndef REFCOW_L2_H
#define REFCOW_L2_H

#include "l2_entry.h"

/* Before the first of a sorted list of tables. */
struct l2_walk refcow_l2_start(struct table_name *tables);

/* Go on to the next table of the list, which is this one. */
void refcow_l2_open(struct check *check, struct l2_walk *walk, size_t number);

/* Visit the entries from where the newest table begins, each for all the tables that it belongs to, up to the end
 * of the newest table or to `next_table`, where the table after it begins, if that comes first. Bound: one cluster of
 * entries. */
bool refcow_l2_visit(struct check *check, struct l2_walk *walk, uint64_t next_table);

/* So many tables, all of the list, have been visited: close those that are open. Bound: the open tables. */
void refcow_l2_finish(struct check *check, struct l2_walk *walk, size_t count);

#endif
