#include "gate.h"

#include "complain.h"
#include "gate_input.h"
#include "gate_options.h"
#include "gate_report.h"
#include "images.h"
#include "memory.h"
#include "stop.h"

static const char help[] = "usage: refcow gate [OPTION]... IMAGE|-\n"
                           "Is an image from a stranger safe to accept? No file that it names is opened.\n"
                           "\n"
                           "    --list-rules           print all rules, and what accepts them\n"
                           "    --allow RULE           accept what breaks this rule; may be repeated\n"
                           "    --max-virtual-size SIZE   of the disk and of each snapshot (default 1T)\n"
                           "    --max-amplification N  guest data by file size (default 1000)\n"
                           "    --max-sharing N        with --check: uses of one cluster (default 2048)\n"
                           "    --expect raw|qcow2     the declared format (default qcow2)\n"
                           "    --check                count all references, too: no corruptions, no leaks\n"
                           "    --header-only          leave out what needs the size or end of the file\n"
                           "    --policy FILE          the same words, one a line, no dashes; # for comments\n"
                           "    --output human|json    for people (default), or for programs\n"
                           "    --timeout SECONDS      give up after so long (default: never)\n"
                           "    --no-sandbox           keep rights that this does not need: for debuggers\n"
                           "-q, --quiet                print nothing but errors\n"
                           "-h, --help                 print this\n"
                           "\n"
                           "SIZE may end in K, M, G or T; a limit may be none; what stands later wins. Of\n"
                           "standard input, \"-\", 2 MiB are looked at.\n"
                           "exit code:  0  accept: no rule is broken that is not allowed\n"
                           "            1  not decided: unreadable, bad policy, too little known\n"
                           "            2  refuse\n";

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
