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
    assigns *one, *other;
    ensures one->offset == \old(other->offset) && other->offset == \old(one->offset); */
static void swap(struct table_name *one, struct table_name *other)
{
    struct table_name name = *one;
    *one = *other;
    *other = name;
}

/* Heapsort, for what an attacker has laid out against quicksort. Let names[root] sink to its place in the heap
 * names[0 .. count - 1]. */
/*@ requires root < count <= SIZE_MAX / 4 && \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1]; */
static void sink(struct table_name *names, size_t root, size_t count)
{
    struct table_name sinking = names[root];
    /*@ loop invariant root < count && child == 2 * root + 1;
        loop assigns root, child, names[0 .. count - 1];
        loop variant count - root; */
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

/*@ requires count <= SIZE_MAX / 4 && \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1]; */
static void heapsort(struct table_name *names, size_t count)
{
    /*@ loop invariant roots <= count / 2;
        loop assigns roots, names[0 .. count - 1];
        loop variant roots; */
    for (size_t roots = count / 2; roots > 0; roots--)
        sink(names, roots - 1, count);
    /*@ loop invariant last <= count;
        loop assigns last, names[0 .. count - 1];
        loop variant last; */
    for (size_t last = count; last > 1; last--) {
        swap(&names[0], &names[last - 1]);
        sink(names, 0, last - 1);
    }
}

/*@ requires \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1]; */
static void insertion_sort(struct table_name *names, size_t count)
{
    /*@ loop invariant 1 <= i;
        loop assigns i, names[0 .. count - 1];
        loop variant count - i; */
    for (size_t i = 1; i < count; i++) {
        struct table_name name = names[i];
        size_t to = i;
        /*@ loop invariant to <= i;
            loop assigns to, names[0 .. count - 1];
            loop variant to; */
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
/*@ requires 3 <= count && \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1];
    ensures 1 <= \result < count; */
static size_t partition(struct table_name *names, size_t count)
{
    uint64_t pivot = median(names[0].offset, names[count / 2].offset, names[count - 1].offset);
    size_t low = 0;
    size_t high = count - 1;
    //@ ghost size_t above = names[0].offset >= pivot ? 0 : count / 2;
    //@ ghost size_t below = names[count - 1].offset <= pivot ? count - 1 : count / 2;
    /*@ loop invariant low <= above < count && names[above].offset >= pivot;
        loop invariant below <= high < count && names[below].offset <= pivot;
        loop invariant high <= count - 2 || above <= count / 2;
        loop assigns low, high, above, below, names[0 .. count - 1];
        loop invariant low <= high + 1;
        loop variant high + 1 - low; */
    for (;;) {
        /*@ loop invariant \at(low, LoopEntry) <= low <= above;
            loop assigns low;
            loop variant above - low; */
        while (names[low].offset < pivot)
            low++;
        /*@ loop invariant below <= high <= \at(high, LoopEntry);
            loop assigns high;
            loop variant high; */
        while (names[high].offset > pivot)
            high--;
        if (low >= high)
            return high + 1;
        //@ ghost above = high;
        //@ ghost below = low;
        swap(&names[low++], &names[high--]);
    }
}

/* Parts that are so small are sorted by insertion. */
#define SMALL_PART 16u

/* So often a part is divided; what is left then has bad pivots, and is for heapsort. The work is at most as many times
 * the number of names, whatever they are. */
#define DEPTH_MAX 64u

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

/* A part of the names, up to `end`; it begins where the part before it ends. */
struct part {
    size_t end;
    uint32_t depth; /* how often what it was part of has been divided */
};

/* Quicksort without recursion: the parts to the right wait in a list, the leftmost last. */
/*@ requires count <= SIZE_MAX / 4 && \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1] \from names[0 .. count - 1]; */
static void sort(struct table_name *names, size_t count)
{
    struct part parts[DEPTH_MAX + 1];
    size_t waiting = 0;
    size_t start = 0;
    if (is_sorted(names, count))
        return;
    struct part all = {count, 0};
    /*@ loop invariant start <= count && waiting <= DEPTH_MAX + 1;
        loop invariant \forall integer k; 0 <= k < waiting ==> start <= parts[k].end <= count;
        loop invariant \forall integer j, k; 0 <= j <= k < waiting ==> parts[k].end <= parts[j].end;
        loop invariant \forall integer k; 0 <= k < waiting ==> k <= parts[k].depth <= DEPTH_MAX;
        loop assigns start, waiting, parts[0 .. DEPTH_MAX], names[0 .. count - 1]; */
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
        struct table_name name = set->names[i];
        size_t to = (size_t)least(kept, i); /* never more than were read */
        if (to > 0 && set->names[to - 1].offset == name.offset)
            add_up(&set->names[to - 1], &name);
        else
            set->names[to++] = name;
        kept = to;
    }
    set->count = kept;
}

/* Make room for a name: if adding up equal names does not free half of it, leave the upper half of the offsets to a
 * later scan, or, if the name is above all of them, only what is above all of them. False: the name is left, too. */
static bool make_room(struct table_set *set, uint64_t offset)
{
    refcow_tables_finish(set);
    size_t half = set->room / 2;
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
    /* One table named many times in a row, as an attacker likes it, takes one place. */
    if (set->count > 0 && set->names[set->count - 1].offset == name->offset) {
        add_up(&set->names[set->count - 1], name);
        return;
    }
    if (set->count < set->room || make_room(set, name->offset))
        set->names[set->count++] = *name;
}

bool refcow_tables_continue(struct table_set *set)
{
    if (set->highest == UINT64_MAX)
        return false;
    start_scan(set, set->highest + 1);
    return true;
}
