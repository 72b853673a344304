#include "csv_parts.h"

#include "../text/name.h"
#include "situation.h"

void csv_words(csv_writer *csv, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        csv_word(csv, words[i]);
}

void csv_record_names(csv_writer *csv)
{
    csv_word(csv, "record");
    csv_word(csv, "filename");
}

void csv_begin_record(csv_writer *csv, FILE *out, const char *record, const check_report *report)
{
    csv_begin_row(csv, out);
    csv_word(csv, record);
    csv_path(csv, report->path);
}

/* ------------------------------------------------------------------ a finding */

void csv_finding_names(csv_writer *csv)
{
    for (unsigned field = 0; field < FINDING_FIELDS; field++)
        csv_word(csv, finding_field_name((finding_field)field));
}

/* Up to the first NUL; a name that cannot be read has no bytes. */
static void print_name(csv_writer *csv, const refcow_image *image, refcow_span span)
{
    image_name name;
    bool is_read = name_read(&name, image, span) == REFCOW_STATUS_OK;

    csv_sentence(csv, is_read ? name.bytes : "");
}

/* "data l2-table" */
static void print_roles(csv_writer *csv, user_set users)
{
    const char *words[REFCOW_ROLE_BITMAP_DATA + 1];
    size_t count = 0;

    for (unsigned role = REFCOW_ROLE_HEADER; role <= REFCOW_ROLE_BITMAP_DATA; role++) {
        if (users_have_role(users, (refcow_role)role))
            words[count++] = refcow_role_name((refcow_role)role);
    }
    csv_word_list(csv, words, count);
}

static void print_value(csv_writer *csv, const field_value *value)
{
    switch (value->type) {
    case FIELD_HAS_NOTHING:
        csv_empty(csv, 1);
        break;
    case FIELD_HAS_WORD:
        csv_word(csv, value->text);
        break;
    case FIELD_HAS_SENTENCE:
        csv_sentence(csv, value->text);
        break;
    case FIELD_HAS_NAME:
        print_name(csv, value->image, value->span);
        break;
    case FIELD_HAS_NUMBER:
        csv_number(csv, value->number);
        break;
    case FIELD_HAS_BOOLEAN:
        csv_boolean(csv, value->number != 0);
        break;
    case FIELD_HAS_ROLES:
        print_roles(csv, (user_set)value->number);
        break;
    case FIELD_HAS_CODE:
        csv_code(csv, value->number);
        break;
    }
}

void csv_finding(csv_writer *csv, const field_value values[FINDING_FIELDS])
{
    for (unsigned field = 0; field < FINDING_FIELDS; field++)
        print_value(csv, &values[field]);
}

/* ------------------------------------------------------------------ a summary */

void csv_summary_names(csv_writer *csv)
{
    static const char *const names[CSV_SUMMARY_COLUMNS] = {
        "verdict",       "complete",     "exit-code",      "status-name",         "status-text",
        "status-detail", "status-value", "status-offset",  "corruptions",         "leaks",
        "check-errors",  "passes",       "memory-used",    "bytes-read",          "work",
        "writer",        "changed",      "situation-name", "situation-next-step", "situation-command"};

    csv_words(csv, names, CSV_SUMMARY_COLUMNS);
}

static void print_optional(csv_writer *csv, bool is_there, uint64_t number)
{
    if (is_there)
        csv_number(csv, number);
    else
        csv_empty(csv, 1);
}

static void print_text(csv_writer *csv, const char *text)
{
    if (text != NULL)
        csv_sentence(csv, text);
    else
        csv_empty(csv, 1);
}

static void print_status(csv_writer *csv, const failure *why)
{
    csv_word(csv, why->name);
    csv_sentence(csv, why->text);
    print_text(csv, why->detail);
    print_optional(csv, why->has_value, why->value);
    print_optional(csv, why->has_offset, why->offset);
}

static void print_counts(csv_writer *csv, const check_report *report)
{
    const refcow_result *result = &report->result;
    bool is_counted = report->checked && report->verdict != REFCOW_VERDICT_REFUSED;

    print_optional(csv, is_counted, result->corruptions);
    print_optional(csv, is_counted, result->leaks);
    print_optional(csv, is_counted, result->check_errors);
    print_optional(csv, report->checked, result->passes);
    print_optional(csv, report->checked, result->memory_used);
    print_optional(csv, report->checked, result->bytes_read);
    print_optional(csv, report->checked, result->work);
}

static void print_live(csv_writer *csv, const check_report *report)
{
    if (report->opened && report->live.locks.is_known)
        csv_boolean(csv, lock_bytes_show_writer(report->live.locks));
    else
        csv_empty(csv, 1);
    if (report->opened)
        csv_boolean(csv, live_has_changed(&report->live));
    else
        csv_empty(csv, 1);
}

static void print_situation(csv_writer *csv, const check_report *report)
{
    const situation *is = report->checked ? situation_of(report) : NULL;

    print_text(csv, is != NULL ? is->name : NULL);
    print_text(csv, is != NULL ? is->step : NULL);
    print_text(csv, is != NULL ? is->command : NULL);
}

void csv_summary(csv_writer *csv, const check_report *report)
{
    csv_word(csv, refcow_verdict_name(report->verdict));
    csv_boolean(csv, check_is_complete(report));
    csv_number(csv, report->code);
    print_status(csv, &report->failure);
    print_counts(csv, report);
    print_live(csv, report);
    print_situation(csv, report);
}
