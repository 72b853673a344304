#include "sizes.h"

#include <inttypes.h>

const char *size_text(char text[SIZE_TEXT_LENGTH], uint64_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;

    while (unit + 1 < sizeof units / sizeof units[0] && size >> (10 * (unit + 1)) != 0)
        unit++;
    uint64_t scale = UINT64_C(1) << (10 * unit);
    if (size % scale == 0)
        snprintf(text, SIZE_TEXT_LENGTH, "%" PRIu64 " %s", size / scale, units[unit]);
    else
        snprintf(text, SIZE_TEXT_LENGTH, "%.2f %s", (double)size / (double)scale, units[unit]);
    return text;
}

void size_print(FILE *out, uint64_t size)
{
    char text[SIZE_TEXT_LENGTH];
    fputs(size_text(text, size), out);
}

void count_print(FILE *out, uint64_t count, const char *noun)
{
    fprintf(out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}
