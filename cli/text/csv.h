/*
 * csv.h - write comma-separated values, as in RFC 4180, with the line ends of this system.
 *
 * Spreadsheets take some texts for formulas and some numbers for others: see csv_path() and csv_code().
 */
#ifndef REFCOW_CLI_TEXT_CSV_H
#define REFCOW_CLI_TEXT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct csv_writer {
    FILE *out;
    bool is_inside; /* there is a field in this row */
} csv_writer;

void csv_begin_row(csv_writer *csv, FILE *out);
void csv_end_row(csv_writer *csv);

/* A word of the program's own; several in one field, with blanks between them. */
void csv_word(csv_writer *csv, const char *word);
void csv_word_list(csv_writer *csv, const char *const *words, size_t count);

/* A file name, escaped; one that would begin a formula is written as the same file in the directory ".". */
void csv_path(csv_writer *csv, const char *path);

/* A sentence, which others may have chosen: escaped; one that would begin a formula has a quotation mark before it. */
void csv_sentence(csv_writer *csv, const char *text);

void csv_boolean(csv_writer *csv, bool value);
void csv_number(csv_writer *csv, uint64_t number);

/* "0x1f": a number with all its bits. A spreadsheet rounds long decimal ones. */
void csv_code(csv_writer *csv, uint64_t number);

/* Fields with nothing in them. */
void csv_empty(csv_writer *csv, size_t count);

#endif
