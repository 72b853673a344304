/*
 * late_answers.h - the answers that the backstop gives, see backstop.h: of the image whose check does not end, and of
 * all that come after it.
 */
#ifndef REFCOW_CLI_RUN_LATE_ANSWERS_H
#define REFCOW_CLI_RUN_LATE_ANSWERS_H

#include "../text/failure.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Print the answer of an image of which nothing is known but why. The user is whom the printer was given with. */
typedef void late_printer(void *user, FILE *out, const char *path, const failure *why);

/* Have answers ready for all images, while memory can be had. They are made once, and again by late_expect(). Returns
 * the bytes of memory that this takes. */
uint64_t late_prepare(char **paths, int count, late_printer *print, void *user);

/* From now on an image is looked at. Those from the first one on have no answer yet. The output of others is flushed.
 */
void late_expect(int first, int image);

#endif
