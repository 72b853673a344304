#include "compare.h"

/* Clusters that stand or fall together: they have the same stored and the same counted refcount. */
struct clusters {
    uint64_t first;
    uint64_t count;
    uint64_t stored; /* if known */
    bool is_known;
    uint64_t counted;
};

/* -------------------------------------------------------------- findings */

static void add_range(struct check *check, refcow_finding *range)
{
    if (range->times != 0)
        refcow_findings_add(&check->findings, range);
    range->times = 0;
}

void refcow_compare_finish(struct check *check)
{
    add_range(check, &check->mismatch);
    add_range(check, &check->excess);
}

/* Whether a finding continues the range: the same defect in the cluster after it. */
static bool continues(const refcow_finding *range, const refcow_finding *finding)
{
    return range->times != 0 && range->kind == finding->kind && range->host + range->length == finding->host &&
           range->expected == finding->expected && range->found == finding->found;
}

/* Windows and their clusters come in ascending order, so one range at a time can go on. */
static void add_to_range(struct check *check, refcow_finding *range, const refcow_finding *finding)
{
    if (continues(range, finding)) {
        range->length += finding->length;
        range->times += finding->times;
    } else {
        add_range(check, range);
        *range = *finding;
    }
}

static refcow_finding finding_at(const struct check *check, const struct clusters *clusters, refcow_kind kind)
{
    refcow_finding finding = {0};
    finding.kind = kind;
    finding.host = clusters->first << check->header->cluster_bits;
    finding.length = clusters->count << check->header->cluster_bits;
    finding.guest = REFCOW_NO_GUEST;
    finding.table = REFCOW_NO_TABLE;
    finding.times = clusters->count;
    return finding;
}

/* More references than the image's width can store: a defect for each of them. */
static void compare_with_limit(struct check *check, const struct clusters *clusters)
{
    refcow_finding excess = finding_at(check, clusters, REFCOW_KIND_TOO_MANY_REFERENCES);
    if (clusters->counted <= check->refcount_limit)
        return;
    excess.expected = clusters->counted;
    excess.found = check->refcount_limit;
    excess.times = clusters->count * (clusters->counted - check->refcount_limit);
    add_to_range(check, &check->excess, &excess);
}

static void tell_clusters(const struct check *check, const struct clusters *clusters)
{
    uint32_t bits = check->header->cluster_bits;
    refcow_clusters told = {clusters->first << bits, clusters->count << bits, clusters->is_known ? clusters->stored : 0,
                            clusters->counted, clusters->is_known};
    check->observer->clusters(check->observer->user, &told);
}

static void compare_clusters(struct check *check, const struct clusters *clusters)
{
    if (check->observer != NULL)
        tell_clusters(check, clusters);
    if (check->wants_sharing)
        check->result->most_references = greatest(check->result->most_references, clusters->counted);
    uint64_t counted = least(clusters->counted, check->refcount_limit);
    compare_with_limit(check, clusters);
    if (clusters->is_known && clusters->stored == counted)
        return;
    refcow_finding mismatch = finding_at(check, clusters, REFCOW_KIND_REFCOUNT_UNREADABLE);
    if (clusters->is_known) {
        mismatch.kind = clusters->stored < counted ? REFCOW_KIND_REFCOUNT_LOW : REFCOW_KIND_REFCOUNT_HIGH;
        mismatch.expected = counted;
        mismatch.found = clusters->stored;
    }
    add_to_range(check, &check->mismatch, &mismatch);
}

/* ----------------------------------------------------------------- pages */

/* The clusters first .. end - 1, all in one page, of which the first is like the others. */
static struct clusters clusters_between(const struct check *check, uint64_t first, uint64_t end)
{
    uint8_t stored = refcow_window_stored(&check->window, first);
    struct clusters clusters = {first, end - first, stored, stored != REFCOUNT_UNKNOWN,
                                refcow_window_counted(&check->window, first)};
    return clusters;
}

/* Clusters whose stored refcount is exact or unknown. */
static void compare_alike(struct check *check, uint64_t first, uint64_t end)
{
    if (first >= end)
        return;
    struct clusters clusters = clusters_between(check, first, end);
    compare_clusters(check, &clusters);
}

