/*
 * gate_magics.h - the signatures by which formats other than qcow2 are known, and where they stand.
 */
#ifndef REFCOW_GATE_MAGICS_H
#define REFCOW_GATE_MAGICS_H

#include "bytes.h"

#define MAGICS 155u   /* rows of the table */
#define MAGIC_QCOW 0u /* the row of the format that is judged */
#define MAGIC_DMG 31u /* the row of the format that readers also know by the name of the file */
#define MAGIC_NOWHERE UINT64_MAX
#define MAGIC_LONGEST 24u /* bytes of a signature */

enum magic_place {
    MAGIC_AT_OFFSET,     /* at any of the offsets, from the start of the file */
    MAGIC_IN_DESCRIPTOR, /* at the offset in a volume descriptor of a CD or DVD */
    MAGIC_IN_SECTOR,     /* at the start of a sector, where the log of an XFS begins */
    MAGIC_IN_LABEL,      /* at the start of an uberblock of a ZFS; the offsets are the numbers of its labels */
    MAGIC_IN_TAIL,       /* begins anywhere in the last bytes of the file; the offset is their number */
    MAGIC_BEFORE_END     /* the offset before the end of the file, whose size is rounded down to 1 << unit_bits */
};

/* What is checked in addition to the bytes. A shape has no bytes: the start of the file has the form of the format. */
enum magic_check {
    MAGIC_IS_ENOUGH,
    MAGIC_OF_JMICRON,
    MAGIC_OF_NILFS,
    MAGIC_OF_SILICON,
    MAGIC_OF_ZIP,
    MAGIC_SHAPE_OF_ATARI,
    MAGIC_SHAPE_OF_TAR,
    MAGIC_SHAPE_OF_VMDK_TEXT
};

struct magic {
    const char *format;
    const uint8_t *bytes;
    const uint32_t *offsets;
    uint32_t length; /* of bytes; 0: a shape */
    uint32_t offsets_count;
    uint32_t unit_bits;
    enum magic_place place;
    enum magic_check check;
    bool in_raw; /* an honest raw disk may have it; other raw data that has a signature is taken for that format */
    bool wraps;  /* a compressed file or an archive: an image is to be unpacked from it */
};

/* A row of the table, whose index is below MAGICS. Row 0 is the format that is judged. */
struct magic refcow_magic(uint32_t index);

#endif
