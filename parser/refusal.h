/*
 * refusal.h - why an image is refused: the broken rule whose field stands first.
 */
#ifndef REFCOW_REFUSAL_H
#define REFCOW_REFUSAL_H

#include "refcow.h"

#include <stdbool.h>

/* Remember a broken rule, unless one is known whose field stands before this one. Always false. */
bool refcow_refuse(refcow_image *image, refcow_status status, uint64_t value, uint64_t offset);

#endif
