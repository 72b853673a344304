#define _POSIX_C_SOURCE 200809L /* strncasecmp() */

#include "escape.h"

#include "utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Code points that have no shape of their own: controls, line separators, fillers, and the format characters of Unicode
 * (general category Cf), among which are the marks that change the direction of writing. Sorted. */
static const struct {
    int32_t first;
    int32_t last;
} shapeless[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},    {0x034f, 0x034f},   {0x0600, 0x0605},
    {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},    {0x0890, 0x0891},   {0x08e2, 0x08e2},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},    {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164},   {0xe000, 0xf8ff},    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd},  {0x110cd, 0x110cd}, {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

bool escape_is_shapeless(int32_t code_point)
{
    for (size_t i = 0; i < sizeof shapeless / sizeof shapeless[0]; i++) {
        if (code_point <= shapeless[i].last)
            return code_point >= shapeless[i].first;
    }
    return false;
}

/* "de_DE.UTF-8", "C.utf8", and what macOS sends along to other machines: "UTF-8". */
static bool names_utf8(const char *locale)
{
    const char *dot = strchr(locale, '.');
    const char *characters = dot != NULL ? dot + 1 : locale;
    return strncasecmp(characters, "UTF-8", 5) == 0 || strncasecmp(characters, "UTF8", 4) == 0;
}

/* Elsewhere the bytes of a UTF-8 sequence may be commands: 9B begins one on a terminal with 8-bit controls. The name of
 * the locale says what the terminal takes. setlocale() would load files for that, each time the command starts, and
 * would not know a locale that is installed only where the terminal is. */
static bool locale_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);
        if (locale != NULL && locale[0] != '\0')
            return names_utf8(locale);
    }
    return false;
}

size_t escape_step(const char *text, char piece[ESCAPED_LENGTH])
{
    int32_t code_point;
    size_t length = utf8_decode(text, &code_point);
    bool is_foreign = code_point > 0x7f && !locale_is_utf8();
    size_t end = 0;

    if (code_point == UTF8_INVALID || is_foreign || escape_is_shapeless(code_point)) {
        for (size_t i = 0; i < length; i++)
            end += (size_t)snprintf(piece + end, ESCAPED_LENGTH - end, "\\x%02x", (unsigned)(unsigned char)text[i]);
    } else if (code_point == '\\') {
        memcpy(piece, "\\\\", 3);
    } else {
        memcpy(piece, text, length);
        piece[length] = '\0';
    }
    return length;
}

void escape_print(FILE *out, const char *text)
{
    char piece[ESCAPED_LENGTH];

    for (; *text != '\0'; fputs(piece, out))
        text += escape_step(text, piece);
}
