/*
 * magics.h - the magic bytes by which other formats than qcow2 are known, and where they stand.
 */
#ifndef REFCOW_CLI_GATE_MAGICS_H
#define REFCOW_CLI_GATE_MAGICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC_LONGEST 24u
#define MAGICS_MAX 150u /* how many there are, at most */

typedef enum magic_place {
    MAGIC_AT_OFFSET,     /* at any of the offsets, from the start of the file */
    MAGIC_IN_DESCRIPTOR, /* at the offset in a volume descriptor of a CD or DVD */
    MAGIC_IN_SECTOR,     /* at the start of a sector, where the log of an XFS begins */
    MAGIC_IN_LABEL,      /* at the start of an uberblock in a label of a ZFS */
    MAGIC_IN_TAIL,       /* begins anywhere in the last bytes of the file; the offset is their number */
    MAGIC_BEFORE_END,    /* the offset before the end of the file, whose size is rounded down to a multiple of unit */
    MAGIC_SHAPE          /* no bytes: the check says whether the start of the file has the shape of the format */
} magic_place;

/* What is checked in addition to the bytes, or instead of them. */
typedef enum magic_check {
    MAGIC_IS_ENOUGH,
    MAGIC_OF_JMICRON,
    MAGIC_OF_NILFS,
    MAGIC_OF_SILICON,
    MAGIC_OF_ZIP,
    SHAPE_OF_ATARI,
    SHAPE_OF_TAR,
    SHAPE_OF_VMDK_TEXT
} magic_check;

typedef struct magic {
    const char *format;
    const char *bytes;
    size_t length; /* at most MAGIC_LONGEST */
    const uint64_t *offsets;
    size_t offsets_count;
    magic_place place;
    uint64_t unit;
    magic_check check;
    bool in_raw; /* an honest raw disk may have it; other raw data that has a magic is taken for that format */
} magic;

/* The last one has no format. */
extern const magic magics[];

#endif
