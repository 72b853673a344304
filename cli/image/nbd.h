/*
 * nbd.h - an image on an NBD server becomes a source of bytes. Built without libnbd, there are none.
 */
#ifndef REFCOW_CLI_IMAGE_NBD_H
#define REFCOW_CLI_IMAGE_NBD_H

#include "file.h"

/* Connect to the server. The file has neither a descriptor nor a size on a disk. */
bool image_nbd_open(image_file *file, const char *uri, failure *why);

void image_nbd_close(image_file *file);

int image_nbd_socket(const image_file *file);

/* The first bytes of the image as they are now; the buffer stays as it is where there are none. False if they cannot be
 * read. */
bool image_nbd_peek(const image_file *file, void *buffer, size_t length);

refcow_source image_nbd_source(image_file *file);

/* How remote images are read, for people. */
const char *image_nbd_library(void);

#endif
