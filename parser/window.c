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
    return window->first + least_page_end(window, refcow_window_index(window, cluster));
}

struct page *refcow_window_page(const struct window *window, uint64_t cluster)
{
    return &window->pages[refcow_window_index(window, cluster) >> PAGE_BITS];
}

/* ------------------------------------------------------- stored refcounts */

/* Write down one by one what was set so far. */
static void make_mixed(struct window *window, struct page *page, uint64_t at)
{
    uint64_t start = round_down(at, PAGE_CLUSTERS);
    if (page->is_mixed)
        return;
    set_bytes(window->stored, start, at, page->stored);
    page->is_mixed = true;
}

void refcow_window_store(struct window *window, uint64_t first, uint64_t count, uint8_t refcount)
{
    uint64_t at = refcow_window_index(window, first);
    struct page *page = refcow_window_page(window, first);
    if (is_aligned(at, PAGE_CLUSTERS))
        page->stored = refcount;
    if (page->stored == refcount && !page->is_mixed)
        return;
    make_mixed(window, page, at);
    set_bytes(window->stored, at, refcow_window_index(window, first + count - 1) + 1, refcount);
}

uint64_t refcow_window_store_each(struct window *window, uint64_t first)
{
    uint64_t at = refcow_window_index(window, first);
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
        const struct page *page = refcow_window_page(window, cluster);
        uint64_t last = least(end, refcow_window_page_end(window, cluster)) - 1;
        bool are_equal = page->is_mixed ? are_bytes(window->stored, refcow_window_index(window, cluster),
                                                    refcow_window_index(window, last) + 1, refcount)
                                        : page->stored == refcount;
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

/* Count references to clusters of a dense page; `at` and `end` are indexes in the window. */
static void count_each(struct window *window, uint64_t at, uint64_t end, uint64_t weight)
{
    if (window->wide != NULL)
        count_wide(window->wide, at, end, weight);
    else if (count_narrow(window->narrow, at, end, weight))
        window->saturated = true;
}

/* ------------------------------------------------------- parts of a page */

static const struct page_part NO_PART = {0, 0};

static bool is_empty(struct page_part part)
{
    return part.start == part.end;
}

static bool is_in(struct page_part part, uint64_t cluster)
{
    return cluster >= part.start && cluster < part.end;
}

static bool is_same(struct page_part one, struct page_part other)
{
    return one.start == other.start && one.end == other.end;
}

/* Make a run longer by what comes right before or after it; false: that does not. */
static bool extend(struct page_part *run, struct page_part more)
{
    if (more.start == run->end)
        run->end = more.end;
    else if (more.end == run->start)
        run->start = more.start;
    else
        return false;
    return true;
}

/* Make a run longer by what is further away; false: it is not, or there is a hole already. */
static bool leave_hole(struct page *page, struct page_part more)
{
    if (!is_empty(page->hole))
        return false;
    if (more.start > page->run.end) {
        page->hole = (struct page_part){page->run.end, more.start};
        page->run.end = more.end;
    } else if (more.end < page->run.start) {
        page->hole = (struct page_part){more.end, page->run.start};
        page->run.start = more.start;
    } else {
        return false;
    }
    return true;
}

/* Make a hole smaller from one of its ends; false: what comes is not in it. */
static bool fill_hole(struct page_part *hole, struct page_part more)
{
    if (more.start == hole->start && more.end <= hole->end)
        hole->start = more.end;
    else if (more.end == hole->end && more.start >= hole->start)
        hole->end = more.start;
    else
        return false;
    return true;
}

/* Begin a run, give the same one more references, or add to it; false if it would be two, or have more references
 * than `each` can say: then it is as it was, or begun without any. */
static bool join_run(struct page *page, struct page_part more, uint64_t weight)
{
    if (is_empty(page->run)) {
        page->run = more;
        page->each = 0;
    }
    if (is_same(page->run, more) && is_empty(page->hole) && weight <= UINT32_MAX - page->each) {
        page->each += (uint32_t)weight; /* a table of the active disk and of snapshots */
        return true;
    }
    return page->each == weight && (extend(&page->run, more) || leave_hole(page, more) || fill_hole(&page->hole, more));
}

/* Give each cluster of a page a counter of its own. */
static void make_dense(struct window *window, struct page *page, uint64_t page_start, uint64_t page_end)
{
    uint64_t after_hole = greatest(page->hole.end, page->run.start);
    if (window->wide != NULL)
        set_bytes((uint8_t *)window->wide, page_start * sizeof *window->wide, page_end * sizeof *window->wide, 0);
    else
        set_bytes(window->narrow, page_start, page_end, 0);
    count_each(window, page_start + page->run.start, least(page_start + page->hole.start, page_end), page->each);
    count_each(window, page_start + after_hole, least(page_start + page->run.end, page_end), page->each);
    page->run = page->hole = NO_PART;
    page->is_dense = true;
}

/* References to a part of a page; `at` and `end` are indexes in the window. */
static void count_in_page(struct window *window, uint64_t at, uint64_t end, uint64_t weight)
{
    struct page *page = &window->pages[at >> PAGE_BITS];
    uint64_t page_start = round_down(at, PAGE_CLUSTERS);
    uint64_t page_end = least_page_end(window, at);
    struct page_part whole = {0, (uint16_t)(page_end - page_start)};
    struct page_part part = {(uint16_t)(at - page_start), (uint16_t)(end - page_start)};
    if (is_same(part, whole)) {
        page->every += weight;
        return;
    }
    if (!page->is_dense) {
        if (!join_run(page, part, weight)) {
            make_dense(window, page, page_start, page_end);
        } else if (is_same(page->run, whole) && is_empty(page->hole)) {
            page->every += page->each;
            page->run = page->hole = NO_PART;
        }
    }
    if (page->is_dense)
        count_each(window, at, end, weight);
}

void refcow_window_watch(struct window *window)
{
    window->asked = (struct range){UINT64_MAX, 0};
}

void refcow_window_ask(struct window *window, uint64_t first, uint64_t last)
{
    window->asked.lowest = least(window->asked.lowest, first);
    window->asked.highest = greatest(window->asked.highest, last);
    if (last >= window->end)
        window->beyond = least(window->beyond, greatest(first, window->end));
}

/* Bound: the pages of the window. */
static void count_in_pages(struct window *window, uint64_t start, uint64_t stop, uint64_t weight)
{
    for (uint64_t cluster = start, next = 0; cluster < stop; cluster = next) {
        next = least(stop, refcow_window_page_end(window, cluster));
        count_in_page(window, refcow_window_index(window, cluster), refcow_window_index(window, next - 1) + 1, weight);
    }
}

void refcow_window_count(struct window *window, uint64_t first, uint64_t count, uint64_t weight)
{
    uint64_t start = greatest(first, window->first);
    uint64_t stop = least(first + count, window->end);
    refcow_window_ask(window, first, first + count - 1);
    count_in_pages(window, start, stop, weight);
}

bool refcow_window_holds(struct window *window, uint64_t cluster)
{
    refcow_window_ask(window, cluster, cluster);
    return cluster >= window->first && cluster < window->end;
}

uint64_t refcow_window_counted(const struct window *window, uint64_t cluster)
{
    uint64_t at = refcow_window_index(window, cluster);
    const struct page *page = refcow_window_page(window, cluster);
    uint64_t in_page = at & (PAGE_CLUSTERS - 1);
    if (!page->is_dense)
        return page->every + (is_in(page->run, in_page) && !is_in(page->hole, in_page) ? page->each : 0);
    return page->every + (window->wide != NULL ? window->wide[at] : window->narrow[at]);
}

uint64_t refcow_window_alike_end(const struct window *window, uint64_t cluster)
{
    uint64_t in_page = refcow_window_index(window, cluster) & (PAGE_CLUSTERS - 1);
    const struct page *page = refcow_window_page(window, cluster);
    const uint64_t ends[] = {page->run.start, page->hole.start, page->hole.end, page->run.end};
    uint64_t next = PAGE_CLUSTERS;
    if (page->is_dense)
        return cluster + 1;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends[i] > in_page)
            next = least(next, ends[i]);
    }
    return least(cluster + (next - in_page), refcow_window_page_end(window, cluster));
}
