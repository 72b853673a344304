#include "info_features.h"

#include <string.h>

/* An entry of the table: which word, which bit, and a name with NULs behind it. */
#define ENTRY_SIZE 48u
#define ENTRY_NAME 2u

/* A table with more has bits that do not exist, or twice. What is behind is not looked at. */
#define MOST_ENTRIES (FEATURE_WORDS * FEATURE_BITS)

static const struct {
    feature_word word;
    unsigned bit;
    const char *name;
} known[] = {
    {FEATURES_INCOMPATIBLE, 0, "dirty"},       {FEATURES_INCOMPATIBLE, 1, "corrupt"},
    {FEATURES_INCOMPATIBLE, 2, "data-file"},   {FEATURES_INCOMPATIBLE, 3, "compression-type"},
    {FEATURES_INCOMPATIBLE, 4, "extended-l2"}, {FEATURES_COMPATIBLE, 0, "lazy-refcounts"},
    {FEATURES_AUTOCLEAR, 0, "bitmaps"},        {FEATURES_AUTOCLEAR, 1, "data-file-raw"},
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

const char *feature_name(feature_word word, unsigned bit)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].word == word && known[i].bit == bit)
            return known[i].name;
    }
    return NULL;
}

static refcow_span entry_at(refcow_span table, uint64_t index)
{
    return (refcow_span){table.offset + index * ENTRY_SIZE, ENTRY_SIZE};
}

bool feature_name_in_image(info_report *report, feature_word word, unsigned bit, image_name *name)
{
    refcow_span table = report->image.header.feature_names;

    for (uint64_t i = 0; i < table.length / ENTRY_SIZE && i < MOST_ENTRIES; i++) {
        info_read_name(report, entry_at(table, i), name);
        if (name->kept != ENTRY_SIZE)
            return false; /* it cannot be read */
        if ((unsigned char)name->bytes[0] != word || (unsigned char)name->bytes[1] != bit)
            continue;
        memmove(name->bytes, name->bytes + ENTRY_NAME, ENTRY_SIZE - ENTRY_NAME + 1); /* and the NUL behind it */
        name->length = name->kept = strlen(name->bytes);
        return true;
    }
    return false;
}
