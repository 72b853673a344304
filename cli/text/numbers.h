/*
 * numbers.h - numbers and sizes on a command line.
 */
#ifndef REFCOW_CLI_TEXT_NUMBERS_H
#define REFCOW_CLI_TEXT_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits and nothing else. */
bool parse_number(const char *text, uint64_t *number);

/* Decimal digits, and K, M, G or T after them for a power of 1024. */
bool parse_size(const char *text, uint64_t *size);

#endif
