/*
 * gate_names.c - what sort of name a file has that an image names.
 *
 * QEMU reads a name up to the first NUL byte. Other readers may not: all bytes are looked at for the traits that do not
 * depend on the start.
 */
#include "bytes.h"
#include "gate.h"

/* The bytes of a name that are looked at, at most REFCOW_NAME_MAX. */
struct file_name {
    const uint8_t *bytes;
    size_t length;
};

/* Behind the end: NUL, as QEMU has it in memory. */
static uint8_t byte_of_name(const struct file_name *name, size_t at)
{
    return at < name->length ? name->bytes[at] : 0;
}

/* Bound: the word. */
static bool has_word(const struct file_name *name, size_t at, const char *word)
{
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (byte_of_name(name, at + i) != (uint8_t)word[i])
            return false;
    }
    return true;
}

/* A component ends at a slash, and after a protocol a path begins. */
static bool is_border(uint8_t byte)
{
    return byte == '\0' || byte == '/' || byte == ':';
}

/* What QEMU takes the name for. Bound: the length of the name. */
static uint32_t sort_of_name(const struct file_name *name)
{
    size_t border = 0;

    if (byte_of_name(name, 0) == '\0')
        return REFCOW_TRAIT_EMPTY;
    if (has_word(name, 0, "json:"))
        return REFCOW_TRAIT_JSON;
    while (!is_border(byte_of_name(name, border)))
        border++;
    if (byte_of_name(name, border) == ':')
        return REFCOW_TRAIT_PROTOCOL;
    return border == 0 ? REFCOW_TRAIT_ABSOLUTE : REFCOW_TRAIT_RELATIVE;
}

/* Bound: the length of the name. */
static uint32_t places_in_name(const struct file_name *name)
{
    uint32_t traits = 0;

    for (size_t i = 0; i < name->length; i++) {
        bool is_start = i == 0 || is_border(name->bytes[i - 1]);
        if (has_word(name, i, "/dev/fdset"))
            traits |= REFCOW_TRAIT_FDSET;
        if (is_start && has_word(name, i, "..") && is_border(byte_of_name(name, i + 2)))
            traits |= REFCOW_TRAIT_PARENT;
    }
    return traits;
}

/* UTF-8 proper has no second form of NUL. */
/*@ assigns \nothing; */
static uint32_t trait_of_character(int32_t code_point, size_t length)
{
    if (code_point < 0 || (code_point == 0 && length > 1))
        return REFCOW_TRAIT_NOT_UTF8;
    if (code_point == 0)
        return REFCOW_TRAIT_NUL;
    if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
        return REFCOW_TRAIT_CONTROL;
    return refcow_is_shapeless(code_point) ? REFCOW_TRAIT_INVISIBLE : 0;
}

/* Bound: the length of the name; each character has at least one byte. */
/*@ requires \valid_read(name) && \valid_read(name->bytes + (0 .. name->length - 1));
    assigns \result \from name->bytes[0 .. name->length - 1]; */
static uint32_t characters_in_name(const struct file_name *name)
{
    uint32_t traits = 0;

    /*@ loop invariant i <= name->length;
        loop assigns i, traits;
        loop variant name->length - i; */
    for (size_t i = 0; i < name->length;) {
        int32_t code_point;
        size_t length = refcow_decode_utf8(name->bytes + i, name->length - i, &code_point);
        traits |= trait_of_character(code_point, length);
        i += length;
    }
    return traits;
}

uint32_t refcow_name_traits(const void *bytes, uint64_t length)
{
    struct file_name name = {bytes, (size_t)least(length, REFCOW_NAME_MAX)};
    uint32_t too_long = length > REFCOW_NAME_MAX ? REFCOW_TRAIT_TOO_LONG : 0;
    return sort_of_name(&name) | places_in_name(&name) | characters_in_name(&name) | too_long;
}
