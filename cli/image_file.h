/*
 * image_file.h - a path becomes a source of bytes for the library.
 */
#ifndef REFCOW_CLI_IMAGE_FILE_H
#define REFCOW_CLI_IMAGE_FILE_H

#include "failure.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct image_file {
    int descriptor;
    uint64_t size;
    uint64_t allocated;      /* bytes that the file takes up on the disk; as many as size if the system does not say */
    bool knows_holes;        /* the file system can say where data is */
    const char *read_detail; /* why the first failed read failed, or NULL */
} image_file;

/*
 * Open a regular file or a block device for reading. Never waits for a FIFO's writer or a device, never writes, takes
 * no lock. Returns true, or false and why.
 */
bool image_file_open(image_file *file, const char *path, failure *why);

void image_file_close(image_file *file);

/* The source refers to file, which must stay open and in place as long as the source is used. */
refcow_source image_file_source(image_file *file);

#endif
