/*
 * header.h - the header of an image: decode and validate its fields.
 */
#ifndef REFCOW_HEADER_H
#define REFCOW_HEADER_H

#include "opening.h"

/* Host offsets of the fields. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_BACKING_FILE_OFFSET = 8,
    AT_BACKING_FILE_SIZE = 16,
    AT_CLUSTER_BITS = 20,
    AT_SIZE = 24,
    AT_CRYPT_METHOD = 32,
    AT_L1_SIZE = 36,
    AT_L1_TABLE_OFFSET = 40,
    AT_REFCOUNT_TABLE_OFFSET = 48,
    AT_REFCOUNT_TABLE_CLUSTERS = 56,
    AT_NB_SNAPSHOTS = 60,
    AT_SNAPSHOTS_OFFSET = 64,
    AT_INCOMPATIBLE_FEATURES = 72,
    AT_COMPATIBLE_FEATURES = 80,
    AT_AUTOCLEAR_FEATURES = 88,
    AT_REFCOUNT_ORDER = 96,
    AT_HEADER_LENGTH = 100,
    AT_COMPRESSION_TYPE = 104
};

/* Whether an image was opened, or at least refused: then its header has a meaning. In an object that refcow_open() did
 * not fill, chance alone makes it so; nothing that follows is unsafe even then, but for the source's callbacks. */
bool refcow_is_usable(const refcow_image *image);

/* Read and validate the header. The caller has set `image`, room for refusals if all are wanted, and the rest to 0. */
refcow_status refcow_open_image(struct opening *opening, const refcow_source *source);

/* Whether a caller that was compiled with this version of refcow.h knows the structures of this library. */
bool refcow_is_same_version(uint32_t version);

#endif
