#include "csv.h"

#include "escape.h"

#include <inttypes.h>
#include <string.h>

void csv_begin_row(csv_writer *csv, FILE *out)
{
    *csv = (csv_writer){.out = out};
}

void csv_end_row(csv_writer *csv)
{
    fputc('\n', csv->out);
}

static void begin_field(csv_writer *csv)
{
    if (csv->is_inside)
        fputc(',', csv->out);
    csv->is_inside = true;
}

void csv_word(csv_writer *csv, const char *word)
{
    begin_field(csv);
    fputs(word, csv->out);
}

void csv_path(csv_writer *csv, const char *path)
{
    char piece[ESCAPED_LENGTH];

    begin_field(csv);
    fputc('"', csv->out);
    if (*path != '\0' && strchr("=+-@", *path) != NULL)
        fputs("./", csv->out);
    while (*path != '\0') {
        path += escape_step(path, piece);
        fputs(piece[0] == '"' ? "\"\"" : piece, csv->out);
    }
    fputc('"', csv->out);
}

void csv_number(csv_writer *csv, uint64_t number)
{
    begin_field(csv);
    fprintf(csv->out, "%" PRIu64, number);
}

void csv_code(csv_writer *csv, uint64_t number)
{
    begin_field(csv);
    fprintf(csv->out, "0x%" PRIx64, number);
}

void csv_empty(csv_writer *csv, unsigned count)
{
    for (; count > 0; count--)
        begin_field(csv);
}
