#include "naive_names.h"

#include <string.h>

/* ------------------------------------------------------------------ characters */

/* How many bytes the first one announces; 0: it begins no sequence. */
static size_t announced(uint8_t first)
{
    size_t length = 0;
    while (length < 8 && (first >> (7 - length) & 1) != 0) {
        length++;
    }
    return length == 1 || length > 6 ? 0 : length;
}

/* Too many bytes for a code point. Java's form of NUL, C0 80, is good for QEMU. */
static int is_overlong(int64_t code, size_t length)
{
    static const int64_t smallest[] = {0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000};
    return code < smallest[length] && !(length == 2 && code == 0);
}

static int is_character(int64_t code)
{
    int is_surrogate = code >= 0xd800 && code <= 0xdfff;
    int is_noncharacter = (code >= 0xfdd0 && code <= 0xfdef) || code % 0x10000 >= 0xfffe;
    return code <= 0x10ffff && !is_surrogate && !is_noncharacter;
}

naive_character naive_decode(const uint8_t *text, size_t length)
{
    size_t want = announced(text[0]);
    if (text[0] < 0x80) {
        return (naive_character){1, text[0]};
    }
    if (want == 0) {
        return (naive_character){1, -1};
    }
    int64_t code = text[0] & (0x7f >> want);
    for (size_t at = 1; at < want; at++) {
        if (at >= length || (text[at] & 0xc0) != 0x80) {
            return (naive_character){at, -1};
        }
        code = code * 64 + (text[at] & 0x3f);
    }
    int is_good = is_character(code) && !is_overlong(code, want);
    return (naive_character){want, is_good ? (int32_t)code : -1};
}

typedef struct code_range {
    int32_t first;
    int32_t last;
} code_range;

#define IN(ranges, code) is_in(ranges, sizeof(ranges) / sizeof *(ranges), code)

static int is_in(const code_range *ranges, size_t count, int32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return 1;
        }
    }
    return 0;
}

static int is_control(int32_t code)
{
    return (code >= 0 && code < 0x20) || (code >= 0x7f && code <= 0x9f);
}

naive_answer naive_shapeless(int32_t code)
{
    /* Spaces and separators; zero width; marks of direction; signs of Arabic, Syriac, Kaithi and hieroglyphs that
     * format what stands beside them; tags. */
    static const code_range shapeless[] = {
        {0xa0, 0xa0},     {0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},
        {0x70f, 0x70f},   {0x890, 0x891},     {0x8e2, 0x8e2},     {0x1680, 0x1680},   {0x180e, 0x180e},
        {0x2000, 0x200f}, {0x2028, 0x202f},   {0x205f, 0x2064},   {0x2066, 0x2069},   {0x3000, 0x3000},
        {0xfeff, 0xfeff}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x13438}, {0xe0020, 0xe007f},
    };
    /* The rest of Default_Ignorable_Code_Point, and what has no shape in most fonts: interlinear annotation, object
     * replacement, braille blank, fillers, musical beams, joiners of hieroglyphs, private use, planes without
     * characters. */
    static const code_range open[] = {{0x34f, 0x34f},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
                                      {0x2065, 0x2065},   {0x206a, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},
                                      {0xfe00, 0xfe0f},   {0xffa0, 0xffa0},   {0xe000, 0xf8ff},   {0xfff0, 0xfffd},
                                      {0x13439, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d159, 0x1d159}, {0x1d173, 0x1d17a},
                                      {0xe0000, 0x10ffff}};
    if (is_control(code) || IN(shapeless, code)) {
        return NAIVE_YES;
    }
    return IN(open, code) ? NAIVE_OPEN : NAIVE_NO;
}

/* ---------------------------------------------------------------------- traits */

/* As QEMU opens the name: up to the first NUL, json: before any other, a colon before a slash next. */
static uint32_t kind_of(const char *name)
{
    if (name[0] == '\0') {
        return REFCOW_TRAIT_EMPTY;
    }
    if (strncmp(name, "json:", 5) == 0) {
        return REFCOW_TRAIT_JSON;
    }
    if (name[strcspn(name, ":/")] == ':') {
        return REFCOW_TRAIT_PROTOCOL;
    }
    return name[0] == '/' ? REFCOW_TRAIT_ABSOLUTE : REFCOW_TRAIT_RELATIVE;
}

static int has_bytes(const uint8_t *name, size_t length, const char *bytes)
{
    size_t want = strlen(bytes);
    for (size_t at = 0; at + want <= length; at++) {
        if (memcmp(name + at, bytes, want) == 0) {
            return 1;
        }
    }
    return 0;
}

static int ends_component(const uint8_t *name, size_t length, size_t at)
{
    return at >= length || name[at] == '/' || name[at] == ':' || name[at] == '\0';
}

static int has_parent(const uint8_t *name, size_t length)
{
    for (size_t at = 0; at + 2 <= length; at++) {
        int begins = at == 0 || ends_component(name, length, at - 1);
        if (begins && name[at] == '.' && name[at + 1] == '.' && ends_component(name, length, at + 2)) {
            return 1;
        }
    }
    return 0;
}

/* NUL has a trait of its own, and is no UTF-8 in two bytes: whether it is a control character, too, is open, and so is
 * whether control characters are invisible. */
static void add_character(naive_traits *traits, int32_t code, size_t length)
{
    if (code < 0) {
        traits->sure |= REFCOW_TRAIT_NOT_UTF8;
    } else if (code == 0) {
        traits->sure |= length == 1 ? REFCOW_TRAIT_NUL : REFCOW_TRAIT_NOT_UTF8;
        traits->open |= REFCOW_TRAIT_CONTROL | REFCOW_TRAIT_INVISIBLE;
    } else if (is_control(code)) {
        traits->sure |= REFCOW_TRAIT_CONTROL;
        traits->open |= REFCOW_TRAIT_INVISIBLE;
    } else {
        traits->sure |= naive_shapeless(code) == NAIVE_YES ? REFCOW_TRAIT_INVISIBLE : 0;
        traits->open |= naive_shapeless(code) == NAIVE_OPEN ? REFCOW_TRAIT_INVISIBLE : 0;
    }
}

/* The sequence at the end of a name that is cut may be cut, too, and then says nothing about the name. */
static void add_characters(naive_traits *traits, const uint8_t *name, size_t length, int is_cut)
{
    for (size_t at = 0; at < length;) {
        naive_character character = naive_decode(name + at, length - at);
        int is_last = at + character.length >= length;
        if (is_cut && is_last && character.code < 0) {
            traits->open |= REFCOW_TRAIT_NOT_UTF8;
        } else {
            add_character(traits, character.code, character.length);
        }
        at += character.length;
    }
}

naive_traits naive_name_traits(const uint8_t *name, uint64_t length)
{
    char text[REFCOW_NAME_MAX + 1];
    size_t known = length < REFCOW_NAME_MAX ? (size_t)length : REFCOW_NAME_MAX;
    naive_traits traits = {0, 0};
    if (known > 0) {
        memcpy(text, name, known);
    }
    text[known] = '\0';
    traits.sure = kind_of(text);
    traits.sure |= has_bytes(name, known, "/dev/fdset") ? REFCOW_TRAIT_FDSET : 0;
    traits.sure |= has_parent(name, known) ? REFCOW_TRAIT_PARENT : 0;
    traits.sure |= length > REFCOW_NAME_MAX ? REFCOW_TRAIT_TOO_LONG : 0;
    add_characters(&traits, name, known, length > known);
    traits.open &= ~traits.sure;
    return traits;
}
