#include "../run/check_report.h"

#include "../run/csv_parts.h"

/* The columns that only a summary of a check has. */
static const char *const own_columns[] = {"omitted",
                                          "image-end-offset",
                                          "total-clusters",
                                          "allocated-clusters",
                                          "fragmented-clusters",
                                          "compressed-clusters",
                                          "damage-l2-tables",
                                          "damage-damaged-l2-tables",
                                          "damage-guest-offset",
                                          "damage-guest-length",
                                          "damage-active-disk",
                                          "damage-snapshots-damaged",
                                          "damage-snapshots-sound",
                                          "second-look-name",
                                          "second-look-text",
                                          "second-look-passes",
                                          "second-look-memory-used",
                                          "second-look-bytes-read",
                                          "second-look-work"};

#define OWN_COLUMNS (sizeof own_columns / sizeof own_columns[0])
#define LOOK_COLUMNS 6

void check_print_csv_heading(FILE *out)
{
    csv_writer csv;

    csv_begin_row(&csv, out);
    csv_record_names(&csv);
    csv_finding_names(&csv);
    csv_summary_names(&csv);
    csv_words(&csv, own_columns, OWN_COLUMNS);
    csv_end_row(&csv);
}

static void print_finding(FILE *out, const check_report *report, const listed_finding *listed)
{
    field_value values[FINDING_FIELDS];
    csv_writer csv;

    finding_values(values, listed);
    csv_begin_record(&csv, out, "finding", report);
    csv_finding(&csv, values);
    csv_empty(&csv, CSV_SUMMARY_COLUMNS + OWN_COLUMNS);
    csv_end_row(&csv);
}

static void print_damage(csv_writer *csv, const check_report *report)
{
    const refcow_damage *damage = &report->result.damage;

    csv_number(csv, damage->l2_tables);
    csv_number(csv, damage->damaged_l2_tables);
    if (damage->guest_end == 0) {
        csv_empty(csv, 2);
    } else {
        csv_number(csv, damage->guest);
        csv_number(csv, damage->guest_end - damage->guest);
    }
    csv_boolean(csv, disks_active_is_damaged(report));
    if (report->disks.is_known) {
        csv_number(csv, report->disks.damaged.count);
        csv_number(csv, report->disks.sound.count);
    } else {
        csv_empty(csv, 2);
    }
}

static void print_look(csv_writer *csv, const second_look *look)
{
    if (!look->is_taken) {
        csv_empty(csv, LOOK_COLUMNS);
        return;
    }
    csv_word(csv, look->why.name);
    csv_sentence(csv, look->why.text);
    csv_number(csv, look->result.passes);
    csv_number(csv, look->result.memory_used);
    csv_number(csv, look->result.bytes_read);
    csv_number(csv, look->result.work);
}

/* What was not judged is left empty. */
static void print_own_columns(csv_writer *csv, const check_report *report, uint64_t omitted)
{
    const refcow_result *result = &report->result;

    if (!report->checked) {
        csv_empty(csv, OWN_COLUMNS);
        return;
    }
    csv_number(csv, omitted);
    if (report->verdict == REFCOW_VERDICT_REFUSED) {
        csv_empty(csv, OWN_COLUMNS - 1);
        return;
    }
    csv_number(csv, result->image_end_offset);
    csv_number(csv, result->total_clusters);
    csv_number(csv, result->allocated_clusters);
    csv_number(csv, result->fragmented_clusters);
    csv_number(csv, result->compressed_clusters);
    print_damage(csv, report);
    print_look(csv, &report->look);
}

static void print_summary(FILE *out, const check_report *report, uint64_t omitted)
{
    csv_writer csv;

    csv_begin_record(&csv, out, "summary", report);
    csv_empty(&csv, FINDING_FIELDS);
    csv_summary(&csv, report);
    print_own_columns(&csv, report, omitted);
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
