/*
 * edit.h - an input that is being changed: its bytes, the room for them, and a map that is kept true.
 */
#ifndef REFCOW_FUZZ_MUTATOR_EDIT_H
#define REFCOW_FUZZ_MUTATOR_EDIT_H

#include "places.h"

typedef struct image_edit {
    uint8_t *data;
    size_t size;
    size_t max;
    uint64_t random; /* state of next_random() */
    image_map map;
} image_edit;

/* Read the map again, after what moves structures. 0: this is no image any more. */
int edit_map(image_edit *edit);

/* Numbers at host offsets. Outside the input: 0, and nothing is written. */
uint64_t edit_get(const image_edit *edit, uint64_t offset, size_t width);
void edit_put(image_edit *edit, uint64_t offset, size_t width, uint64_t value);

/* Put bytes between others of the header's cluster, whose last bytes make room for them. 0: there is no such place. */
int edit_insert(image_edit *edit, uint64_t offset, const uint8_t *bytes, size_t length);

/* A cluster more, of zeros, with at least so many bytes in the input: its host offset; 0: there is no room. */
uint64_t edit_append(image_edit *edit, size_t bytes);

#endif
