/*
 * opening.h - an image that is being opened, and the rules of its header that are broken.
 */
#ifndef REFCOW_OPENING_H
#define REFCOW_OPENING_H

#include "source.h"

/* The header extensions that the format knows. */
enum extension_sort {
    EXTENSION_BACKING_FORMAT,
    EXTENSION_FEATURE_NAMES,
    EXTENSION_DATA_FILE,
    EXTENSION_ENCRYPTION,
    EXTENSION_BITMAPS,
    EXTENSION_UNKNOWN,
    EXTENSION_SORTS
};

struct opening {
    refcow_image *image; /* its error is the broken rule whose field stands first */
    struct reader reader;
    refcow_error *refusals; /* all broken rules, each once; NULL: only the first is wanted */
    size_t capacity;        /* elements */
    size_t count;
    refcow_extension first[EXTENSION_SORTS]; /* the first one of each sort; end 0: there is none */
    refcow_extension repeated;               /* the first one that repeats a known sort; end 0: none does */
};

/* Remember a broken rule. Always false, to be returned. */
bool refcow_refuse(struct opening *opening, refcow_status status, uint64_t value, uint64_t offset);

#endif
