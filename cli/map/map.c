#include "map.h"

#include "../process/backstop.h"
#include "../process/stop.h"
#include "../run/examine.h"
#include "../run/listed.h"
#include "../run/progress.h"
#include "../run/unread.h"
#include "../text/complain.h"
#include "../text/output.h"
#include "options.h"
#include "report.h"

#include <inttypes.h>
#include <stdio_ext.h>

static const char help[] =
    "usage: refcow map [OPTION]... IMAGE...\n"
    "Show the owner of each cluster of a QCOW2 image's file.\n"
    "\n"
    "    --output human|html|jsonl|csv   a picture (default), a page, or for programs\n"
    "    --color auto|always|never   print the letters in color\n"
    "    --max-runs N         list at most N runs, or none: no limit. human and html\n"
    "                         list damage (default 8 and 256), others all (2048)\n" COMMON_OPTIONS_HELP "\n"
    "SIZE may end in K, M, G or T. A legend below the picture explains its letters;\n"
    "refcow(1) explains all letters. Exit status: as for refcow check, but limits\n"
    "end a map at another point.\n";

/* The lines that are printed above and below a picture. */
#define OTHER_LINES 14
#define LEAST_LINES 8
#define MOST_LINES 64

/* Two spaces, "0x", two spaces. */
#define OTHER_COLUMNS 6
#define MOST_COLUMNS 256

/* Offsets of rows are rounder if the number of cells in a row is. */
#define COLUMNS_STEP 16

/* Bytes of records that are written at once. */
#define RUNS_AT_ONCE 8192

#define HTML_COLUMNS 64
#define HTML_ROWS 48

/* Ranges of references past the end of the file that are listed, of each kind of finding. */
#define MOST_FINDINGS 800

/* What goes along with the images, from one to the next. */
typedef struct map_session {
    map_options options;
    examination how;
    ownership ownership;
    refcow_observer observer;
    picture picture; /* an empty one */
    memory_block window;
    memory_block cells;
    memory_block damage;
    bool has_printed; /* a picture for people */
} map_session;

/* The map of one image in the making. */
typedef struct map_making {
    map_report report;
    const map_options *options;
} map_making;

/* ------------------------------------------------------------------ an image */

