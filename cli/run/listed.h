/*
 * listed.h - the findings of a report that are to be listed, orphans and overlaps among them, one after the other.
 */
#ifndef REFCOW_CLI_RUN_LISTED_H
#define REFCOW_CLI_RUN_LISTED_H

#include "check_report.h"

typedef struct listed_finding {
    unsigned kind; /* see kinds.h */
    const refcow_finding *finding;
    uint64_t entries;      /* of finding->table from finding->index on; 0 if that is REFCOW_NO_TABLE */
    uint64_t guest;        /* lowest guest offset, or REFCOW_NO_GUEST */
    uint64_t guest_length; /* bytes from there on; 0 if there is none */
    user_set users;        /* who refers to the clusters that it is about; 0: it is about none, or that is not known */
    bool is_stored;        /* finding->found is a stored refcount */
    const refcow_image *image;
    const refcow_snapshot *snapshot; /* one that has what only snapshots have; NULL: see disks_snapshot_of() */
} listed_finding;

/* How many findings of a kind the library keeps so that `ranges` of them can be listed. A range may be made of many
 * findings, and only those that are kept become ranges. */
uint64_t listed_room(uint64_t ranges);

/* The next of these kinds that is to be listed, of each kind the first report->max_listed ranges: begin with *at 0.
 * False at the end, and when the time is over, see stop_cuts_list(). */
bool listed_next(const check_report *report, kind_set kinds, size_t *at, listed_finding *next);

/* How many defects, notes, orphans or overlapping clusters of a kind there are. */
uint64_t listed_found(const check_report *report, unsigned kind);

/* How many of the kinds that are to be listed there are, whether they are listed or not. */
uint64_t listed_defects(const check_report *report);

#endif
