#include "reason.h"

#include "escape.h"

#include <inttypes.h>

/* Decimal for counts, hexadecimal for bits and offsets: the reader picks. */
static void print_value(FILE *out, uint64_t value)
{
    if (value < 10)
        fprintf(out, ": %" PRIu64, value);
    else
        fprintf(out, ": %" PRIu64 " = 0x%" PRIx64, value, value);
}

/* The signature of another format says more than the field that is not as in a QCOW2 header. */
static void print_evidence(FILE *out, const failure *why)
{
    if (why->found_format != NULL) {
        fprintf(out, " (signature of %s at offset %" PRIu64 ")", why->found_format, why->found_offset);
        return;
    }
    if (why->value_is_place)
        fprintf(out, " (at offset %" PRIu64 ")", why->value);
    else if (why->value_is_size)
        fprintf(out, ", this file has %" PRIu64, why->value);
    else if (why->has_value)
        print_value(out, why->value);
    if (why->has_offset)
        fprintf(out, " (field at offset %" PRIu64 ")", why->offset);
}

void reason_print(FILE *out, const failure *why, text_printer *print_detail)
{
    fputs(why->text, out);
    if (why->detail != NULL) { /* a server may have chosen it */
        fputs(": ", out);
        print_detail(out, why->detail);
    }
    print_evidence(out, why);
}

void reason_print_with_advice(FILE *out, const failure *why)
{
    reason_print(out, why, escape_print);
    if (why->advice != NULL)
        fprintf(out, ". %s", why->advice);
}
