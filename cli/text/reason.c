#include "reason.h"

#include <inttypes.h>

/* Decimal for counts, hexadecimal for bits and offsets: the reader picks. */
static void print_value(FILE *out, uint64_t value)
{
    if (value < 10)
        fprintf(out, ": %" PRIu64, value);
    else
        fprintf(out, ": %" PRIu64 " = 0x%" PRIx64, value, value);
}

void reason_print(FILE *out, const failure *why, text_printer *print_detail)
{
    fputs(why->text, out);
    if (why->detail != NULL) { /* a server may have chosen it */
        fputs(": ", out);
        print_detail(out, why->detail);
    }
    if (why->value_is_place)
        fprintf(out, " (at offset %" PRIu64 ")", why->value);
    else if (why->has_value)
        print_value(out, why->value);
    if (why->has_offset)
        fprintf(out, " (field at offset %" PRIu64 ")", why->offset);
}
