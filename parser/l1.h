/*
 * l1.h - the L1 tables of the active disk and of the snapshots, and all that hangs on them.
 */
#ifndef REFCOW_L1_H
#define REFCOW_L1_H

#include "count.h"

/* Count what the active disk and the snapshots refer to: L1 tables, L2 tables, clusters. Each distinct L2 table is read
 * once, however often it is named. */
bool refcow_l1_walk(struct check *check);

#endif
