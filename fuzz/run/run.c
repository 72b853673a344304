#include "run.h"
#include "../fuzz.h"
#include "../input/blocks.h"
#include "../input/meter.h"
#include "../oracles/rules.h"

#include <string.h>

enum { CANARY = 0x5a, BLOCK_SLOT = 0 };

/* -------------------------------------------------------------------- open */

static void expect_sane_header(const refcow_header *header)
{
    FUZZ_ASSERT(header->version == 2 || header->version == 3);
    FUZZ_ASSERT(header->cluster_bits >= 9 && header->cluster_bits <= 21);
}

refcow_status run_open(refcow_image *image, input_file *file, int with_next_data)
{
    input_rewind(file);
    refcow_source source = input_source(file, with_next_data);
    fill_with_garbage(image, sizeof *image, CANARY);
    refcow_status status = refcow_open(image, sizeof *image, REFCOW_VERSION, &source);
    expect_written(image, sizeof *image);
    refcow_class class_ = refcow_status_class(status);
    FUZZ_ASSERT(status == image->error.status);
    FUZZ_RULE(rules_error(&image->error));
    FUZZ_ASSERT(class_ != REFCOW_CLASS_USAGE && class_ != REFCOW_CLASS_LIMIT);
    FUZZ_ASSERT(status != REFCOW_STATUS_READ_FAILED || file->reads == file->fail_at);
    FUZZ_ASSERT(!file->ended || status == REFCOW_STATUS_READ_FAILED);
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        expect_sane_header(&image->header);
    }
    return status;
}

/* ------------------------------------------------------------------- check */

typedef struct check_watch {
    input_file *file;
    refcow_progress last;
    uint64_t calls;
    uint64_t cancel_at;
    uint64_t orphans;
} check_watch;

static int watch_progress(void *user, const refcow_progress *now)
{
    check_watch *watch = user;
    meter_mark();
    FUZZ_ASSERT(!watch->file->ended);
    FUZZ_ASSERT(now->pass >= 1 && now->pass >= watch->last.pass);
    FUZZ_ASSERT(now->done <= now->total && now->done >= watch->last.done);
    FUZZ_ASSERT(now->done <= now->next && now->next <= now->total && now->tables <= now->tables_known);
    FUZZ_ASSERT(watch->calls == 0 || now->total == watch->last.total);
    FUZZ_ASSERT(now->bytes_read >= watch->last.bytes_read);
    FUZZ_ASSERT(now->work >= watch->last.work);
    watch->last = *now;
    watch->calls++;
    watch->file->ended = watch->calls == watch->cancel_at;
    return watch->file->ended;
}

static void note_orphan(void *user, const refcow_finding *entry)
{
    check_watch *watch = user;
    meter_tell();
    if (entry == NULL) {
        watch->orphans = 0;
        return;
    }
    FUZZ_ASSERT(entry->kind == REFCOW_KIND_REFCOUNT_LOW && entry->role == REFCOW_ROLE_DATA && entry->expected == 0);
    FUZZ_ASSERT(entry->times > 0 && entry->found != 0);
    watch->orphans += entry->times;
}

/* A block at an odd address that ends where its allocation ends; the bytes before it are canaries. */
static uint8_t *make_block(const check_setting *setting)
{
    uint8_t *block = borrow(setting->shift + setting->memory_size, BLOCK_SLOT);
    memset(block, CANARY, setting->shift);
    fill_with_garbage(block + setting->shift, setting->memory_size, setting->garbage);
    return block;
}

static refcow_finding *make_findings(const check_setting *setting, int slot)
{
    if (setting->capacity == 0) {
        return NULL;
    }
    refcow_finding *findings = borrow(setting->capacity * sizeof *findings, slot);
    fill_with_garbage(findings, setting->capacity * sizeof *findings, setting->garbage);
    return findings;
}

