#include "tables.h"

static void start_scan(struct table_set *set, uint64_t lowest)
{
    set->count = 0;
    set->lowest = lowest;
    set->highest = UINT64_MAX;
}

void refcow_tables_start(struct table_set *set)
{
    start_scan(set, 0);
}

static void add_up(struct table_name *to, const struct table_name *from)
{
    to->weight += from->weight;
    to->active += from->active;
    to->guest = least(to->guest, from->guest);
}

/* ------------------------------------------------------------------ sorting */

static void swap(struct table_name *one, struct table_name *other)
{
    struct table_name name = *one;
    *one = *other;
    *other = name;
}

/* Heapsort, for what an attacker has laid out against quicksort. Let names[root] sink to its place in the heap
 * names[0 .. count - 1]. */
static void sink(struct table_name *names, size_t root, size_t count)
{
    struct table_name sinking = names[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && names[child].offset < names[child + 1].offset)
            child++;
        if (names[child].offset <= sinking.offset)
            break;
        names[root] = names[child];
        root = child;
    }
    names[root] = sinking;
}

static void heapsort(struct table_name *names, size_t count)
{
    for (size_t roots = count / 2; roots > 0; roots--)
        sink(names, roots - 1, count);
    for (size_t last = count; last > 1; last--) {
        swap(&names[0], &names[last - 1]);
        sink(names, 0, last - 1);
    }
}

static void insertion_sort(struct table_name *names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct table_name name = names[i];
        size_t to = i;
        for (; to > 0 && names[to - 1].offset > name.offset; to--)
            names[to] = names[to - 1];
        names[to] = name;
    }
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    return greatest(least(a, b), least(greatest(a, b), c));
}

/* Put names that are not above a pivot before those that are not below it: how many are before. At least one name is on
 * either side. */
static size_t partition(struct table_name *names, size_t count)
{
    uint64_t pivot = median(names[0].offset, names[count / 2].offset, names[count - 1].offset);
    size_t low = 0;
    size_t high = count - 1;
    for (;;) {
        while (names[low].offset < pivot)
            low++;
        while (names[high].offset > pivot)
            high--;
        if (low >= high)
            return high + 1;
        swap(&names[low++], &names[high--]);
    }
}

/* Parts that are so small are sorted by insertion. */
#define SMALL_PART 16u

/* So often a part is divided; what is left then has bad pivots, and is for heapsort. The work is at most as many times
 * the number of names, whatever they are. */
#define DEPTH_MAX 64u

static bool is_sorted(const struct table_name *names, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (names[i - 1].offset > names[i].offset)
            return false;
    return true;
}

/* A part of the names, up to `end`; it begins where the part before it ends. */
struct part {
    size_t end;
    uint32_t depth; /* how often what it was part of has been divided */
};

/* Quicksort without recursion: the parts to the right wait in a list, the leftmost last. */
static void sort(struct table_name *names, size_t count)
{
    struct part parts[DEPTH_MAX + 1];
    size_t waiting = 0;
    size_t start = 0;
    if (is_sorted(names, count))
        return;
    struct part all = {count, 0};
    for (parts[waiting++] = all; waiting > 0;) {
        struct part *part = &parts[waiting - 1];
        size_t length = part->end - start;
        if (length > SMALL_PART && part->depth < DEPTH_MAX) {
            part->depth++;
            struct part left = {start + partition(names + start, length), part->depth};
            parts[waiting++] = left;
            continue;
        }
        if (length > SMALL_PART)
            heapsort(names + start, length);
        else
            insertion_sort(names + start, length);
        start = part->end;
        waiting--;
    }
}

/* --------------------------------------------------------------------- set */

void refcow_tables_finish(struct table_set *set)
{
    sort(set->names, set->count);
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (kept > 0 && set->names[kept - 1].offset == set->names[i].offset)
            add_up(&set->names[kept - 1], &set->names[i]);
        else
            set->names[kept++] = set->names[i];
    }
    set->count = kept;
}

/* Make room for a name: if adding up equal names does not free half of it, leave the upper half of the offsets to a
 * later scan, or, if the name is above all of them, only what is above all of them. */
static void make_room(struct table_set *set, uint64_t offset)
{
    refcow_tables_finish(set);
    size_t half = set->room / 2;
    if (set->count > half) {
        set->count = offset > set->names[set->count - 1].offset ? set->count : half;
        set->highest = set->names[set->count - 1].offset;
    }
}

void refcow_tables_add(struct table_set *set, const struct table_name *name)
{
    if (name->offset < set->lowest || name->offset > set->highest)
        return;
    /* One table named many times in a row, as an attacker likes it, takes one place. */
    if (set->count > 0 && set->names[set->count - 1].offset == name->offset) {
        add_up(&set->names[set->count - 1], name);
        return;
    }
    if (set->count == set->room)
        make_room(set, name->offset);
    if (name->offset <= set->highest)
        set->names[set->count++] = *name;
}

bool refcow_tables_continue(struct table_set *set)
{
    if (set->highest == UINT64_MAX)
        return false;
    start_scan(set, set->highest + 1);
    return true;
}
