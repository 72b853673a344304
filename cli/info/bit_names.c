#include "bit_names.h"

#include <string.h>

/* An entry of the table: which word, which bit, and a name with NULs behind it. */
#define ENTRY_SIZE 48u
#define ENTRY_NAME 2u

/* A table with more has bits that do not exist, or twice. What is behind is not looked at. */
#define MOST_ENTRIES (FEATURE_WORDS * FEATURE_BITS)

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
