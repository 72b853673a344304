#include "numbers.h"

#include <string.h>

/* Decimal digits at the start of a text; end is what follows. False if there are none or they are too many. */
static bool parse_digits(const char *text, uint64_t *number, const char **end)
{
    const char *digit = text;

    *number = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        unsigned value = (unsigned)(*digit - '0');
        if (*number > (UINT64_MAX - value) / 10)
            return false;
        *number = *number * 10 + value;
    }
    *end = digit;
    return digit != text;
}

bool parse_number(const char *text, uint64_t *number)
{
    const char *end;
    return parse_digits(text, number, &end) && *end == '\0';
}

/* The power of two that K, M, G, T stand for, in either case; 0 for no suffix, -1 for another one. */
static int suffix_shift(const char *suffix)
{
    static const char letters[] = "KMGTkmgt";

    if (suffix[0] == '\0')
        return 0;
    const char *letter = strchr(letters, suffix[0]);
    if (letter == NULL || suffix[1] != '\0')
        return -1;
    return 10 * ((int)(letter - letters) % 4 + 1);
}

bool parse_size(const char *text, uint64_t *size)
{
    const char *suffix;
    if (!parse_digits(text, size, &suffix))
        return false;
    int shift = suffix_shift(suffix);
    if (shift < 0 || *size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}
