/*
 * reason.h - a failure as people read it, in a message and in an answer.
 */
#ifndef REFCOW_CLI_TEXT_REASON_H
#define REFCOW_CLI_TEXT_REASON_H

#include "failure.h"

#include <stdio.h>

/* How words that others may have chosen are printed: escape_print(), in a page html_print(). */
typedef void text_printer(FILE *out, const char *text);

/* "version is not 2 or 3: 4 (field at offset 4)", without a full stop and without the advice. */
void reason_print(FILE *out, const failure *why, text_printer *print_detail);

/* The same in a message: with the advice behind it. */
void reason_print_with_advice(FILE *out, const failure *why);

#endif
