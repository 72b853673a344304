/*
 * count.h - one reference: counted in the window, or reported as wrong.
 */
#ifndef REFCOW_COUNT_H
#define REFCOW_COUNT_H

#include "check.h"

/* One reference: the structure at offset takes up every cluster that it touches. */
struct reference {
    refcow_role role;
    uint64_t offset;
    uint64_t length;
    uint64_t weight; /* how many times it counts */
    uint64_t active; /* of these, for the active disk, or for no disk at all */
};

/* Which table entry is being looked at; for findings. */
struct origin {
    uint64_t table; /* host offset of the table, or REFCOW_NO_TABLE */
    uint64_t index;
    uint64_t guest; /* or REFCOW_NO_GUEST */
    uint64_t entry; /* the entry itself */
};

/* Of a reference that no table's entry makes. */
#define NO_ORIGIN ((struct origin){REFCOW_NO_TABLE, 0, REFCOW_NO_GUEST, 0})

/* Whether what ends at this host offset reaches past the end of the file by a cluster or more. */
static inline bool is_out_of_file(const struct check *check, uint64_t end)
{
    return end >= check->file_length + check->cluster_size;
}

refcow_finding refcow_finding_at(refcow_kind kind, const struct reference *reference, const struct origin *origin);

/* A defect of an entry, whatever window is being counted: it is reported in the first pass. */
void refcow_add_entry_finding(struct check *check, refcow_kind kind, const struct reference *reference,
                              const struct origin *origin);

/* A part of the active disk has a wrong entry, or none where there should be one. */
void refcow_note_guest_range(struct check *check, uint64_t guest, uint64_t length);

/* Count one reference. It may stick out of the file by less than a cluster, in which case there is one more cluster to
 * compare; one that reaches further is a finding and counts nothing. */
void refcow_count(struct check *check, const struct reference *reference, const struct origin *origin);

#endif
