/*
 * images.h - the images that a command line names, one after the other.
 */
#ifndef REFCOW_CLI_RUN_IMAGES_H
#define REFCOW_CLI_RUN_IMAGES_H

#include "../image/file.h"
#include "../process/exit_codes.h"
#include "../sandbox/sandbox.h"
#include "late_answers.h"
#include "neighbors.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct image_list {
    char **paths; /* words of the command line */
    int count;
} image_list;

/* What is left of the command line behind its options, at least one image. False, and the reason is on stderr, if that
 * cannot be: "-" is kept for standard input. command is "refcow VERB". */
bool images_take(image_list *images, const char *command, int argc, char **argv);

/* Not more than one. False, and the sentence is on stderr with the second one. */
bool images_are_one(const image_list *images, const char *command, const char *sentence);

#define JSON_IS_OF_ONE "--output=json takes one image, --output=jsonl takes several; unexpected argument"

typedef struct opened_image {
    const char *path;
    bool is_open;
    image_file file;  /* if it is open */
    failure why;      /* if it is not */
    uint64_t opening; /* nanoseconds that it took */
    const neighbors *all;
    const char *folder; /* see neighbors_folder() */
} opened_image;

typedef struct images_needs {
    uint64_t memory;  /* bytes that looking at an image takes, at most; what is mapped already included */
    uint64_t timeout; /* seconds to reach a server; 0: as long as it takes */
    bool sandbox;
    late_printer
        *print_late; /* answers for the backstop, if there is a timeout; called with the user of images_each() */
} images_needs;

/* Give up what is not needed, when all that is needed is open: from here on images are read, which may be hostile.
 * remote: how many of them are on servers; talk: how that is done; highest: the highest descriptor of any. */
void images_confine(const images_needs *needs, uint64_t remote, sandbox_talk talk, int highest);

/*
 * Open them all; give up what looking at them does not need, see sandbox.h; then look at each of them, whatever became
 * of the others. Returns the worst exit code.
 *
 * All are opened first because nothing can be opened later: an image that has taken over the process is to get at no
 * file but those that are named with it, and at those only to read.
 */
exit_code images_each(const image_list *images, const images_needs *needs,
                      exit_code (*look_at)(void *user, opened_image *image), void *user);

#endif
