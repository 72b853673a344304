/*
 * gate_tables.h - the rules that need the size of the file, the snapshot table, or a check.
 */
#ifndef REFCOW_GATE_TABLES_H
#define REFCOW_GATE_TABLES_H

#include "gate_judge.h"

/* What there is to know of the snapshots. */
struct gate_snapshots {
    uint64_t tables;              /* bytes of all L1 tables */
    refcow_error refusal;         /* the first broken rule of the format, behind which nothing was read */
    uint64_t past_end;            /* host offset of the first entry whose L1 table reaches past the end; 0: none does */
    refcow_snapshot largest_disk; /* the first one with the highest disk_size; end 0: there is none */
    refcow_snapshot largest_data; /* the first one with the most bytes of disk and VM state together; end 0: none */
};

/* Read the snapshot table. Bound: REFCOW_SNAPSHOTS_MAX. */
void refcow_gate_read_snapshots(struct gate *gate, struct gate_snapshots *snapshots);

/* Whether only a check can tell that the image is no bomb: a disk that is much larger than the file may be empty. */
bool refcow_gate_needs_check(const struct gate *gate, const struct gate_snapshots *snapshots);

/* Judge tables and limits, after the check if there was one. `bitmaps` is the extension of the bitmaps; end 0: none. */
void refcow_gate_judge_tables(struct gate *gate, const struct gate_snapshots *snapshots,
                              const refcow_extension *bitmaps);

/* Judge what the check has found. */
void refcow_gate_judge_check(struct gate *gate);

#endif
