#include "holes.h"

#include "notes.h"

/* Find the next hole at or after a cluster of the file that is not before the end of the last one. It begins with this
 * cluster, or it is empty and behind it: what is between is data. */
static void find_hole(struct check *check, uint64_t cluster)
{
    uint32_t bits = check->header->cluster_bits;
    uint64_t size = check->reader.source->size;
    uint64_t offset = cluster << bits;
    uint64_t data = greatest(refcow_ask_for_data(&check->reader, offset), offset);
    struct hole *hole = &check->hole;
    hole->start = cluster;
    hole->end = data < size ? data >> bits : check->clusters;
    if (hole->end == cluster) {
        uint64_t next = least(refcow_ask_for_hole(&check->reader, data), size);
        hole->start = hole->end = greatest(units_of(next, bits), cluster + 1);
    }
}

/* Of clusters that lie in a hole. Bound: their number. */
static bool note_used(struct check *check, uint64_t first, uint64_t end)
{
    for (uint64_t cluster = first, next = 0; cluster < end; cluster = next) {
        next = least(refcow_window_alike_end(&check->window, cluster), end);
        if (!refcow_charge(&check->reader, 1))
            return false;
        if (refcow_window_counted(&check->window, cluster) != 0)
            refcow_note_in_hole(check, cluster, next);
    }
    return true;
}

/* Bound: the clusters of the window. */
bool refcow_holes_walk(struct check *check)
{
    const refcow_source *source = check->reader.source;
    uint64_t end = least(check->window.end, check->clusters);
    if (source->next_data == NULL || source->next_hole == NULL)
        return true;
    for (uint64_t at = check->window.first; at < end; at = least(check->hole.end, end)) {
        if (at >= check->hole.end)
            find_hole(check, at);
        if (!refcow_charge(&check->reader, 0) ||
            !note_used(check, greatest(at, check->hole.start), least(check->hole.end, end)))
            return false;
    }
    return true;
}
