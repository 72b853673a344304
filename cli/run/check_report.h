/*
 * check_report.h - all that `refcow check` has learnt about an image, and the ways to print it.
 */
#ifndef REFCOW_CLI_RUN_CHECK_REPORT_H
#define REFCOW_CLI_RUN_CHECK_REPORT_H

#include "../image/live.h"
#include "../process/exit_codes.h"
#include "../text/name.h"
#include "../text/reason.h"
#include "backing.h"
#include "disks.h"
#include "kinds.h"
#include "orphans.h"
#include "refcow.h"
#include "whereabouts.h"

#include <stdbool.h>
#include <stdio.h>

struct check_report {
    const char *path;
    refcow_verdict verdict;
    failure failure;
    exit_code code;
    bool opened; /* the fields up to the next one mean something */
    uint64_t file_size;
    live_facts live;
    bool has_header; /* see opening_finds_header() */
    bool checked;    /* refcow_check() has run: the fields below mean something */
    refcow_image image;
    refcow_result result;
    const refcow_finding *findings;
    orphan_list orphans;
    second_look look;
    disk_damage disks;
    kind_set listed;      /* the kinds that are to be listed */
    uint64_t max_listed;  /* ranges of each kind that are to be listed, at most */
    backing_link backing; /* of an image that has a header */
    image_name backing_name;
    kind_set own; /* the notes of the command that apply */
    refcow_finding own_notes[KIND_ORPHAN - REFCOW_KINDS];
};

/* The whole image was looked at; there may be refcounts that could not be looked up. */
static inline bool check_is_finished(const check_report *report)
{
    return report->checked && report->result.error.status == REFCOW_STATUS_OK;
}

/* Another process has the image open for writing. */
static inline bool check_has_writer(const check_report *report)
{
    return report->opened && report->live.locks.is_known && lock_bytes_show_writer(report->live.locks);
}

/* Another process may write to the image, and what was found may be a change that is not complete. */
static inline bool check_is_in_use(const check_report *report)
{
    const refcow_result *result = &report->result;
    bool has_defects = result->corruptions > 0 || result->leaks > 0 || result->check_errors > 0;
    return has_defects && check_has_writer(report);
}

/* Finding nothing means that there is nothing. */
static inline bool check_is_complete(const check_report *report)
{
    return check_is_finished(report) && report->result.check_errors == 0;
}

/* The header says that guest data is in files that refcow does not open. */
static inline bool has_backing_file(const refcow_header *header)
{
    return header->backing_file.offset != 0 && header->backing_file.length > 0;
}

static inline bool has_data_file(const refcow_header *header)
{
    return (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0 || header->data_file.length > 0;
}

/* For people, of an image that was checked. */
void check_print_human(FILE *out, const check_report *report);

/* Parts of it: the name and the next two; what the image is, without an end of line; the verdict; the numbers of
 * defects, without an end of line; the findings. The only words that others may have chosen are in the verdict, in the
 * reason for it. */
void check_print_human_heading(FILE *out, const check_report *report);
void check_print_human_facts(FILE *out, const check_report *report);
void check_print_human_verdict(FILE *out, const check_report *report, text_printer *print_detail);
void check_print_human_defects(FILE *out, const check_report *report);
void check_print_human_findings(FILE *out, const check_report *report);

/* Where wrong entries are, if there are any. */
void check_print_human_damage(FILE *out, const check_report *report);

/* "1 "before"": its ID and its name. */
void check_print_snapshot(FILE *out, const refcow_image *image, const refcow_snapshot *snapshot);

/* For programs: the keys of `qemu-img check --output=json` if the check is finished, and the key "refcow" always. */
void check_print_json(FILE *out, const check_report *report);

/* JSON Lines: a record about the image, one for each range of findings that is listed, and one that sums up. */
void check_print_jsonl(FILE *out, const check_report *report);

/* Parts of it: the first record, and the records of the findings. Returns how many defects have no record. */
void check_print_jsonl_image(FILE *out, const check_report *report);
uint64_t check_print_jsonl_findings(FILE *out, const check_report *report);

/* A table with the same rows, less the first; its heading comes before the rows of the first image. */
void check_print_csv_heading(FILE *out);
void check_print_csv(FILE *out, const check_report *report);

#endif
