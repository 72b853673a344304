/*
 * name.h - names of files that an image contains: read them, show them. None of them is ever opened.
 */
#ifndef REFCOW_CLI_TEXT_NAME_H
#define REFCOW_CLI_TEXT_NAME_H

#include "gate.h"
#include "json.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The bytes of a name, with a NUL behind them. */
typedef struct image_name {
    uint64_t length; /* that the image says */
    size_t kept;     /* bytes: length, or REFCOW_NAME_MAX if it is longer */
    char bytes[REFCOW_NAME_MAX + 1];
} image_name;

refcow_status name_read(image_name *name, const refcow_image *image, refcow_span span);

/* A set of refcow_trait. */
uint32_t name_traits(const image_name *name);

/* For people: escaped, in one line. */
void name_print(FILE *out, const image_name *name);

/* "absolute, control": the words of the traits. */
void name_print_traits(FILE *out, const image_name *name);

/* For programs: the members "text", "length" and "traits" of an object that is open; and "hex", the exact bytes, if the
 * name is not UTF-8. */
void name_print_json(json_writer *json, const image_name *name);

#endif