static void expect_canaries(const uint8_t *block, const check_setting *setting)
{
    for (size_t i = 0; i < setting->shift; i++) {
        FUZZ_ASSERT(block[i] == CANARY);
    }
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

/* Words of 8 bytes that a pass may have to look at: the file, its clusters, and what the header announces even where
 * the file has none of it. */
static uint64_t words_at_hand(const refcow_image *image)
{
    const refcow_header *header = &image->header;
    uint64_t size = image->source.size;
    uint64_t table = ((uint64_t)header->refcount_table_clusters << header->cluster_bits) / 8;
    return size / 8 + (size >> header->cluster_bits) + smaller(table, REFCOW_REFCOUNT_TABLE_BYTES_MAX / 8) +
           smaller(header->nb_snapshots, REFCOW_SNAPSHOTS_MAX) + header->nb_bitmaps;
}

/* A table that is named often is not walked often. A word may stand in tables of every sort, and be visited a few times
 * for each. For an entry that names a cluster past the end of the file, a page of the refcount table is looked up and
 * one of a refcount block. */
static void expect_bounded_work(const refcow_image *image, const refcow_result *result)
{
    enum { VISITS = 16, LOOKS = 2, LOOK_VISITS = 136, FIRST_LOOKS = 512, WORDS_PER_VISIT = 5 };
    if (image->source.size > (uint64_t)1 << 40) {
        return; /* the product might not fit, and the limits cut off much less */
    }
    uint64_t words = (words_at_hand(image) + FIRST_LOOKS) * (result->passes + 1);
    FUZZ_ASSERT(result->work <= (VISITS + LOOKS * LOOK_VISITS) * words);
    FUZZ_ASSERT(result->bytes_read / 8 <= VISITS * words + WORDS_PER_VISIT * result->work);
}

static void judge(const check_run *run, const refcow_options *options, const check_watch *watch, refcow_status status)
{
    const refcow_result *result = &run->result;
    FUZZ_RULE(watch->file->lies != 0 ? rules_unstable_result(result, options) : rules_result(result, options));
    FUZZ_ASSERT(status == result->error.status);
    FUZZ_ASSERT(watch->file->delivered <= result->bytes_read);
    FUZZ_ASSERT(watch->orphans == result->refcounts.orphan_clusters);
    FUZZ_ASSERT(watch->last.bytes_read <= result->bytes_read);
    FUZZ_ASSERT(watch->last.work <= result->work);
    int is_cancelled = watch->calls == watch->cancel_at && watch->calls != 0;
    FUZZ_ASSERT(status != REFCOW_STATUS_CANCELLED || is_cancelled);
    FUZZ_ASSERT(status != REFCOW_STATUS_READ_FAILED || watch->file->reads == watch->file->fail_at);
    FUZZ_ASSERT(!watch->file->ended || !result->refcounts.complete);
}

check_run run_check(const refcow_image *image, const check_setting *setting, int slot)
{
    input_file *file = image->source.user;
    input_rewind(file);
    check_watch watch = {.file = file, .cancel_at = setting->cancel_at};

    check_run run;
    fill_with_garbage(&run.result, sizeof run.result, setting->garbage);
    run.findings = make_findings(setting, slot);
    uint8_t *block = make_block(setting);
    refcow_options options = {
        .memory = block + setting->shift,
        .memory_size = setting->memory_size,
        .findings = run.findings,
        .findings_capacity = setting->capacity,
        .limits = setting->limits,
        .progress = watch_progress,
        .user = &watch,
        .observer = setting->observer,
        .orphan = note_orphan,
    };
    refcow_status status = refcow_check(image, &options, &run.result);
    expect_written(&run.result, sizeof run.result);
    judge(&run, &options, &watch, status);
    expect_written(run.findings, run.result.findings_count * sizeof *run.findings);
    expect_bounded_work(image, &run.result);
    run.reads = file->reads;
    run.progress_calls = watch.calls;
    expect_canaries(block, setting);
    return run;
}

int was_cut(const check_run *run)
{
    return !run->result.refcounts.complete || refcow_status_class(run->result.error.status) == REFCOW_CLASS_IO;
}
