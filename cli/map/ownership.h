/*
 * ownership.h - what the library tells about references and refcounts becomes runs of clusters with one owner.
 *
 * The library tells window by window, and a window has as many clusters as fit its block of memory. Owners are kept
 * for the clusters of one window, so the memory is in proportion to that block.
 */
#ifndef REFCOW_CLI_MAP_OWNERSHIP_H
#define REFCOW_CLI_MAP_OWNERSHIP_H

#include "owners.h"

/* Adjacent clusters that are alike. */
typedef struct owned_run {
    refcow_clusters clusters;
    user_set users;
    owner who;
} owned_run;

typedef struct ownership {
    /* Set by the caller. */
    const refcow_header *header;                    /* of the image, as soon as it is open */
    user_set *window;                               /* of each cluster of a window: ownership_window_bytes() */
    void (*tell)(void *user, const owned_run *run); /* each run, in ascending order, without gaps */
    void *user;                                     /* given to tell */
    /* Private, zeros. */
    uint64_t first;    /* cluster of the window */
    uint64_t count;    /* clusters of the window */
    uint64_t end;      /* host offset behind what was told */
    owned_run pending; /* its end is still open; of length 0 if there is none */
} ownership;

/* How much of a grant of memory is the library's; the window needs the rest. */
uint64_t ownership_library_share(uint64_t memory);

/* For a window of the library, if its block has so many bytes. */
uint64_t ownership_window_bytes(uint64_t library_memory);

/* What the library is to be given. */
refcow_observer ownership_observer(ownership *own);

/* The check has ended, at this host offset: what was not told up to there is free. */
void ownership_finish(ownership *own, uint64_t end);

#endif
