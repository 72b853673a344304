#include "features.h"

#include <stddef.h>

static const struct {
    feature_word word;
    unsigned bit;
    const char *name;
} table[] = {
    [FEATURE_DIRTY] = {FEATURES_INCOMPATIBLE, 0, "dirty"},
    [FEATURE_CORRUPT] = {FEATURES_INCOMPATIBLE, 1, "corrupt"},
    [FEATURE_DATA_FILE] = {FEATURES_INCOMPATIBLE, 2, "data-file"},
    [FEATURE_COMPRESSION_TYPE] = {FEATURES_INCOMPATIBLE, 3, "compression-type"},
    [FEATURE_EXTENDED_L2] = {FEATURES_INCOMPATIBLE, 4, "extended-l2"},
    [FEATURE_LAZY_REFCOUNTS] = {FEATURES_COMPATIBLE, 0, "lazy-refcounts"},
    [FEATURE_BITMAPS] = {FEATURES_AUTOCLEAR, 0, "bitmaps"},
    [FEATURE_DATA_FILE_RAW] = {FEATURES_AUTOCLEAR, 1, "data-file-raw"},
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

    while (which < FEATURES && (table[which].word != word || table[which].bit != bit))
        which++;
    return (feature)which;
}

const char *feature_name(feature which)
{
    return which < FEATURES ? table[which].name : NULL;
}
