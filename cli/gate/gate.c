#include "gate.h"

#include "../process/memory.h"
#include "../process/stop.h"
#include "../run/images.h"
#include "../text/complain.h"
#include "input.h"
#include "options.h"
#include "report.h"

static const char help[] = "usage: refcow gate [OPTION]... IMAGE|-\n"
                           "Decide whether an image from a stranger is safe to accept.\n"
                           "\n"
                           "    --list-rules           print all rules and the options that accept them\n"
                           "    --allow RULE           accept an image that breaks RULE; may be repeated\n"
                           "    --max-virtual-size SIZE   limit for the disk and each snapshot (default 1T)\n"
                           "    --max-amplification N  most guest bytes for each file byte (default 1000)\n"
                           "    --max-sharing N        with --check: most uses of a cluster (default 2048)\n"
                           "    --expect raw|qcow2     the declared format (default qcow2)\n"
                           "    --check                also count references; refuse corruptions and leaks\n"
                           "    --header-only          skip the rules that need the size or end of the file\n"
                           "    --policy FILE          read options from FILE: one a line, without dashes\n"
                           "    --output human|json    for people (default) or for programs\n"
                           "    --timeout SECONDS      stop after SECONDS (default: no limit)\n"
                           "    --no-sandbox           do not enter the sandbox (for debuggers)\n"
                           "-q, --quiet                print only errors\n"
                           "-h, --help                 print this help; refcow(1) says more\n"
                           "\n"
                           "SIZE may end in K, M, G or T. A limit may be none. Later options override\n"
                           "earlier ones. IMAGE \"-\" is standard input, of which 2 MiB are read.\n"
                           "Exit status: 0 accepted, 2 refused, 1 not decided: treat 1 as refused.\n";

static void print_to(FILE *out, const gate_report *report, const gate_options *options)
{
    if (options->quiet)
        return;
    if (options->wants_json)
        gate_print_json(out, report);
    else
        gate_print_human(out, report);
}

/* Of an image that the backstop answers for. */
static void print_late(void *user, FILE *out, const char *path, const failure *why)
{
    const gate_options *options = user;
    gate_report report = {.path = path, .policy = &options->policy, .facts.failure = *why};

    gate_judge(&report);
    print_to(out, &report, options);
}

static void judge_path(gate_report *report, gate_options *options)
{
    images_needs needs = {.memory = GATE_HEAD_SIZE + DEFAULT_MEMORY, .sandbox = options->sandbox};
    gate_input input;

    if (options->timeout != 0) {
        needs.memory += late_prepare(&options->path, 1, print_late, options);
        late_expect(0, 0);
    }
    stop_after(options->timeout);
    if (gate_input_open(&input, report->path, &report->facts.failure)) {
        images_confine(&needs, input.file.remote != NULL, image_file_talk(&input.file), gate_input_descriptor(&input));
        gate_gather(&report->facts, &input, report->policy);
        report->bytes_read = input.bytes_read;
        gate_input_close(&input);
    }
    if (stop_wanted())
        report->facts.failure = stop_failure();
    stop_after(0);
    gate_judge(report);
}

static exit_code gate_image(gate_options *options)
{
    gate_report report = {.path = options->path, .policy = &options->policy};

    judge_path(&report, options);
    print_to(stdout, &report, options);
    if (report.facts.failure.name != NULL)
        complain_about_image(report.path, &report.facts.failure);
    return gate_exit_code(report.verdict);
}

exit_code gate_run(int argc, char **argv)
{
    gate_options options;
    options_outcome outcome = gate_options_parse(&options, argc, argv);

    if (outcome != OPTIONS_READY)
        return options_end(outcome, help);
    if (!options.wants_rules)
        return gate_image(&options);
    gate_print_rules(stdout);
    return EXIT_CODE_CLEAN;
}
