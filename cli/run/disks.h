/*
 * disks.h - which disks of an image have damaged tables: the active one, and internal snapshots.
 */
#ifndef REFCOW_CLI_RUN_DISKS_H
#define REFCOW_CLI_RUN_DISKS_H

#include "refcow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Snapshots that are named, of each sort. */
#define DISKS_NAMED 32

typedef struct snapshot_list {
    uint64_t count;                     /* all of them */
    refcow_snapshot first[DISKS_NAMED]; /* the first ones */
} snapshot_list;

typedef struct disk_damage {
    bool is_known; /* all snapshots were looked at, and all that could tell: the fields below mean something */
    snapshot_list damaged;
    snapshot_list sound;
} disk_damage;

typedef struct check_report check_report;

/* Look at the snapshots of a checked image, if something of its L1 and L2 tables is damaged. */
void disks_find(disk_damage *disks, const check_report *report);

/* Whether the active disk has damaged tables. */
bool disks_active_is_damaged(const check_report *report);

/* A snapshot that has the finding, or NULL: none is known, or the finding is not about snapshots only. */
const refcow_snapshot *disks_snapshot_of(const check_report *report, const refcow_finding *finding);

/* How many of the list are in `first`. */
size_t snapshot_list_named(const snapshot_list *list);

#endif
