/*
 * snapshots.h - the table of internal snapshots: entries of varying length, one after the other.
 */
#ifndef REFCOW_SNAPSHOTS_H
#define REFCOW_SNAPSHOTS_H

#include "check.h"

/* One entry of the table, and at the same time the place from which the next one is read. */
struct snapshot {
    uint64_t index;
    uint64_t offset; /* of the entry */
    uint64_t end;    /* behind its name */
    uint64_t l1_offset;
    uint32_t l1_size; /* entries */
    uint32_t extra_size;
    uint64_t next; /* index of the entry that refcow_snapshots_next() reads */
};

/* Before the first entry. */
struct snapshot refcow_snapshots_start(const refcow_header *header);

/* Read the next entry; false at the end of the table and when the reader has failed. */
bool refcow_snapshots_next(struct check *check, struct snapshot *snapshot);

/* Version 3 wants 16 bytes of extra data in each entry. */
bool refcow_snapshot_is_incomplete(const refcow_header *header, const struct snapshot *snapshot);

/* Whether the snapshot's L1 table is one that can be walked. */
bool refcow_snapshot_has_l1(const refcow_header *header, const struct snapshot *snapshot);

/* Validate the table. What breaks a rule that the oracle insists on is a refusal. */
void refcow_snapshots_validate(struct check *check, refcow_error *refusal);

#endif
