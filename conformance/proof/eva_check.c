/*
 * eva_check.c - refcow_check() with any image and any options, in two parts, each with its own analysis:
 *
 *     all but L2 tables: refcow_l2_visit() is replaced by one that leaves anything behind
 *     L2 tables (-DL2): refcow_references_walk() is replaced by one that visits any L2 tables in any state
 *
 * Where the arrays are in the caller's block is replaced, too: each array is an object of its own, of a fixed size.
 * What the division of the block has to do with it is said in README.md.
 */
#include "../../parser/bitmaps.h"
#include "../../parser/check_run.h"
#include "../../parser/l2.h"
#include "../../parser/memory.h"
#include "any.h"

#define NAMES 512
#define PLACES 16
#define CLUSTERS 8192
#define PAGES ((CLUSTERS - 1) / PAGE_CLUSTERS + 1)
#define LOOKUP_PAGE 256
#define DIRECTORY_PAGE 2048
#define CHUNK 8192
#define FINDINGS 2 /* of each kind */
#define WAITING 14

static struct table_name names[NAMES];
static struct range ranges[NAMES];
static struct table_name edges[NAMES];
static uint64_t numbers[PLACES];
static uint64_t directory_numbers[1];
static struct page pages[PAGES];
static uint64_t wide[CLUSTERS];
static uint8_t narrow[CLUSTERS];
static uint8_t stored[CLUSTERS];
static uint8_t lookups[PLACES * (LOOKUP_PAGE + CACHE_LOOK_BYTES)];
static uint8_t directory[DIRECTORY_PAGE + CACHE_LOOK_BYTES];
static uint8_t chunk[CHUNK];
static refcow_finding findings[FINDINGS * REFCOW_KINDS];
static refcow_finding waiting[WAITING];

static struct check *the_check;

#define MAKE_ANY(object) Frama_C_make_unknown((char *)&(object), sizeof(object))

static struct page_part any_part(void)
{
    struct page_part part = {Frama_C_unsigned_short_interval(0, UINT16_MAX),
                             Frama_C_unsigned_short_interval(0, UINT16_MAX)};
    return part;
}

static void make_any_arrays(void)
{
    MAKE_ANY(names);
    MAKE_ANY(ranges);
    MAKE_ANY(edges);
    MAKE_ANY(numbers);
    MAKE_ANY(directory_numbers);
    MAKE_ANY(wide);
    MAKE_ANY(narrow);
    MAKE_ANY(stored);
    MAKE_ANY(lookups);
    MAKE_ANY(directory);
    MAKE_ANY(chunk);
    MAKE_ANY(findings);
    MAKE_ANY(waiting);
    for (size_t i = 0; i < PAGES; i++) {
        pages[i].every = any64();
        pages[i].each = Frama_C_unsigned_int_interval(0, UINT32_MAX);
        pages[i].run = any_part();
        pages[i].hole = any_part();
        pages[i].stored = Frama_C_unsigned_char_interval(0, UINT8_MAX);
        pages[i].is_mixed = Frama_C_interval(0, 1);
        pages[i].is_dense = Frama_C_interval(0, 1);
    }
}

static void make_any_set(struct table_set *set)
{
    set->count = Frama_C_size_t_interval(0, NAMES);
    set->lowest = any64();
    set->highest = any64();
}

/* Any state of what changes in the course of a check. */
static void make_any_state(struct check *check)
{
    make_any_arrays();
    MAKE_ANY(*check->result);
    MAKE_ANY(check->reader.at);
    check->reader.most_work = any64();
    check->reader.next_call = any64();
    check->reader.next_hint = any64();
    check->reader.owed = any64();
    check->reader.source_work = any64();
    check->reader.read_work = any64();
    check->reader.hole_start = any64();
    check->reader.hole_end = any64();
    MAKE_ANY(check->reader.error);
    MAKE_ANY(check->findings.kept);
    MAKE_ANY(check->findings.found);
    check->findings.waiting_count = Frama_C_size_t_interval(0, WAITING);
    check->ranges.shared_bits = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    check->ranges.count = any64();
    make_any_set(&check->tables);
    make_any_set(&check->sweep.edges);
    check->sweep.next = Frama_C_size_t_interval(0, NAMES);
    check->sweep.depth = any64();
    check->sweep.start = any64();
    check->sweep.table = any64();
    check->window.first = any64();
    check->window.end = any64();
    check->window.last = Frama_C_unsigned_long_long_interval(0, CLUSTERS - 1);
    check->window.asked.lowest = any64();
    check->window.asked.highest = any64();
    check->window.beyond = any64();
    check->window.saturated = Frama_C_interval(0, 1);
    check->grown = any64();
    check->missing_end = any64();
    check->wrong_entries = any64();
    check->are_tables_known = Frama_C_interval(0, 1);
    check->wants_sharing = Frama_C_interval(0, 1);
}

/* ------------------------------------------------------------ replacements */

