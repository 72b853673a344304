#include "boundaries.h"
#include "../input/random.h"

#define COPIED ((uint64_t)1 << 63)
#define COMPRESSED ((uint64_t)1 << 62)
#define ENTRY_OFFSET 0x00fffffffffffe00u
#define READ_END 0x7fffffffc0000000u

#define PICK(list, random) ((list)[(random) % (sizeof(list) / sizeof *(list))])

static uint64_t pick_limit(uint64_t random)
{
    static const uint64_t limits[] = {
        0,
        1,
        511,
        512,
        (uint64_t)1 << 55,
        ENTRY_OFFSET,
        (uint64_t)1 << 56,
        (uint64_t)1 << 62,
        READ_END,
        ((uint64_t)1 << 63) - 512,
        (uint64_t)1 << 63,
        UINT64_MAX - 511,
        UINT64_MAX,
    };
    return PICK(limits, random);
}

uint64_t boundary_offset(const image_map *map, uint64_t *random)
{
    uint64_t dice = next_random(random);
    uint64_t end = map->extents.size / map->cluster * map->cluster;
    uint64_t known = map->structures > 0 ? map->structure[(dice >> 8) % map->structures] : 0;
    switch (dice % 8) {
    case 0:
        return pick_limit(dice >> 8);
    case 1:
        return end + (dice >> 8) % 3 * map->cluster;
    case 2:
        return end - (dice >> 8) % 3 * map->cluster;
    case 3:
        return known + (dice >> 16) % map->cluster;
    case 4:
        return known + map->cluster;
    case 5:
        return (dice >> 8) % (end / map->cluster + 2) * map->cluster;
    default:
        return known;
    }
}

static uint64_t boundary_size(const image_map *map, uint64_t *random)
{
    static const uint64_t sizes[] = {
        0,
        1,
        2,
        3,
        15,
        16,
        17,
        23,
        24,
        25,
        71,
        72,
        103,
        104,
        105,
        111,
        112,
        113,
        592,
        1023,
        1024,
        1025,
        65535,
        65536,
        65537,
        4194303,
        4194304,
        4194305,
        0x8000000,
        0x8000001,
        67107840,
        67107841,
        512 << 20,
        64 << 20,
        8 << 20,
        INT32_MAX,
        INT64_MAX,
        UINT32_MAX,
        READ_END,
        UINT64_MAX,
        0,
        UINT16_MAX,
        READ_END + 1,
        (uint64_t)1 << 63,
    };
    uint64_t dice = next_random(random);
    switch (dice % 4) {
    case 0:
        return map->cluster + (dice >> 8) % 3 - 1;
    case 1:
        return (8 << 20) / map->cluster + (dice >> 8) % 3 - 1; /* clusters of the largest refcount table */
    default:
        return PICK(sizes, dice >> 8);
    }
}

/* An entry of an L1, L2 or refcount table: some offset and some flags. */
static uint64_t boundary_entry(const image_map *map, uint64_t *random)
{
    static const uint64_t flags[] = {
        0,
        COPIED,
        COPIED,
        COPIED,
        1,
        COPIED | 1,
        COMPRESSED,
        COMPRESSED | COPIED,
        COMPRESSED | (uint64_t)1 << 61,
        COMPRESSED | 0x3fffffffffffffffu,
        2,
        0x1fe,
        (uint64_t)1 << 56,
        0x3f00000000000000u,
    };
    uint64_t dice = next_random(random);
    uint64_t offset = boundary_offset(map, random);
    if (dice % 16 == 0) {
        return PICK(flags, dice >> 8);
    }
    return (offset & ENTRY_OFFSET) | PICK(flags, dice >> 8);
}

static uint64_t boundary_small(uint64_t random)
{
    static const uint64_t values[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12,
                                      13, 14, 16, 20, 21, 22, 31, 32, 63, 64, 255};
    return PICK(values, random);
}

static uint64_t boundary_bits(uint64_t random)
{
    static const uint64_t values[] = {0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, UINT32_MAX, UINT64_MAX};
    return random % 4 == 0 ? (uint64_t)1 << (random >> 8) % 64 : PICK(values, random >> 8);
}

static uint64_t boundary_type(uint64_t random)
{
    static const uint64_t types[] = {0, 0xe2792aca, 0x6803f857, 0x0537be77, 0x23852875, 0x44415441, 1};
    return PICK(types, random);
}

static uint64_t boundary_subclusters(uint64_t random)
{
    static const uint64_t words[] = {0,
                                     1,
                                     UINT32_MAX,
                                     0xffffffff00000000u,
                                     UINT64_MAX,
                                     0x100000001u,
                                     0x80000000u,
                                     0x5555555555555555u,
                                     0xaaaaaaaa55555555u};
    return PICK(words, random);
}

static uint64_t boundary_refcount(uint64_t random)
{
    static const uint64_t counts[] = {
        0,         0, 1, 1, 2, 3, 7, 15, 127, 128, 253, 254, 255, 256, 257, 65534, 65535, UINT32_MAX, UINT64_MAX - 1,
        UINT64_MAX};
    return PICK(counts, random);
}

uint64_t boundary_value(const image_map *map, place_kind kind, uint64_t *random)
{
    switch (kind) {
    case PLACE_OFFSET:
    case PLACE_EXTENT:
        return boundary_offset(map, random);
    case PLACE_SIZE:
        return boundary_size(map, random);
    case PLACE_SMALL:
        return boundary_small(next_random(random));
    case PLACE_BITS:
        return boundary_bits(next_random(random));
    case PLACE_TYPE:
        return boundary_type(next_random(random));
    case PLACE_BITMAP:
        return boundary_subclusters(next_random(random));
    case PLACE_COUNT:
        return boundary_refcount(next_random(random));
    case PLACE_L1:
    case PLACE_L2:
    case PLACE_BLOCK:
    case PLACE_CLUSTER:
    case PLACE_KINDS:
        break;
    }
    return boundary_entry(map, random);
}
