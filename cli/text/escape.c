#define _POSIX_C_SOURCE 200809L /* strncasecmp(), strnlen() */

#include "escape.h"

#include "gate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The longest sequence that refcow_decode_utf8() takes together. */
#define SEQUENCE_LENGTH_MAX 6u

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
    size_t length = refcow_decode_utf8(text, strnlen(text, SEQUENCE_LENGTH_MAX), &code_point);
    bool is_foreign = code_point > 0x7f && !locale_is_utf8();
    size_t end = 0;

    if (code_point < 0 || is_foreign || refcow_is_shapeless(code_point)) {
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
