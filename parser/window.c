#include "window.h"

/* A narrow counter that holds this is full: the count may be higher. Stored refcounts are never this byte. */
#define NARROW_FULL 253u

void refcow_window_start(struct window *window, uint64_t first, uint64_t end)
{
    size_t clusters = (size_t)(end - first);
    window->first = first;
    window->end = end;
    window->beyond = UINT64_MAX;
    refcow_window_watch(window);
    if (window->wide != NULL)
        memset(window->wide, 0, clusters * sizeof *window->wide);
    else
        memset(window->narrow, 0, clusters);
}

static void count_wide(uint64_t *counters, uint64_t count, uint64_t weight)
{
    for (uint64_t i = 0; i < count; i++)
        counters[i] += weight;
}

/* Whether a counter ran full. Written so that compilers make vector instructions of it. */
static bool count_narrow(uint8_t *counters, uint64_t count, uint64_t weight)
{
    uint8_t most = (uint8_t)(NARROW_FULL - least(weight, NARROW_FULL));
    uint8_t full = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t counter = counters[i] < most ? counters[i] : most;
        counters[i] = (uint8_t)(counter + (NARROW_FULL - most));
        full |= (uint8_t)(counters[i] == NARROW_FULL);
    }
    return full != 0;
}

void refcow_window_watch(struct window *window)
{
    window->lowest = UINT64_MAX;
    window->highest = 0;
}

/* The clusters first .. last are asked for. */
static void note(struct window *window, uint64_t first, uint64_t last)
{
    window->lowest = least(window->lowest, first);
    window->highest = greatest(window->highest, last);
    if (last >= window->end)
        window->beyond = least(window->beyond, greatest(first, window->end));
}

void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight)
{
    uint64_t start = greatest(first, window->first);
    uint64_t stop = least(first + count, window->end);
    note(window, first, first + count - 1);
    if (start >= stop)
        return;
    if (window->wide != NULL)
        count_wide(window->wide + (start - window->first), stop - start, weight);
    else if (count_narrow(window->narrow + (start - window->first), stop - start, weight))
        window->saturated = true;
}

bool refcow_window_holds(struct window *window, uint64_t cluster)
{
    note(window, cluster, cluster);
    return cluster >= window->first && cluster < window->end;
}

uint64_t refcow_window_counted(const struct window *window, uint64_t cluster)
{
    uint64_t at = cluster - window->first;
    return window->wide != NULL ? window->wide[at] : window->narrow[at];
}