static uint32_t clamp(uint32_t number, uint32_t least, uint32_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

/* Cells in a row: what offsets leave of the width of the terminal. */
static uint32_t columns_for(const map_options *options, uint64_t file_size)
{
    uint32_t others = OTHER_COLUMNS + (uint32_t)snprintf(NULL, 0, "%" PRIx64, file_size);

    if (options->output == MAP_HTML)
        return HTML_COLUMNS;
    return (clamp(options->terminal.columns, others + COLUMNS_STEP, MOST_COLUMNS) - others) / COLUMNS_STEP *
           COLUMNS_STEP;
}

static void note_damage(map_report *report, const owned_run *run)
{
    if (!owner_is_damage(owner_of(run)))
        return;
    if (report->damaged < report->max_runs)
        report->damage[report->damaged] = *run;
    report->damaged++;
}

/* Lines reach stdout in whole ones: between two runs it can be ended by the record that sums up. Once an end is wanted
 * no more runs are listed: the check may tell of very many before it notices. */
static void print_run(map_report *report, const owned_run *run, map_output output)
{
    if (report->runs <= report->max_runs && stop_wanted())
        report->max_runs = report->runs - 1;
    backstop_hold();
    if (output == MAP_CSV)
        map_print_csv_run(stdout, report, run);
    else
        map_print_jsonl_run(stdout, report, run);
    backstop_release();
    if (__fpending(stdout) >= RUNS_AT_ONCE)
        backstop_flush();
}

static void note_run(void *user, const owned_run *run)
{
    map_making *making = user;
    map_report *report = &making->report;
    uint32_t cluster_bits = report->check.image.header.cluster_bits;

    report->runs++;
    report->clusters[owner_of(run)] += run->clusters.length >> cluster_bits;
    if (making->options->common.quiet)
        return;
    if (map_lists_at_once(making->options->output)) {
        print_run(report, run, making->options->output);
        return;
    }
    if (report->runs == 1) {
        report->picture.columns = columns_for(making->options, report->check.file_size);
        picture_begin(&report->picture, report->check.file_size, cluster_bits);
    }
    picture_add(&report->picture, run);
    note_damage(report, run);
}

/* The end of the file in whole clusters. What a check that was stopped has not told stays out of the map. */
static uint64_t end_of_map(const map_report *report)
{
    if (!check_is_finished(&report->check))
        return 0; /* there may be no cluster size */
    uint64_t cluster = map_cluster_size(report);
    return (report->check.file_size + cluster - 1) & ~(cluster - 1);
}

static void print_report(const map_report *report, map_session *session)
{
    const check_report *check = &report->check;

    if (session->options.common.quiet)
        return;
    switch (session->options.output) {
    case MAP_HUMAN:
        if (session->has_printed)
            putchar('\n');
        if (check->checked)
            map_print_human(stdout, report, session->options.terminal.has_colors);
        else
            unread_print_human(stdout, check->path, check->verdict, &check->failure);
        break;
    case MAP_JSONL:
        map_print_jsonl_end(stdout, report);
        break;
    case MAP_CSV:
        map_print_csv_end(stdout, report);
        break;
    case MAP_HTML:
        if (check->checked)
            map_print_html(stdout, report);
        else
            map_print_html_late(stdout, report);
        break;
    }
    session->has_printed = true;
    output_flush(); /* who reads along need not wait for the other images */
}

/* Of an image that the backstop answers for. */
static void print_late(void *user, FILE *out, const char *path, const failure *why)
{
    const map_session *session = user;
    const map_report report = {
        .check = {.path = path, .verdict = REFCOW_VERDICT_INCOMPLETE, .failure = *why, .code = EXIT_CODE_FAILED}};

    if (session->options.common.quiet)
        return;
    switch (session->options.output) {
    case MAP_HUMAN:
        if (session->has_printed)
            fputc('\n', out);
        unread_print_human(out, path, report.check.verdict, why);
        break;
    case MAP_JSONL:
        map_print_jsonl_end(out, &report);
        break;
    case MAP_CSV:
        map_print_csv_end(out, &report);
        break;
    case MAP_HTML:
        map_print_html_late(out, &report);
        break;
    }
}

static uint64_t max_findings(const map_options *options)
{
    return options->max_runs < MOST_FINDINGS ? options->max_runs : MOST_FINDINGS;
}

static exit_code map_image(void *user, opened_image *image)
{
    map_session *session = user;
    const map_options *options = &session->options;
    map_making making = {
        .report = {.check = {.path = image->path, .listed = KINDS_PAST_END, .max_listed = max_findings(options)},
                   .picture = session->picture,
                   .damage = session->damage.base,
                   .max_runs = options->max_runs},
        .options = options};

    memory_clear(&session->cells);
    session->ownership = (ownership){.header = &making.report.check.image.header, .tell = note_run, .user = &making};
    ownership_place(&session->ownership, session->window.base, session->how.memory);
    examine(&making.report.check, &session->how, image);
    ownership_finish(&session->ownership, end_of_map(&making.report));
    print_report(&making.report, session);
    examine_complain(&making.report.check);
    return making.report.check.code;
}

/* ------------------------------------------------------------------ all images */

static picture empty_picture(const map_options *options)
{
    uint32_t lines = clamp(options->terminal.lines, OTHER_LINES + LEAST_LINES, OTHER_LINES + MOST_LINES);

    return (picture){.columns = columns_for(options, 0),
                     .most_rows = options->output == MAP_HTML ? HTML_ROWS : lines - OTHER_LINES};
}

static bool map_window(map_session *session, uint64_t memory)
{
    session->how.memory = ownership_library_share(memory);
    return memory_map(&session->window, ownership_window_bytes(session->how.memory));
}

/* As much as the system gives of what is granted, which may be more than any machine has. */
static bool map_largest_window(map_session *session)
{
    for (uint64_t memory = session->options.common.memory; memory >= MAP_LEAST_MEMORY; memory /= 2) {
        if (map_window(session, memory))
            return true;
    }
    return false;
}

/* What goes with the library's share; runs are printed at once, or kept until the end. */
static bool map_blocks(map_session *session)
{
    const map_options *options = &session->options;
    uint64_t kept = map_lists_at_once(options->output) ? 0 : options->max_runs;
    uint64_t findings = listed_room(max_findings(options));
    size_t cells = (size_t)session->picture.columns * session->picture.most_rows;

    return map_largest_window(session) && memory_map(&session->cells, cells * sizeof(picture_cell)) &&
           memory_map_list(&session->damage, kept, sizeof(owned_run)) &&
           memory_map_list(&session->how.findings, findings * kind_set_library(KINDS_PAST_END), sizeof(refcow_finding));
}

static exit_code map_images(map_session *session)
{
    stop_on_signals();
    progress_on_signal();
    session->picture = empty_picture(&session->options);
    session->how.options = &session->options.common;
    session->observer = ownership_observer(&session->ownership);
    session->how.observer = &session->observer;
    if (!map_blocks(session)) {
        complain_about_memory();
        return EXIT_CODE_FAILED;
    }
    session->picture.cells = session->cells.base;
    if (session->options.output == MAP_CSV && !session->options.common.quiet)
        map_print_csv_heading(stdout);
    images_needs needs = examine_needs(&session->options.common,
                                       session->cells.size + session->damage.size + session->how.findings.size);
    needs.print_late = print_late;
    return images_each(&session->options.images, &needs, map_image, session);
}

exit_code map_run(int argc, char **argv)
{
    map_session session = {0};
    options_outcome outcome = map_options_parse(&session.options, argc, argv);

    if (outcome == OPTIONS_READY)
        return map_images(&session);
    return options_end(outcome, help);
}
