/*
 * window.h - the sink of all references: what the image stores and what was counted for the host clusters of one pass.
 *
 * The clusters of a window are divided into pages. Most pages are uniform: their clusters have the same stored
 * refcount, and the same number of references, at least those of one run. Then a few numbers describe the page.
 * Only where clusters differ is there a byte for each of them, so that counting an orderly image touches next to no
 * memory.
 *
 * The counter of a cluster is a byte (narrow) or 8 bytes (wide). Nearly every image is counted with narrow ones; if one
 * of them runs full, the whole check is done again with wide ones, which no image can fill.
 */
#ifndef REFCOW_WINDOW_H
#define REFCOW_WINDOW_H

#include "l2_ranges.h"

/* log2 of the clusters of a page; the last page of a window may have fewer. */
#define PAGE_BITS 12u
#define PAGE_CLUSTERS ((uint64_t)1 << PAGE_BITS)

/* What a byte says about a cluster. A stored refcount is exact up to REFCOUNT_EXACT_MAX. A narrow counter is exact
 * below NARROW_FULL, which no stored refcount is: equal bytes are equal numbers. */
#define REFCOUNT_EXACT_MAX 252u
#define NARROW_FULL 253u      /* the counter ran full: the count may be higher */
#define REFCOUNT_MANY 254u    /* more than REFCOUNT_EXACT_MAX: look it up */
#define REFCOUNT_UNKNOWN 255u /* the look-up fails */

/* The clusters start .. end - 1 of a page, 0 being its first one; none, if start = end. */
struct page_part {
    uint16_t start;
    uint16_t end;
};

/* The references counted for a cluster are the sum of what the page has for all of them, for the run, and, in a
 * dense page, for each one. The run may have a hole: a refcount block amid data is counted after them. */
struct page {
    uint64_t every; /* references to each cluster */
    struct page_part run;
    struct page_part hole; /* within the run */
    uint32_t each;         /* references to each cluster of the run that is not in the hole */
    uint8_t stored;        /* stored refcount of each cluster, if they are not mixed */
    bool is_mixed;         /* there is a byte for each cluster's stored refcount */
    bool is_dense;         /* there is a counter for each cluster, and no run */
};

struct window {
    uint64_t first; /* the clusters first .. end - 1 */
    uint64_t end;
    uint64_t last;      /* the index of the last one: end - 1 - first */
    struct range asked; /* the clusters asked for since refcow_window_watch(), but for refcow_window_count_one() */
    uint64_t beyond;    /* the lowest cluster at or past end that was asked for; UINT64_MAX: none */
    bool saturated;     /* a narrow counter ran full */
    struct page *pages;
    uint8_t *stored; /* by cluster, of mixed pages: see refcounts.h */
    uint8_t *narrow; /* by cluster, of dense pages: references counted, up to NARROW_FULL */
    uint64_t *wide;  /* by cluster, of dense pages: references counted, instead of narrow; or NULL */
};

/* Bytes of memory for each cluster of a window, and for each page. */
#define WINDOW_NARROW_BYTES 2u
#define WINDOW_WIDE_BYTES 9u
#define WINDOW_PAGE_BYTES sizeof(struct page)

/* Begin with last + 1 clusters: no references, and stored refcounts of 0. */
void refcow_window_start(struct window *window, uint64_t first, uint64_t last);

/* The index of a cluster of the window in the arrays. Any number gets one of them: an error of arithmetic must
 * not become one of memory. */
static inline uint64_t refcow_window_index(const struct window *window, uint64_t cluster)
{
    return least(cluster - window->first, window->last);
}

/* The first cluster of the next page. */
uint64_t refcow_window_page_end(const struct window *window, uint64_t cluster);

/* The page of a cluster. */
struct page *refcow_window_page(const struct window *window, uint64_t cluster);

/* ----------------------------------------------------- stored refcounts */

/* Set the stored refcounts of clusters of one page, from `first` on: `count` of them to the same value, or each to
 * a byte that the caller writes to `stored`, from the index on that this returns. They are set in ascending order,
 * without a gap, up to the end of the page. */
void refcow_window_store(struct window *window, uint64_t first, uint64_t count, uint8_t refcount);
uint64_t refcow_window_store_each(struct window *window, uint64_t first);

/* The stored refcount of a cluster in the window. */
static inline uint8_t refcow_window_stored(const struct window *window, uint64_t cluster)
{
    uint64_t at = refcow_window_index(window, cluster);
    const struct page *page = &window->pages[at >> PAGE_BITS];
    return page->is_mixed ? window->stored[at] : page->stored;
}

/* Whether clusters, all in the window, all have this stored refcount. */
bool refcow_window_are_stored(const struct window *window, uint64_t first, uint64_t count, uint8_t refcount);

/* ---------------------------------------------------------- references */

/* Forget which clusters were asked for: none, from now on. */
void refcow_window_watch(struct window *window);

/* Count `weight` more references to each of the clusters first .. first + count - 1, as far as they are in the window.
 */
void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight);

/* Whether the cluster is in this window and has a narrow counter of its own. */
static inline bool refcow_window_is_dense(const struct window *window, uint64_t cluster)
{
    return cluster >= window->first && cluster < window->end &&
           window->pages[refcow_window_index(window, cluster) >> PAGE_BITS].is_dense && window->wide == NULL;
}

/* Count `weight` more references to such a cluster; false, and nothing was done, if the counter would run full. It is
 * not noted as asked for: that is for later windows, in which it will not be. */
static inline bool refcow_window_count_one(struct window *window, uint64_t cluster, uint64_t weight)
{
    uint64_t at = refcow_window_index(window, cluster);
    uint64_t sum = window->narrow[at] + least(weight, NARROW_FULL);
    if (sum < NARROW_FULL)
        window->narrow[at] = (uint8_t)sum;
    return sum < NARROW_FULL;
}

/* The clusters first .. last are asked for: those that are further on will be in a later window. */
void refcow_window_ask(struct window *window, uint64_t first, uint64_t last);

/* Ask for a cluster: whether it is in this window. */
bool refcow_window_holds(struct window *window, uint64_t cluster);

/* The references counted for a cluster in the window; narrow counters must not be saturated. */
uint64_t refcow_window_counted(const struct window *window, uint64_t cluster);

/* The end of the clusters from this one on that are known to have as many references without a look at each: at least
 * the next one, at most the first one of the next page. */
uint64_t refcow_window_alike_end(const struct window *window, uint64_t cluster);

#endif
