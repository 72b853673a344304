/*
 * header.h - the header of an image: decode and validate its fields.
 */
#ifndef REFCOW_HEADER_H
#define REFCOW_HEADER_H

#include "source.h"

/* Whether an image was opened, or at least refused: then its header has a meaning. In an object that refcow_open() did
 * not fill, chance alone makes it so; nothing that follows is unsafe even then, but for the source's callbacks. */
bool refcow_is_usable(const refcow_image *image);

#endif
