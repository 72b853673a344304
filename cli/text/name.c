#include "name.h"

#include "escape.h"

#include <string.h>

static const struct {
    refcow_trait trait;
    const char *word;
} trait_words[] = {
#define TRAIT_WORD(name, bit, word, text) {REFCOW_TRAIT_##name, word},
    REFCOW_TRAIT_ROWS(TRAIT_WORD)
#undef TRAIT_WORD
};

#define TRAITS (sizeof trait_words / sizeof trait_words[0])

refcow_status name_read(image_name *name, const refcow_image *image, refcow_span span)
{
    *name = (image_name){.length = span.length,
                         .kept = span.length < REFCOW_NAME_MAX ? (size_t)span.length : REFCOW_NAME_MAX};
    return name->kept == 0 ? REFCOW_STATUS_OK : refcow_read_bytes(image, span.offset, name->bytes, name->kept);
}

/* A name that could not be read has no bytes, whatever its length. */
uint32_t name_traits(const image_name *name)
{
    uint32_t too_long = name->length > name->kept ? REFCOW_TRAIT_TOO_LONG : 0;
    return refcow_name_traits(name->bytes, name->kept) | too_long;
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
    uint32_t traits = name_traits(name);
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
    char hex[2 * REFCOW_NAME_MAX + 1];

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
    uint32_t traits = name_traits(name);

    json_bytes(json, "text", name->bytes, name->kept);
    if ((traits & REFCOW_TRAIT_NOT_UTF8) != 0)
        print_hex(json, name);
    json_number(json, "length", name->length);
    json_open_array(json, "traits");
    for (size_t i = 0; i < TRAITS; i++) {
        if ((traits & trait_words[i].trait) != 0)
            json_string(json, NULL, trait_words[i].word);
    }
    json_close_array(json);
}
