#include "whereabouts.h"

#include "examine.h"
#include "progress.h"

/* Kinds about clusters that have references. Findings are sorted by kind, and these by host offset. */
static const refcow_kind kinds[] = {REFCOW_KIND_TOO_MANY_REFERENCES, REFCOW_KIND_REFCOUNT_LOW,
                                    REFCOW_KIND_REFCOUNT_HIGH, REFCOW_KIND_REFCOUNT_UNREADABLE};

#define WHEREABOUTS_KINDS (sizeof kinds / sizeof kinds[0])

/* The findings of a kind which lie at or behind what was told. */
typedef struct cursor {
    size_t next;
    size_t end;
} cursor;

typedef struct search {
    check_report *report;
    cursor cursors[WHEREABOUTS_KINDS];
    uint64_t most_refcount;
    uint64_t missing; /* bytes of findings that were not told yet */
    bool differs;     /* the image is not the one that the findings are about */
} search;

/* ------------------------------------------------------------------ which findings */

static bool is_about_references(const refcow_finding *finding)
{
    for (size_t i = 0; i < WHEREABOUTS_KINDS; i++) {
        if (finding->kind == kinds[i])
            return finding->kind != REFCOW_KIND_REFCOUNT_HIGH || finding->expected > 0;
    }
    return false;
}

bool whereabouts_are_wanted(const check_report *report, const examination *how)
{
    if (!how->looks_again || !check_is_finished(report))
        return false;
    if (kind_set_has(report->listed, KIND_OVERLAPPING))
        return true;
    for (size_t i = 0; i < report->result.findings_count; i++) {
        if (is_about_references(&report->findings[i]))
            return true;
    }
    return false;
}

static void begin_search(search *all, check_report *report)
{
    uint32_t bits = 1u << report->image.header.refcount_order;
    size_t count = report->result.findings_count;

    *all = (search){.report = report, .most_refcount = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1};
    for (size_t k = 0; k < WHEREABOUTS_KINDS; k++) {
        cursor *own = &all->cursors[k];
        while (own->next < count && report->findings[own->next].kind != kinds[k])
            own->next++;
        for (own->end = own->next; own->end < count && report->findings[own->end].kind == kinds[k]; own->end++)
            all->missing += report->findings[own->end].length;
    }
    for (size_t i = 0; i < count; i++)
        report->look.of_findings[i] = (whereabouts){.guest = GUEST_RANGE_NONE};
}

/* ------------------------------------------------------------------ what is told */

/* Whether the clusters of a run have what the finding says. */
static bool agrees(const search *all, const refcow_finding *finding, const refcow_clusters *told)
{
    uint64_t expected = told->counted < all->most_refcount ? told->counted : all->most_refcount;

    switch (finding->kind) {
    case REFCOW_KIND_TOO_MANY_REFERENCES:
        return told->counted == finding->expected;
    case REFCOW_KIND_REFCOUNT_UNREADABLE:
        return !told->is_known;
    default:
        return told->is_known && told->stored == finding->found && expected == finding->expected;
    }
}

/* A run lies in one finding of a kind, because its clusters are alike, or in none. */
static void note_finding(search *all, cursor *own, const owned_run *run)
{
    const refcow_finding *findings = all->report->findings;
    uint64_t host = run->clusters.host, end = host + run->clusters.length;

    while (own->next < own->end && findings[own->next].host + findings[own->next].length <= host)
        own->next++;
    if (own->next >= own->end || findings[own->next].host >= end)
        return;
    const refcow_finding *finding = &findings[own->next];
    whereabouts *where = &all->report->look.of_findings[own->next];
    if (host < finding->host || end > finding->host + finding->length || !agrees(all, finding, &run->clusters)) {
        all->differs = true;
        return;
    }
    all->missing -= run->clusters.length;
    where->users |= run->users;
    guest_range_join(&where->guest, run->guest);
}

