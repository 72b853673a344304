/*
 * mapped.h - how much of the virtual disk has a place in the file.
 */
#ifndef REFCOW_CLI_MAPPED_H
#define REFCOW_CLI_MAPPED_H

#include "refcow.h"

/* In bytes, as a check has found it: UINT64_MAX if it is more than that. */
static inline uint64_t mapped_size(const refcow_header *header, const refcow_result *result)
{
    uint64_t clusters = result->allocated_clusters;

    return clusters > UINT64_MAX >> header->cluster_bits ? UINT64_MAX : clusters << header->cluster_bits;
}

#endif
