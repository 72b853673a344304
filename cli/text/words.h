/*
 * words.h - one word of several on a command line.
 */
#ifndef REFCOW_CLI_TEXT_WORDS_H
#define REFCOW_CLI_TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Which of the words it is. False if it is none of them. */
bool parse_word(const char *text, const char *const *words, size_t count, size_t *which);

#endif
