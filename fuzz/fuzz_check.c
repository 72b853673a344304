/*
 * fuzz_check.c - the whole pipeline over one image file: open, plan, check.
 *
 * The input is a plain image file. What else a run needs (block sizes, room for findings, limits, how the source
 * misbehaves) comes from hashes of it, so that a seed stays a file that any tool can open. The length of the file comes
 * from its header alone, so that a mutation of a table keeps the length of its parent.
 *
 * A plain file of some KiB fits one window. To make the smallest block take several passes, some settings append a hole
 * to the file: zeros that the source delivers but that are not in the input.
 *
 * Oracles, besides what the sanitizers see: rules.h after every check; the answer of naive.h; equal answers from
 * different blocks of memory, different garbage in them, with and without next_data, with more or less room for
 * findings; an answer that a limit, a failing read or a cancellation cut short is a lower bound of the whole one; and
 * the source checks each read.
 */
#include "fuzz.h"
#include "naive.h"
#include "random.h"
#include "rules.h"

#include <string.h>

enum { HEADER_BYTES = 112, AT_CLUSTER_BITS = 20, CANARY = 0x5a, MAX_SHIFT = 15 };

/* Slots of borrowed findings. */
enum { BASE = 1, OTHER = 2 };

/* Ways to repeat a check; how many of them for an input that costs more than so many entries. */
enum { VARIANTS = 9, VARIANTS_OF_MANY = 3, CHEAP_ENTRIES = 2048 };

/* No check of one input takes longer than some milliseconds: past this only the rules of rules.h are compared. */
static const refcow_limits BUDGET = {1u << 20, 1u << 16};

/* FNV-1a: no more than a stable way from bytes to settings. */
static uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

/* ----------------------------------------------------------------- memory */

enum { POOL_ROOM = 256 };

/*
 * A block of exactly size bytes on the heap, so that ASan sees what happens at its ends. Blocks are kept for the next
 * input: fresh pages would take most of the time of a run. Which of several blocks of one size is told by slot.
 */
static void *borrow(size_t size, int slot)
{
    static struct {
        void *block;
        size_t size;
        int slot;
    } pool[POOL_ROOM];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (pool[i].size == size && pool[i].slot == slot) {
            return pool[i].block;
        }
    }
    FUZZ_ASSERT(count < POOL_ROOM);
    pool[count].block = malloc(size);
    pool[count].size = size;
    pool[count].slot = slot;
    FUZZ_ASSERT(pool[count].block != NULL || size == 0);
    return pool[count++].block;
}

/* ----------------------------------------------------------------- source */

typedef struct input_file {
    uint8_t *bytes; /* exactly length of them on the heap, so that ASan sees an over-read */
    size_t length;
    uint64_t size; /* declared: from length on there are zeros */
    uint64_t reads;
    uint64_t delivered;
    uint64_t fail_at; /* the read with this number fails, counted from 1; 0: none */
    uint64_t lies;    /* not 0: state of a generator that flips bits in what is delivered */
    int ended;        /* a read has failed or the caller has cancelled: nothing more may be asked */
} input_file;

static int read_file(void *user, uint64_t offset, void *buffer, size_t length)
{
    input_file *file = user;
    FUZZ_ASSERT(!file->ended);
    FUZZ_ASSERT(length > 0);
    FUZZ_ASSERT(offset < file->size);
    FUZZ_ASSERT(length <= file->size - offset);
    file->reads++;
    if (file->reads == file->fail_at) {
        file->ended = 1;
        return 1;
    }
    memset(buffer, 0, length);
    if (offset < file->length) {
        size_t there = file->length - (size_t)offset;
        memcpy(buffer, file->bytes + offset, there < length ? there : length);
    }
    if (file->lies != 0) {
        flip_some(&file->lies, buffer, length);
    }
    file->delivered += length;
    return 0;
}

