/*
 * orphans.h - the list of orphans, made of what the library tells about each one.
 */
#ifndef REFCOW_CLI_RUN_ORPHANS_H
#define REFCOW_CLI_RUN_ORPHANS_H

#include "refcow.h"

typedef struct orphan_list {
    refcow_finding *ranges; /* `room` of them, the caller's */
    size_t room;
    size_t count;
    uint64_t cluster_size;
} orphan_list;

/* What the library tells: an entry, or NULL to begin again. What there is no room for is left out. */
void orphans_add(orphan_list *orphans, const refcow_finding *entry);

/* Sort them by table and index, as findings are, and make ranges of adjacent entries that name adjacent clusters. */
void orphans_finish(orphan_list *orphans);

#endif
