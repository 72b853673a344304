#include "html.h"

#include "escape.h"

static void print_character(FILE *out, char character)
{
    switch (character) {
    case '&':
    case '<':
    case '>':
    case '"':
    case '\'':
        fprintf(out, "&#%d;", character);
        break;
    default:
        fputc(character, out);
    }
}

void html_print(FILE *out, const char *text)
{
    char piece[ESCAPED_LENGTH];

    while (*text != '\0') {
        text += escape_step(text, piece);
        for (const char *character = piece; *character != '\0'; character++)
            print_character(out, *character);
    }
}
