/*
 * unread.h - the answer about an image of which nothing is known but why.
 */
#ifndef REFCOW_CLI_RUN_UNREAD_H
#define REFCOW_CLI_RUN_UNREAD_H

#include "../text/failure.h"
#include "refcow.h"

#include <stdio.h>

/* For people: "IMAGE: Incomplete: why.", or "IMAGE: Refused: why." if that is the verdict. */
void unread_print_human(FILE *out, const char *path, refcow_verdict verdict, const failure *why);

#endif
