#include "output_mode.h"

#include <stddef.h>
#include <string.h>

bool output_mode_of(const char *name, output_mode *mode)
{
    static const char *const names[] = {
        [OUTPUT_HUMAN] = "human", [OUTPUT_JSON] = "json", [OUTPUT_JSONL] = "jsonl", [OUTPUT_CSV] = "csv"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *mode = (output_mode)i;
            return true;
        }
    }
    return false;
}
