#include "check.h"

#include "budget.h"
#include "check_report.h"
#include "complain.h"
#include "image_file.h"
#include "memory.h"
#include "options.h"
#include "progress.h"
#include "stop.h"

static const char help[] =
    "usage: refcow check [OPTION]... IMAGE...\n"
    "\n"
    "Count the references in qcow2 images and compare them with the refcounts that they store.\n"
    "The images are only read, no lock is taken, and no file that they name is opened. An image is a\n"
    "file, a block device, or on an NBD server: nbd://, nbds://, nbd+unix://, nbds+unix://.\n"
    "\n"
    "  -f, --format qcow2     do not guess the format: another one is an error, exit code 1\n"
    "      --output human     for people (default)\n"
    "      --output json      of one image: what qemu-img check prints, and the key \"refcow\"\n"
    "      --output jsonl     JSON Lines: records of type image, finding, summary for each image\n"
    "      --output csv       the same findings and summaries, for spreadsheets\n"
    "      --list KIND        list all findings of this kind, and of no other: leaked, orphan,\n"
    "                         refcount-too-low, ... (as in the output), or all; may be repeated\n"
    "      --max-findings N   list N findings of each kind (default 32, for people 8; with --list\n"
    "                         as many as fit into as much memory again as --memory grants)\n"
    "  -q, --quiet            print nothing but errors\n"
    "  -p, --progress         show progress on stderr, even if that is no terminal;\n"
    "                         SIGUSR1 prints a line of it at any time\n"
    "  -U, --force-share      accepted for qemu-img's sake\n"
    "      --memory SIZE      work in at most SIZE bytes (default 64M, at least 64K);\n"
    "                         less memory means more passes and the same answer\n"
    "      --timeout SECONDS  give an image up after so long (default: never)\n"
    "      --max-read SIZE    give up after reading SIZE bytes\n"
    "      --max-entries N    give up after visiting N entries of tables\n"
    "                         (none: never; default: in proportion to what the file takes up\n"
    "                         on the disk, more than any image with honest metadata needs)\n"
    "      --no-sandbox       keep rights that a check does not need: for debuggers\n"
    "  -h, --help             print this\n"
    "\n"
    "SIZE may end in K, M, G or T.\n"
    "\n"
    "exit code, of several images the worst one in this order:\n"
    "   1  not judged to the end: refused, unreadable, a limit, wrong usage\n"
    "  63  not a qcow2 image\n"
    "   2  corruptions\n"
    "   3  leaks and nothing worse\n"
    "   0  clean\n";

static uint64_t clamp(uint64_t number, uint64_t least, uint64_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

static void note_failure(check_report *report, refcow_verdict verdict, failure why)
{
    report->verdict = verdict;
    report->failure = why;
}

/* What the system says about a failed read, or what to do about a limit. */
static const char *detail_of(const refcow_error *error, const image_file *file)
{
    if (error->status == REFCOW_STATUS_ENTRY_LIMIT)
        return "see --max-entries, and give more --memory if there is much to count";
    if (error->status == REFCOW_STATUS_READ_LIMIT)
        return "see --max-read, and give more --memory if there is much to count";
    return file->read_detail;
}

/* Ctrl-C or the time limit, whether the library has noticed or who waited for a server. */
static bool was_stopped(refcow_status status)
{
    return status == REFCOW_STATUS_CANCELLED || (status == REFCOW_STATUS_READ_FAILED && stop_wanted());
}

static failure failure_of(const refcow_error *error, const image_file *file)
{
    return was_stopped(error->status) ? stop_failure() : failure_of_library(error, detail_of(error, file));
}

/* What goes along with the images, from one to the next. */
typedef struct check_session {
    check_options options;
    memory_block findings;
    memory_block orphans;
    bool has_printed; /* a report for people */
} check_session;

static size_t room_in(const memory_block *block)
{
    return block->size / sizeof(refcow_finding);
}

static int note_progress(void *user, const refcow_progress *progress)
{
    (void)user;
    progress_show(progress);
    return stop_wanted();
}

static void note_orphan(void *user, const refcow_finding *entry)
{
    orphans_add(user, entry);
}

/* Check an open image in the memory that the caller has found for it. */
static void run_library(check_report *report, const check_session *session, const image_file *file,
                        const memory_block *work)
{
    refcow_options settings = {
        .memory = work->base,
        .memory_size = work->size,
        .findings = session->findings.base,
        .findings_capacity = room_in(&session->findings),
        .limits = budget_of(&session->options, file),
        .progress = note_progress,
        .user = &report->orphans,
        .orphan = note_orphan,
    };

    report->orphans = (orphan_list){
        .ranges = session->orphans.base,
        .room = room_in(&session->orphans),
        .cluster_size = UINT64_C(1) << report->image.header.cluster_bits,
    };
    refcow_check(&report->image, &settings, &report->result);
    orphans_finish(&report->orphans);
    report->checked = true;
    report->findings = session->findings.base;
    note_failure(report, report->result.verdict, failure_of(&report->result.error, file));
}

static void find_memory_and_check(check_report *report, const check_session *session, const image_file *file)
{
    refcow_plan plan = {0};
    memory_block work;

    refcow_plan_memory(&report->image, session->options.memory, &plan);
    uint64_t most = clamp(plan.one_pass, REFCOW_MEMORY_MIN, session->options.memory);
    if (!memory_map_between(&work, most, REFCOW_MEMORY_MIN)) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, failure_of_memory(REFCOW_MEMORY_MIN));
        return;
    }
    run_library(report, session, file, &work);
    memory_unmap(&work);
}

