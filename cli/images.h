/*
 * images.h - the images that a command line names, one after the other.
 */
#ifndef REFCOW_CLI_IMAGES_H
#define REFCOW_CLI_IMAGES_H

#include "exit_codes.h"

#include <stdbool.h>

typedef struct image_list {
    char **paths; /* words of the command line */
    int count;
} image_list;

/* What is left of the command line behind its options, at least one image. False, and the reason is on stderr, if that
 * cannot be: "-" is kept for standard input. command is "refcow VERB". */
bool images_take(image_list *images, const char *command, int argc, char **argv);

/* Look at each of them, whatever became of the others. Returns the worst exit code. */
exit_code images_each(const image_list *images, exit_code (*look_at)(void *user, const char *path), void *user);

#endif
