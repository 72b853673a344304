#include "window.h"

/* A narrow counter that holds this is full; the count may be higher. */
#define NARROW_FULL 253u

void refcow_window_start(struct window *window, uint64_t first, uint64_t end)
{
    size_t clusters = (size_t)(end - first);
    window->first = first;
    window->end = end;
    window->beyond = UINT64_MAX;
    if (window->wide != NULL)
        memset(window->wide, 0, clusters * sizeof *window->wide);
    else
        memset(window->narrow, 0, clusters);
}

static void report_excess(struct window *window, uint64_t cluster, uint64_t excess)
{
    refcow_finding finding = {0};
    finding.kind = REFCOW_KIND_TOO_MANY_REFERENCES;
    finding.host = cluster << window->cluster_bits;
    finding.length = (uint64_t)1 << window->cluster_bits;
    finding.guest = REFCOW_NO_GUEST;
    finding.expected = window->limit;
    finding.times = excess;
    refcow_findings_add(window->findings, &finding);
}

static void count_wide(struct window *window, uint64_t at, uint64_t count, uint64_t weight)
{
    for (uint64_t i = at; i < at + count; i++) {
        uint64_t room = window->limit - window->wide[i];
        window->wide[i] += least(weight, room);
        if (weight > room)
            report_excess(window, window->first + i, weight - room);
    }
}

static void count_narrow(struct window *window, uint64_t at, uint64_t count, uint64_t weight)
{
    uint64_t most = least(window->limit, NARROW_FULL);
    for (uint64_t i = at; i < at + count; i++) {
        uint64_t room = most - window->narrow[i];
        window->narrow[i] = (uint8_t)(window->narrow[i] + least(weight, room));
        if (window->narrow[i] == NARROW_FULL)
            window->saturated = true;
        else if (weight > room)
            report_excess(window, window->first + i, weight - room);
    }
}

void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight)
{
    uint64_t start = greatest(first, window->first);
    uint64_t stop = least(first + count, window->end);
    if (first + count > window->end)
        window->beyond = least(window->beyond, greatest(first, window->end));
    if (start >= stop)
        return;
    if (window->wide != NULL)
        count_wide(window, start - window->first, stop - start, weight);
    else
        count_narrow(window, start - window->first, stop - start, weight);
}

bool refcow_window_holds(struct window *window, uint64_t cluster)
{
    if (cluster >= window->end)
        window->beyond = least(window->beyond, cluster);
    return cluster >= window->first && cluster < window->end;
}

uint64_t refcow_window_counted(const struct window *window, uint64_t cluster)
{
    uint64_t at = cluster - window->first;
    return window->wide != NULL ? window->wide[at] : window->narrow[at];
}
