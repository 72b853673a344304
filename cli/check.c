#include "check.h"

#include "budget.h"
#include "check_report.h"
#include "complain.h"
#include "image_file.h"
#include "memory.h"
#include "options.h"
#include "stop.h"

static const char help[] = "usage: refcow check [OPTION]... IMAGE\n"
                           "\n"
                           "Count the references in a qcow2 image and compare them with the refcounts that it stores.\n"
                           "The image is only read, no lock is taken, and no file that it names is opened.\n"
                           "\n"
                           "  -f, --format qcow2     do not guess the format: another one is an error, exit code 1\n"
                           "      --output human     for people (default)\n"
                           "      --output json      for programs: what qemu-img check prints, and the key \"refcow\"\n"
                           "  -q, --quiet            print nothing but errors\n"
                           "  -U, --force-share      accepted for qemu-img's sake\n"
                           "      --memory SIZE      work in at most SIZE bytes (default 64M, at least 64K);\n"
                           "                         less memory means more passes and the same answer\n"
                           "      --timeout SECONDS  give up after so long (default: never)\n"
                           "      --max-read SIZE    give up after reading SIZE bytes\n"
                           "      --max-entries N    give up after visiting N entries of tables\n"
                           "                         (none: never; default: in proportion to what the file takes up\n"
                           "                         on the disk, more than any image with honest metadata needs)\n"
                           "      --max-findings N   list N findings of each kind (default 32, for people 8)\n"
                           "  -h, --help             print this\n"
                           "\n"
                           "SIZE may end in K, M, G or T.\n"
                           "\n"
                           "exit code:\n"
                           "   0  clean\n"
                           "   1  not judged to the end: refused, unreadable, a limit, wrong usage\n"
                           "   2  corruptions\n"
                           "   3  leaks and nothing worse\n"
                           "  63  not a qcow2 image\n";

static uint64_t clamp(uint64_t number, uint64_t least, uint64_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

/* What the command needs besides the library's blocks: the C library's buffers and a heap for little things. */
#define OWN_MEMORY (UINT64_C(4) << 20)

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

/* Check an open image in the memory that the caller has found for it. */
static void run_library(check_report *report, const check_options *options, const image_file *file,
                        const memory_block *work, const memory_block *findings)
{
    refcow_options settings = {
        .memory = work->base,
        .memory_size = work->size,
        .findings = findings->base,
        .findings_capacity = findings->size / sizeof(refcow_finding),
        .limits = budget_of(options, file),
        .progress = stop_wanted,
    };

    refcow_check(&report->image, &settings, &report->result);
    report->checked = true;
    report->findings = findings->base;
    const refcow_error *error = &report->result.error;
    note_failure(report, report->result.verdict,
                 error->status == REFCOW_STATUS_CANCELLED ? stop_failure()
                                                          : failure_of_library(error, detail_of(error, file)));
}

/* The findings are left mapped for the report. */
static void find_memory_and_check(check_report *report, const check_options *options, const image_file *file,
                                  memory_block *findings)
{
    uint64_t findings_size = options->max_findings * REFCOW_KINDS * sizeof(refcow_finding);
    refcow_plan plan = {0};
    memory_block work;

    refcow_plan_memory(&report->image, options->memory, &plan);
    uint64_t most = clamp(plan.one_pass, REFCOW_MEMORY_MIN, options->memory);
    if (findings_size > 0 && !memory_map(findings, findings_size)) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, failure_of_memory(findings_size));
        return;
    }
    if (!memory_map_between(&work, most, REFCOW_MEMORY_MIN)) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, failure_of_memory(REFCOW_MEMORY_MIN));
        return;
    }
    memory_limit(work.size + findings->size + OWN_MEMORY);
    run_library(report, options, file, &work, findings);
    memory_unmap(&work);
}

static void check_file(check_report *report, const check_options *options, image_file *file, memory_block *findings)
{
    refcow_source source = image_file_source(file);
    refcow_status status = refcow_open(&report->image, sizeof report->image, REFCOW_VERSION, &source);
    refcow_class class = refcow_status_class(status);

    if (class == REFCOW_CLASS_OK || class == REFCOW_CLASS_REFUSED) {
        find_memory_and_check(report, options, file, findings);
        return;
    }
    refcow_error error = report->image.error;
    error.status = status; /* a library of another version leaves the image as it was */
    note_failure(report, class == REFCOW_CLASS_FOREIGN ? REFCOW_VERDICT_REFUSED : REFCOW_VERDICT_INCOMPLETE,
                 failure_of_library(&error, file->read_detail));
}

static void check_path(check_report *report, const check_options *options, memory_block *findings)
{
    image_file file;
    failure why;

    if (!image_file_open(&file, options->path, &why)) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, why);
        return;
    }
    report->file_size = file.size;
    check_file(report, options, &file, findings);
    image_file_close(&file);
}

/* As qemu-img judges it: without the magic, or with the version number of the older qcow format or none. */
static bool is_other_format(const refcow_error *error)
{
    return error->status == REFCOW_STATUS_MAGIC || (error->status == REFCOW_STATUS_VERSION && error->value < 2);
}

static exit_code exit_code_of(const check_report *report, const check_options *options)
{
    if (!options->format_is_given && is_other_format(&report->image.error))
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

static void print_report(const check_report *report, const check_options *options)
{
    if (options->quiet)
        return;
    if (options->output == OUTPUT_JSON)
        check_print_json(stdout, report);
    else
        check_print_human(stdout, report);
}

static void complain_if_not_complete(const check_report *report)
{
    if (!check_is_finished(report))
        complain_about_image(report->path, &report->failure);
    else if (!check_is_complete(report))
        complain_about_lookups(report->path, report->result.check_errors);
}

static exit_code check_image(const check_options *options)
{
    check_report report = {.path = options->path};
    memory_block findings = {NULL, 0};

    stop_watch(options->timeout);
    check_path(&report, options, &findings);
    print_report(&report, options);
    complain_if_not_complete(&report);
    memory_unmap(&findings);
    return exit_code_of(&report, options);
}

exit_code check_run(int argc, char **argv)
{
    check_options options;

    switch (check_options_parse(&options, argc, argv)) {
    case OPTIONS_READY:
        return check_image(&options);
    case OPTIONS_HELP:
        fputs(help, stdout);
        return EXIT_CODE_CLEAN;
    case OPTIONS_WRONG:
        break;
    }
    return EXIT_CODE_FAILED;
}
