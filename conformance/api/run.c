/*
 * run.c - run one check on a source and keep all that it says. See run.h.
 */
#include "run.h"

#include <stdlib.h>

enum { CANARY = 0x5a, MARGIN = 16 };

/* Promised by refcow.h: progress is called at least once per so many bytes. */
static const uint64_t progress_interval = 2u << 20;

typedef struct progress_watch {
    uint64_t calls;
    uint64_t cancel_at;
    uint64_t second_window;
    refcow_progress last;
    check_answer *answer;
    const char *broken; /* the first rule of refcow_progress that was broken, in words; NULL: none */
} progress_watch;

static const char *rules_progress(const refcow_progress *now, const refcow_progress *last)
{
    RULE(now->pass >= 1, "progress: passes are counted from 1");
    RULE(now->done <= now->total, "progress: no more is done than there is");
    RULE(now->pass >= last->pass && now->done >= last->done, "progress: it does not go back");
    RULE(now->done <= now->next && now->next <= now->total, "progress: what comes next is further on");
    RULE(now->tables <= now->tables_known, "progress: no more tables than are known");
    RULE(now->bytes_read >= last->bytes_read && now->work >= last->work, "progress: the work does not go back");
    RULE(now->bytes_read - last->bytes_read <= progress_interval, "progress: called at least once per 2 MiB");
    return NULL;
}

static int watch_progress(void *user, const refcow_progress *now)
{
    progress_watch *watch = user;
    CHECK(watch->cancel_at == 0 || watch->calls < watch->cancel_at);
    watch->broken = watch->broken != NULL ? watch->broken : rules_progress(now, &watch->last);
    if (now->pass == 2 && watch->second_window == 0) {
        watch->second_window = now->done;
    }
    watch->last = *now;
    watch->calls++;
    return watch->calls == watch->cancel_at;
}

static void note_orphan(void *user, const refcow_finding *entry)
{
    progress_watch *watch = user;
    watch->answer->orphans = entry != NULL ? watch->answer->orphans + entry->times : 0;
    watch->answer->last_orphan = entry != NULL ? *entry : (refcow_finding){0};
}

void *allocate(size_t size)
{
    void *block = malloc(size);
    if (block == NULL) {
        fprintf(stderr, "api_test: no memory\n");
        exit(2);
    }
    return block;
}

/* The block lies between canaries: margin and shift before, margin behind. */
static uint8_t *make_block(const run_options *options, size_t size)
{
    size_t room = MARGIN + options->shift + size + MARGIN;
    uint8_t *block = allocate(room);
    memset(block, CANARY, room);
    memset(block + MARGIN + options->shift, options->garbage, size);
    return block;
}

static void drop_block(uint8_t *block, const run_options *options, size_t size)
{
    const uint8_t *behind = block + MARGIN + options->shift + size;
    for (size_t i = 0; i < MARGIN + options->shift; i++) {
        CHECK(block[i] == CANARY);
    }
    for (size_t i = 0; i < MARGIN; i++) {
        CHECK(behind[i] == CANARY);
    }
    free(block);
}

static void check_open_image(check_answer *answer, memory_source *source, const run_options *options)
{
    size_t memory_size = options->memory_size != 0 ? options->memory_size : REFCOW_MEMORY_MIN;
    size_t capacity = options->capacity != 0 ? options->capacity : AMPLE_FINDINGS;
    uint8_t *block = make_block(options, memory_size);
    progress_watch watch = {.cancel_at = options->cancel_at, .answer = answer};
    refcow_options call = {
        .memory = block + MARGIN + options->shift,
        .memory_size = memory_size,
        .findings = options->without_findings ? NULL : allocate(capacity * sizeof(refcow_finding)),
        .findings_capacity = options->no_room ? 0 : capacity,
        .findings_kinds = options->kinds,
        .limits = options->limits,
        .progress = watch_progress,
        .user = &watch,
        .observer = options->observer,
        .orphan = note_orphan,
    };
    memset(&answer->result, CANARY, sizeof answer->result);
    answer->checked = refcow_check(&answer->image, &call, &answer->result);
    answer->findings = call.findings;
    answer->progress_calls = watch.calls;
    answer->second_window = watch.second_window;
    answer->broken_progress = watch.broken;
    answer->last_progress = watch.last;
    CHECK(watch.broken != NULL || answer->result.bytes_read - watch.last.bytes_read <= progress_interval);
    CHECK_EQUAL(answer->checked, answer->result.error.status);
    CHECK_RULE(rules_result(&answer->result, &call));
    CHECK(source->delivered <= answer->result.bytes_read);
    CHECK_EQUAL(answer->orphans, answer->result.refcounts.orphan_clusters);
    drop_block(block, options, memory_size);
}

check_answer run_check(memory_source *source, const run_options *options)
{
    source->reads = source->delivered = source->questions = 0;
    source->failed = 0;
    refcow_source callbacks = options->with_next_data ? source_callbacks_with_holes(source) : source_callbacks(source);
    callbacks.next_hole = options->with_next_hole ? source_next_hole : NULL;
    check_answer answer = {.checked = REFCOW_STATUS_BAD_ARGUMENT};
    answer.opened = refcow_open(&answer.image, sizeof answer.image, REFCOW_VERSION, &callbacks);
    CHECK_EQUAL(answer.opened, answer.image.error.status);
    CHECK_RULE(rules_error(&answer.image.error));
    refcow_class class_ = refcow_status_class(answer.opened);
    source->delivered = 0;
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        check_open_image(&answer, source, options);
    }
    answer.reads = source->reads;
    CHECK_STRING(source->misuse != NULL ? source->misuse : "no misuse", "no misuse");
    return answer;
}

void drop_answer(check_answer *answer)
{
    free(answer->findings);
    answer->findings = NULL;
}

check_answer run_with_ample_memory(memory_source *source, const check_answer *little)
{
    run_options options = {.memory_size = 4u << 20};
    check_answer ample = run_check(source, &options);
    CHECK_SAME(little, &ample);
    return ample;
}

check_answer check_image(const built_image *image)
{
    memory_source source = source_of_image(image);
    run_options options = {0};
    return run_check(&source, &options);
}

refcow_finding find(const check_answer *answer, refcow_kind kind)
{
    refcow_finding none = {.kind = kind};
    for (size_t i = 0; i < answer->result.findings_count; i++) {
        if (answer->findings[i].kind == kind) {
            return answer->findings[i];
        }
    }
    CHECK_STRING("not found", refcow_kind_name(kind));
    return none;
}

void expect_counts(const check_answer *answer, refcow_verdict verdict, uint64_t corruptions, uint64_t leaks,
                   uint64_t check_errors)
{
    CHECK_STRING(refcow_verdict_name(answer->result.verdict), refcow_verdict_name(verdict));
    CHECK_EQUAL(answer->result.corruptions, corruptions);
    CHECK_EQUAL(answer->result.leaks, leaks);
    CHECK_EQUAL(answer->result.check_errors, check_errors);
}