static void check_file(check_report *report, const check_session *session, image_file *file)
{
    refcow_source source = image_file_source(file);
    refcow_status status = refcow_open(&report->image, sizeof report->image, REFCOW_VERSION, &source);
    refcow_class class = refcow_status_class(status);

    if (class == REFCOW_CLASS_OK || class == REFCOW_CLASS_REFUSED) {
        find_memory_and_check(report, session, file);
        return;
    }
    refcow_error error = report->image.error;
    error.status = status; /* a library of another version leaves the image as it was */
    note_failure(report, class == REFCOW_CLASS_FOREIGN ? REFCOW_VERDICT_REFUSED : REFCOW_VERDICT_INCOMPLETE,
                 failure_of(&error, file));
}

static void check_if_open(check_report *report, const check_session *session, opened_image *image)
{
    image_file *file = &image->file;

    if (!image->is_open || stop_wanted()) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, image->is_open ? stop_failure() : image->why);
        return;
    }
    report->opened = true;
    report->file_size = file->size;
    live_moment begun = live_begin(file);
    check_file(report, session, file);
    report->live = live_end(&begun, file);
}

static exit_code exit_code_of(const check_report *report, const check_options *options)
{
    if (!options->format_is_given && failure_is_other_format(&report->image.error))
        return EXIT_CODE_NOT_QCOW2;
    if (!check_is_complete(report))
        return EXIT_CODE_FAILED;
    switch (report->verdict) {
    case REFCOW_VERDICT_CLEAN:
        return EXIT_CODE_CLEAN;
    case REFCOW_VERDICT_LEAKS:
        return EXIT_CODE_LEAKS;
    case REFCOW_VERDICT_CORRUPT:
        return EXIT_CODE_CORRUPT;
    case REFCOW_VERDICT_REFUSED:
    case REFCOW_VERDICT_INCOMPLETE:
        break;
    }
    return EXIT_CODE_FAILED;
}

static void print_for_people(const check_report *report, check_session *session)
{
    if (!report->checked)
        return; /* there is nothing to say but the failure, which belongs on stderr */
    if (session->has_printed)
        putchar('\n');
    session->has_printed = true;
    check_print_human(stdout, report);
}

static void print_report(const check_report *report, check_session *session)
{
    if (session->options.quiet)
        return;
    switch (session->options.output) {
    case OUTPUT_HUMAN:
        print_for_people(report, session);
        break;
    case OUTPUT_JSON:
        check_print_json(stdout, report);
        break;
    case OUTPUT_JSONL:
        check_print_jsonl(stdout, report);
        break;
    case OUTPUT_CSV:
        check_print_csv(stdout, report);
        break;
    }
    fflush(stdout); /* who reads along need not wait for the other images */
}

static void complain_if_not_complete(const check_report *report)
{
    if (!check_is_finished(report))
        complain_about_image(report->path, &report->failure);
    else if (!check_is_complete(report))
        complain_about_lookups(report->path, report->result.check_errors);
}

static progress_mode progress_mode_of(const check_options *options)
{
    if (options->quiet)
        return PROGRESS_OFF;
    return options->wants_progress ? PROGRESS_ALWAYS : PROGRESS_IF_SEEN;
}

static exit_code check_image(void *user, opened_image *image)
{
    check_session *session = user;
    check_report report = {.path = image->path, .listed = session->options.listed};

    stop_after(session->options.timeout);
    progress_start(progress_mode_of(&session->options));
    check_if_open(&report, session, image);
    stop_after(0);
    progress_end(check_is_finished(&report));
    report.code = exit_code_of(&report, &session->options);
    print_report(&report, session);
    complain_if_not_complete(&report);
    return report.code;
}

/* Room for as many findings as are to be listed; no block if that is none. */
static bool map_findings(memory_block *block, uint64_t count)
{
    return count == 0 || memory_map(block, count * sizeof(refcow_finding));
}

static bool map_lists(check_session *session)
{
    uint64_t each = session->options.max_findings;
    uint64_t orphans = kind_set_has(session->options.listed, KIND_ORPHAN) ? each : 0;

    return map_findings(&session->findings, each * REFCOW_KINDS) && map_findings(&session->orphans, orphans);
}

static exit_code check_images(check_session *session)
{
    const check_options *options = &session->options;

    stop_on_signals();
    progress_on_signal();
    if (!map_lists(session)) {
        complain_about_memory();
        return EXIT_CODE_FAILED;
    }
    if (options->output == OUTPUT_CSV && !options->quiet)
        check_print_csv_heading(stdout);
    images_needs needs = {
        .memory = clamp(options->memory, 0, UINT64_MAX / 2) + session->findings.size + session->orphans.size,
        .timeout = options->timeout,
        .sandbox = options->sandbox,
    };
    return images_each(&options->images, &needs, check_image, session);
}

exit_code check_run(int argc, char **argv)
{
    check_session session = {0};

    switch (check_options_parse(&session.options, argc, argv)) {
    case OPTIONS_READY:
        return check_images(&session);
    case OPTIONS_HELP:
        fputs(help, stdout);
        return EXIT_CODE_CLEAN;
    case OPTIONS_WRONG:
        break;
    }
    return EXIT_CODE_FAILED;
}
