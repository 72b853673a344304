/*
 * boundaries.h - the values at which something changes, for each kind of field.
 */
#ifndef REFCOW_FUZZ_MUTATOR_BOUNDARIES_H
#define REFCOW_FUZZ_MUTATOR_BOUNDARIES_H

#include "places.h"

/* One of them; it may have more bits than the field. */
uint64_t boundary_value(const image_map *map, place_kind kind, uint64_t *random);

/* A host offset: of a structure of the image, near to it, near to the end of the file, or at a limit. */
uint64_t boundary_offset(const image_map *map, uint64_t *random);

#endif
