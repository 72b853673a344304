#include "mutator.h"
#include "../input/random.h"
#include "boundaries.h"
#include "edit.h"
#include "image_features.h"

#include <string.h>

enum { TRIES = 16, HEADER_SIZE = 112 };

static const uint8_t magic[] = {'Q', 'F', 'I', 0xfb};

/* --------------------------------------------------------------------- fields */

static uint64_t pick(image_edit *edit, uint64_t count)
{
    return next_random(&edit->random) % count;
}

static place *pick_place(image_edit *edit)
{
    return &edit->map.places[pick(edit, edit->map.count)];
}

static uint64_t value_at(const image_edit *edit, const place *at)
{
    return load_number(edit->data + at->at, at->width);
}

/* Another place of the kind and width with another value, or the same one. */
static place *pick_like(image_edit *edit, place *like)
{
    for (int i = 0; i < 4 * TRIES; i++) {
        place *other = pick_place(edit);
        if (other->kind == like->kind && other->width == like->width && value_at(edit, other) != value_at(edit, like)) {
            return other;
        }
    }
    return like;
}

/* One that names a host offset, as far as some tries find it. */
static place *pick_pointer(image_edit *edit)
{
    place *found = pick_place(edit);
    for (int i = 0; i < TRIES; i++) {
        switch ((place_kind)found->kind) {
        case PLACE_OFFSET:
        case PLACE_L1:
        case PLACE_L2:
        case PLACE_BLOCK:
        case PLACE_CLUSTER:
        case PLACE_EXTENT:
            return found;
        default:
            found = pick_place(edit);
        }
    }
    return found;
}

/* Not if the header's extent is then elsewhere. */
static void set_value(image_edit *edit, const place *at, uint64_t value)
{
    uint64_t before = value_at(edit, at);
    store_number(edit->data + at->at, at->width, value);
    if (at->kind == PLACE_EXTENT && !is_image(edit->data, edit->size)) {
        store_number(edit->data + at->at, at->width, before);
    }
}

/* ------------------------------------------------------------------ mutations */

static void put_boundary(image_edit *edit)
{
    place *at = pick_place(edit);
    set_value(edit, at, boundary_value(&edit->map, (place_kind)at->kind, &edit->random));
}

static void step(image_edit *edit)
{
    place *at = pick_place(edit);
    uint64_t value = value_at(edit, at);
    const uint64_t values[] = {
        value + 1, value - 1, value + edit->map.cluster, value - edit->map.cluster, value + 512, value - 512,
        value * 2, value / 2,
    };
    set_value(edit, at, values[pick(edit, sizeof values / sizeof *values)]);
}

static void flip_bit(image_edit *edit)
{
    place *at = pick_place(edit);
    set_value(edit, at, value_at(edit, at) ^ (uint64_t)1 << pick(edit, 8 * (uint64_t)at->width));
}

/* The flags of an entry stay. */
static void point(image_edit *edit)
{
    place *at = pick_pointer(edit);
    uint64_t kept = at->kind == PLACE_OFFSET || at->kind == PLACE_EXTENT ? 0 : 0xff000000000001ffu;
    uint64_t target = boundary_offset(&edit->map, &edit->random);
    set_value(edit, at, (value_at(edit, at) & kept) | (target & ~kept));
}

static void swap(image_edit *edit)
{
    place *one = pick_place(edit);
    place *other = pick_like(edit, one);
    uint64_t value = value_at(edit, one);
    set_value(edit, one, value_at(edit, other));
    set_value(edit, other, value);
}

static void alias(image_edit *edit)
{
    place *one = pick_place(edit);
    set_value(edit, one, value_at(edit, pick_like(edit, one)));
}

/* Whether the next place is the next entry of the same table. */
static int has_next(const image_edit *edit, const place *at)
{
    const place *end = edit->map.places + edit->map.count;
    return at + 1 < end && at->kind != PLACE_EXTENT && at[1].kind == at->kind && at[1].at == at->at + at->width;
}

/* Up to the last entry that was mapped. */
static void shift(image_edit *edit)
{
    place *first = pick_place(edit);
    for (int i = 0; i < TRIES && !has_next(edit, first); i++) {
        first = pick_place(edit);
    }
    const place *last = first;
    while (has_next(edit, last)) {
        last++;
    }
    uint8_t *from = edit->data + first->at;
    size_t length = last->at - first->at;
    if (pick(edit, 2) == 0) {
        memmove(from + first->width, from, length);
    } else {
        memmove(from, from + first->width, length);
    }
}

static void step_refcount(image_edit *edit)
{
    place *at = pick_place(edit);
    for (int i = 0; i < 4 * TRIES && at->kind != PLACE_COUNT; i++) {
        at = pick_place(edit);
    }
    /* A byte may hold several refcounts. */
    uint32_t bits = 1u << edit->map.refcount_order;
    uint64_t one = (uint64_t)1 << (bits < 8 ? pick(edit, 8 / bits) * bits : 0);
    set_value(edit, at, pick(edit, 2) == 0 ? value_at(edit, at) + one : value_at(edit, at) - one);
}

static void break_magic(image_edit *edit)
{
    edit->data[edit->map.magic + pick(edit, 4)] ^= (uint8_t)(1 + pick(edit, 255));
}

