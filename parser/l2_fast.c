#include "l2_fast.h"

static bool is_plain(const struct check *check, uint64_t entry)
{
    return (entry & check->fast.special) == 0 && (entry & ENTRY_OFFSET) != 0;
}

/* A word as its bytes are in the image: words can be compared without knowing the numbers. */
static uint64_t load_raw(const uint8_t *bytes)
{
    uint64_t raw = 0;
    memcpy(&raw, bytes, sizeof raw);
    return raw;
}

/* The steps are what the later entries of a group add to the first one. */
void refcow_l2_fast_start(struct check *check)
{
    bool is_one_by_one = check->l2.extended || check->l2.data_file || check->observer != NULL;
    uint64_t plain = (ENTRY_OFFSET | ENTRY_COPIED) & ~(check->cluster_size - 1);
    check->fast.special = is_one_by_one ? UINT64_MAX : ~plain;
    for (size_t i = 0; i < L2_GROUP; i++) {
        uint8_t bytes[8] = {0};
        for (size_t k = 0; k < 8; k++)
            bytes[k] = (uint8_t)(i * check->cluster_size >> (56 - 8 * k));
        check->fast.steps[i] = load_raw(bytes);
    }
}

/* Whether each entry is the first one with the bits of its step, which is the sum if the first one's cluster number is
 * a multiple of L2_GROUP. Written so that compilers make vector instructions of it. */
static bool is_group(const uint8_t *entries, const uint64_t *steps)
{
    uint64_t first = load_raw(entries);
    uint64_t difference = 0;
    for (size_t i = 0; i < L2_GROUP; i++)
        difference |= load_raw(entries + 8 * i) ^ first ^ steps[i];
    return difference == 0;
}

/* Where the entries end which begin at `at` and each name the cluster after the one before. Bound: end. */
static size_t end_of_run(const struct check *check, size_t at, size_t end)
{
    const uint8_t *chunk = check->chunk;
    const uint64_t cluster_size = check->cluster_size;
    uint64_t word = load_be64(chunk + at) + cluster_size;
    size_t next = at + 8;
    if (next >= end || load_be64(chunk + next) != word)
        return next; /* in scattered images this is the rule */
    /* Up to the first group, the groups, and what is behind them. */
    for (; next < end && load_be64(chunk + next) == word && !is_aligned(word, L2_GROUP * cluster_size); next += 8)
        word += cluster_size;
    while (next + 8 * L2_GROUP <= end && load_be64(chunk + next) == word && is_group(chunk + next, check->fast.steps)) {
        word += L2_GROUP * cluster_size;
        next += 8 * L2_GROUP;
    }
    for (; next < end && load_be64(chunk + next) == word; next += 8)
        word += cluster_size;
    return next;
}

/* Whether the copied flag of an entry is right, if that is all that the stored refcount can tell. */
static bool is_flag_right(uint8_t stored, bool is_copied)
{
    return is_copied ? stored == 1 : stored > 1 && stored != REFCOUNT_UNKNOWN;
}

/* Whether nothing is to be said about a run that names the clusters from `first` on: their stored refcounts are all the
 * same one, not 0, and agree with the copied flag, or are not this pass's to judge. */
static bool is_run_sound(const struct check *check, const struct l2_walk *walk, uint64_t first, uint64_t count,
                         bool is_copied)
{
    const struct window *window = &check->window;
    if (walk->active == 0 || first >= window->end || first + count <= window->first)
        return true;
    if (first < window->first || first + count > window->end)
        return false;
    uint8_t stored = refcow_window_stored(window, first);
    return is_flag_right(stored, is_copied) && (count == 1 || refcow_window_are_stored(window, first, count, stored));
}

/* Visit a run of plain entries all at once; false if they need to be looked at one by one. */
static bool visit_run(struct check *check, struct l2_walk *walk, uint64_t word, uint64_t count)
{
    uint64_t offset = word & ENTRY_OFFSET;
    uint64_t first = offset >> check->header->cluster_bits;
    uint64_t length = count << check->header->cluster_bits;
    uint64_t end = least(check->file_length, ENTRY_OFFSET_END);
    if (offset + length > end || !is_run_sound(check, walk, first, count, (word & ENTRY_COPIED) != 0))
        return false;
    refcow_window_count(&check->window, first, count, walk->weight);
    refcow_l2_count_statistics(check, walk, offset, count);
    if (check->first_pass)
        check->result->refcounts.allocated_clusters += count * walk->reported;
    return true;
}

