/*
 * l2.h - one L2 table: the data clusters and the compressed data that its entries name.
 */
#ifndef REFCOW_L2_H
#define REFCOW_L2_H

#include "count.h"

/* Visit every entry of a table, each as often as the table is named. Bound: one cluster of entries. */
bool refcow_l2_walk(struct check *check, const struct table_name *table);

#endif
