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

/* The bits in which offsets differ. */
/*@ requires \valid_read(names + (0 .. count - 1)) && count > 0;
    assigns \nothing; */
static uint64_t differences(const struct table_name *names, size_t count)
{
    uint64_t bits = 0;
    /*@ loop invariant 1 <= i;
        loop assigns i, bits;
        loop variant count - i; */
    for (size_t i = 1; i < count; i++)
        bits |= names[i].offset ^ names[0].offset;
    return bits;
}

/* How many low bits hold the value: 0 to 64. */
/*@ assigns \nothing;
    ensures \result <= 64; */
static uint32_t width_of(uint64_t value)
{
    uint32_t width = 64;
    /*@ loop invariant width <= 64;
        loop assigns width;
        loop variant width; */
    while (width > 0 && (value >> (width - 1)) == 0)
        width--;
    return width;
}

/* Put names without the bit before those with it: how many are before. */
/*@ requires \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1];
    ensures \result <= count; */
static size_t divide_by(struct table_name *names, size_t count, uint64_t bit)
{
    size_t low = 0;
    size_t high = count;
    /*@ loop invariant low <= high <= count;
        loop assigns low, high, names[0 .. count - 1];
        loop variant high - low; */
    while (low < high) {
        if ((names[low].offset & bit) == 0)
            low++;
        else if (--high > low)
            swap(&names[low], &names[high]);
    }
    return low;
}

/* Parts that are so small are sorted by insertion. */
#define SMALL_PART 16u

/* Work on so many names is a unit. */
#define NAMES_PER_UNIT 2u

/* Bring a small part in order, and tell of a larger one by how many low bits it is to be sorted: 0, it is in order. The
 * names do not differ in other bits than `bits` low ones. */
/*@ requires \valid(names + (0 .. count - 1));
    assigns names[0 .. count - 1];
    ensures \result <= bits; */
static uint32_t sort_small(struct table_name *names, size_t count, uint32_t bits)
{
    if (count > SMALL_PART)
        return (uint32_t)least(bits, width_of(differences(names, count)));
    insertion_sort(names, count);
    return 0;
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

/* Names that are still to be sorted by some of their low bits: they do not differ in the others. */
struct part {
    size_t end; /* it begins where the part before it ends */
    uint32_t bits;
};

/* Radix exchange: a part is divided by the highest bit in which its names differ. No order of names is worse than one
 * division for each bit, whoever has chosen it. The parts to the right wait in a list, the leftmost last. Bound: a step
 * for each name and each bit. */
/*@ requires \valid(set) && \valid(set->reader) && \valid(set->names + (0 .. set->count - 1));
    requires \separated(set, set->reader, set->names + (0 .. set->count - 1));
    assigns set->names[0 .. set->count - 1] \from set->names[0 .. set->count - 1];
    assigns set->reader->at, set->reader->next_report, set->reader->owed, set->reader->error \from set->reader->at;
    assigns \result \from set->reader->at;
    ensures \result == 0 || \result == 1; */
static bool sort(struct table_set *set)
{
    struct table_name *names = set->names;
    struct reader *reader = set->reader;
    size_t count = set->count;
    struct part parts[64 + 1];
    size_t waiting = 0;
    size_t start = 0; /* names before it are in order */
    if (is_sorted(names, count))
        return true;
    struct part all = {count, 64};
    /*@ loop invariant start <= count && waiting <= 65;
        loop invariant \forall integer k; 0 <= k < waiting ==> start <= parts[k].end <= count;
        loop invariant \forall integer j, k; 0 <= j <= k < waiting ==> parts[k].end <= parts[j].end;
        loop invariant \forall integer k; 0 <= k < waiting ==> parts[k].bits + k <= 64;
        loop assigns start, waiting, parts[0 .. 64], names[0 .. count - 1], reader->at,
                     reader->next_report, reader->owed, reader->error; */
    for (parts[waiting++] = all; waiting > 0;) {
        size_t last = waiting - 1;
        size_t length = parts[last].end - start;
        uint32_t bits = sort_small(names + start, length, parts[last].bits);
        if (bits > 0) {
            parts[last].bits = bits - 1;
            struct part left = {start + divide_by(names + start, length, (uint64_t)1 << (bits - 1)), bits - 1};
            parts[waiting++] = left;
        } else {
            start = parts[last].end;
            waiting = last;
        }
        if (!refcow_charge(reader, 1 + length / NAMES_PER_UNIT))
            return false;
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
