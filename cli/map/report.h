/*
 * report.h - all that `refcow map` has learnt about an image, and the ways to print it.
 */
#ifndef REFCOW_CLI_MAP_REPORT_H
#define REFCOW_CLI_MAP_REPORT_H

#include "../run/check_report.h"
#include "picture.h"

/* References past the end of the file, which are findings: there is no cluster that they could own. */
#define KINDS_PAST_END (KIND_BIT(REFCOW_KIND_OUT_OF_FILE) | KIND_BIT(REFCOW_KIND_BLOCK_OUT_OF_FILE))

typedef struct map_report {
    check_report check;
    uint64_t clusters[OWNERS]; /* of each owner */
    uint64_t runs;             /* of clusters that are alike */
    picture picture;
    owned_run *damage; /* the first runs of damage: room for max_runs */
    uint64_t damaged;  /* runs of damage in all */
    uint64_t max_runs; /* that are to be listed */
} map_report;

static inline uint64_t map_cluster_size(const map_report *report)
{
    return UINT64_C(1) << report->check.image.header.cluster_bits;
}

/* Runs that are not listed. */
static inline uint64_t map_runs_omitted(const map_report *report)
{
    return report->runs > report->max_runs ? report->runs - report->max_runs : 0;
}

/* References past the end of the file. */
static inline uint64_t map_past_end(const map_report *report)
{
    const uint64_t *found = report->check.result.found;

    return found[REFCOW_KIND_OUT_OF_FILE] + found[REFCOW_KIND_BLOCK_OUT_OF_FILE];
}

/* Clusters that are in the map. */
uint64_t map_clusters(const map_report *report);

/* Runs of damage that are kept. */
uint64_t map_damage_kept(const map_report *report);

/* Of all clusters in the map. */
double map_percent(const map_report *report, owner who);

#define PERCENT_TEXT_LENGTH 16

/* "12.34%": written into the text, which is returned. "<0.01%" for what is there and rounds to nothing. */
const char *map_percent_text(char text[PERCENT_TEXT_LENGTH], const map_report *report, owner who);

/* For people: a picture in letters, in color perhaps. */
void map_print_human(FILE *out, const map_report *report, bool has_colors);

/* For browsers: one page that needs nothing else. */
void map_print_html(FILE *out, const map_report *report);

/* The same for an image that could not be looked at: only the reason is known. */
void map_print_html_late(FILE *out, const map_report *report);

/* JSON Lines: a record about the image, one for each run, as soon as it is known; the findings that are references past
 * the end, and one that sums up. */
void map_print_jsonl_run(FILE *out, const map_report *report, const owned_run *run);
void map_print_jsonl_end(FILE *out, const map_report *report);

/* A table with the same rows, less the first, and a row for each owner that owns something; its heading comes before
 * the rows of the first image. */
void map_print_csv_heading(FILE *out);
void map_print_csv_run(FILE *out, const map_report *report, const owned_run *run);
void map_print_csv_end(FILE *out, const map_report *report);

#endif
