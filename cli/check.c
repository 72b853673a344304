#include "check.h"

#include "complain.h"
#include "examine.h"
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

/* What goes along with the images, from one to the next. */
typedef struct check_session {
    check_options options;
    examination how;
    bool has_printed; /* a report for people */
} check_session;

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
    if (session->options.common.quiet)
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

static exit_code check_image(void *user, opened_image *image)
{
    check_session *session = user;
    check_report report = {.path = image->path, .listed = session->options.listed};

    examine(&report, &session->how, image);
    print_report(&report, session);
    examine_complain(&report);
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

    return map_findings(&session->how.findings, each * REFCOW_KINDS) && map_findings(&session->how.orphans, orphans);
}

static exit_code check_images(check_session *session)
{
    const check_options *options = &session->options;

    stop_on_signals();
    progress_on_signal();
    session->how.options = &options->common;
    session->how.memory = options->common.memory;
    if (!map_lists(session)) {
        complain_about_memory();
        return EXIT_CODE_FAILED;
    }
    if (options->output == OUTPUT_CSV && !options->common.quiet)
        check_print_csv_heading(stdout);
    images_needs needs = examine_needs(&options->common, session->how.findings.size + session->how.orphans.size);
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
