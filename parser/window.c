#include "window.h"

static uint64_t least_page_end(const struct window *window, uint64_t at)
{
    return least(round_down(at, PAGE_CLUSTERS) + PAGE_CLUSTERS, window->last + 1);
}

void refcow_window_start(struct window *window, uint64_t first, uint64_t last)
{
    window->first = first;
    window->end = first + last + 1;
    window->last = last;
    window->beyond = UINT64_MAX;
    refcow_window_watch(window);
    memset(window->pages, 0, (size_t)((last >> PAGE_BITS) + 1) * sizeof *window->pages);
}

uint64_t refcow_window_page_end(const struct window *window, uint64_t cluster)
{
    return window->first + least_page_end(window, refcow_window_place(window, cluster));
}

struct page *refcow_window_page(const struct window *window, uint64_t cluster)
{
    return &window->pages[refcow_window_place(window, cluster) >> PAGE_BITS];
}

/* ------------------------------------------------------- stored refcounts */

/* Write down one by one what was set so far. */
static void make_mixed(struct window *window, struct page *page, uint64_t at)
{
    uint64_t start = round_down(at, PAGE_CLUSTERS);
    if (page->stored == PAGE_STORED_MIXED)
        return;
    set_bytes(window->stored, start, at, page->stored);
    page->stored = PAGE_STORED_MIXED;
}

void refcow_window_store(struct window *window, uint64_t first, uint64_t count, uint8_t refcount)
{
    uint64_t at = refcow_window_place(window, first);
    struct page *page = refcow_window_page(window, first);
    if (is_aligned(at, PAGE_CLUSTERS))
        page->stored = refcount;
    if (page->stored == refcount)
        return;
    make_mixed(window, page, at);
    set_bytes(window->stored, at, refcow_window_place(window, first + count - 1) + 1, refcount);
}

uint64_t refcow_window_store_each(struct window *window, uint64_t first)
{
    uint64_t at = refcow_window_place(window, first);
    make_mixed(window, refcow_window_page(window, first), at);
    return at;
}

static bool are_bytes(const uint8_t *bytes, uint64_t at, uint64_t end, uint8_t value)
{
    return bytes[at] == value && are_repeated(bytes, at, end, 1);
}

/* Bound: count. */
bool refcow_window_are_stored(const struct window *window, uint64_t first, uint64_t count, uint8_t refcount)
{
    uint64_t end = first + count;
    for (uint64_t cluster = first; cluster < end; cluster = refcow_window_page_end(window, cluster)) {
        uint8_t stored = refcow_window_page(window, cluster)->stored;
        uint64_t last = least(end, refcow_window_page_end(window, cluster)) - 1;
        bool are_equal = stored == PAGE_STORED_MIXED ? are_bytes(window->stored, refcow_window_place(window, cluster),
                                                                 refcow_window_place(window, last) + 1, refcount)
                                                     : stored == refcount;
        if (!are_equal)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------- references */

static void count_wide(uint64_t *counters, uint64_t at, uint64_t end, uint64_t weight)
{
    for (uint64_t i = at; i < end; i++)
        counters[i] += weight;
}

/* Whether a counter ran full. Written so that compilers make vector instructions of it. */
static bool count_narrow(uint8_t *counters, uint64_t at, uint64_t end, uint64_t weight)
{
    uint8_t most = (uint8_t)(NARROW_FULL - least(weight, NARROW_FULL));
    uint8_t full = 0;
    for (uint64_t i = at; i < end; i++) {
        uint8_t counter = counters[i] < most ? counters[i] : most;
        counters[i] = (uint8_t)(counter + (NARROW_FULL - most));
        full |= (uint8_t)(counters[i] == NARROW_FULL);
    }
    return full != 0;
}

/* Count references to clusters of a dense page; `at` and `end` are places in the window. */
static void count_each(struct window *window, uint64_t at, uint64_t end, uint64_t weight)
{
    if (window->wide != NULL)
        count_wide(window->wide, at, end, weight);
    else if (count_narrow(window->narrow, at, end, weight))
        window->saturated = true;
}

/* Give each cluster of a page a counter of its own. */
static void make_dense(struct window *window, struct page *page, uint64_t page_start, uint64_t page_end)
{
    if (window->wide != NULL)
        set_bytes((uint8_t *)window->wide, page_start * sizeof *window->wide, page_end * sizeof *window->wide, 0);
    else
        set_bytes(window->narrow, page_start, page_end, 0);
    count_each(window, page_start + page->start, least(page_start + page->end, page_end), page->stretch);
    page->start = page->end = 0;
    page->is_dense = true;
}

/* Begin a stretch, make it longer, or give the same one more references; false if it would be two. */
static bool join_stretch(struct page *page, uint16_t start, uint16_t end, uint64_t weight)
{
    if (page->start == page->end) {
        page->start = start;
        page->end = end;
        page->stretch = weight;
        return true;
    }
    if (start == page->start && end == page->end) {
        page->stretch += weight; /* a table of the active disk and of snapshots */
        return true;
    }
    if (page->stretch != weight || (start != page->end && end != page->start))
        return false;
    page->start = start < page->start ? start : page->start;
    page->end = end > page->end ? end : page->end;
    return true;
}

/* References to a part of a page; `at` and `end` are places in the window. */
static void count_in_page(struct window *window, uint64_t at, uint64_t end, uint64_t weight)
{
    struct page *page = &window->pages[at >> PAGE_BITS];
    uint64_t page_start = round_down(at, PAGE_CLUSTERS);
    uint64_t page_end = least_page_end(window, at);
    if (at == page_start && end == page_end) {
        page->every += weight;
        return;
    }
    if (!page->is_dense) {
        if (!join_stretch(page, (uint16_t)(at - page_start), (uint16_t)(end - page_start), weight)) {
            make_dense(window, page, page_start, page_end);
        } else if (page->start == 0 && page->end == page_end - page_start) {
            page->every += page->stretch;
            page->end = 0;
        }
    }
    if (page->is_dense)
        count_each(window, at, end, weight);
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

/* Bound: the pages of the window. */
static void count_in_pages(struct window *window, uint64_t start, uint64_t stop, uint64_t weight)
{
    for (uint64_t cluster = start, next = 0; cluster < stop; cluster = next) {
        next = least(stop, refcow_window_page_end(window, cluster));
        count_in_page(window, refcow_window_place(window, cluster), refcow_window_place(window, next - 1) + 1, weight);
    }
}

void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight)
{
    uint64_t start = greatest(first, window->first);
    uint64_t stop = least(first + count, window->end);
    note(window, first, first + count - 1);
    count_in_pages(window, start, stop, weight);
}

bool refcow_window_holds(struct window *window, uint64_t cluster)
{
    note(window, cluster, cluster);
    return cluster >= window->first && cluster < window->end;
}

uint64_t refcow_window_counted(const struct window *window, uint64_t cluster)
{
    uint64_t at = refcow_window_place(window, cluster);
    const struct page *page = refcow_window_page(window, cluster);
    uint64_t in_page = at & (PAGE_CLUSTERS - 1);
    if (!page->is_dense)
        return page->every + (in_page >= page->start && in_page < page->end ? page->stretch : 0);
    return page->every + (window->wide != NULL ? window->wide[at] : window->narrow[at]);
}