/* A page that is described by a few numbers. A hole that is none may have its ends anywhere. */
static void compare_uniform(struct check *check, const struct page *page, uint64_t first, uint64_t end)
{
    const uint64_t ends[] = {page->run.start, page->hole.start, page->hole.end, page->run.end, PAGE_CLUSTERS};
    uint64_t next = first;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        compare_alike(check, next, least(first + ends[i], end));
        next = greatest(next, least(first + ends[i], end));
    }
}

/* A cluster whose stored refcount may have to be looked up. */
static bool compare_one(struct check *check, uint64_t cluster)
{
    struct clusters one = clusters_between(check, cluster, cluster + 1);
    if (one.stored == REFCOUNT_MANY &&
        !refcow_refcounts_look_up(&check->refcounts, cluster, &one.stored, &one.is_known))
        return false;
    compare_clusters(check, &one);
    return true;
}

/* Whether a page has no mismatch, as far as a quick look can tell. Large refcounts differ in the bytes and may still be
 * equal. Who wants to know each cluster has wide counters. */
static bool is_equal(const struct window *window, const struct page *page, uint64_t first, uint64_t end)
{
    uint64_t at = refcow_window_index(window, first);
    uint64_t stop = refcow_window_index(window, end - 1) + 1;
    if (!page->is_dense || window->wide != NULL || page->every != 0)
        return false;
    if (page->is_mixed)
        return are_same(window->stored, window->narrow, at, stop);
    return window->narrow[at] == page->stored && are_repeated(window->narrow, at, stop, 1);
}

/* Bound: the clusters of a page. */
static bool compare_page(struct check *check, uint64_t first, uint64_t end)
{
    const struct page *page = refcow_window_page(&check->window, first);
    bool is_uniform = !page->is_dense && !page->is_mixed && page->stored != REFCOUNT_MANY;
    if (is_uniform) {
        compare_uniform(check, page, first, end);
        return true;
    }
    if (!refcow_charge(&check->reader, end - first))
        return false;
    if (is_equal(&check->window, page, first, end))
        return true;
    if (!refcow_charge(&check->reader, end - first))
        return false;
    for (uint64_t cluster = first; cluster < end; cluster++)
        if (!compare_one(check, cluster))
            return false;
    return true;
}

/* ------------------------------------------------------------- image end */

static bool is_used(const struct window *window, uint64_t cluster)
{
    uint8_t stored = refcow_window_stored(window, cluster);
    return stored != REFCOUNT_UNKNOWN && (stored != 0 || refcow_window_counted(window, cluster) != 0);
}

/* The end of the last used cluster of first .. end - 1, all in one page; first: there is none. Bound: the clusters of a
 * page. */
static uint64_t end_of_used(struct check *check, uint64_t first, uint64_t end)
{
    const struct window *window = &check->window;
    const struct page *page = refcow_window_page(window, first);
    bool is_counted = page->every != 0 || page->run.start != page->run.end || page->is_dense;
    if (!page->is_mixed && (page->stored == REFCOUNT_UNKNOWN || (page->stored == 0 && !is_counted)))
        return first;
    uint64_t used = end;
    while (used > first && !is_used(window, used - 1))
        used--;
    /* If that is too much, whatever needs the reader next fails. */
    refcow_charge(&check->reader, (end - used) / WORK_SEARCHED);
    return used;
}

/* The image ends with the last cluster that has references, stored or counted; windows come in ascending order. Bound:
 * the pages of the window. */
static void note_image_end(struct check *check, uint64_t end)
{
    const struct window *window = &check->window;
    while (end > window->first) {
        uint64_t first = window->first + round_down(end - 1 - window->first, PAGE_CLUSTERS);
        uint64_t used = end_of_used(check, first, end);
        if (used > first) {
            check->result->image_end_offset = used << check->header->cluster_bits;
            return;
        }
        end = first;
    }
}

/* Bound: the pages of the window. */
bool refcow_compare_window(struct check *check)
{
    uint64_t end = least(check->window.end, check->clusters + check->grown);
    for (uint64_t first = check->window.first, next = 0; first < end; first = next) {
        next = least(refcow_window_page_end(&check->window, first), end);
        if (!compare_page(check, first, next))
            return false;
    }
    note_image_end(check, end);
    return true;
}
