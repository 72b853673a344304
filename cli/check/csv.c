#include "../run/check_report.h"

#include "../run/listed.h"
#include "../text/csv.h"

/* The columns of a finding and of a summary. */
static const char *const finding_columns[] = {"kind",         "severity",     "role",         "host-offset", "length",
                                              "guest-offset", "guest-length", "table-offset", "index",       "entries",
                                              "expected",     "found",        "times"};
static const char *const summary_columns[] = {"verdict", "complete",     "exit-code", "status", "corruptions",
                                              "leaks",   "check-errors", "omitted",   "writer", "changed"};

#define FINDING_COLUMNS (sizeof finding_columns / sizeof finding_columns[0])
#define SUMMARY_COLUMNS (sizeof summary_columns / sizeof summary_columns[0])

void check_print_csv_heading(FILE *out)
{
    csv_writer csv;

    csv_begin_row(&csv, out);
    csv_word(&csv, "record");
    csv_word(&csv, "filename");
    for (size_t i = 0; i < FINDING_COLUMNS; i++)
        csv_word(&csv, finding_columns[i]);
    for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
        csv_word(&csv, summary_columns[i]);
    csv_end_row(&csv);
}

static void begin_row(csv_writer *csv, FILE *out, const char *record, const check_report *report)
{
    csv_begin_row(csv, out);
    csv_word(csv, record);
    csv_path(csv, report->path);
}

static void print_guest_range(csv_writer *csv, const listed_finding *listed)
{
    if (listed->finding->guest == REFCOW_NO_GUEST) {
        csv_empty(csv, 2);
        return;
    }
    csv_number(csv, listed->finding->guest);
    csv_number(csv, listed->guest_length);
}

static void print_entries(csv_writer *csv, const listed_finding *listed)
{
    if (listed->finding->table == REFCOW_NO_TABLE) {
        csv_empty(csv, 3);
        return;
    }
    csv_number(csv, listed->finding->table);
    csv_number(csv, listed->finding->index);
    csv_number(csv, listed->entries);
}

static void print_finding(FILE *out, const check_report *report, const listed_finding *listed)
{
    const refcow_finding *finding = listed->finding;
    csv_writer csv;

    begin_row(&csv, out, "finding", report);
    csv_word(&csv, kind_name(listed->kind));
    csv_word(&csv, kind_severity_name(listed->kind));
    csv_word(&csv, refcow_role_name(finding->role));
    csv_number(&csv, finding->host);
    csv_number(&csv, finding->length);
    print_guest_range(&csv, listed);
    print_entries(&csv, listed);
    csv_number(&csv, finding->expected);
    csv_code(&csv, finding->found);
    csv_number(&csv, finding->times);
    csv_empty(&csv, SUMMARY_COLUMNS);
    csv_end_row(&csv);
}

static void csv_boolean(csv_writer *csv, bool value)
{
    csv_word(csv, value ? "true" : "false");
}

/* What was not judged is left empty. */
static void print_counts(csv_writer *csv, const check_report *report, uint64_t omitted)
{
    if (report->checked && report->verdict != REFCOW_VERDICT_REFUSED) {
        csv_number(csv, report->result.corruptions);
        csv_number(csv, report->result.leaks);
        csv_number(csv, report->result.check_errors);
    } else {
        csv_empty(csv, 3);
    }
    if (report->checked)
        csv_number(csv, omitted);
    else
        csv_empty(csv, 1);
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

static void print_summary(FILE *out, const check_report *report, uint64_t omitted)
{
    csv_writer csv;

    begin_row(&csv, out, "summary", report);
    csv_empty(&csv, FINDING_COLUMNS);
    csv_word(&csv, refcow_verdict_name(report->verdict));
    csv_boolean(&csv, check_is_complete(report));
    csv_number(&csv, report->code);
    csv_word(&csv, report->failure.name);
    print_counts(&csv, report, omitted);
    print_live(&csv, report);
    csv_end_row(&csv);
}

void check_print_csv(FILE *out, const check_report *report)
{
    uint64_t omitted = report->checked ? listed_defects(report) : 0;
    listed_finding next;

    for (size_t at = 0; report->checked && listed_next(report, ALL_KINDS, &at, &next);) {
        print_finding(out, report, &next);
        omitted -= next.finding->times;
    }
    print_summary(out, report, omitted);
}
