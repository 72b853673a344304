#include "l2_ranges.h"

static void unite(struct range *range, const struct range *other)
{
    range->lowest = least(range->lowest, other->lowest);
    range->highest = greatest(range->highest, other->highest);
}

/* Let twice as many tables share a range. */
static void halve(struct ranges *ranges)
{
    for (size_t i = 0; i < ranges->room / 2; i++) {
        struct range both = ranges->list[2 * i];
        unite(&both, &ranges->list[2 * i + 1]);
        ranges->list[i] = both;
    }
    ranges->shared_bits++;
}

/* There are never so many tables that it would be 64; but a shift by as much would be undefined. */
static uint32_t shift_of(const struct ranges *ranges)
{
    return ranges->shared_bits & 63;
}

/* The range that a table shares with others. */
static struct range *range_of(const struct ranges *ranges, uint64_t table)
{
    return &ranges->list[least(table >> shift_of(ranges), ranges->room - 1)];
}

void refcow_ranges_add(struct ranges *ranges, const struct range *range)
{
    uint64_t table = ranges->count++;
    if (table >> shift_of(ranges) == ranges->room)
        halve(ranges);
    struct range *shared = range_of(ranges, table);
    if ((table & low_bits(shift_of(ranges))) == 0)
        *shared = *range;
    else
        unite(shared, range);
}

bool refcow_ranges_find(const struct ranges *ranges, uint64_t table, struct range *range)
{
    if (table >= ranges->count)
        return false;
    *range = *range_of(ranges, table);
    return true;
}
