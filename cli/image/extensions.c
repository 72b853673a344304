#include "extensions.h"

#include <stddef.h>

static const struct {
    uint32_t type;
    const char *name;
} known[EXTENSIONS] = {
    [EXTENSION_BACKING_FORMAT] = {0xe2792aca, "backing-format"},
    [EXTENSION_FEATURE_NAMES] = {0x6803f857, "feature-names"},
    [EXTENSION_DATA_FILE] = {0x44415441, "data-file"},
    [EXTENSION_ENCRYPTION] = {0x0537be77, "encryption"},
    [EXTENSION_BITMAPS] = {0x23852875, "bitmaps"},
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
