/*
 * live.h - an image that others use while it is looked at: who holds it, and whether it is still the same in the end.
 */
#ifndef REFCOW_CLI_IMAGE_LIVE_H
#define REFCOW_CLI_IMAGE_LIVE_H

#include "file.h"
#include "lock_bytes.h"

#include <stdio.h>

/* The smallest cluster: all header fields are in it, and as a rule all header extensions. */
#define LIVE_HEADER_LENGTH 512

/* An image at a moment. */
typedef struct live_moment {
    uint64_t size;
    struct timespec changed;
    bool has_header; /* it could be read */
    unsigned char header[LIVE_HEADER_LENGTH];
    lock_bytes locks;
} live_moment;

/* What became of it between two moments. */
typedef struct live_facts {
    lock_bytes locks; /* that were seen at the beginning or at the end */
    bool size_changed;
    bool header_changed;
    bool time_changed; /* of the last change: somebody has written, perhaps only guest data, or changed owner or mode */
} live_facts;

/* The image file as it was opened. */
live_moment live_begin(const image_file *file);

/* Look again. */
live_facts live_end(const live_moment *begun, const image_file *file);

/* For people: what there is to worry about, if there is. */
void live_print(FILE *out, const live_facts *facts);

static inline bool live_has_changed(const live_facts *facts)
{
    return facts->size_changed || facts->header_changed || facts->time_changed;
}

#endif
