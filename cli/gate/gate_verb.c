#include "gate_verb.h"

#include "../image/live.h"
#include "../image/stream.h"
#include "../policy/rule_list.h"
#include "../process/memory.h"
#include "../process/stop.h"
#include "../run/images.h"
#include "../run/progress.h"
#include "../text/complain.h"
#include "options.h"
#include "report.h"

#include <string.h>

static const char help[] = "usage: refcow gate [OPTION]... IMAGE|-\n"
                           "Decide whether an image from a stranger is safe to accept.\n"
                           "\n"
                           "    --policy POLICY        strict, cloud-upload, migration, or a file of options\n"
                           "    --list-policies        print the three policies, with their reasons\n"
                           "    --list-rules           print all rules and the options that accept them\n"
                           "    --allow RULE           accept an image that breaks RULE; may be repeated\n"
                           "    --max-virtual-size SIZE   limit for the disk and each snapshot (default 1T)\n"
                           "    --max-file-size SIZE   limit for the file (default none)\n"
                           "    --max-amplification N  most guest bytes for each file byte (default 1000)\n"
                           "    --max-snapshots N      most internal snapshots (default none)\n"
                           "    --max-sharing N        with --check: most uses of a cluster (default 2048)\n"
                           "    --refuse FEATURE       refuse an image that has FEATURE; may be repeated\n"
                           "    --require FEATURE      refuse an image that lacks FEATURE; may be repeated\n"
                           "    --cluster-size SIZE    accept only this cluster size; repeat for more\n"
                           "    --refcount-bits N      accept only refcounts of N bits; repeat for more\n"
                           "    --expect raw|qcow2     the declared format (default qcow2)\n"
                           "    --check                also count references; refuse corruptions and leaks\n"
                           "    --header-only          skip the rules that need the size or end of the file\n"
                           "    --output human|json    for people (default) or for programs\n"
                           "    --timeout SECONDS      stop after SECONDS (default: no limit)\n"
                           "    --no-sandbox           do not enter the sandbox (for debuggers)\n"
                           "-q, --quiet                print only errors\n"
                           "-h, --help                 print this help; refcow(1) says more\n"
                           "\n"
                           "FEATURE is version-2, version-3, lazy-refcounts, zstd, compressed-clusters,\n"
                           "extended-l2, backing-file, data-file, snapshots, bitmaps or encryption.\n"
                           "SIZE may end in K, M, G or T. A limit may be none. Later options override\n"
                           "earlier ones. IMAGE \"-\" is standard input, of which 2 MiB are read.\n"
                           "Exit status: 0 accepted, 2 refused, 1 not decided: treat 1 as refused.\n";

exit_code gate_exit_code(refcow_decision decision)
{
    switch (decision) {
    case REFCOW_DECISION_ACCEPTED:
        return EXIT_CODE_CLEAN;
    case REFCOW_DECISION_REFUSED:
        return EXIT_CODE_CORRUPT;
    case REFCOW_DECISION_UNDECIDED:
        break;
    }
    return EXIT_CODE_FAILED;
}

/* ------------------------------------------------------------------ judge */

/* The gate has no option that lifts its limit: it is made for strangers' images. */
static const char *advice_about(refcow_status status)
{
    return status == REFCOW_STATUS_WORK_LIMIT ? "Treat the image as refused: no image with honest metadata needs as "
                                                "much work. To see what is in it: refcow check --max-work none IMAGE"
                                              : NULL;
}

/* Who else has the image open. A server does not tell of locks, nor does a file system that has none. */
static refcow_writer writer_of(const lock_bytes *locks)
{
    if (!locks->is_known)
        return REFCOW_WRITER_UNKNOWN;
    return lock_bytes_show_writer(*locks) ? REFCOW_WRITER_PRESENT : REFCOW_WRITER_NONE;
}

static void call_library(gate_report *report, const image_input *input, refcow_writer writer,
                         const memory_block *memory)
{
    const refcow_source source = image_input_source(input);
    const refcow_gate_options options = {
        .policy = &report->policy->accepts,
        .check = {.memory = memory->base, .memory_size = memory->size, .progress = progress_or_stop},
        .breaches = report->breaches,
        .breaches_capacity = REFCOW_BREACHES_MAX,
        .name = report->path,
        .name_length = strlen(report->path),
        .writer = writer,
        .head_bytes = image_input_head(input),
    };

    refcow_gate(&source, &options, &report->result, sizeof report->result, REFCOW_VERSION);
    if (report->result.error.status == REFCOW_STATUS_OK)
        return;
    report->failure = failure_of_library(&report->result.error, image_input_detail(input));
    report->failure.advice = advice_about(report->result.error.status);
}

