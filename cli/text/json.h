/*
 * json.h - write one JSON value, indented by four spaces a level, as qemu-img does, or in one line.
 *
 * The caller keeps the grammar: members have a key, elements of an array have NULL for it, and what is opened is
 * closed. Errors stay in the stream, as with fprintf().
 */
#ifndef REFCOW_CLI_TEXT_JSON_H
#define REFCOW_CLI_TEXT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json_writer {
    FILE *out;
    unsigned depth;
    bool empty; /* nothing has been written at this depth yet */
    bool is_line;
} json_writer;

/* The outermost value is an object. */
void json_begin(json_writer *json, FILE *out);
void json_begin_line(json_writer *json, FILE *out);
void json_end(json_writer *json);

void json_open_object(json_writer *json, const char *key);
void json_close_object(json_writer *json);
void json_open_array(json_writer *json, const char *key);
void json_close_array(json_writer *json);

/* The text may have any bytes; those that are not UTF-8 are written as U+FFFD. The output is ASCII. */
void json_string(json_writer *json, const char *key, const char *text);

/* The same for bytes that may have NULs among them. */
void json_bytes(json_writer *json, const char *key, const char *bytes, size_t length);

void json_number(json_writer *json, const char *key, uint64_t number);
/* A string, "0x1f": readers that use floating point round numbers from 2^53 on. */
void json_code(json_writer *json, const char *key, uint64_t number);
/* With two decimals. */
void json_decimal(json_writer *json, const char *key, double number);
void json_boolean(json_writer *json, const char *key, bool value);
void json_null(json_writer *json, const char *key);

#endif
