/*
 * sizes.h - numbers of bytes and of things as people read them.
 */
#ifndef REFCOW_CLI_TEXT_SIZES_H
#define REFCOW_CLI_TEXT_SIZES_H

#include <stdint.h>
#include <stdio.h>

#define SIZE_TEXT_LENGTH 32

/* "64 KiB", "1.50 GiB": written into the text, which is returned. */
const char *size_text(char text[SIZE_TEXT_LENGTH], uint64_t size);

void size_print(FILE *out, uint64_t size);

/* "1 cluster", "2 clusters" */
void count_print(FILE *out, uint64_t count, const char *noun);

#endif
