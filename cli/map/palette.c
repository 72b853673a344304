#include "palette.h"

/* Damage is bright and all else is dark, in any eye. Any two of these colours, and what is free, differ also for people
 * who cannot tell red from green: conformance/lib/palette.py measures it. */
static const unsigned char colors[OWNERS] = {
    [OWNER_OVERLAPPING] = 209, [OWNER_ORPHAN] = 214, [OWNER_UNDERCOUNTED] = 223, [OWNER_LEAKED] = 227,
    [OWNER_UNKNOWN] = 213,     [OWNER_HEADER] = 53,  [OWNER_L1_TABLE] = 25,      [OWNER_L2_TABLE] = 21,
    [OWNER_REFCOUNTS] = 63,    [OWNER_BITMAPS] = 31, [OWNER_ENCRYPTION] = 18,    [OWNER_SNAPSHOT] = 52,
    [OWNER_SHARED] = 58,       [OWNER_DATA] = 100,   [OWNER_COMPRESSED] = 66,
};

unsigned palette_color(owner who)
{
    return colors[who];
}

/* 16 to 231 are a cube of 6 by 6 by 6 colours, 232 to 255 shades of grey. */
unsigned palette_rgb(owner who)
{
    static const unsigned levels[] = {0, 95, 135, 175, 215, 255};
    unsigned color = colors[who];

    if (color >= 232)
        return (8 + 10 * (color - 232)) * 0x010101;
    color -= 16;
    return levels[color / 36] << 16 | levels[color / 6 % 6] << 8 | levels[color % 6];
}

bool palette_is_light(owner who)
{
    unsigned rgb = palette_rgb(who);
    unsigned red = rgb >> 16, green = rgb >> 8 & 255, blue = rgb & 255;

    return 299 * red + 587 * green + 114 * blue > 128000;
}
