/*
 * info_features.h - what the bits of the three feature words are called: by the format, and by the image itself.
 */
#ifndef REFCOW_CLI_INFO_FEATURES_H
#define REFCOW_CLI_INFO_FEATURES_H

#include "info_report.h"

#include <stdbool.h>
#include <stdint.h>

/* The numbers that the feature name table has for them. */
typedef enum feature_word {
    FEATURES_INCOMPATIBLE,
    FEATURES_COMPATIBLE,
    FEATURES_AUTOCLEAR,
    FEATURE_WORDS
} feature_word;

#define FEATURE_BITS 64

/* "incompatible" */
const char *feature_word_name(feature_word word);

uint64_t feature_word_value(const refcow_header *header, feature_word word);

/* "dirty"; NULL if the format gives the bit no meaning. */
const char *feature_name(feature_word word, unsigned bit);

/* What the image's own table of names says about a bit. False if it says nothing. */
bool feature_name_in_image(info_report *report, feature_word word, unsigned bit, image_name *name);

#endif
