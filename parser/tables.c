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

/*@ requires \valid(one) && \valid(other) && \separated(one, other);
    assigns *one, *other; */
static void swap(struct table_name *one, struct table_name *other)
{
    struct table_name name = *one;
    *one = *other;
    *other = name;
}

/* Work on so many names that are in order is a unit; bringing one into order is so many units. */
#define NAMES_PER_UNIT 2u
#define WORK_NAME 8u

/* To find a name. */
#define WORK_FIND 4u

/* Let a name sink in a heap until none below it is higher. Bound: the height of the heap. */
/*@ requires \valid(names + (0 .. count - 1)) && at < count;
    assigns names[0 .. count - 1]; */
static void sink_name(struct table_name *names, size_t at, size_t count)
{
    struct table_name name = names[at];
    bool is_above = false;
    /*@ loop invariant at < count;
        loop assigns at, is_above, names[0 .. count - 1];
        loop variant count - at + (is_above ? 0 : 1); */
    while (at < count / 2 && !is_above) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && names[child + 1].offset > names[child].offset)
            child++;
        is_above = names[child].offset <= name.offset;
        if (!is_above) {
            names[at] = names[child];
            at = child;
        }
    }
    names[at] = name;
}

/*@ requires \valid_read(names + (0 .. count - 1));
    assigns \nothing; */
static bool is_sorted(const struct table_name *names, size_t count)
{
    /*@ loop invariant 1 <= i;
        loop assigns i;
        loop variant count - i; */
    for (size_t i = 1; i < count; i++)
        if (names[i - 1].offset > names[i].offset)
            return false;
    return true;
}

/* Heapsort: an attacker who chooses the order of the names does not make it slower. Bound: the names, twice. */
/*@ requires \valid(set) && \valid(set->reader) && \valid(set->names + (0 .. set->count - 1));
    requires \separated(set, set->reader, set->names + (0 .. set->count - 1));
    assigns set->names[0 .. set->count - 1] \from set->names[0 .. set->count - 1];
    assigns set->reader->at, set->reader->next_call, set->reader->owed, set->reader->error \from set->reader->at;
    assigns \result \from set->reader->at;
    ensures \result == 0 || \result == 1; */
static bool sort(struct table_set *set)
{
    struct table_name *names = set->names;
    struct reader *reader = set->reader;
    size_t count = set->count;
    if (is_sorted(names, count))
        return true;
    /*@ loop invariant 0 <= at <= count / 2;
        loop assigns at, names[0 .. count - 1];
        loop variant at; */
    for (size_t at = count / 2; at > 0; at--)
        sink_name(names, at - 1, count);
    /*@ loop invariant 0 <= end <= count;
        loop assigns end, names[0 .. count - 1], reader->at, reader->next_call, reader->owed, reader->error;
        loop variant end; */
    for (size_t end = count; end > 1; end--) {
        if (!refcow_charge(reader, WORK_NAME))
            return false;
        swap(&names[0], &names[end - 1]);
        sink_name(names, 0, end - 1);
    }
    return true;
}

/* --------------------------------------------------------------------- set */

bool refcow_tables_finish(struct table_set *set)
{
    size_t kept = 0;
    if (!refcow_charge(set->reader, set->count / NAMES_PER_UNIT) || !sort(set))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        struct table_name name = set->names[i];
        size_t to = (size_t)least(kept, i); /* never more than were read */
        if (to > 0 && set->names[to - 1].offset == name.offset)
            add_up(&set->names[to - 1], &name);
        else
            set->names[to++] = name;
        kept = to;
    }
    set->count = kept;
    return true;
}

/* Make room for a name: if adding up equal names does not free half of it, leave the upper half of the offsets to a
 * later scan, or, if the name is above all of them, only what is above all of them. False: the name is left, too. */
static bool make_room(struct table_set *set, uint64_t offset)
{
    size_t half = set->room / 2;
    if (!refcow_tables_finish(set))
        return false;
    if (set->count <= half)
        return true;
    bool is_above = offset > set->names[set->count - 1].offset;
    if (!is_above)
        set->count = half;
    set->highest = set->names[set->count - 1].offset;
    return !is_above && offset <= set->highest;
}

void refcow_tables_add(struct table_set *set, const struct table_name *name)
{
    if (name->offset < set->lowest || name->offset > set->highest)
        return;
    /* One table named many times in a row, as an attacker likes it, takes one origin. */
    if (set->count > 0 && set->names[set->count - 1].offset == name->offset) {
        add_up(&set->names[set->count - 1], name);
        return;
    }
    if (set->count < set->room || make_room(set, name->offset))
        set->names[set->count++] = *name;
}

/* The last name that is not above the offset is found in steps that are halved; the first step is the highest power of
 * two that is not above the number of names. */
const struct table_name *refcow_tables_find(const struct table_set *set, uint64_t offset)
{
    size_t at = 0;
    size_t step = 1;
    while (step <= set->count / 2)
        step *= 2;
    for (; step > 0; step /= 2) {
        size_t next = at + step;
        if (next < set->count && set->names[next].offset <= offset)
            at = next;
    }
    set->reader->owed += WORK_FIND;
    return set->names[at].offset == offset ? &set->names[at] : NULL;
}

bool refcow_tables_continue(struct table_set *set)
{
    if (set->highest == UINT64_MAX)
        return false;
    start_scan(set, set->highest + 1);
    return true;
}
