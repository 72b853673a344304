/*
 * progress.h - show on stderr how far the check of an image is, with the rate and the time left.
 *
 * "    (12.34/100%) 512 MiB/s, 3 s left": the part in brackets is what qemu-img prints.
 */
#ifndef REFCOW_CLI_RUN_PROGRESS_H
#define REFCOW_CLI_RUN_PROGRESS_H

#include "refcow.h"

#include <stdbool.h>

typedef enum progress_mode {
    PROGRESS_OFF,     /* only when SIGUSR1 asks for it */
    PROGRESS_IF_SEEN, /* if stderr is a terminal and the check takes long enough to wonder; the line is wiped off */
    PROGRESS_ALWAYS   /* from 0 to 100 %; the line stays */
} progress_mode;

/* What -q and -p ask for. */
progress_mode progress_mode_of(bool is_quiet, bool is_wanted);

/* From now on SIGUSR1 asks for a line. */
void progress_on_signal(void);

/* An image is begun. */
void progress_start(progress_mode mode);

/* The check is over, and the image is read again for something else, which the line names. */
void progress_again(const char *purpose);

/* What the library tells. */
void progress_show(const refcow_progress *now);

/* The same as a callback of the library, which also ends its work when somebody wants that: see stop.h. */
int progress_or_stop(void *user, const refcow_progress *now);

/* The image is done with, or as far as it goes. */
void progress_end(bool finished);

#endif
