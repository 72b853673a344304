/*
 * escape.h - print text that others have chosen where people read it.
 */
#ifndef REFCOW_CLI_TEXT_ESCAPE_H
#define REFCOW_CLI_TEXT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Print a file name, or anything else that may be hostile, so that it can neither command a terminal nor pretend to be
 * other text: control characters, invisible and direction-changing characters and bytes that are not UTF-8 appear as
 * \xNN, a backslash as \\. The result is one line. Where the locale's characters are not UTF-8, every byte that is not
 * ASCII is escaped.
 */
void escape_print(FILE *out, const char *text);

/* The longest piece: a sequence of six bytes, each as \xNN, and a NUL. */
#define ESCAPED_LENGTH 25

/* The same for the first character of a text that is not empty: its length. piece is what stands for it. */
size_t escape_step(const char *text, char piece[ESCAPED_LENGTH]);

#endif
