#define _POSIX_C_SOURCE 200809L /* tzset() */

#include "info.h"

#include "../process/backstop.h"
#include "../process/memory.h"
#include "../process/stop.h"
#include "../run/images.h"
#include "../run/opening.h"
#include "../run/progress.h"
#include "../run/unread.h"
#include "../text/complain.h"
#include "../text/output.h"
#include "options.h"
#include "report.h"

#include <time.h>

static const char help[] =
    "usage: refcow info [OPTION]... IMAGE...\n"
    "Print what QCOW2 images are and contain: sizes, features, snapshots, bitmaps.\n"
    "\n"
    "    --output human|json|jsonl|bodyfile   for people (default) or for programs\n"
    "    --max-listed N       list at most N extensions, snapshots, bitmaps (default\n"
    "                         1000, human 16, maximum 65536)\n"
    "    --refcounts          also count the references, as refcow check does\n" COMMON_OPTIONS_HELP "\n"
    "SIZE may end in K, M, G or T. Text from an image is escaped: \\xNN is a byte, \\\\\n"
    "a backslash. Exit status, the worst of all images in this order: 1 something\n"
    "is unknown, 63 not QCOW2, 0 everything is printed, also of a damaged image.\n";

/* What goes along with the images, from one to the next. */
typedef struct info_session {
    info_options options;
    bool has_printed; /* a report for people */
} info_session;

/* ------------------------------------------------------------------ find out */

static void run_library(info_report *report, const common_options *common)
{
    memory_block work;

    if (!memory_map_between(&work, common->memory, REFCOW_MEMORY_MIN)) {
        info_fail(report, failure_of_memory(REFCOW_MEMORY_MIN));
        return;
    }
    refcow_options settings = {
        .memory = work.base,
        .memory_size = work.size,
        .limits = common->limits,
        .progress = progress_or_stop,
    };
    refcow_status status = refcow_check(&report->image, &settings, &report->result);
    report->counted = true;
    if (status != REFCOW_STATUS_OK)
        info_fail(report, info_failure(report, &report->result.error));
    memory_unmap(&work);
}

static void count_references(info_report *report, const common_options *common)
{
    progress_start(progress_mode_of(common->quiet, common->wants_progress));
    run_library(report, common);
    progress_end(report->counted && report->result.error.status == REFCOW_STATUS_OK);
}

static uint64_t l1_bytes(uint64_t entries)
{
    return entries * sizeof(uint64_t);
}

/* Less than 2^52 bytes. Of a snapshot table that is longer than any that a reader accepts, only the beginning counts.
 */
static void add_up_l1_tables(info_report *report)
{
    uint64_t begin = report->image.header.snapshots_offset;
    refcow_snapshot snapshot = {.end = begin};

    report->l1_bytes = l1_bytes(report->image.header.l1_size);
    while (snapshot.end - begin <= REFCOW_SNAPSHOT_TABLE_BYTES_MAX && info_next_snapshot(report, &snapshot))
        report->l1_bytes += l1_bytes(snapshot.l1_size);
}

static void examine(info_report *report, const info_options *options, image_file *file)
{
    failure why;

    report->has_header = opening_finds_header(&report->image, file, &options->common.limits, &why);
    if (!report->has_header || report->image.error.status != REFCOW_STATUS_OK)
        info_fail(report, why);
    if (!report->has_header)
        return;
    add_up_l1_tables(report);
    if (options->wants_refcounts)
        count_references(report, &options->common);
}

/* ------------------------------------------------------------------ tell */

static void print_for_people(info_report *report, info_session *session)
{
    bool is_foreign = refcow_status_class(report->image.error.status) == REFCOW_CLASS_FOREIGN;

    if (session->has_printed)
        putchar('\n');
    session->has_printed = true;
    if (report->has_header)
        info_print_human(stdout, report);
    else
        unread_print_human(stdout, report->path, is_foreign ? REFCOW_VERDICT_REFUSED : REFCOW_VERDICT_INCOMPLETE,
                           &report->failure);
}

static void print_json(FILE *out, info_report *report, bool in_a_line)
{
    json_writer json;

    if (in_a_line)
        json_begin_line(&json, out);
    else
        json_begin(&json, out);
    info_print_json(&json, report);
    json_end(&json);
}

static void print_bodyfile(info_report *report)
{
    if (!report->has_header)
        return;
    uint64_t listed = info_print_bodyfile(stdout, report);
    uint64_t announced = report->image.header.nb_snapshots;
    if (announced > listed && !report->failed)
        complain_about_omitted(report->path, announced - listed);
}

static void print_report(info_report *report, info_session *session)
{
    if (session->options.common.quiet)
        return;
    switch (session->options.output) {
    case INFO_HUMAN:
        print_for_people(report, session);
        break;
    case INFO_JSON:
    case INFO_JSONL:
        print_json(stdout, report, session->options.output == INFO_JSONL);
        break;
    case INFO_BODYFILE:
        print_bodyfile(report);
        break;
    }
}

/* Of an image that the backstop answers for. A timeline has no line for it. */
static void print_late(void *user, FILE *out, const char *path, const failure *why)
{
    const info_session *session = user;
    info_report report = {.path = path, .failed = true, .failure = *why};

    if (session->options.common.quiet || session->options.output == INFO_BODYFILE)
        return;
    if (session->options.output != INFO_HUMAN) {
        print_json(out, &report, session->options.output == INFO_JSONL);
        return;
    }
    if (session->has_printed)
        fputc('\n', out);
    unread_print_human(out, path, REFCOW_VERDICT_INCOMPLETE, why);
}

static exit_code exit_code_of(const info_report *report, const info_options *options)
{
    if (!options->common.format_is_given && failure_is_other_format(&report->image.error))
        return EXIT_CODE_NOT_QCOW2;
    return report->failed ? EXIT_CODE_FAILED : EXIT_CODE_CLEAN;
}

static exit_code tell_about_image(void *user, opened_image *image)
{
    info_session *session = user;
    info_report report = {
        .path = image->path,
        .most_listed = session->options.most_listed,
        .most_names = session->options.most_names,
        .failure = failure_of_library(&(refcow_error){.status = REFCOW_STATUS_OK}, NULL),
    };

    stop_after(session->options.common.timeout);
    if (!image->is_open || stop_wanted()) {
        info_fail(&report, image->is_open ? stop_failure() : image->why);
    } else {
        report.file = &image->file;
        report.begun = live_begin(&image->file);
        examine(&report, &session->options, &image->file);
    }
    if (!info_fits_in_buffer(&session->options))
        backstop_hold();
    print_report(&report, session); /* reads names and lists */
    stop_after(0);
    output_flush(); /* who reads along need not wait for the other images */
    if (report.failed)
        complain_about_image(image->path, &report.failure);
    return exit_code_of(&report, &session->options);
}

static exit_code tell_about_images(info_session *session)
{
    images_needs needs = {
        .memory = session->options.wants_refcounts ? session->options.common.memory : OPENING_MEMORY,
        .timeout = session->options.common.timeout,
        .sandbox = session->options.common.sandbox,
        .print_late = print_late,
    };

    stop_on_signals();
    progress_on_signal();
    tzset(); /* the C library looks for the time zone even to tell UTC, and in the sandbox it can open nothing */
    return images_each(&session->options.images, &needs, tell_about_image, session);
}

exit_code info_run(int argc, char **argv)
{
    info_session session = {0};
    options_outcome outcome = info_options_parse(&session.options, argc, argv);

    return outcome == OPTIONS_READY ? tell_about_images(&session) : options_end(outcome, help);
}
