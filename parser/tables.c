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

/* Heapsort: no recursion, no worst case. Let names[root] sink to its place in the heap names[0 .. count - 1]. */
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

static bool is_sorted(const struct table_name *names, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (names[i - 1].offset > names[i].offset)
            return false;
    return true;
}

static void sort(struct table_name *names, size_t count)
{
    if (is_sorted(names, count))
        return;
    for (size_t roots = count / 2; roots > 0; roots--)
        sink(names, roots - 1, count);
    for (size_t last = count - 1; last > 0; last--) {
        struct table_name highest = names[0];
        names[0] = names[last];
        names[last] = highest;
        sink(names, 0, last);
    }
}

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

/* Make room: if adding up equal names does not free half of it, leave the upper half of the offsets to a later scan. */
static void make_room(struct table_set *set)
{
    refcow_tables_finish(set);
    size_t half = set->room / 2;
    if (set->count > half) {
        set->count = half;
        set->highest = set->names[half - 1].offset;
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
        make_room(set);
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
