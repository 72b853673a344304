/*
 * opening.h - open an image, or say what the file is instead of one and what to do with it.
 */
#ifndef REFCOW_CLI_RUN_OPENING_H
#define REFCOW_CLI_RUN_OPENING_H

#include "../image/file.h"
#include "../text/failure.h"
#include "refcow.h"

#include <stdbool.h>

/* The library needs so many bytes to look for signatures of other formats. */
#define OPENING_MEMORY REFCOW_MEMORY_MIN

/*
 * Open an image. True if the file has a QCOW2 header, which the library has accepted or refused; why says which. False:
 * nothing in the image means anything.
 *
 * A file of another kind is searched for signatures, within the limits. An image costs nothing more than
 * refcow_open().
 */
bool opening_finds_header(refcow_image *image, image_file *file, const refcow_limits *limits, failure *why);

#endif
