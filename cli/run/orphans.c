#include "orphans.h"

#include <stdbool.h>
#include <stdlib.h>

static bool continues(const refcow_finding *range, const refcow_finding *next, uint64_t cluster_size)
{
    uint64_t entries = range->length / cluster_size;
    bool is_next = range->table == next->table && range->index + entries == next->index;

    return is_next && range->host + range->length == next->host && range->found + range->length == next->found &&
           range->times / entries == next->times / (next->length / cluster_size);
}

/* Append a range, if there is room. */
static void append(orphan_list *orphans, const refcow_finding *range)
{
    refcow_finding *last = orphans->count > 0 ? &orphans->ranges[orphans->count - 1] : NULL;

    if (last != NULL && continues(last, range, orphans->cluster_size)) {
        last->length += range->length;
        last->times += range->times;
    } else if (orphans->count < orphans->room) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): without ranges there is no room */
        orphans->ranges[orphans->count++] = *range;
    }
}

void orphans_add(orphan_list *orphans, const refcow_finding *entry)
{
    if (entry == NULL)
        orphans->count = 0;
    else
        append(orphans, entry);
}

static int compare(const void *one, const void *other)
{
    const refcow_finding *a = one;
    const refcow_finding *b = other;

    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* In little memory the entries of a table come in several passes. */
void orphans_finish(orphan_list *orphans)
{
    orphan_list whole = *orphans;

    whole.count = 0;
    if (orphans->count > 0)
        qsort(orphans->ranges, orphans->count, sizeof *orphans->ranges, compare);
    for (size_t i = 0; i < orphans->count; i++) {
        refcow_finding range = orphans->ranges[i];
        append(&whole, &range);
    }
    *orphans = whole;
}
