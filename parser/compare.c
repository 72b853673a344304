/*
 * compare.c - the stored refcounts of a window against the counted ones.
 */
#include "check.h"

/* Clusters compared with one call of memcmp. */
#define STRIDE 4096u

void refcow_compare_finish(struct check *check)
{
    refcow_finding *range = &check->mismatch;
    if (range->times != 0)
        refcow_findings_add(&check->findings, range);
    range->times = 0;
}

/* Whether a mismatch continues the range: the same defect in the cluster after it. */
static bool continues(const refcow_finding *range, const refcow_finding *mismatch)
{
    return range->times != 0 && range->kind == mismatch->kind && range->host + range->length == mismatch->host &&
           range->expected == mismatch->expected && range->found == mismatch->found;
}

static void report_mismatch(struct check *check, const refcow_finding *mismatch)
{
    refcow_finding *range = &check->mismatch;
    if (continues(range, mismatch)) {
        range->length += mismatch->length;
        range->times += mismatch->times;
    } else {
        refcow_compare_finish(check);
        *range = *mismatch;
    }
}

static refcow_finding mismatch_at(const struct check *check, uint64_t cluster, refcow_kind kind)
{
    refcow_finding mismatch = {0};
    mismatch.kind = kind;
    mismatch.host = cluster << check->header->cluster_bits;
    mismatch.length = check->cluster_size;
    mismatch.guest = REFCOW_NO_GUEST;
    mismatch.table = REFCOW_NO_TABLE;
    mismatch.times = 1;
    return mismatch;
}

/* More references than the image's width can store: a defect for each of them. */
static void compare_with_limit(struct check *check, uint64_t cluster)
{
    uint64_t counted = refcow_window_counted(&check->window, cluster);
    refcow_finding excess = mismatch_at(check, cluster, REFCOW_KIND_TOO_MANY_REFERENCES);
    if (counted <= check->refcount_limit)
        return;
    excess.expected = counted;
    excess.found = check->refcount_limit;
    excess.times = counted - check->refcount_limit;
    refcow_findings_add(&check->findings, &excess);
}

/* One cluster exactly; bytes that differ may still be equal refcounts when they are large. */
static bool compare_cluster(struct check *check, uint64_t cluster)
{
    uint64_t counted = capped_count(check, cluster);
    uint64_t stored = check->window.stored[cluster - check->window.first];
    bool known = stored != REFCOUNT_UNKNOWN;
    compare_with_limit(check, cluster);
    if (stored == REFCOUNT_MANY && !refcow_refcounts_look_up(&check->refcounts, cluster, &stored, &known))
        return false;
    if (known && stored == counted)
        return true;
    refcow_finding mismatch = mismatch_at(check, cluster, REFCOW_KIND_REFCOUNT_UNREADABLE);
    if (known) {
        mismatch.kind = stored < counted ? REFCOW_KIND_REFCOUNT_LOW : REFCOW_KIND_REFCOUNT_HIGH;
        mismatch.expected = counted;
        mismatch.found = stored;
    }
    report_mismatch(check, &mismatch);
    return true;
}

/* Whether a stretch has no mismatch, as far as a quick look can tell. */
static bool is_equal(const struct window *window, uint64_t at, uint64_t count)
{
    return window->wide == NULL && memcmp(window->stored + at, window->narrow + at, (size_t)count) == 0;
}

/* The image ends with the last cluster that has references, stored or counted; windows come in ascending order. */
static void note_image_end(struct check *check, uint64_t clusters)
{
    const struct window *window = &check->window;
    for (uint64_t left = clusters; left > 0; left--) {
        uint64_t cluster = window->first + left - 1;
        uint8_t stored = window->stored[left - 1];
        bool is_used = stored != 0 || refcow_window_counted(window, cluster) != 0;
        if (is_used && stored != REFCOUNT_UNKNOWN) {
            check->result->image_end_offset = (cluster + 1) << check->header->cluster_bits;
            return;
        }
    }
}

bool refcow_compare_window(struct check *check)
{
    const struct window *window = &check->window;
    uint64_t end = least(window->end, check->clusters + check->grown);
    uint64_t clusters = end - window->first;
    uint64_t some = 0;
    for (uint64_t at = 0; at < clusters; at += some) {
        some = least(clusters - at, STRIDE);
        if (is_equal(window, at, some))
            continue;
        for (uint64_t i = at; i < at + some; i++)
            if (!compare_cluster(check, window->first + i))
                return false;
    }
    note_image_end(check, clusters);
    return refcow_visit(&check->reader, clusters);
}
