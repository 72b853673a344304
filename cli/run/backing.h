/*
 * backing.h - where the name of an image's backing file leads: to the image itself, or to another image of the command
 * line.
 *
 * Only names of files are followed, as words: not json:..., not PROTOCOL:..., and no ".." behind the name of a folder,
 * which may be a symbolic link. See neighbors.h for what the system is asked.
 */
#ifndef REFCOW_CLI_RUN_BACKING_H
#define REFCOW_CLI_RUN_BACKING_H

#include "../text/name.h"
#include "neighbors.h"

typedef enum backing_state {
    BACKING_NONE,     /* the image names no backing file */
    BACKING_ITSELF,   /* the image */
    BACKING_NEIGHBOR, /* another image of the command line */
    BACKING_ELSEWHERE /* not found among the images of the command line */
} backing_state;

typedef struct backing_link {
    backing_state state;
    int neighbor; /* its number, if it is one */
} backing_link;

/* Of an image with this header, which is in this folder (NULL: not known). name becomes the name that it has. */
backing_link backing_follow(const neighbors *all, const char *folder, const image_file *file, const refcow_image *image,
                            image_name *name);

#endif
