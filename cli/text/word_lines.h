/*
 * word_lines.h - files whose lines are a word, or a word and its value; "#" begins a comment.
 */
#ifndef REFCOW_CLI_TEXT_WORD_LINES_H
#define REFCOW_CLI_TEXT_WORD_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* What is done with the word of a line: value is NULL if there is none. Returns NULL, or a sentence that says what is
 * wrong with the value or, without one, with the word. */
typedef const char *word_taker(void *user, const char *word, const char *value);

/* Take each line of a text of so many bytes, with a NUL behind them; words may be ended by NULs in it. "word=value" is
 * "word value". False if a line is wrong; the reason is on stderr, with the name of the file. */
bool word_lines_take(char *text, size_t length, const char *name, word_taker *take, void *user);

/* The same for a file of at most 64 KiB. */
bool word_lines_read(const char *path, word_taker *take, void *user);

#endif
