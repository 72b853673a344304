/*
 * naive_names.h - a second reading of the names that an image has: text as QEMU decodes it, traits as QEMU takes names
 * apart.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_NAMES_H
#define REFCOW_FUZZ_MODEL_NAIVE_NAMES_H

#include "gate.h"

/* A character of a text. */
typedef struct naive_character {
    size_t length; /* bytes, at least 1 */
    int32_t code;  /* -1: they are not UTF-8 */
} naive_character;

/* length: of the text, at least 1. */
naive_character naive_decode(const uint8_t *text, size_t length);

/* NAIVE_OPEN: Unicode has the character among those that renderers may ignore, and gate.h does not say which of these
 * it means. */
typedef enum naive_answer { NAIVE_NO, NAIVE_YES, NAIVE_OPEN } naive_answer;

/* Whether a character is shapeless in the sense of refcow_is_shapeless(). */
naive_answer naive_shapeless(int32_t code);

/* The traits that a name has, and those of which the interface leaves open whether it has them. length: as the image
 * says; at most REFCOW_NAME_MAX bytes of the name are there. */
typedef struct naive_traits {
    uint32_t sure;
    uint32_t open;
} naive_traits;

naive_traits naive_name_traits(const uint8_t *name, uint64_t length);

#endif
