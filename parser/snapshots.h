/*
 * snapshots.h - the table of internal snapshots: entries of varying length, one after the other.
 */
#ifndef REFCOW_SNAPSHOTS_H
#define REFCOW_SNAPSHOTS_H

#include "cache.h"

/* Bytes of an entry before its extra data. */
#define SNAPSHOT_HEAD_SIZE 40u

/* Host offset of disk_size in an entry. */
#define SNAPSHOT_AT_DISK_SIZE 48u

/* Bytes of an entry in which all fields are; then come the id and the name. */
#define SNAPSHOT_FIELDS_SIZE 64u

/* Before the first entry. An entry also says where the next one begins. */
refcow_snapshot refcow_snapshots_start(const refcow_header *header);

/* Where the entry after this one begins. */
uint64_t refcow_snapshot_after(const refcow_snapshot *snapshot);

/* Go on to that entry, whose first SNAPSHOT_FIELDS_SIZE bytes these are. */
void refcow_snapshot_decode(refcow_snapshot *snapshot, const uint8_t *bytes);

/* Read the next entry; false at the end of the table and when the reader has failed. */
bool refcow_snapshots_next(const refcow_header *header, struct cache *directory, refcow_snapshot *snapshot);

/* Version 3 wants 16 bytes of extra data in each entry. */
bool refcow_snapshot_is_incomplete(const refcow_header *header, const refcow_snapshot *snapshot);

/* Whether the snapshot's L1 table is one that can be walked. */
bool refcow_snapshot_has_l1(const refcow_header *header, const refcow_snapshot *snapshot);

/* The rules of one entry that the oracle insists on: the first that it breaks, in the order of its fields. */
refcow_error refcow_snapshot_judge(const refcow_header *header, const refcow_snapshot *snapshot);

/* Validate the table. What breaks a rule that the oracle insists on is a refusal. */
void refcow_snapshots_validate(const refcow_header *header, struct cache *directory, refcow_error *refusal);

#endif
