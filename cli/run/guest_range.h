/*
 * guest_range.h - a part of the virtual disk.
 */
#ifndef REFCOW_CLI_RUN_GUEST_RANGE_H
#define REFCOW_CLI_RUN_GUEST_RANGE_H

#include "refcow.h"

#include <stdbool.h>

/* From the lowest to the highest byte of whatever is meant: there may be others in between. */
typedef struct guest_range {
    uint64_t offset; /* or REFCOW_NO_GUEST */
    uint64_t end;
} guest_range;

/* Nothing of the disk: what is joined to it is the whole. */
#define GUEST_RANGE_NONE ((guest_range){.offset = REFCOW_NO_GUEST, .end = 0})

static inline bool guest_range_is_none(const guest_range *range)
{
    return range->offset == REFCOW_NO_GUEST;
}

static inline guest_range guest_range_of(const refcow_reference *reference)
{
    if (reference->guest == REFCOW_NO_GUEST)
        return GUEST_RANGE_NONE;
    return (guest_range){reference->guest, reference->guest + reference->guest_length};
}

static inline void guest_range_join(guest_range *range, guest_range other)
{
    if (other.offset < range->offset)
        range->offset = other.offset;
    if (other.end > range->end)
        range->end = other.end;
}

/* Bytes on the disk: the last cluster, or what the last L2 table stands for, may reach past its end. What begins there
 * has the length that it would have on a larger disk; what is none has 0. */
static inline uint64_t guest_range_length(const refcow_header *header, const guest_range *range)
{
    if (guest_range_is_none(range))
        return 0;
    if (range->offset < header->virtual_size && header->virtual_size < range->end)
        return header->virtual_size - range->offset;
    return range->end - range->offset;
}

#endif
