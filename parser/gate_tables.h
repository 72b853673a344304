/*
 * gate_tables.h - the rules that need the size of the file, the snapshot table, or a check.
 */
#ifndef REFCOW_GATE_TABLES_H
#define REFCOW_GATE_TABLES_H

#include "gate_header.h"

/* Read the snapshot table. Bound: REFCOW_SNAPSHOTS_MAX. */
void refcow_gate_read_snapshots(struct gate_reading *in);

/* Whether only a check can tell that the image is no bomb: a disk that is much larger than the file may be empty. */
bool refcow_gate_needs_check(const struct gate *gate);

/* Whether the amplification is not known: a disk is that large, and the gate ended before a check could tell. */
bool refcow_gate_lacks_amplification(const struct gate *gate);

/* Judge tables and limits, after the check if there was one. */
void refcow_gate_judge_tables(const struct gate *gate);

/* Judge what the check has found. */
void refcow_gate_judge_check(const struct gate *gate);

#endif
