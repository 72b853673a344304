/*
 * mapped.h - how much data a reader of the virtual disks may find, as a check has counted it.
 */
#ifndef REFCOW_CLI_RUN_MAPPED_H
#define REFCOW_CLI_RUN_MAPPED_H

#include "refcow.h"

/* Guest clusters in bytes: UINT64_MAX if there are more than that. */
static inline uint64_t bytes_of_clusters(const refcow_header *header, uint64_t clusters)
{
    return clusters > UINT64_MAX >> header->cluster_bits ? UINT64_MAX : clusters << header->cluster_bits;
}

/* Of the active disk. */
static inline uint64_t mapped_size(const refcow_header *header, const refcow_result *result)
{
    return bytes_of_clusters(header, result->data_clusters);
}

#endif