static uint64_t next_nonzero(void *user, uint64_t offset)
{
    const input_file *file = user;
    FUZZ_ASSERT(!file->ended);
    for (; offset < file->length; offset++) {
        if (file->bytes[offset] != 0) {
            return offset;
        }
    }
    return file->size;
}

/* ------------------------------------------------------------------ check */

typedef struct check_setting {
    size_t memory_size;
    size_t shift; /* the block begins so many bytes past a 16-byte boundary */
    uint8_t garbage;
    size_t capacity;
    refcow_limits limits;
    uint64_t cancel_at; /* the progress call with this number cancels, counted from 1; 0: none */
} check_setting;

typedef struct check_run {
    refcow_result result;
    refcow_finding *findings;
    uint64_t reads;
    uint64_t progress_calls;
} check_run;

typedef struct check_watch {
    input_file *file;
    refcow_progress last;
    uint64_t calls;
    uint64_t cancel_at;
} check_watch;

static int watch_progress(void *user, const refcow_progress *now)
{
    check_watch *watch = user;
    FUZZ_ASSERT(!watch->file->ended);
    FUZZ_ASSERT(now->pass >= 1 && now->pass >= watch->last.pass);
    FUZZ_ASSERT(now->done <= now->total && now->done >= watch->last.done);
    FUZZ_ASSERT(watch->calls == 0 || now->total == watch->last.total);
    FUZZ_ASSERT(now->bytes_read >= watch->last.bytes_read);
    FUZZ_ASSERT(now->entries_visited >= watch->last.entries_visited);
    watch->last = *now;
    watch->calls++;
    watch->file->ended = watch->calls == watch->cancel_at;
    return watch->file->ended;
}

/* A block at an odd address that ends where its allocation ends; the bytes before it are canaries. */
static uint8_t *make_block(const check_setting *setting)
{
    uint8_t *block = borrow(setting->shift + setting->memory_size, 0);
    memset(block, CANARY, setting->shift);
    memset(block + setting->shift, setting->garbage, setting->memory_size);
    return block;
}

static void expect_canaries(const uint8_t *block, const check_setting *setting)
{
    for (size_t i = 0; i < setting->shift; i++) {
        FUZZ_ASSERT(block[i] == CANARY);
    }
}

/* What can be said of one check alone. */
static void judge(const check_run *run, const refcow_options *options, const check_watch *watch, refcow_status status)
{
    const refcow_result *result = &run->result;
    FUZZ_RULE(watch->file->lies != 0 ? rules_unstable_result(result, options) : rules_result(result, options));
    FUZZ_ASSERT(status == result->error.status);
    FUZZ_ASSERT(watch->file->delivered <= result->bytes_read);
    FUZZ_ASSERT(watch->last.bytes_read <= result->bytes_read);
    FUZZ_ASSERT(watch->last.entries_visited <= result->entries_visited);
    int is_cancelled = watch->calls == watch->cancel_at && watch->calls != 0;
    FUZZ_ASSERT(status != REFCOW_STATUS_CANCELLED || is_cancelled);
    FUZZ_ASSERT(status != REFCOW_STATUS_READ_FAILED || watch->file->reads == watch->file->fail_at);
    FUZZ_ASSERT(!watch->file->ended || !result->refcounts.complete);
}

/* The findings stay until the next check with the same slot. */
static check_run check(const refcow_image *image, const check_setting *setting, int slot)
{
    input_file *file = image->source.user;
    file->reads = 0;
    file->delivered = 0;
    file->ended = 0;
    check_watch watch = {.file = file, .cancel_at = setting->cancel_at};

    check_run run;
    memset(&run.result, setting->garbage, sizeof run.result);
    run.findings = setting->capacity == 0 ? NULL : borrow(setting->capacity * sizeof *run.findings, slot);
    uint8_t *block = make_block(setting);
    refcow_options options = {
        .memory = block + setting->shift,
        .memory_size = setting->memory_size,
        .findings = run.findings,
        .findings_capacity = setting->capacity,
        .limits = setting->limits,
        .progress = watch_progress,
        .user = &watch,
    };
    refcow_status status = refcow_check(image, &options, &run.result);
    judge(&run, &options, &watch, status);
    run.reads = file->reads;
    run.progress_calls = watch.calls;
    expect_canaries(block, setting);
    return run;
}