void any_memory_divide(struct check *check, const refcow_image *image, const refcow_options *options, bool is_wide)
{
    (void)image;
    (void)options;
    the_check = check;
    check->tables.reader = check->sweep.edges.reader = &check->reader;
    check->findings.waiting = waiting;
    check->findings.waiting_room = WAITING;
    check->tables.names = names;
    check->ranges.list = ranges;
    check->sweep.edges.names = edges;
    check->lookups.numbers = numbers;
    check->directory.numbers = directory_numbers;
    check->window.pages = pages;
    if (is_wide)
        check->window.wide = wide;
    else
        check->window.narrow = narrow;
    check->window.stored = stored;
    check->lookups.pages = lookups;
    check->directory.pages = directory;
    check->chunk = check->refcounts.chunk = chunk;
    check->chunk_size = check->refcounts.chunk_size = CHUNK;
    check->tables.room = NAMES;
    check->ranges.room = NAMES;
    check->sweep.edges.room = NAMES;
    check->lookups.slots = PLACES;
    check->lookups.page_size = LOOKUP_PAGE;
    check->directory.slots = 1;
    check->directory.page_size = DIRECTORY_PAGE;
    check->window_clusters = Frama_C_unsigned_long_long_interval(1, CLUSTERS);
    check->memory_used = any64();
    refcow_cache_start(&check->lookups, &check->reader);
    refcow_cache_start(&check->directory, &check->reader);
}

/* It is the last thing that is called before a check begins. A check begins with nothing counted, which is one of the
 * states that a check can be in; that it may begin in any of them is more, and spares the analysis the way there. */
void any_findings_start(struct findings *findings, const refcow_options *options)
{
    refcow_findings_start(findings, options);
    make_any_state(the_check);
}

#ifdef L2
bool any_references_walk(struct check *check)
{
    struct l2_walk walk = refcow_l2_start(check->tables.names);
    check->wants_sharing = Frama_C_interval(0, 1);
    walk.weight = any64();
    walk.active = any64();
    walk.reported = any64();
    walk.judged = any64();
    walk.fresh = any64();
    walk.next = any64();
    walk.zeros = any64();
    walk.oldest = Frama_C_size_t_interval(0, SIZE_MAX);
    walk.newest = Frama_C_size_t_interval(0, NAMES - 1);
    if (Frama_C_interval(0, 1))
        walk.aligned = &names[Frama_C_size_t_interval(0, NAMES - 1)];
    return refcow_l2_visit(check, &walk, any64());
}
#else
bool any_l2_visit(struct check *check, struct l2_walk *walk, uint64_t next_table)
{
    (void)next_table;
    /* The other part begins with no more than this. */
    //@ assert check->tables.count <= NAMES && check->window.last < CLUSTERS;
    //@ assert check->findings.waiting_count <= WAITING;
    //@ assert walk->tables == &names[0] && walk->newest < NAMES;
    //@ assert walk->aligned == \null || \valid(walk->aligned);
    make_any_state(check);
    walk->weight = any64();
    walk->active = any64();
    walk->reported = any64();
    walk->judged = any64();
    walk->fresh = any64();
    walk->next = any64();
    walk->zeros = any64();
    if (walk->aligned != NULL)
        walk->aligned->is_damaged = Frama_C_unsigned_int_interval(0, 1);
    walk->oldest = Frama_C_size_t_interval(0, SIZE_MAX);
    walk->aligned = Frama_C_interval(0, 1) ? walk->aligned : NULL;
    return Frama_C_interval(0, 1);
}
#endif

/* ------------------------------------------------------------------ caller */

static void on_orphan(void *user, const refcow_finding *entry)
{
    (void)user;
    (void)entry;
}

static void on_window(void *user, uint64_t host, uint64_t length)
{
    (void)user;
    (void)host;
    (void)length;
}

static void on_reference(void *user, const refcow_reference *reference)
{
    (void)user;
    (void)reference;
}

static void on_clusters(void *user, const refcow_clusters *clusters)
{
    (void)user;
    (void)clusters;
}

static refcow_options any_options(void)
{
    static uint8_t block[1]; /* nothing is in it: see refcow_memory_divide() above */
    refcow_options options = {0};
    options.memory = Frama_C_interval(0, 1) ? block : NULL;
    options.memory_size = Frama_C_size_t_interval(0, SIZE_MAX);
    options.findings = findings;
    options.findings_capacity = sizeof findings / sizeof *findings;
    options.limits.max_read = any64();
    options.limits.max_work = any64();
    if (Frama_C_interval(0, 1))
        options.progress = any_progress;
    if (Frama_C_interval(0, 1))
        options.orphan = on_orphan;
    return options;
}

int main(void)
{
    static const refcow_observer observer = {on_window, on_reference, on_clusters, NULL};
    refcow_image image;
    refcow_result result;
    refcow_options options = any_options();
    any_image(&image);
    /* The numbers are ends of arrays: where the analysis may stop to widen. */
    //@ widen_hints global:"all", 2, 512, 8192;
    refcow_check(NULL, &options, &result);
    refcow_check(&image, NULL, &result);
    refcow_check(&image, &options, NULL);
    refcow_check(&image, &options, &result);
    options.observer = Frama_C_interval(0, 1) ? &observer : NULL;
    refcow_check_sharing(&image, &options, &result);
    return 0;
}
