/*
 * neighbors.h - the images of a command line as one of them may name another: which image a name leads to.
 *
 * A name that an image contains is hostile. The system is asked about it only if its folder is one that an image of the
 * command line is in: such a folder is the user's choice. So no name leads to a network, to a device or to an
 * automounter, and no file that an image names is opened.
 */
#ifndef REFCOW_CLI_RUN_NEIGHBORS_H
#define REFCOW_CLI_RUN_NEIGHBORS_H

#include "../image/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct neighbor {
    dev_t device;
    ino_t inode;
    int number; /* of the image, on the command line */
} neighbor;

typedef struct real_folder {
    char *path; /* without symbolic links; NULL: not known */
} real_folder;

typedef struct neighbors {
    real_folder *folder_of; /* of each image. Images may share a string */
    int count;
    real_folder *folders; /* the same, sorted */
    size_t folders_count;
    neighbor *files; /* sorted */
    size_t files_count;
    uint64_t bytes; /* of memory */
} neighbors;

/* For so many images. Without memory for it no name leads anywhere. */
void neighbors_begin(neighbors *all, int count);
void neighbors_end(neighbors *all);

/* An open image; in ascending order of their numbers. A remote image is in no folder. */
void neighbors_add(neighbors *all, int number, const char *path, const image_file *file);

/* All are there: from here on they can be found. */
void neighbors_settle(neighbors *all);

/* The folder of an image, or NULL. */
const char *neighbors_folder(const neighbors *all, int number);

/* The first image that is this file in this folder, or NULL. Works in the sandbox. */
const neighbor *neighbors_find(const neighbors *all, const char *where, const char *name);

#endif
