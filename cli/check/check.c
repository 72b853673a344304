#include "check.h"

#include "../process/stop.h"
#include "../run/examine.h"
#include "../run/progress.h"
#include "../run/unread.h"
#include "../text/complain.h"
#include "options.h"

static const char help[] =
    "usage: refcow check [OPTION]... IMAGE...\n"
    "Count the references in QCOW2 images and check the refcounts they store.\n"
    "\n"
    "    --output human|json|jsonl|csv   for people (default) or for programs\n"
    "    --list KIND          list all findings of KIND and no others: leaked, ...,\n"
    "                         all; \"help\" prints the kinds; may be repeated\n"
    "    --max-findings N     list at most N of each kind (default 32, human 8)\n"
    "-T, --cache none|off|writeback|writethrough|directsync|unsafe   ignored\n" COMMON_OPTIONS_HELP "\n"
    "SIZE may end in K, M, G or T. IMAGE is a file, a block device or an NBD URI.\n"
    "Exit status, the worst of all images in this order: 1 not judged to the end,\n"
    "63 not QCOW2, 2 corruptions, 3 leaks only, 0 clean.\n";

/* What goes along with the images, from one to the next. */
typedef struct check_session {
    check_options options;
    examination how;
    bool has_printed; /* a report for people */
} check_session;

static void print_for_people(const check_report *report, check_session *session)
{
    if (session->has_printed)
        putchar('\n');
    session->has_printed = true;
    if (report->checked)
        check_print_human(stdout, report);
    else
        unread_print_human(stdout, report->path, report->verdict, &report->failure);
}

static void print_for_programs(FILE *out, const check_report *report, output_mode output)
{
    if (output == OUTPUT_JSON)
        check_print_json(out, report);
    else if (output == OUTPUT_JSONL)
        check_print_jsonl(out, report);
    else
        check_print_csv(out, report);
}

static void print_report(const check_report *report, check_session *session)
{
    if (session->options.common.quiet)
        return;
    if (session->options.output == OUTPUT_HUMAN)
        print_for_people(report, session);
    else
        print_for_programs(stdout, report, session->options.output);
    fflush(stdout); /* who reads along need not wait for the other images */
}

/* Of an image that the backstop answers for. */
static void print_late(void *user, FILE *out, const char *path, const failure *why)
{
    const check_session *session = user;
    const check_report report = {.path = path,
                                 .verdict = REFCOW_VERDICT_INCOMPLETE,
                                 .failure = *why,
                                 .code = EXIT_CODE_FAILED,
                                 .listed = session->options.listed};

    if (session->options.common.quiet)
        return;
    if (session->options.output == OUTPUT_HUMAN) {
        if (session->has_printed)
            fputc('\n', out);
        unread_print_human(out, path, report.verdict, why);
        return;
    }
    print_for_programs(out, &report, session->options.output);
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

static bool map_lists(check_session *session)
{
    uint64_t each = session->options.max_findings;
    uint64_t orphans = kind_set_has(session->options.listed, KIND_ORPHAN) ? each : 0;

    return memory_map_list(&session->how.findings, each * kind_set_findings(session->options.listed),
                           sizeof(refcow_finding)) &&
           memory_map_list(&session->how.orphans, orphans, sizeof(refcow_finding));
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
    needs.print_late = print_late;
    return images_each(&options->images, &needs, check_image, session);
}

exit_code check_run(int argc, char **argv)
{
    check_session session = {0};
    options_outcome outcome = check_options_parse(&session.options, argc, argv);

    if (outcome != OPTIONS_READY)
        return options_end(outcome, help);
    if (!session.options.wants_kinds)
        return check_images(&session);
    kinds_print(stdout);
    return EXIT_CODE_CLEAN;
}