/* Whether there would be more to say: the status alone does not tell, for a refusal hides why the report was cut short.
 */
static int was_cut(const check_run *run)
{
    return !run->result.refcounts.complete || refcow_status_class(run->result.error.status) == REFCOW_CLASS_IO;
}

/* ---------------------------------------------------------------- oracles */

/* Another block, other garbage in it, another way to read: the same answer. */
static void expect_same(const refcow_image *image, const check_setting *other, const check_run *base)
{
    check_run run = check(image, other, OTHER);
    if (!was_cut(&run)) {
        FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    }
}

/* The same block size: the same work, to the byte. */
static void expect_repeatable(const refcow_image *image, const check_setting *setting, const check_run *base)
{
    check_setting other = *setting;
    other.garbage = (uint8_t)~other.garbage;
    other.shift = (other.shift + 5) % (MAX_SHIFT + 1);
    check_run run = check(image, &other, OTHER);
    FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    FUZZ_RULE(rules_same_work(&run.result, &base->result));
}

static void expect_room_does_not_matter(const refcow_image *image, check_setting other, const check_run *base,
                                        size_t capacity)
{
    other.capacity = capacity;
    check_run run = check(image, &other, OTHER);
    FUZZ_RULE(rules_same_counts(&run.result, &base->result));
    FUZZ_RULE(rules_same_work(&run.result, &base->result));
    if (base->findings != NULL && run.result.findings_omitted >= base->result.findings_omitted) {
        FUZZ_RULE(rules_first_ones(&run.result, run.findings, &base->result, base->findings));
    } else if (run.findings != NULL && base->findings != NULL) {
        FUZZ_RULE(rules_first_ones(&base->result, base->findings, &run.result, run.findings));
    }
}

static void expect_lower_bound(const refcow_image *image, const check_setting *setting, const check_run *base)
{
    check_run run = check(image, setting, OTHER);
    FUZZ_RULE(rules_lower_bound(&run.result, &base->result));
    if (!was_cut(&run)) {
        FUZZ_RULE(rules_same_answer(&run.result, run.findings, &base->result, base->findings));
    }
}

static void expect_read_limit_holds(const refcow_image *image, check_setting other, const check_run *base,
                                    uint64_t random)
{
    other.limits.max_read = 1 + random % (base->result.bytes_read + 1);
    expect_lower_bound(image, &other, base);
}

static void expect_entry_limit_holds(const refcow_image *image, check_setting other, const check_run *base,
                                     uint64_t random)
{
    other.limits.max_entries = 1 + random % (base->result.entries_visited + 1);
    expect_lower_bound(image, &other, base);
}

static void expect_read_may_fail(const refcow_image *image, const check_setting *setting, const check_run *base,
                                 uint64_t random)
{
    input_file *file = image->source.user;
    file->fail_at = 1 + random % (base->reads + 1);
    expect_lower_bound(image, setting, base);
    file->fail_at = 0;
}

static void expect_cancel_works(const refcow_image *image, check_setting other, const check_run *base, uint64_t random)
{
    other.cancel_at = 1 + random % (base->progress_calls + 1);
    expect_lower_bound(image, &other, base);
}

static void expect_naive_answer(const refcow_image *image, const check_run *base)
{
    static naive_state naive;
    const input_file *file = image->source.user;
    if (base->result.error.status == REFCOW_STATUS_OK &&
        naive_check(&naive, &image->header, file->bytes, file->length, file->size)) {
        FUZZ_RULE(naive_difference(&naive, &base->result));
    }
}

