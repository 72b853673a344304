/*
 * name.h - names of files that an image contains: what sort of name, and how to show it. None of them is ever opened.
 */
#ifndef REFCOW_CLI_TEXT_NAME_H
#define REFCOW_CLI_TEXT_NAME_H

#include "json.h"
#include "refcow.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * X(NAME, bit, "word", "what it means"). The words are stable. A name has exactly one of the first five, as qemu would
 * read it, and any of the others.
 */
#define NAME_TRAIT_ROWS(X)                                                                                             \
    X(EMPTY, 0, "empty", "no byte at all, or the first one is NUL")                                                    \
    X(JSON, 1, "json", "begins with json: and can name any driver, host or file")                                      \
    X(PROTOCOL, 2, "protocol", "has a colon before the first slash: the word before it is a protocol or driver")       \
    X(ABSOLUTE, 3, "absolute", "begins with a slash")                                                                  \
    X(RELATIVE, 4, "relative", "is relative to the folder of the image")                                               \
    X(FDSET, 5, "fdset", "has /dev/fdset in it: a descriptor that the opener has been given")                          \
    X(PARENT, 6, "parent", "has a component ..")                                                                       \
    X(NUL, 7, "nul", "has a NUL byte: readers differ on where it ends")                                                \
    X(CONTROL, 8, "control", "has control characters")                                                                 \
    X(INVISIBLE, 9, "invisible", "has characters without a shape, or marks that change the direction of writing")      \
    X(NOT_UTF8, 10, "not-utf8", "is not UTF-8")                                                                        \
    X(TOO_LONG, 11, "too-long", "is longer than 1023 bytes; the others are about the first 1023")

typedef enum name_trait {
#define NAME_TRAIT_ENUM(name, bit, word, text) NAME_##name = 1 << bit,
    NAME_TRAIT_ROWS(NAME_TRAIT_ENUM)
#undef NAME_TRAIT_ENUM
} name_trait;

/* The longest name that qemu takes. The name of a data file has no limit of its own. */
#define NAME_KEPT 1023u

/* The bytes of a name, with a NUL behind them. */
typedef struct image_name {
    uint64_t length; /* that the image says */
    size_t kept;     /* bytes: length, or NAME_KEPT if it is longer */
    char bytes[NAME_KEPT + 1];
} image_name;

refcow_status name_read(image_name *name, const refcow_image *image, refcow_span span);

/* A set of name_trait. */
unsigned name_traits(const image_name *name);

/* For people: escaped, in one line. */
void name_print(FILE *out, const image_name *name);

/* "absolute, control": the words of the traits. */
void name_print_traits(FILE *out, const image_name *name);

/* For programs: the members "text", "length" and "traits" of an object that is open; and "hex", the exact bytes, if the
 * name is not UTF-8. */
void name_print_json(json_writer *json, const image_name *name);

#endif
