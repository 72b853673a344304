#include "words.h"

#include <string.h>

bool parse_word(const char *text, const char *const *words, size_t count, size_t *which)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *which = i;
            return true;
        }
    }
    return false;
}