/* A file that changes while it is read: nothing is promised but an answer that keeps the rules. */
static void expect_lies_are_survived(const refcow_image *image, const check_setting *setting, uint64_t random)
{
    input_file *file = image->source.user;
    file->lies = random | 1;
    check_run run = check(image, setting, OTHER);
    FUZZ_ASSERT(run.result.error.status != REFCOW_STATUS_READ_FAILED);
    file->lies = 0;
}

/* -------------------------------------------------------------- the input */

static size_t pick_capacity(uint64_t random)
{
    static const size_t capacities[] = {
        1, REFCOW_KINDS - 1, REFCOW_KINDS, 2 * REFCOW_KINDS + 1, 8 * REFCOW_KINDS, 65 * REFCOW_KINDS - 1,
    };
    return capacities[random % (sizeof capacities / sizeof *capacities)];
}

static size_t pick_ample(uint64_t random)
{
    static const size_t sizes[] = {REFCOW_MEMORY_MIN + 1, 2 * REFCOW_MEMORY_MIN - 3, 8 * REFCOW_MEMORY_MIN};
    return sizes[random % (sizeof sizes / sizeof *sizes)];
}

/* Some files end in a hole, of some bytes or of so many clusters that the smallest block takes several passes. */
static uint64_t pick_tail(uint64_t random, const uint8_t *data, size_t size)
{
    uint64_t some = random >> 48;
    if (random % 8 == 0) {
        return some;
    }
    if (random % 8 == 1) {
        unsigned cluster_bits = size > AT_CLUSTER_BITS + 3 ? data[AT_CLUSTER_BITS + 3] % 32u : 9;
        return ((24000 + some % 6000) << cluster_bits) + some % 1024;
    }
    return 0;
}

static refcow_status open_file(refcow_image *image, input_file *file, int with_next_data)
{
    file->ended = 0;
    refcow_source source = {read_file, with_next_data ? next_nonzero : NULL, file, file->size};
    memset(image, CANARY, sizeof *image);
    refcow_status status = refcow_open(image, sizeof *image, REFCOW_VERSION, &source);
    FUZZ_ASSERT(status == image->error.status);
    FUZZ_RULE(rules_error(&image->error));
    FUZZ_ASSERT(refcow_status_class(status) != REFCOW_CLASS_IO);
    FUZZ_ASSERT(refcow_status_class(status) != REFCOW_CLASS_USAGE);
    return status;
}

static void expect_plan(const refcow_image *image)
{
    refcow_plan plan;
    memset(&plan, CANARY, sizeof plan);
    FUZZ_ASSERT(refcow_plan_memory(image, REFCOW_MEMORY_MIN, &plan) == REFCOW_STATUS_OK);
    FUZZ_ASSERT(plan.minimum == REFCOW_MEMORY_MIN);
    FUZZ_ASSERT(plan.one_pass >= plan.minimum);
    FUZZ_ASSERT(plan.passes >= 1);
}

static void expect_sane_header(const refcow_header *header)
{
    FUZZ_ASSERT(header->version == 2 || header->version == 3);
    FUZZ_ASSERT(header->cluster_bits >= 9 && header->cluster_bits <= 21);
    const refcow_span spans[] = {header->backing_file, header->backing_format, header->feature_names,
                                 header->data_file};
    uint64_t cluster = (uint64_t)1 << header->cluster_bits;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        FUZZ_ASSERT(spans[i].length == 0 || (spans[i].offset > 0 && spans[i].offset < cluster));
        FUZZ_ASSERT(spans[i].length == 0 || spans[i].length <= cluster - spans[i].offset);
    }
}

/* What one input is tried in. */
typedef struct check_subject {
    refcow_image image;
    refcow_image with_holes; /* the same, with next_data */
    check_setting smallest;
    check_run base; /* the answer with that setting */
} check_subject;

