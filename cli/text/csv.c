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

/* Spreadsheets take what begins with =, +, - or @ for a formula, some also behind blanks or in full width. */
static bool begins_as_text(const char *path)
{
    bool is_letter = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z');
    return is_letter || (*path >= '0' && *path <= '9') || *path == '/' || *path == '.' || *path == '_';
}

void csv_path(csv_writer *csv, const char *path)
{
    char piece[ESCAPED_LENGTH];

    begin_field(csv);
    fputc('"', csv->out);
    if (!begins_as_text(path))
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
