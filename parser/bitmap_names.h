/*
 * bitmap_names.h - are the names of the bitmaps different? Up to 65535 names of up to 1023 bytes, in bounded memory.
 */
#ifndef REFCOW_BITMAP_NAMES_H
#define REFCOW_BITMAP_NAMES_H

#include "cache.h"
#include "tables.h"

/* Whether a bitmap that is not in use has the name of one before it. The set has the hashes of names, and may have held
 * anything before. */
bool refcow_bitmaps_are_names_repeated(const refcow_header *header, struct cache *directory, struct table_set *hashes,
                                       bool *are_repeated);

#endif
