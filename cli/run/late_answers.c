#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "late_answers.h"

#include "../process/backstop.h"
#include "../process/stop.h"
#include "../text/complain.h"
#include "../text/output.h"

#include <stdlib.h>
#include <string.h>

/* A text that is written as a stream. */
typedef struct page {
    char *bytes; /* NULL: there was no memory */
    size_t length;
    FILE *stream; /* while it is written */
} page;

/* What is written to stdout, and to stderr. */
typedef struct sheet {
    page out;
    page messages;
} sheet;

/* Where in a sheet an image begins. */
typedef struct place {
    size_t out;
    size_t message;
} place;

static struct {
    char **paths;
    int count;
    late_printer *print;
    void *user;
    sheet others;  /* all images, as if another one did not end */
    place *places; /* in it, and its end: count + 1 */
    sheet own;     /* the image that is looked at */
} late;

static const failure not_looked_at = {
    .name = "timeout",
    .text = "not looked at, because the check of another image did not end in time",
};

static bool begin(page *text)
{
    free(text->bytes);
    *text = (page){.bytes = NULL};
    text->stream = open_memstream(&text->bytes, &text->length);
    return text->stream != NULL;
}

static void end(page *text)
{
    if (text->stream != NULL && fclose(text->stream) != 0) {
        free(text->bytes);
        text->bytes = NULL;
    }
    text->stream = NULL;
    if (text->bytes == NULL)
        text->length = 0;
}

static void begin_sheet(sheet *pages)
{
    begin(&pages->out);
    begin(&pages->messages);
}

static void end_sheet(sheet *pages)
{
    end(&pages->out);
    end(&pages->messages);
}

static void write_image(sheet *pages, const char *path, const failure *why)
{
    if (pages->out.stream != NULL)
        late.print(late.user, pages->out.stream, path, why);
    if (pages->messages.stream != NULL)
        complain_into(pages->messages.stream, path, why);
}

static size_t position(page *text)
{
    if (text->stream != NULL)
        fflush(text->stream);
    return text->length;
}

uint64_t late_prepare(char **paths, int count, late_printer *print, void *user)
{
    late.paths = paths;
    late.count = count;
    late.print = print;
    late.user = user;
    late.places = calloc((size_t)count + 1, sizeof *late.places);
    if (late.places == NULL)
        return 0;
    begin_sheet(&late.others);
    for (int i = 0; i <= count; i++) {
        late.places[i] = (place){position(&late.others.out), position(&late.others.messages)};
        if (i < count)
            write_image(&late.others, paths[i], &not_looked_at);
    }
    end_sheet(&late.others);
    backstop_install();
    return late.others.out.length + late.others.messages.length + ((uint64_t)count + 1) * sizeof *late.places;
}

/* A part of a page that could not be written is empty. */
static backstop_text part(const page *text, size_t from, size_t behind)
{
    if (text->bytes == NULL || behind > text->length)
        return (backstop_text){.bytes = ""};
    return (backstop_text){.bytes = text->bytes + from, .length = behind - from};
}

static backstop_text whole(const page *text)
{
    return part(text, 0, text->length);
}

/* A record that is out when lines of an image are, and comes before the one that sums up. */
static size_t first_record(const page *text)
{
    size_t length = text->bytes != NULL ? strcspn(text->bytes, "\n") + 1 : 0;
    return length < text->length ? length : 0;
}

void late_expect(int first, int image)
{
    failure why = stop_failure_of_backstop();

    if (late.places == NULL)
        return;
    begin_sheet(&late.own);
    write_image(&late.own, late.paths[image], &why);
    end_sheet(&late.own);

    const sheet *others = &late.others;
    const place *from = &late.places[first], *at = &late.places[image], *behind = at + 1;
    const place *last = &late.places[late.count];
    const backstop_answer answer = {
        .out = {part(&others->out, from->out, at->out), whole(&late.own.out),
                part(&others->out, behind->out, last->out)},
        .messages = {part(&others->messages, from->message, at->message), whole(&late.own.messages),
                     part(&others->messages, behind->message, last->message)},
        .first_record = first_record(&late.own.out),
    };
    backstop_expect(&answer);
    output_flush();
}
