/*
 * image_features.h - features of the format, turned on with all that they need or off, so that a mutation gets past the
 * rules of the header.
 */
#ifndef REFCOW_FUZZ_MUTATOR_IMAGE_FEATURES_H
#define REFCOW_FUZZ_MUTATOR_IMAGE_FEATURES_H

#include "edit.h"

enum { FEATURES = 14 };

void change_feature(image_edit *edit, unsigned feature);

/* A header extension of a random type, with contents that may be good, or the first one removed. */
void change_extension(image_edit *edit);

#endif
