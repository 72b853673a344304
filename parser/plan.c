/*
 * plan.c - how much memory a check needs, for callers: refcow_plan_memory().
 */
#include "header.h"
#include "memory.h"

refcow_status refcow_plan_memory(const refcow_image *image, uint64_t memory_size, refcow_plan *plan)
{
    if (image == NULL || plan == NULL || !refcow_is_usable(image))
        return REFCOW_STATUS_BAD_ARGUMENT;
    plan->minimum = REFCOW_MEMORY_MIN;
    plan->one_pass = greatest(REFCOW_MEMORY_MIN, refcow_memory_for_one_window(image));
    plan->passes = 0;
    if (memory_size < REFCOW_MEMORY_MIN)
        return REFCOW_STATUS_MEMORY_TOO_SMALL;
    /* No block is larger than a size_t says. */
    uint64_t window = refcow_memory_window(image, (size_t)least(memory_size, SIZE_MAX));
    plan->passes = (refcow_memory_clusters(image) + window - 1) / window;
    return REFCOW_STATUS_OK;
}
