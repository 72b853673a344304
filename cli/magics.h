/*
 * magics.h - the magic bytes by which other formats than qcow2 are known, and where they stand.
 */
#ifndef REFCOW_CLI_MAGICS_H
#define REFCOW_CLI_MAGICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC_LONGEST 24u
#define MAGICS_MAX 40u /* how many there are, at most */

typedef struct magic {
    const char *format;
    const char *bytes;
    size_t length;   /* at most MAGIC_LONGEST */
    uint64_t offset; /* from the start of the file, or how far before its end */
    bool is_at_end;
    bool is_disk; /* a format of disk images: raw data that has it is taken for that format */
} magic;

/* The last one has no format. */
extern const magic magics[];

#endif
