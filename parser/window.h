/*
 * window.h - the sink of all references: counters for the host clusters of one pass, and their stored refcounts.
 *
 * A counter is a byte (narrow) or 8 bytes (wide). Nearly every image is counted with narrow ones; if one of them runs
 * full, the whole check is done again with wide ones, which no image can fill.
 */
#ifndef REFCOW_WINDOW_H
#define REFCOW_WINDOW_H

#include "bytes.h"

struct window {
    uint64_t first; /* the clusters first .. end - 1 */
    uint64_t end;
    uint64_t lowest; /* of the clusters asked for since refcow_window_watch(), inside the window or not */
    uint64_t highest;
    uint64_t beyond; /* the lowest cluster at or past end that was asked for; UINT64_MAX: none */
    bool saturated;  /* a narrow counter ran full */
    uint8_t *stored; /* by cluster: see refcounts.h */
    uint8_t *narrow; /* by cluster: references counted, up to NARROW_FULL */
    uint64_t *wide;  /* by cluster: references counted, instead of narrow; or NULL */
};

/* Bytes of memory for each cluster of a window. */
#define WINDOW_NARROW_BYTES 2u
#define WINDOW_WIDE_BYTES 9u

/* Set all counters to 0 for these clusters. */
void refcow_window_start(struct window *window, uint64_t first, uint64_t end);

/* Forget which clusters were asked for: lowest is UINT64_MAX and highest 0. */
void refcow_window_watch(struct window *window);

/* Count `weight` more references to each of the clusters first .. first + count - 1, as far as they are in the window.
 */
void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight);

/* Whether the cluster is in this window. One that is further on will be in a later window: it is noted in beyond. */
bool refcow_window_holds(struct window *window, uint64_t cluster);

/* The references counted for a cluster in the window; narrow counters must not be saturated. */
uint64_t refcow_window_counted(const struct window *window, uint64_t cluster);

#endif