static void judge_in_memory(gate_report *report, const image_input *input, refcow_writer writer)
{
    memory_block memory;

    if (!memory_map_between(&memory, DEFAULT_MEMORY, REFCOW_MEMORY_MIN)) {
        report->failure = failure_of_memory(REFCOW_MEMORY_MIN);
        return;
    }
    call_library(report, input, writer, &memory);
    memory_unmap(&memory);
}

/* Facts about a file that is not the same any more are none, whatever else has failed. */
static void judge_file(gate_report *report, const image_input *input)
{
    live_moment begun = live_begin(&input->file);

    judge_in_memory(report, input, writer_of(&begun.locks));
    live_facts live = live_end(&begun, &input->file);
    bool has_new_writer = lock_bytes_show_writer(live.locks) && !lock_bytes_show_writer(begun.locks);
    if (live_has_changed(&live) || has_new_writer)
        report->failure = failure_of_change();
}

/* The names that breaches are about; one that cannot be read any more is empty. */
static void read_names(gate_report *report)
{
    for (size_t i = 0; i < report->result.breaches_count; i++) {
        const refcow_breach *breach = &report->breaches[i];
        if (breach->name.offset == 0 || gate_report_name(report, breach) != NULL || report->names_count == GATE_NAMES)
            continue;
        report->spans[report->names_count] = breach->name;
        name_read(&report->names[report->names_count++], &report->result.image, breach->name);
    }
}

static void judge(gate_report *report, const image_input *input)
{
    report->file_size = input->file.size;
    report->knows_size = input->knows_size;
    if (input->head.base != NULL)
        judge_in_memory(report, input, REFCOW_WRITER_NONE);
    else
        judge_file(report, input);
    read_names(report);
}

/* A failure beside the library's leaves nothing accepted. */
static void settle(gate_report *report)
{
    if (stop_wanted())
        report->failure = stop_failure();
    if (report->failure.name != NULL && report->result.decision == REFCOW_DECISION_ACCEPTED)
        report->result.decision = REFCOW_DECISION_UNDECIDED;
}

/* ------------------------------------------------------------------ verb */

static void print_to(FILE *out, const gate_report *report, const gate_options *options)
{
    if (options->quiet)
        return;
    if (options->policy.wants_json)
        gate_print_json(out, report);
    else
        gate_print_human(out, report);
}

/* Of an image that the backstop answers for. */
static void print_late(void *user, FILE *out, const char *path, const failure *why)
{
    const gate_options *options = user;
    gate_report report = {.path = path, .policy = &options->policy, .failure = *why};

    print_to(out, &report, options);
}

static void judge_path(gate_report *report, gate_options *options)
{
    images_needs needs = {.memory = IMAGE_HEAD_SIZE + DEFAULT_MEMORY, .sandbox = options->sandbox};
    uint64_t timeout = options->policy.timeout;
    image_input input;

    if (timeout != 0) {
        needs.memory += late_prepare(&options->path, 1, print_late, options);
        late_expect(0, 0);
    }
    stop_after(timeout);
    if (image_input_open(&input, report->path, &report->failure)) {
        images_confine(&needs, input.file.remote != NULL, image_file_talk(&input.file), image_input_descriptor(&input));
        judge(report, &input);
        image_input_close(&input);
    }
    settle(report);
    stop_after(0);
}

static exit_code gate_image(gate_options *options)
{
    static gate_report report;

    report = (gate_report){.path = options->path, .policy = &options->policy};
    judge_path(&report, options);
    print_to(stdout, &report, options);
    if (report.failure.name != NULL)
        complain_about_image(report.path, &report.failure);
    return gate_exit_code(report.result.decision);
}

exit_code gate_run(int argc, char **argv)
{
    gate_options options;
    options_outcome outcome = gate_options_parse(&options, argc, argv);

    if (outcome != OPTIONS_READY)
        return options_end(outcome, help);
    if (!options.wants_rules && !options.wants_policies)
        return gate_image(&options);
    if (options.wants_rules)
        rule_list_print(stdout);
    if (options.wants_policies)
        gate_policy_print_presets(stdout);
    return EXIT_CODE_CLEAN;
}
