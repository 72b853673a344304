#include "examine.h"

#include "../process/stop.h"
#include "../text/complain.h"
#include "opening.h"
#include "progress.h"
#include "whereabouts.h"

static uint64_t clamp(uint64_t number, uint64_t least, uint64_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

/* What is observed takes 9 bytes for each cluster instead of 2. */
#define OBSERVED_FACTOR 5

static void note_failure(check_report *report, refcow_verdict verdict, failure why)
{
    report->verdict = verdict;
    report->failure = why;
}

/* What to do about a limit; else NULL. */
static const char *advice_about(refcow_status status, bool has_passes)
{
    if (status == REFCOW_STATUS_WORK_LIMIT)
        return has_passes ? "See --max-work; with more --memory there are fewer passes" : "See --max-work";
    if (status == REFCOW_STATUS_READ_LIMIT)
        return has_passes ? "See --max-read; with more --memory there are fewer passes" : "See --max-read";
    return NULL;
}

failure examine_failure(const refcow_error *error, const image_file *file, bool has_passes)
{
    if (stop_explains(error->status))
        return stop_failure();
    failure why = failure_of_library(error, file->read_detail);
    why.advice = advice_about(error->status, has_passes);
    return why;
}

static size_t room_in(const memory_block *block)
{
    return block->size / sizeof(refcow_finding);
}

static void note_orphan(void *user, const refcow_finding *entry)
{
    orphans_add(user, entry);
}

/* Check an open image in the memory that the caller has found for it. */
static void run_library(check_report *report, const examination *how, const image_file *file, const memory_block *work,
                        bool has_passes)
{
    uint32_t kinds = (uint32_t)(report->listed & LIBRARY_KINDS);
    refcow_options settings = {
        .memory = work->base,
        .memory_size = work->size,
        .findings = kinds != 0 ? how->findings.base : NULL,
        .findings_capacity = room_in(&how->findings),
        .findings_kinds = kinds,
        .limits = how->options->limits,
        .progress = progress_or_stop,
        .user = &report->orphans,
        .orphan = note_orphan,
        .observer = how->observer,
    };

    report->orphans = (orphan_list){
        .ranges = how->orphans.base,
        .room = room_in(&how->orphans),
        .cluster_size = UINT64_C(1) << report->image.header.cluster_bits,
    };
    refcow_check(&report->image, &settings, &report->result);
    orphans_finish(&report->orphans);
    report->checked = true;
    report->findings = how->findings.base;
    disks_find(&report->disks, report);
    note_failure(report, report->result.verdict, examine_failure(&report->result.error, file, has_passes));
}

uint64_t examine_block(const refcow_image *image, uint64_t memory, bool is_observed)
{
    refcow_plan plan = {0};

    refcow_plan_memory(image, memory, &plan);
    return clamp(is_observed ? OBSERVED_FACTOR * plan.one_pass : plan.one_pass, REFCOW_MEMORY_MIN, memory);
}

static void find_memory_and_check(check_report *report, const examination *how, image_file *file)
{
    memory_block work;
    uint64_t most = examine_block(&report->image, how->memory, how->observer != NULL);

    if (!memory_map_between(&work, most, REFCOW_MEMORY_MIN)) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, failure_of_memory(REFCOW_MEMORY_MIN));
        return;
    }
    run_library(report, how, file, &work, work.size < examine_block(&report->image, UINT64_MAX, how->observer != NULL));
    memory_unmap(&work);
    if (whereabouts_are_wanted(report, how))
        whereabouts_look(report, how, file);
}

static void check_file(check_report *report, const examination *how, image_file *file)
{
    failure why;

    report->has_header = opening_finds_header(&report->image, file, &how->options->limits, &why);
    if (report->has_header) {
        find_memory_and_check(report, how, file);
        return;
    }
    refcow_class class = refcow_status_class(report->image.error.status);
    bool is_refused = class == REFCOW_CLASS_FOREIGN || class == REFCOW_CLASS_REFUSED;
    note_failure(report, is_refused ? REFCOW_VERDICT_REFUSED : REFCOW_VERDICT_INCOMPLETE, why);
}

static void note(check_report *report, unsigned kind, refcow_finding finding)
{
    finding.guest = REFCOW_NO_GUEST;
    finding.table = REFCOW_NO_TABLE;
    finding.times = 1;
    report->own |= KIND_BIT(kind);
    report->own_notes[kind - REFCOW_KINDS] = finding;
}

/* Where: the byte that the writer has locked; the name. */
static void add_own_notes(check_report *report)
{
    refcow_span name = report->image.header.backing_file;

    if (check_has_writer(report))
        note(report, KIND_IN_USE, (refcow_finding){.host = lock_bytes_place(report->live.locks), .length = 1});
    if (report->backing.state == BACKING_ITSELF)
        note(report, KIND_BACKING_ITSELF,
             (refcow_finding){.role = REFCOW_ROLE_HEADER, .host = name.offset, .length = name.length});
}

static void check_if_open(check_report *report, const examination *how, opened_image *image)
{
    image_file *file = &image->file;

    if (!image->is_open || stop_wanted()) {
        note_failure(report, REFCOW_VERDICT_INCOMPLETE, image->is_open ? stop_failure() : image->why);
        return;
    }
    report->opened = true;
    report->file_size = file->size;
    file->wants_holes = how->wants_holes;
    live_moment begun = live_begin(file);
    check_file(report, how, file);
    if (report->has_header)
        report->backing = backing_follow(image->all, image->folder, file, &report->image, &report->backing_name);
    report->live = live_end(&begun, file);
    add_own_notes(report);
}

static exit_code exit_code_of(const check_report *report, const common_options *options)
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

images_needs examine_needs(const common_options *options, uint64_t lists)
{
    return (images_needs){
        .memory = clamp(options->memory, 0, UINT64_MAX / 2) + lists,
        .timeout = options->timeout,
        .sandbox = options->sandbox,
    };
}

void examine(check_report *report, const examination *how, opened_image *image)
{
    stop_after(how->options->timeout);
    progress_start(progress_mode_of(how->options->quiet, how->options->wants_progress));
    check_if_open(report, how, image);
    stop_while_writing();
    progress_end(check_is_finished(report));
    report->code = exit_code_of(report, how->options);
}

void examine_complain(const check_report *report)
{
    if (!check_is_finished(report))
        complain_about_image(report->path, &report->failure);
    else if (!check_is_complete(report))
        complain_about_lookups(report->path, report->result.check_errors);
    if (stop_has_cut_list())
        complain_about_cut_list(report->path);
}
