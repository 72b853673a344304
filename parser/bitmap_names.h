/*
 * bitmap_names.h - are the names of the bitmaps different? Up to 65535 names of up to 1023 bytes, in bounded memory.
 */
#ifndef REFCOW_BITMAP_NAMES_H
#define REFCOW_BITMAP_NAMES_H

#include "check.h"

/* Whether a bitmap that is not in use has the name of one before it. Uses the room for table names. */
bool refcow_bitmaps_are_names_repeated(struct check *check, bool *are_repeated);

#endif
