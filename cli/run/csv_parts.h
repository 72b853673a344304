/*
 * csv_parts.h - what the tables of findings and of runs have in common. The columns have the names that the members
 * have in JSON; a member of an object has the name of the object before its own: "status-name".
 */
#ifndef REFCOW_CLI_RUN_CSV_PARTS_H
#define REFCOW_CLI_RUN_CSV_PARTS_H

#include "../text/csv.h"
#include "check_report.h"
#include "finding_fields.h"

/* The first columns of each row: what the row is, and about which image. */
void csv_record_names(csv_writer *csv);
void csv_begin_record(csv_writer *csv, FILE *out, const char *record, const check_report *report);

void csv_words(csv_writer *csv, const char *const *words, size_t count);

/* The columns of a finding. */
void csv_finding_names(csv_writer *csv);
void csv_finding(csv_writer *csv, const field_value values[FINDING_FIELDS]);

/* Columns of a summary. What was not judged is left empty. */
#define CSV_SUMMARY_COLUMNS 20
void csv_summary_names(csv_writer *csv);
void csv_summary(csv_writer *csv, const check_report *report);

#endif
