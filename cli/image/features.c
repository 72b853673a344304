#include "features.h"

#include <stddef.h>

static const struct {
    feature_word word;
    uint64_t mask;
    const char *name;
} table[] = {
    [FEATURE_DIRTY] = {FEATURES_INCOMPATIBLE, REFCOW_INCOMPATIBLE_DIRTY, "dirty"},
    [FEATURE_CORRUPT] = {FEATURES_INCOMPATIBLE, REFCOW_INCOMPATIBLE_CORRUPT, "corrupt"},
    [FEATURE_DATA_FILE] = {FEATURES_INCOMPATIBLE, REFCOW_INCOMPATIBLE_DATA_FILE, "data-file"},
    [FEATURE_COMPRESSION_TYPE] = {FEATURES_INCOMPATIBLE, REFCOW_INCOMPATIBLE_COMPRESSION, "compression-type"},
    [FEATURE_EXTENDED_L2] = {FEATURES_INCOMPATIBLE, REFCOW_INCOMPATIBLE_EXTENDED_L2, "extended-l2"},
    [FEATURE_LAZY_REFCOUNTS] = {FEATURES_COMPATIBLE, REFCOW_COMPATIBLE_LAZY_REFCOUNTS, "lazy-refcounts"},
    [FEATURE_BITMAPS] = {FEATURES_AUTOCLEAR, REFCOW_AUTOCLEAR_BITMAPS, "bitmaps"},
    [FEATURE_DATA_FILE_RAW] = {FEATURES_AUTOCLEAR, REFCOW_AUTOCLEAR_DATA_FILE_RAW, "data-file-raw"},
};

const char *feature_word_name(feature_word word)
{
    static const char *const names[FEATURE_WORDS] = {"incompatible", "compatible", "autoclear"};
    return names[word];
}

uint64_t feature_word_value(const refcow_header *header, feature_word word)
{
    if (word == FEATURES_INCOMPATIBLE)
        return header->incompatible_features;
    return word == FEATURES_COMPATIBLE ? header->compatible_features : header->autoclear_features;
}

feature feature_of(feature_word word, unsigned bit)
{
    unsigned which = 0;

    while (which < FEATURES && (table[which].word != word || table[which].mask != UINT64_C(1) << bit))
        which++;
    return (feature)which;
}

const char *feature_name(feature which)
{
    return which < FEATURES ? table[which].name : NULL;
}
