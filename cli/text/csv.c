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

void csv_word_list(csv_writer *csv, const char *const *words, size_t count)
{
    begin_field(csv);
    for (size_t i = 0; i < count; i++)
        fprintf(csv->out, "%s%s", i == 0 ? "" : " ", words[i]);
}

/* Spreadsheets take what begins with =, +, - or @ for a formula, some also behind blanks or in full width. */
static bool begins_as_text(const char *text)
{
    bool is_letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
    return is_letter || (*text >= '0' && *text <= '9') || *text == '/' || *text == '.' || *text == '_';
}

/* guard: what stands before a text that a spreadsheet would not take for one. */
static void print_quoted(csv_writer *csv, const char *text, const char *guard)
{
    char piece[ESCAPED_LENGTH];

    begin_field(csv);
    fputc('"', csv->out);
    if (!begins_as_text(text))
        fputs(guard, csv->out);
    while (*text != '\0') {
        text += escape_step(text, piece);
        fputs(piece[0] == '"' ? "\"\"" : piece, csv->out);
    }
    fputc('"', csv->out);
}

void csv_path(csv_writer *csv, const char *path)
{
    print_quoted(csv, path, "./");
}

void csv_sentence(csv_writer *csv, const char *text)
{
    print_quoted(csv, text, "'");
}

void csv_boolean(csv_writer *csv, bool value)
{
    csv_word(csv, value ? "true" : "false");
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

void csv_empty(csv_writer *csv, size_t count)
{
    for (; count > 0; count--)
        begin_field(csv);
}
