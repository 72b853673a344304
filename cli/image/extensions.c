#include "extensions.h"

#include "refcow.h"

#include <stddef.h>

static const struct {
    uint32_t type;
    const char *name;
} known[EXTENSIONS] = {
    [EXTENSION_BACKING_FORMAT] = {REFCOW_EXTENSION_BACKING_FORMAT, "backing-format"},
    [EXTENSION_FEATURE_NAMES] = {REFCOW_EXTENSION_FEATURE_NAMES, "feature-names"},
    [EXTENSION_DATA_FILE] = {REFCOW_EXTENSION_DATA_FILE, "data-file"},
    [EXTENSION_ENCRYPTION] = {REFCOW_EXTENSION_ENCRYPTION, "encryption"},
    [EXTENSION_BITMAPS] = {REFCOW_EXTENSION_BITMAPS, "bitmaps"},
};

known_extension extension_of_type(uint32_t type)
{
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        if (known[i].type == type)
            return (known_extension)i;
    }
    return EXTENSIONS;
}

const char *extension_name(known_extension which)
{
    return which == EXTENSIONS ? NULL : known[which].name;
}