/* By a byte, by half a sector, by a cluster; the header stays. */
static void resize(image_edit *edit)
{
    const size_t amounts[] = {1, 7, 256, 512, (size_t)edit->map.cluster, 2 * (size_t)edit->map.cluster};
    size_t amount = amounts[pick(edit, sizeof amounts / sizeof *amounts)];
    if (pick(edit, 2) == 0) {
        size_t room = edit->max - edit->size;
        amount = amount < room ? amount : room;
        memset(edit->data + edit->size, 0, amount);
        edit->size += amount;
    } else if (edit->size > amount + edit->map.magic + HEADER_SIZE) {
        edit->size -= amount;
    }
}

static void apply(image_edit *edit, mutation kind)
{
    switch (kind) {
    case MUTATE_BOUNDARY:
        put_boundary(edit);
        break;
    case MUTATE_STEP:
        step(edit);
        break;
    case MUTATE_FLIP:
        flip_bit(edit);
        break;
    case MUTATE_POINT:
        point(edit);
        break;
    case MUTATE_SWAP:
        swap(edit);
        break;
    case MUTATE_ALIAS:
        alias(edit);
        break;
    case MUTATE_SHIFT:
        shift(edit);
        break;
    case MUTATE_REFCOUNT:
        step_refcount(edit);
        break;
    case MUTATE_FEATURE:
        change_feature(edit, (unsigned)pick(edit, FEATURES));
        break;
    case MUTATE_EXTENSION:
        change_extension(edit);
        break;
    case MUTATE_RESIZE:
        resize(edit);
        break;
    case MUTATE_MAGIC:
        break_magic(edit);
        break;
    }
}

/* -------------------------------------------------------------- the interface */

/* Something to begin with, as far as it fits: an image with nothing in it. A sparse input stays one. */
static void write_header(image_edit *edit)
{
    uint8_t bytes[SPARSE_HEAD + EXTENT_HEAD + HEADER_SIZE] = {0};
    size_t skip = is_sparse_input(edit->data, edit->size) ? SPARSE_HEAD + EXTENT_HEAD : 0;
    uint8_t *header = bytes + skip;
    store_number(bytes, 4, SPARSE_MAGIC);
    store_number(bytes + 4, 8, (uint64_t)1 << 40);
    store_number(bytes + SPARSE_HEAD + 8, 2, HEADER_SIZE);
    memset(header, 0, HEADER_SIZE);
    memcpy(header, magic, sizeof magic);
    store_number(header + 4, 4, 3);
    store_number(header + 20, 4, 9);
    store_number(header + 24, 8, 65536);
    store_number(header + 36, 4, 2);
    store_number(header + 40, 8, 1536);
    store_number(header + 48, 8, 512);
    store_number(header + 56, 4, 1);
    store_number(header + 96, 4, 4);
    store_number(header + 100, 4, 104);
    size_t length = skip + HEADER_SIZE < edit->max ? skip + HEADER_SIZE : edit->max;
    memcpy(edit->data, bytes, length);
    edit->size = edit->size > length ? edit->size : length;
}

/* Large, and one input at a time is changed. */
static image_edit the_edit;

static image_edit *start(uint8_t *data, size_t size, size_t max, uint64_t seed)
{
    the_edit.data = data;
    the_edit.size = size;
    the_edit.max = max;
    the_edit.random = seed;
    return &the_edit;
}

/* 0: there is no room for an image. */
static int is_ready(image_edit *edit)
{
    if (edit_map(edit) && edit->map.count > 0) {
        return 1;
    }
    write_header(edit);
    return edit_map(edit) && edit->map.count > 0;
}

size_t mutate(mutation kind, uint8_t *data, size_t size, size_t max, uint64_t seed)
{
    image_edit *edit = start(data, size, max, seed);
    if (is_ready(edit)) {
        apply(edit, kind);
    }
    return edit->size;
}

size_t mutate_some(uint8_t *data, size_t size, size_t max, uint64_t seed)
{
    uint64_t random = seed;
    do {
        uint64_t dice = next_random(&random);
        size = mutate((mutation)(dice % MUTATIONS), data, size, max, next_random(&random));
    } while (next_random(&random) % 2 == 0);
    return size;
}

/* ----------------------------------------------------------------- cross-over */

/* From a place in the other input to one of its kind: a field, some entries, or a whole table. */
static void copy_across(image_edit *to, const image_map *from, const uint8_t *other, size_t other_size)
{
    const place *at = pick_place(to);
    const place *source = &from->places[pick(to, from->count)];
    for (int i = 0; i < TRIES && source->kind != at->kind; i++) {
        source = &from->places[pick(to, from->count)];
    }
    const size_t lengths[] = {0, 4 * (size_t)at->width, (size_t)to->map.cluster};
    size_t length = lengths[pick(to, sizeof lengths / sizeof *lengths)];
    if (length == 0 || at->kind == PLACE_EXTENT || at->at < to->map.magic) {
        set_value(to, at, load_number(other + source->at, source->width));
        return;
    }
    size_t here = to->size - at->at;
    size_t there = other_size - source->at;
    length = length < there ? length : there;
    memcpy(to->data + at->at, other + source->at, length < here ? length : here);
}

size_t mutate_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                    size_t max, uint64_t seed)
{
    static image_map from;
    size_t size = one_size < max ? one_size : max;
    if (size > 0) {
        memcpy(out, one, size);
    }
    image_edit *to = start(out, size, max, seed);
    if (is_ready(to) && map_image(&from, other, other_size) && from.count > 0) {
        for (uint64_t copies = 1 + pick(to, 4); copies > 0; copies--) {
            copy_across(to, &from, other, other_size);
        }
    }
    return to->size;
}
