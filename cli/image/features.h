/*
 * features.h - the bits of the three feature words of a header, those that the format gives a meaning.
 */
#ifndef REFCOW_CLI_IMAGE_FEATURES_H
#define REFCOW_CLI_IMAGE_FEATURES_H

#include "refcow.h"

#include <stdint.h>

/* The numbers that the feature name table of an image has for them. */
typedef enum feature_word {
    FEATURES_INCOMPATIBLE,
    FEATURES_COMPATIBLE,
    FEATURES_AUTOCLEAR,
    FEATURE_WORDS
} feature_word;

#define FEATURE_BITS 64

typedef enum feature {
    FEATURE_DIRTY,
    FEATURE_CORRUPT,
    FEATURE_DATA_FILE,
    FEATURE_COMPRESSION_TYPE,
    FEATURE_EXTENDED_L2,
    FEATURE_LAZY_REFCOUNTS,
    FEATURE_BITMAPS,
    FEATURE_DATA_FILE_RAW,
    FEATURES /* how many there are; as the name of a bit: none of them */
} feature;

/* "incompatible" */
const char *feature_word_name(feature_word word);

uint64_t feature_word_value(const refcow_header *header, feature_word word);

/* The feature that a bit stands for, or FEATURES. */
feature feature_of(feature_word word, unsigned bit);

/* "dirty"; NULL for FEATURES. */
const char *feature_name(feature which);

#endif
