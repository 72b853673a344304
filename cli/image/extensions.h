/*
 * extensions.h - the types of header extensions that the format knows.
 */
#ifndef REFCOW_CLI_IMAGE_EXTENSIONS_H
#define REFCOW_CLI_IMAGE_EXTENSIONS_H

#include <stdint.h>

typedef enum known_extension {
    EXTENSION_BACKING_FORMAT,
    EXTENSION_FEATURE_NAMES,
    EXTENSION_DATA_FILE,
    EXTENSION_ENCRYPTION,
    EXTENSION_BITMAPS,
    EXTENSIONS /* none of these */
} known_extension;

known_extension extension_of_type(uint32_t type);

/* "backing-format"; NULL if it is none. */
const char *extension_name(known_extension which);

#endif