static void try_variant(const check_subject *subject, unsigned variant, uint64_t random)
{
    const refcow_image *image = &subject->image;
    const check_setting *smallest = &subject->smallest;
    const check_run *base = &subject->base;
    check_setting ample = *smallest;
    ample.memory_size = pick_ample(random);
    switch (variant) {
    case 0:
        expect_same(image, &ample, base);
        break;
    case 1:
        expect_same(&subject->with_holes, smallest, base);
        break;
    case 2:
        expect_room_does_not_matter(image, *smallest, base, pick_capacity(random));
        break;
    case 3:
        expect_room_does_not_matter(image, *smallest, base, 0);
        break;
    case 4:
        expect_read_limit_holds(image, *smallest, base, random);
        break;
    case 5:
        expect_entry_limit_holds(image, *smallest, base, random);
        break;
    case 6:
        expect_read_may_fail(image, smallest, base, random);
        break;
    case 7:
        expect_cancel_works(image, *smallest, base, random);
        break;
    default:
        expect_lies_are_survived(image, smallest, random);
        break;
    }
}

/* All variants of an input that costs little, some of one that costs more. */
static void try_variants(const check_subject *subject, uint64_t *random)
{
    int is_cheap = subject->base.result.entries_visited <= CHEAP_ENTRIES;
    for (unsigned i = 0; i < (is_cheap ? VARIANTS : VARIANTS_OF_MANY); i++) {
        uint64_t dice = next_random(random);
        try_variant(subject, is_cheap ? i : (unsigned)(dice % VARIANTS), dice >> 8);
    }
}

static void check_in_every_way(check_subject *subject, uint64_t *random)
{
    check_setting smallest = {
        .memory_size = REFCOW_MEMORY_MIN,
        .shift = (size_t)(next_random(random) % (MAX_SHIFT + 1)),
        .garbage = (uint8_t)next_random(random),
        .capacity = pick_capacity(next_random(random)),
        .limits = BUDGET,
    };
    subject->smallest = smallest;
    subject->base = check(&subject->image, &smallest, BASE);
    expect_repeatable(&subject->image, &smallest, &subject->base);
    if (!was_cut(&subject->base)) {
        expect_naive_answer(&subject->image, &subject->base);
        try_variants(subject, random);
    }
}

/* ------------------------------------------------------------------ names */

static void expect_text(const char *text)
{
    FUZZ_ASSERT(text != NULL && text[0] != '\0');
}

/* Also for numbers that stand for nothing. The casts are what a caller in another language would do. */
static void expect_names(void)
{
    for (int number = 0; number < 300; number++) {
        expect_text(refcow_status_name((refcow_status)number));
        expect_text(refcow_status_text((refcow_status)number));
        expect_text(refcow_kind_name((refcow_kind)number));
        expect_text(refcow_kind_text((refcow_kind)number));
        expect_text(refcow_kind_rule((refcow_kind)number));
        expect_text(refcow_role_name((refcow_role)number));
        expect_text(refcow_verdict_name((refcow_verdict)number));
        FUZZ_ASSERT((unsigned)refcow_status_class((refcow_status)number) <= REFCOW_CLASS_REFUSED);
        FUZZ_ASSERT((unsigned)refcow_kind_severity((refcow_kind)number) <= REFCOW_SEVERITY_ERROR);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int names_are_checked;
    if (!names_are_checked) {
        expect_names();
        names_are_checked = 1;
    }

    uint64_t random = hash_of(data, size < HEADER_BYTES ? size : HEADER_BYTES);
    input_file file = {.length = size, .size = size + pick_tail(next_random(&random), data, size)};
    file.bytes = malloc(size);
    FUZZ_ASSERT(file.bytes != NULL || size == 0);
    if (size > 0) {
        memcpy(file.bytes, data, size);
    }

    check_subject subject;
    refcow_class class_ = refcow_status_class(open_file(&subject.image, &file, 0));
    FUZZ_ASSERT(refcow_status_class(open_file(&subject.with_holes, &file, 1)) == class_);
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        expect_sane_header(&subject.image.header);
        expect_plan(&subject.image);
        /* What follows may differ from one mutation of a table to the next. */
        random ^= hash_of(data, size);
        check_in_every_way(&subject, &random);
    }
    free(file.bytes);
    return 0;
}