static void note_overlap(check_report *report, const owned_run *run)
{
    second_look *look = &report->look;
    uint64_t clusters = run->clusters.length >> report->image.header.cluster_bits;

    look->overlapping += clusters;
    if (look->overlaps_count == look->overlaps_room)
        return;
    look->overlaps[look->overlaps_count++] = (overlap){
        .finding = {.host = run->clusters.host,
                    .length = run->clusters.length,
                    .guest = REFCOW_NO_GUEST,
                    .table = REFCOW_NO_TABLE,
                    .expected = run->clusters.counted,
                    .found = run->clusters.stored,
                    .times = clusters},
        .where = {run->guest, run->users},
        .is_known = run->clusters.is_known != 0,
    };
}

static void note_run(void *user, const owned_run *run)
{
    search *all = user;

    for (size_t k = 0; k < WHEREABOUTS_KINDS; k++)
        note_finding(all, &all->cursors[k], run);
    if (kind_set_has(all->report->listed, KIND_OVERLAPPING) &&
        users_exclude_each_other(run->users, run->clusters.counted))
        note_overlap(all->report, run);
}

/* ------------------------------------------------------------------ the look */

static uint64_t library_share(uint64_t memory)
{
    uint64_t share = ownership_library_share(memory);

    return share > REFCOW_MEMORY_MIN ? share : REFCOW_MEMORY_MIN;
}

uint64_t whereabouts_memory(uint64_t memory)
{
    uint64_t library = library_share(memory);

    return library + ownership_window_bytes(library);
}

/* Each finding was told, and as the check has found it. */
static bool is_same_image(const search *all)
{
    return !all->differs && all->missing == 0;
}

/* What is refused now was not refused then. */
static failure why_unknown(const search *all, const image_file *file, uint64_t memory)
{
    const refcow_error *error = &all->report->look.result.error;
    bool is_refused = refcow_status_class(error->status) == REFCOW_CLASS_REFUSED;

    if (is_refused || (error->status == REFCOW_STATUS_OK && !is_same_image(all)))
        return (failure){.name = "changed", .text = "the image is not the one that was checked: it has changed"};
    return examine_failure(error, file, memory < examine_block(&all->report->image, UINT64_MAX, true));
}

static void run_library(check_report *report, const examination *how, const image_file *file, const memory_block *work,
                        void *window)
{
    second_look *look = &report->look;
    search all;
    ownership own = {.header = &report->image.header, .tell = note_run, .user = &all};
    refcow_observer observer = ownership_observer(&own);
    const refcow_options settings = {
        .memory = work->base,
        .memory_size = work->size,
        .limits = how->options->limits,
        .progress = progress_or_stop,
        .observer = &observer,
    };

    begin_search(&all, report);
    ownership_place(&own, window, work->size);
    refcow_check(&report->image, &settings, &look->result);
    ownership_finish(&own, 0);
    look->is_complete = look->result.error.status == REFCOW_STATUS_OK && is_same_image(&all);
    look->why = why_unknown(&all, file, work->size);
}

static void find_memory_and_look(check_report *report, const examination *how, const image_file *file)
{
    memory_block work, window;
    uint64_t most = examine_block(&report->image, library_share(how->memory), true);

    if (!memory_map_between(&work, most, REFCOW_MEMORY_MIN)) {
        report->look.why = failure_of_memory(REFCOW_MEMORY_MIN);
        return;
    }
    uint64_t bytes = ownership_window_bytes(work.size);
    if (memory_map(&window, bytes)) {
        run_library(report, how, file, &work, window.base);
        memory_unmap(&window);
    } else {
        report->look.why = failure_of_memory(bytes);
    }
    memory_unmap(&work);
}

/* The library notices the end of the time when it calls for progress, between many reads. If they are slow, it would
 * not notice it before the backstop, and the answer of the check would be lost: so reads notice it, too. */
void whereabouts_look(check_report *report, const examination *how, image_file *file)
{
    second_look *look = &report->look;

    *look = (second_look){.is_taken = true,
                          .of_findings = how->whereabouts.base,
                          .overlaps = how->overlaps.base,
                          .overlaps_room = how->overlaps.size / sizeof(overlap)};
    progress_again("guest ranges");
    file->stops = true;
    find_memory_and_look(report, how, file);
    file->stops = false;
    if (!look->is_complete)
        look->overlapping = look->overlaps_count = 0;
}

whereabouts whereabouts_of(const check_report *report, size_t finding)
{
    return report->look.is_complete ? report->look.of_findings[finding] : (whereabouts){.guest = GUEST_RANGE_NONE};
}
