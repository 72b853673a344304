/*
 * ownership.h - what the library tells about references and refcounts becomes runs of clusters with the same users.
 *
 * The library tells window by window, and a window has as many clusters as fit its block of memory. Users and guest
 * ranges are kept for the clusters of one window, so the memory is in proportion to that block.
 */
#ifndef REFCOW_CLI_RUN_OWNERSHIP_H
#define REFCOW_CLI_RUN_OWNERSHIP_H

#include "guest_range.h"
#include "users.h"

/* Adjacent clusters that are alike: users, refcount and number of references. */
typedef struct owned_run {
    refcow_clusters clusters;
    user_set users;
    guest_range guest; /* of all that refers to any of them */
} owned_run;

/* The lowest and the highest guest cluster, as 32 and 16 bits: 4 M entries of an L1 table, with 256 K of an L2 table
 * each, are 40. */
typedef struct guest_clusters {
    uint32_t first_low;
    uint32_t last_low;
    uint16_t first_high;
    uint16_t last_high;
} guest_clusters;

typedef struct ownership {
    /* Set by the caller. */
    const refcow_header *header;                    /* of the image, as soon as it is open */
    void (*tell)(void *user, const owned_run *run); /* each run, in ascending order, without gaps */
    void *user;                                     /* given to tell */
    /* Private. */
    guest_clusters *guests; /* of each cluster of a window that has a guest range: ownership_place() */
    user_set *users;        /* of each cluster of a window */
    uint64_t first;         /* cluster of the window */
    uint64_t count;         /* clusters of the window */
    uint64_t end;           /* host offset behind what was told */
    owned_run pending;      /* its end is still open; of length 0 if there is none */
} ownership;

/* How much of a grant of memory is the library's; the window needs the rest. */
uint64_t ownership_library_share(uint64_t memory);

/* For a window of the library, if its block has so many bytes. */
uint64_t ownership_window_bytes(uint64_t library_memory);

/* Where the window is: as many bytes as ownership_window_bytes() says. */
void ownership_place(ownership *own, void *window, uint64_t library_memory);

/* What the library is to be given. */
refcow_observer ownership_observer(ownership *own);

/* The check has ended, at this host offset: what was not told up to there is free. */
void ownership_finish(ownership *own, uint64_t end);

#endif
