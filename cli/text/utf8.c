#include "utf8.h"

#include <stdbool.h>

/* How many bytes a lead byte announces; 0 if it cannot begin a sequence. */
static size_t announced_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc0 || lead >= 0xfe)
        return 0;
    size_t length = 2;
    for (unsigned bit = 0x20; lead & bit; bit >>= 1)
        length++;
    return length;
}

static bool is_noncharacter(uint32_t value)
{
    return (value >= 0xfdd0 && value <= 0xfdef) || (value & 0xfffe) == 0xfffe;
}

static bool is_surrogate(uint32_t value)
{
    return value >= 0xd800 && value <= 0xdfff;
}

static bool is_overlong(uint32_t value, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000};
    bool modified_nul = value == 0 && length == 2;
    return value < smallest[length] && !modified_nul;
}

size_t utf8_decode(const char *text, int32_t *code_point)
{
    unsigned char lead = (unsigned char)text[0];
    size_t length = announced_length(lead);

    *code_point = UTF8_INVALID;
    if (length == 0)
        return 1;
    if (length == 1) {
        *code_point = lead;
        return 1;
    }
    uint32_t value = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xc0) != 0x80) /* the final NUL, too */
            return i;
        value = value << 6 | (byte & 0x3f);
    }
    if (value <= 0x10ffff && !is_noncharacter(value) && !is_surrogate(value) && !is_overlong(value, length))
        *code_point = (int32_t)value;
    return length;
}
