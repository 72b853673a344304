#include "../run/csv_parts.h"
#include "../run/listed.h"
#include "report.h"

/* Columns that a run has, beside those of a finding that it has, too. */
static const char *const run_columns[] = {"owner", "stored", "counted"};

/* What an owner owns, and the image has in all. */
static const char *const sum_columns[] = {"clusters", "bytes"};

static const char *const own_columns[] = {"runs", "runs-omitted", "past-end", "past-end-omitted"};

#define RUN_COLUMNS (sizeof run_columns / sizeof run_columns[0])
#define SUM_COLUMNS (sizeof sum_columns / sizeof sum_columns[0])
#define OWN_COLUMNS (sizeof own_columns / sizeof own_columns[0])

void map_print_csv_heading(FILE *out)
{
    csv_writer csv;

    csv_begin_row(&csv, out);
    csv_record_names(&csv);
    csv_finding_names(&csv);
    csv_words(&csv, run_columns, RUN_COLUMNS);
    csv_words(&csv, sum_columns, SUM_COLUMNS);
    csv_summary_names(&csv);
    csv_words(&csv, own_columns, OWN_COLUMNS);
    csv_end_row(&csv);
}

/* ------------------------------------------------------------------ runs */

static void print_place(csv_writer *csv, const map_report *report, const owned_run *run)
{
    field_value values[FINDING_FIELDS] = {{.type = FIELD_HAS_NOTHING}};

    finding_place(values, run->clusters.host, run->clusters.length);
    finding_guest(values, run->guest.offset, guest_range_length(&report->check.image.header, &run->guest));
    finding_users(values, run->users);
    csv_finding(csv, values);
}

void map_print_csv_run(FILE *out, const map_report *report, const owned_run *run)
{
    csv_writer csv;

    if (report->runs > report->max_runs)
        return;
    csv_begin_record(&csv, out, "run", &report->check);
    print_place(&csv, report, run);
    csv_word(&csv, owner_word(owner_of(run)));
    if (run->clusters.is_known)
        csv_number(&csv, run->clusters.stored);
    else
        csv_empty(&csv, 1);
    csv_number(&csv, run->clusters.counted);
    csv_empty(&csv, SUM_COLUMNS + CSV_SUMMARY_COLUMNS + OWN_COLUMNS);
    csv_end_row(&csv);
}

/* ------------------------------------------------------------------ findings and sums */

static void print_finding(FILE *out, const map_report *report, const listed_finding *listed)
{
    field_value values[FINDING_FIELDS];
    csv_writer csv;

    finding_values(values, listed);
    csv_begin_record(&csv, out, "finding", &report->check);
    csv_finding(&csv, values);
    csv_empty(&csv, RUN_COLUMNS + SUM_COLUMNS + CSV_SUMMARY_COLUMNS + OWN_COLUMNS);
    csv_end_row(&csv);
}

static void print_owner(FILE *out, const map_report *report, owner who)
{
    csv_writer csv;

    csv_begin_record(&csv, out, "owner", &report->check);
    csv_empty(&csv, FINDING_FIELDS);
    csv_word(&csv, owner_word(who));
    csv_empty(&csv, RUN_COLUMNS - 1);
    csv_number(&csv, report->clusters[who]);
    csv_number(&csv, report->clusters[who] * map_cluster_size(report));
    csv_empty(&csv, CSV_SUMMARY_COLUMNS + OWN_COLUMNS);
    csv_end_row(&csv);
}

static void print_owners(FILE *out, const map_report *report)
{
    for (owner who = 0; who < OWNERS; who++) {
        if (report->clusters[who] > 0)
            print_owner(out, report, who);
    }
}

static void print_summary(FILE *out, const map_report *report, uint64_t past_end_omitted)
{
    const check_report *check = &report->check;
    bool has_map = check->checked && check->verdict != REFCOW_VERDICT_REFUSED;
    csv_writer csv;

    csv_begin_record(&csv, out, "summary", check);
    csv_empty(&csv, FINDING_FIELDS + RUN_COLUMNS);
    if (has_map) {
        csv_number(&csv, map_clusters(report));
        csv_number(&csv, map_clusters(report) * map_cluster_size(report));
    } else {
        csv_empty(&csv, SUM_COLUMNS);
    }
    csv_summary(&csv, check);
    if (has_map) {
        csv_number(&csv, report->runs);
        csv_number(&csv, map_runs_omitted(report));
        csv_number(&csv, map_past_end(report));
        csv_number(&csv, past_end_omitted);
    } else {
        csv_empty(&csv, OWN_COLUMNS);
    }
    csv_end_row(&csv);
}

void map_print_csv_end(FILE *out, const map_report *report)
{
    const check_report *check = &report->check;
    uint64_t omitted = check->checked ? listed_defects(check) : 0;
    listed_finding next;

    for (size_t at = 0; check->checked && listed_next(check, ALL_KINDS, &at, &next);) {
        print_finding(out, report, &next);
        omitted -= next.finding->times;
    }
    print_owners(out, report);
    print_summary(out, report, omitted);
}
