#include "name.h"

#include "escape.h"
#include "utf8.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    unsigned trait;
    const char *word;
} trait_words[] = {
#define NAME_TRAIT_WORD(name, bit, word, text) {NAME_##name, word},
    NAME_TRAIT_ROWS(NAME_TRAIT_WORD)
#undef NAME_TRAIT_WORD
};

#define TRAITS (sizeof trait_words / sizeof trait_words[0])

refcow_status name_read(image_name *name, const refcow_image *image, refcow_span span)
{
    *name = (image_name){.length = span.length, .kept = span.length < NAME_KEPT ? (size_t)span.length : NAME_KEPT};
    return name->kept == 0 ? REFCOW_STATUS_OK : refcow_read_bytes(image, span.offset, name->bytes, name->kept);
}

/* ------------------------------------------------------------------ traits */

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What qemu takes the name for. It reads up to the first NUL. */
static unsigned sort_of(const char *text)
{
    if (text[0] == '\0')
        return NAME_EMPTY;
    if (begins_with(text, "json:"))
        return NAME_JSON;
    if (text[strcspn(text, ":/")] == ':')
        return NAME_PROTOCOL;
    return text[0] == '/' ? NAME_ABSOLUTE : NAME_RELATIVE;
}

/* A component ends at a slash, and after a protocol a path begins. */
static bool is_border(char byte)
{
    return byte == '\0' || byte == '/' || byte == ':';
}

/* Of the whole name, whatever NUL bytes are in it. */
static unsigned places_in(const image_name *name)
{
    unsigned traits = 0;

    for (size_t i = 0; i < name->kept; i++) {
        const char *here = name->bytes + i;
        if (begins_with(here, "/dev/fdset"))
            traits |= NAME_FDSET;
        if ((i == 0 || is_border(here[-1])) && begins_with(here, "..") && is_border(here[2]))
            traits |= NAME_PARENT;
    }
    return traits;
}

/* A code point of a name; UTF-8 proper has no second form of NUL. */
static unsigned trait_of(int32_t code_point, size_t length)
{
    if (code_point == UTF8_INVALID || (code_point == 0 && length > 1))
        return NAME_NOT_UTF8;
    if (code_point == 0)
        return NAME_NUL;
    if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
        return NAME_CONTROL;
    return escape_is_shapeless(code_point) ? NAME_INVISIBLE : 0;
}

static unsigned characters_in(const image_name *name)
{
    unsigned traits = 0;

    for (size_t i = 0; i < name->kept;) {
        int32_t code_point;
        size_t length = utf8_decode(name->bytes + i, &code_point);
        traits |= trait_of(code_point, length);
        i += length;
    }
    return traits;
}

unsigned name_traits(const image_name *name)
{
    unsigned too_long = name->length > name->kept ? NAME_TOO_LONG : 0;
    return sort_of(name->bytes) | places_in(name) | characters_in(name) | too_long;
}

/* ------------------------------------------------------------------ output */

void name_print(FILE *out, const image_name *name)
{
    const char *end = name->bytes + name->kept;
    const char *text = name->bytes;

    while (text < end) {
        escape_print(out, text);
        text += strlen(text);
        if (text < end) {
            fputs("\\x00", out);
            text++;
        }
    }
    if (name->length > name->kept)
        fputs("...", out);
}

void name_print_traits(FILE *out, const image_name *name)
{
    unsigned traits = name_traits(name);
    const char *separator = "";

    for (size_t i = 0; i < TRAITS; i++) {
        if ((traits & trait_words[i].trait) == 0)
            continue;
        fprintf(out, "%s%s", separator, trait_words[i].word);
        separator = ", ";
    }
}

static void print_hex(json_writer *json, const image_name *name)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * NAME_KEPT + 1];

    for (size_t i = 0; i < name->kept; i++) {
        unsigned char byte = (unsigned char)name->bytes[i];
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    hex[2 * name->kept] = '\0';
    json_string(json, "hex", hex);
}

void name_print_json(json_writer *json, const image_name *name)
{
    unsigned traits = name_traits(name);

    json_bytes(json, "text", name->bytes, name->kept);
    if ((traits & NAME_NOT_UTF8) != 0)
        print_hex(json, name);
    json_number(json, "length", name->length);
    json_open_array(json, "traits");
    for (size_t i = 0; i < TRAITS; i++) {
        if ((traits & trait_words[i].trait) != 0)
            json_string(json, NULL, trait_words[i].word);
    }
    json_close_array(json);
}