/* Whether it is worth a try. The first cluster of a table is special to the statistics. */
static bool may_scatter(const struct check *check, const struct l2_walk *walk, uint64_t word)
{
    uint64_t cluster = (word & ENTRY_OFFSET) >> check->header->cluster_bits;
    return (walk->fresh == 0 || !check->first_pass) && refcow_window_is_dense(&check->window, cluster);
}

/* Count a single cluster of the window; false, and nothing was done, if there may be something to say about it. */
static bool count_single(struct window *window, const struct l2_walk *walk, uint64_t cluster, bool is_copied)
{
    return refcow_window_is_dense(window, cluster) &&
           (walk->active == 0 || is_flag_right(refcow_window_stored(window, cluster), is_copied)) &&
           refcow_window_count_one(window, cluster, walk->weight);
}

/* Scattered clusters, for the answer's statistics. */
static void count_scattered_statistics(struct check *check, const struct l2_walk *walk, uint64_t count,
                                       uint64_t fragmented)
{
    refcow_l2_count_data(check, walk, count);
    if (!check->first_pass)
        return;
    check->result->allocated_clusters += count * walk->active;
    check->result->fragmented_clusters += fragmented * walk->active;
    check->result->refcounts.allocated_clusters += count * walk->reported;
}

/* Visit the plain entries from `at` on which refer to single clusters of this window, as long as there is nothing to
 * say about them: a fragmented image is full of them. Returns where they end. The window, without what is not in the
 * file as a whole, and the walk are copied, so that they can stay in registers. Bound: end. */
static size_t visit_scattered(struct check *check, struct l2_walk *walk, size_t at, size_t end)
{
    const uint8_t *chunk = check->chunk;
    const size_t start = at;
    struct window window = check->window;
    const struct l2_walk open = *walk;
    const uint64_t cluster_size = check->cluster_size;
    const uint32_t bits = check->header->cluster_bits;
    const uint64_t special = check->fast.special;
    uint64_t next = walk->next;
    uint64_t fragmented = 0;
    window.end = greatest(window.first, least(window.end, check->file_length >> bits));
    for (; at + 16 <= end; at += 8) {
        uint64_t word = load_be64(chunk + at);
        uint64_t offset = word & ~ENTRY_COPIED;
        bool is_single = load_be64(chunk + at + 8) != word + cluster_size;
        if ((word & special) != 0 || offset == 0 || !is_single ||
            !count_single(&window, &open, offset >> bits, offset != word))
            break;
        fragmented += offset != next;
        next = offset + cluster_size;
    }
    walk->next = next;
    count_scattered_statistics(check, walk, (at - start) / 8, fragmented);
    return at;
}

/* Where the next plain entry is. Bound: end. */
static size_t end_of_others(const struct check *check, size_t at, size_t end)
{
    while (at < end && !is_plain(check, load_be64(check->chunk + at)))
        at += 8;
    return at;
}

/* Visit the run that ends at `run`, or scattered entries, if it is a single one. Returns where what was visited ends;
 * `at`: the run must be visited one by one. */
static size_t visit_plain(struct check *check, struct l2_walk *walk, size_t at, size_t run, size_t end)
{
    uint64_t word = load_be64(check->chunk + at);
    if (run == at + 8 && may_scatter(check, walk, word)) {
        size_t scattered = visit_scattered(check, walk, at, end);
        if (scattered > at)
            return scattered;
    }
    return visit_run(check, walk, word, (run - at) / 8) ? run : at;
}

/* Bound: each step is over at least one entry. */
size_t refcow_l2_visit_fast(struct check *check, struct l2_walk *walk, size_t at, size_t end, size_t *others)
{
    while (at < end && is_plain(check, load_be64(check->chunk + at))) {
        size_t run = end_of_run(check, at, end);
        size_t visited = visit_plain(check, walk, at, run, end);
        if (visited == at) {
            *others = run;
            return at;
        }
        at = visited;
    }
    *others = end_of_others(check, at, end);
    return at;
}
