/*
 * magics.h - the magic bytes by which other formats than qcow2 are known, and where they stand.
 */
#ifndef REFCOW_CLI_MAGICS_H
#define REFCOW_CLI_MAGICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC_LONGEST 24u
#define MAGICS_MAX 50u /* how many there are, at most */
#define MAGIC_ZIP_END "PK\x05\x06"

typedef enum magic_place {
    MAGIC_AT_OFFSET,     /* from the start of the file */
    MAGIC_IN_DESCRIPTOR, /* at the offset in a volume descriptor of a CD or DVD */
    MAGIC_IN_TAIL        /* begins anywhere in the last bytes of the file, as many as offset */
} magic_place;

typedef struct magic {
    const char *format;
    const char *bytes;
    size_t length; /* at most MAGIC_LONGEST */
    uint64_t offset;
    magic_place place;
    bool in_raw; /* an honest raw disk may have it; other raw data that has a magic is taken for that format */
} magic;

/* The last one has no format. */
extern const magic magics[];

#endif
