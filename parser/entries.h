/*
 * entries.h - what one entry of an L1, L2 or refcount table says. Pure functions on the entry's bits.
 */
#ifndef REFCOW_ENTRIES_H
#define REFCOW_ENTRIES_H

#include "bytes.h"

#define ENTRY_COPIED 0x8000000000000000u     /* L1, L2: the refcount of what is named is exactly 1 */
#define ENTRY_COMPRESSED 0x4000000000000000u /* L2 */
#define ENTRY_ZERO 0x0000000000000001u       /* L2, not with extended entries: the cluster reads as zeros */
#define ENTRY_OFFSET 0x00fffffffffffe00u     /* L1, L2 (not compressed): bits 9 to 55 */
#define ENTRY_OFFSET_END 0x0100000000000000u /* past all of them: the next cluster's offset would not fit the bits */
#define L1_RESERVED_BITS 0x7f000000000001ffu
#define L2_RESERVED_BITS 0x3f000000000001feu
#define BLOCK_RESERVED_BITS 0x00000000000001ffu /* refcount table; the rest is the block's offset */

/* The sector that compressed data is measured in, whatever the sectors of the disk. */
#define COMPRESSED_SECTOR 512u

enum l2_class {
    L2_UNALLOCATED,    /* the backing file shows through */
    L2_ZERO_PLAIN,     /* reads as zeros, no host cluster */
    L2_ZERO_ALLOCATED, /* reads as zeros, keeps a host cluster */
    L2_NORMAL,
    L2_COMPRESSED
};

/* What decides how L2 entries are to be read. */
struct l2_format {
    bool extended;
    bool data_file; /* guest data is in another file, whose offset 0 is an ordinary offset */
};

static inline enum l2_class l2_class_of(uint64_t entry, const struct l2_format *format)
{
    if ((entry & ENTRY_COMPRESSED) != 0)
        return L2_COMPRESSED;
    bool has_offset = (entry & ENTRY_OFFSET) != 0;
    if ((entry & ENTRY_ZERO) != 0 && !format->extended)
        return has_offset ? L2_ZERO_ALLOCATED : L2_ZERO_PLAIN;
    if (has_offset || (format->data_file && (entry & ENTRY_COPIED) != 0))
        return L2_NORMAL;
    return L2_UNALLOCATED;
}

/* The bitmap of an extended L2 entry: low half "allocated", high half "reads as zeros", one bit a subcluster. */
static inline uint32_t allocated_subclusters(uint64_t bitmap)
{
    return (uint32_t)(bitmap & 0xffffffffu);
}

static inline uint32_t zero_subclusters(uint64_t bitmap)
{
    return (uint32_t)(bitmap >> 32);
}

/* Where the data of a compressed entry lies: bits 0 to x-1 are the offset, in bytes, and bits x to 61 the number of
 * further sectors, where x = 62 - (cluster_bits - 8). The length runs to the end of the last sector. */
static inline uint64_t compressed_offset(uint64_t entry, uint32_t cluster_bits)
{
    return entry & low_bits(70 - cluster_bits);
}

static inline uint64_t compressed_length(uint64_t entry, uint32_t cluster_bits)
{
    uint64_t sectors = ((entry >> (70 - cluster_bits)) & low_bits(cluster_bits - 8)) + 1;
    return sectors * COMPRESSED_SECTOR - (entry & (COMPRESSED_SECTOR - 1));
}

#endif
