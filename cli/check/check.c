#include "check.h"

#include "../process/stop.h"
#include "../run/examine.h"
#include "../run/listed.h"
#include "../run/progress.h"
#include "../run/unread.h"
#include "../text/complain.h"
#include "../text/escape.h"
#include "../text/output.h"
#include "chain.h"
#include "options.h"
#include "tally.h"

static const char help[] =
    "usage: refcow check [OPTION]... IMAGE...\n"
    "Count the references in QCOW2 images and check the refcounts they store.\n"
    "\n"
    "    --output human|json|jsonl|csv   for people (default) or for programs\n"
    "    --brief              print one line for each image\n"
    "    --only-problems      print nothing about images without problems\n"
    "    --fail-on corrupt|leaks|not-judged,...   which problems count (default: all)\n"
    "    --holes              also note clusters in use that lie in holes of the file\n"
    "    --list KIND          list all findings of KIND and no others; or \"help\"\n"
    "    --max-findings N     list at most N ranges of a kind (default 32, human 8)\n"
    "-T, --cache none|off|writeback|writethrough|directsync|unsafe   ignored\n" COMMON_OPTIONS_HELP "\n"
    "SIZE may end in K, M, G or T. IMAGE is a file, a block device or an NBD URI.\n"
    "Exit status, worst last: 0 clean, 3 leaks, 2 corrupt, 63 no QCOW2, 1 not judged.\n";

/* What goes along with the images, from one to the next. */
typedef struct check_session {
    check_options options;
    examination how;
    tally judged;
    chains chains;
    bool has_printed; /* a report for people */
} check_session;

static void print_brief(FILE *out, const check_report *report)
{
    escape_print(out, report->path);
    fputs(": ", out);
    judgement_print(out, report);
    fputc('\n', out);
}

static void print_for_people(const check_report *report, check_session *session)
{
    if (session->options.brief) {
        print_brief(stdout, report);
        return;
    }
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
    if (session->options.output == OUTPUT_HUMAN)
        print_for_people(report, session);
    else
        print_for_programs(stdout, report, session->options.output);
    output_flush(); /* who reads along need not wait for the other images */
}

/* The line of an image with a problem, where there is no report. */
static void complain_about_problem(const check_report *report)
{
    complain_begin(report->path);
    judgement_print(stderr, report);
    fputc('\n', stderr);
}

static bool is_problem(const check_session *session, judgement which)
{
    return judgement_set_has(session->options.problems, which);
}

static void tell(const check_report *report, check_session *session)
{
    const check_options *options = &session->options;
    bool has_problem = is_problem(session, judgement_of(report));

    if (options->common.quiet) {
        if (has_problem)
            complain_about_problem(report);
        return;
    }
    if (options->only_problems && !has_problem)
        return;
    print_report(report, session);
    if (!options->brief)
        examine_complain(report);
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

    if (session->options.common.quiet || (session->options.only_problems && !is_problem(session, JUDGEMENT_NOT_JUDGED)))
        return;
    if (session->options.brief) {
        print_brief(out, &report);
        return;
    }
    if (session->options.output == OUTPUT_HUMAN) {
        if (session->has_printed)
            fputc('\n', out);
        unread_print_human(out, path, report.verdict, why);
        return;
    }
    print_for_programs(out, &report, session->options.output);
}

/* Without this complaint an answer would look as if there were no holes. */
static void complain_if_holes_are_unknown(const check_report *report, const check_session *session,
                                          const opened_image *image)
{
    const image_file *file = &image->file;

    if (session->options.wants_holes && report->checked && (file->remote != NULL || !file->knows_holes))
        complain_about_holes(report->path);
}

static exit_code check_image(void *user, opened_image *image)
{
    check_session *session = user;
    check_report report = {
        .path = image->path, .listed = session->options.listed, .max_listed = session->options.max_findings};

    examine(&report, &session->how, image);
    tally_add(&session->judged, judgement_of(&report));
    chains_add(&session->chains, &report);
    tell(&report, session);
    complain_if_holes_are_unknown(&report, session, image);
    return report.code;
}

/* Nothing is listed in a line, and nothing at all with -q: then nobody wants to know where a finding is. */
static bool looks_again(const check_options *options)
{
    return !options->common.quiet && !options->brief;
}

static bool map_lists(check_session *session)
{
    const check_options *options = &session->options;
    examination *how = &session->how;
    uint64_t each = listed_room(options->max_findings);
    uint64_t findings = each * kind_set_library(options->listed);
    uint64_t orphans = kind_set_has(options->listed, KIND_ORPHAN) ? each : 0;
    uint64_t overlaps = how->looks_again && kind_set_has(options->listed, KIND_OVERLAPPING) ? each : 0;

    return memory_map_list(&how->findings, findings, sizeof(refcow_finding)) &&
           memory_map_list(&how->whereabouts, how->looks_again ? findings : 0, sizeof(whereabouts)) &&
           memory_map_list(&how->orphans, orphans, sizeof(refcow_finding)) &&
           memory_map_list(&how->overlaps, overlaps, sizeof(overlap));
}

/* What is mapped for an image: the library's block and lists, or the blocks of a second look. */
static images_needs needs_of(const check_session *session)
{
    const examination *how = &session->how;
    images_needs needs = examine_needs(how->options, how->findings.size + how->whereabouts.size + how->orphans.size +
                                                         how->overlaps.size);

    if (how->looks_again && whereabouts_memory(how->memory) > how->memory)
        needs.memory += whereabouts_memory(how->memory) - how->memory;
    needs.memory += (uint64_t)session->options.images.count * (sizeof *session->judged.judgements + CHAIN_MEMORY);
    needs.print_late = print_late;
    return needs;
}

static void print_table(check_session *session)
{
    const check_options *options = &session->options;

    if (options->common.quiet || options->output != OUTPUT_HUMAN || session->judged.count < 2)
        return;
    if (session->has_printed)
        putchar('\n');
    tally_print_counts(stdout, &session->judged);
    if (options->brief)
        return;
    tally_print_names(stdout, &session->judged, &options->images);
    chains_print(stdout, &session->chains, &session->judged, &options->images);
}

/* With --fail-on, a run that did not get through all images fails in any case. After the last one there is no more
 * deadline, and only a signal can want a stop. */
static exit_code exit_code_of(const check_session *session, exit_code worst)
{
    const check_options *options = &session->options;

    if (!options->has_fail_on)
        return worst;
    if (session->judged.count < options->images.count || stop_wanted())
        return EXIT_CODE_FAILED;
    return tally_exit_code(&session->judged, options->problems);
}

static exit_code check_images(check_session *session)
{
    const check_options *options = &session->options;

    stop_on_signals();
    progress_on_signal();
    session->how.options = &options->common;
    session->how.memory = options->common.memory;
    session->how.looks_again = looks_again(options);
    session->how.wants_holes = options->wants_holes;
    if (!map_lists(session) || !tally_begin(&session->judged, &options->images) ||
        !chains_begin(&session->chains, &options->images)) {
        complain_about_memory();
        return EXIT_CODE_FAILED;
    }
    if (options->output == OUTPUT_CSV && !options->common.quiet)
        check_print_csv_heading(stdout);
    images_needs needs = needs_of(session);
    exit_code worst = images_each(&options->images, &needs, check_image, session);
    print_table(session);
    exit_code code = exit_code_of(session, worst);
    tally_end(&session->judged);
    chains_end(&session->chains);
    return code;
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
