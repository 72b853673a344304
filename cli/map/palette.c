#include "palette.h"

/* Damage is warm and loud, metadata purple to blue, what others use brown, guest data green. */
static const unsigned char colors[OWNERS] = {
    [OWNER_OVERLAPPING] = 196, [OWNER_ORPHAN] = 208, [OWNER_UNDERCOUNTED] = 214, [OWNER_LEAKED] = 226,
    [OWNER_UNKNOWN] = 201,     [OWNER_HEADER] = 90,  [OWNER_L1_TABLE] = 134,     [OWNER_L2_TABLE] = 147,
    [OWNER_REFCOUNTS] = 26,    [OWNER_BITMAPS] = 44, [OWNER_ENCRYPTION] = 175,   [OWNER_SNAPSHOT] = 137,
    [OWNER_SHARED] = 150,      [OWNER_DATA] = 71,    [OWNER_COMPRESSED] = 29,
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
