/*
 * gate_utf8.c - bytes as people read them: code points, and which of them cannot be seen.
 *
 * The rules of UTF-8 are those of QEMU's JSON output. Surrogates, noncharacters, overlong forms and code points above
 * U+10FFFF are invalid as a whole. The one overlong form that is allowed is C0 80. Lead bytes of the old forms with
 * five and six bytes take their continuation bytes with them. A sequence that breaks off ends before the byte that does
 * not continue it, or with the text.
 */
#include "bytes.h"
#include "gate.h"

/* Bytes of the longest sequence that a lead byte can announce. */
#define LONGEST 6u

/* ------------------------------------------------------------- UTF-8 */

/* How many bytes a lead byte announces, at most LONGEST; 0 if it cannot begin a sequence. Bound: LONGEST. */
/*@ assigns \nothing;
    ensures \result <= LONGEST; */
static size_t announced_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc0 || lead >= 0xfe)
        return 0;
    size_t length = 2;
    /*@ loop invariant 2 <= length <= LONGEST;
        loop assigns length;
        loop variant LONGEST - length; */
    while (length < LONGEST && (lead & 0x80u >> length) != 0)
        length++;
    return length;
}

/*@ assigns \nothing; */
static bool is_noncharacter(uint32_t value)
{
    return (value >= 0xfdd0 && value <= 0xfdef) || (value & 0xfffe) == 0xfffe;
}

/*@ assigns \nothing; */
static bool is_surrogate(uint32_t value)
{
    return value >= 0xd800 && value <= 0xdfff;
}

/*@ requires length <= LONGEST;
    assigns \nothing; */
static bool is_overlong(uint32_t value, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000};
    bool is_modified_nul = value == 0 && length == 2;
    return value < smallest[length] && !is_modified_nul;
}

/* Bound: LONGEST. */
/*@ requires length >= 1 && \valid_read((const uint8_t *)text + (0 .. length - 1)) && \valid(code_point);
    requires \separated((const uint8_t *)text + (0 .. length - 1), code_point);
    assigns *code_point \from ((const uint8_t *)text)[0 .. length - 1];
    assigns \result \from ((const uint8_t *)text)[0 .. length - 1], length;
    ensures 1 <= \result <= length; */
size_t refcow_decode_utf8(const void *text, size_t length, int32_t *code_point)
{
    const uint8_t *bytes = text;
    size_t announced = announced_length(bytes[0]);
    uint32_t value = bytes[0];

    *code_point = -1;
    if (announced == 0)
        return 1;
    if (announced > 1)
        value &= 0x7fu >> announced;
    /*@ loop invariant 1 <= i <= length && i <= announced;
        loop assigns i, value;
        loop variant announced - i; */
    for (size_t i = 1; i < announced; i++) {
        if (i == length || (bytes[i] & 0xc0) != 0x80)
            return i;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value <= 0x10ffff && !is_noncharacter(value) && !is_surrogate(value) && !is_overlong(value, announced))
        *code_point = (int32_t)value;
    return announced;
}

/* ------------------------------------------------------------- shape */

/* Controls, separators, all spaces but U+0020, blanks, fillers, private use, and the format characters of Unicode
 * (general category Cf), among which are the marks that change the direction of writing. Sorted. */
static const struct {
    int32_t first;
    int32_t last;
} shapeless[] = {
    {0x0000, 0x001f},    {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x0600, 0x0605},
    {0x061c, 0x061c},    {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},
    {0x115f, 0x1160},    {0x1680, 0x1680},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},
    {0x2028, 0x202f},    {0x205f, 0x206f},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
    {0xe000, 0xf8ff},    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0x110bd, 0x110bd},  {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0x10ffff},
};

/* Bound: the ranges. */
/*@ assigns \nothing; */
int refcow_is_shapeless(int32_t code_point)
{
    /*@ loop invariant i <= sizeof(shapeless) / sizeof(shapeless[0]);
        loop assigns i;
        loop variant sizeof(shapeless) / sizeof(shapeless[0]) - i; */
    for (size_t i = 0; i < sizeof shapeless / sizeof shapeless[0]; i++) {
        if (code_point <= shapeless[i].last)
            return code_point >= shapeless[i].first;
    }
    return 0;
}
