#include "json.h"

#include "gate.h"

#include <inttypes.h>
#include <string.h>

#define REPLACEMENT_CHARACTER 0xfffd

static void write_escaped_code_point(FILE *out, uint32_t code_point)
{
    if (code_point > 0xffff) {
        uint32_t beyond = code_point - 0x10000;
        fprintf(out, "\\u%04" PRIX32 "\\u%04" PRIX32, 0xd800 + (beyond >> 10), 0xdc00 + (beyond & 0x3ff));
    } else {
        fprintf(out, "\\u%04" PRIX32, code_point);
    }
}

static void write_code_point(FILE *out, int32_t code_point)
{
    switch (code_point) {
    case '"':
        fputs("\\\"", out);
        break;
    case '\\':
        fputs("\\\\", out);
        break;
    case '\b':
        fputs("\\b", out);
        break;
    case '\f':
        fputs("\\f", out);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    default:
        if (code_point < 0)
            write_escaped_code_point(out, REPLACEMENT_CHARACTER);
        else if (code_point < 0x20 || code_point >= 0x7f)
            write_escaped_code_point(out, (uint32_t)code_point);
        else
            fputc(code_point, out);
    }
}

static void write_bytes(FILE *out, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    fputc('"', out);
    while (bytes < end) {
        int32_t code_point;
        bytes += refcow_decode_utf8(bytes, (size_t)(end - bytes), &code_point);
        write_code_point(out, code_point);
    }
    fputc('"', out);
}

static void write_string(FILE *out, const char *text)
{
    write_bytes(out, text, strlen(text));
}

static void new_line(json_writer *json)
{
    if (json->is_line)
        return;
    fputc('\n', json->out);
    for (unsigned level = 0; level < json->depth; level++)
        fputs("    ", json->out);
}

/* All that comes before a value: the comma after its predecessor, the indent, and the key. */
static void lead_in(json_writer *json, const char *key)
{
    if (!json->empty)
        fputs(json->is_line ? ", " : ",", json->out);
    json->empty = false;
    new_line(json);
    if (key != NULL) {
        write_string(json->out, key);
        fputs(": ", json->out);
    }
}

static void open_bracket(json_writer *json, char bracket)
{
    fputc(bracket, json->out);
    json->depth++;
    json->empty = true;
}

static void close_bracket(json_writer *json, char bracket)
{
    json->depth--;
    if (!json->empty)
        new_line(json);
    json->empty = false;
    fputc(bracket, json->out);
}

void json_begin(json_writer *json, FILE *out)
{
    *json = (json_writer){.out = out};
    open_bracket(json, '{');
}

void json_begin_line(json_writer *json, FILE *out)
{
    *json = (json_writer){.out = out, .is_line = true};
    open_bracket(json, '{');
}

void json_end(json_writer *json)
{
    close_bracket(json, '}');
    fputc('\n', json->out);
}

void json_open_object(json_writer *json, const char *key)
{
    lead_in(json, key);
    open_bracket(json, '{');
}

void json_close_object(json_writer *json)
{
    close_bracket(json, '}');
}

void json_open_array(json_writer *json, const char *key)
{
    lead_in(json, key);
    open_bracket(json, '[');
}

void json_close_array(json_writer *json)
{
    close_bracket(json, ']');
}

void json_string(json_writer *json, const char *key, const char *text)
{
    lead_in(json, key);
    write_string(json->out, text);
}

void json_bytes(json_writer *json, const char *key, const char *bytes, size_t length)
{
    lead_in(json, key);
    write_bytes(json->out, bytes, length);
}

void json_number(json_writer *json, const char *key, uint64_t number)
{
    lead_in(json, key);
    fprintf(json->out, "%" PRIu64, number);
}

void json_code(json_writer *json, const char *key, uint64_t number)
{
    lead_in(json, key);
    fprintf(json->out, "\"0x%" PRIx64 "\"", number);
}

void json_decimal(json_writer *json, const char *key, double number)
{
    lead_in(json, key);
    fprintf(json->out, "%.2f", number);
}

void json_boolean(json_writer *json, const char *key, bool value)
{
    lead_in(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_null(json_writer *json, const char *key)
{
    lead_in(json, key);
    fputs("null", json->out);
}
