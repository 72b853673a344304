#include "places.h"

#define ENTRY_OFFSET 0x00fffffffffffe00u

enum { MAGIC = 0x514649fb, ENTRIES_PER_TABLE = 96, TABLES_PER_LEVEL = 6, STEPS_MAX = 16 };

typedef struct table_shape {
    uint64_t offset;
    uint64_t entries;
    size_t step;
    size_t width;
    place_kind kind;
} table_shape;

typedef struct map_walk {
    image_map *map;
    const uint8_t *data;
} map_walk;

size_t input_place(const extent_list *extents, uint64_t offset, size_t width)
{
    for (size_t i = 0; i < extents->count; i++) {
        const extent *in = &extents->list[i];
        if (offset >= in->offset && offset - in->offset < in->length) {
            size_t skip = (size_t)(offset - in->offset);
            return in->length - skip >= width ? in->at + skip : SIZE_MAX;
        }
    }
    return SIZE_MAX;
}

/* ------------------------------------------------------------------- noting */

static void note_input_place(image_map *map, size_t at, size_t width, place_kind kind)
{
    int is_magic = at != SIZE_MAX && at < map->magic + 4 && at + width > map->magic;
    if (at != SIZE_MAX && !is_magic && map->count < PLACES_MAX) {
        place found = {at, (uint8_t)width, (uint8_t)kind};
        map->places[map->count++] = found;
    }
}

/* Returns the number there; 0 if it is not in the input. */
static uint64_t note(map_walk *walk, uint64_t offset, size_t width, place_kind kind)
{
    size_t at = input_place(&walk->map->extents, offset, width);
    note_input_place(walk->map, at, width, kind);
    return at == SIZE_MAX ? 0 : load_number(walk->data + at, width);
}

static void note_structure(map_walk *walk, uint64_t offset)
{
    if (walk->map->structures < STRUCTURES_MAX) {
        walk->map->structure[walk->map->structures++] = offset;
    }
}

/* Numbers of a table, `step` apart: those that are not 0, each with the one after it, the last one, and some others.
 * Those that name clusters go to `named`, if it is not NULL; returns how many. */
static size_t note_table(map_walk *walk, const table_shape *table, uint64_t *named)
{
    size_t found = 0;
    size_t noted = 0;
    uint64_t before = 0;
    note_structure(walk, table->offset);
    for (uint64_t i = 0; i < table->entries && noted < ENTRIES_PER_TABLE; i++) {
        size_t at = input_place(&walk->map->extents, table->offset + i * table->step, table->width);
        if (at == SIZE_MAX) {
            break;
        }
        uint64_t entry = load_number(walk->data + at, table->width);
        if (entry != 0 || before != 0 || i % 16 == 1 || i + 1 == table->entries) {
            note_input_place(walk->map, at, table->width, table->kind);
            noted++;
        }
        if (named != NULL && (entry & ENTRY_OFFSET) != 0 && found < TABLES_PER_LEVEL) {
            named[found++] = entry & ENTRY_OFFSET;
        }
        before = entry;
    }
    return found;
}

/* ------------------------------------------------------------------ structures */

static void note_l2_table(map_walk *walk, uint64_t table)
{
    uint64_t named[TABLES_PER_LEVEL];
    size_t step = walk->map->is_extended ? 16 : 8;
    table_shape shape = {table, walk->map->cluster / step, step, 8, PLACE_L2};
    size_t found = note_table(walk, &shape, named);
    for (size_t i = 0; i < found; i++) {
        note_structure(walk, named[i]);
    }
    for (uint64_t at = table + 8; walk->map->is_extended && at < table + 8 * step; at += step) {
        note(walk, at, 8, PLACE_BITMAP);
    }
}

static void note_tree(map_walk *walk, uint64_t l1, uint64_t size)
{
    uint64_t tables[TABLES_PER_LEVEL];
    table_shape shape = {l1, size, 8, 8, PLACE_L1};
    size_t found = note_table(walk, &shape, tables);
    for (size_t i = 0; i < found; i++) {
        note_l2_table(walk, tables[i]);
    }
}

static void note_refcounts(map_walk *walk, uint64_t table)
{
    uint64_t blocks[TABLES_PER_LEVEL];
    uint32_t order = walk->map->refcount_order;
    size_t width = order <= 3 ? 1 : (size_t)1 << (order - 3);
    table_shape shape = {table, walk->map->cluster / 8, 8, 8, PLACE_BLOCK};
    size_t found = note_table(walk, &shape, blocks);
    for (size_t i = 0; i < found; i++) {
        table_shape block = {blocks[i], walk->map->cluster / width, width, width, PLACE_COUNT};
        note_table(walk, &block, NULL);
    }
}

static void note_snapshots(map_walk *walk, uint64_t table, uint64_t count)
{
    uint64_t at = table;
    note_structure(walk, table);
    for (uint64_t i = 0; i < count && i < STEPS_MAX; i++) {
        uint64_t l1 = note(walk, at, 8, PLACE_OFFSET);
        uint64_t size = note(walk, at + 8, 4, PLACE_SIZE);
        uint64_t id = note(walk, at + 12, 2, PLACE_SIZE);
        uint64_t name = note(walk, at + 14, 2, PLACE_SIZE);
        uint64_t extra = note(walk, at + 36, 4, PLACE_SIZE);
        if (i < 2) {
            note_tree(walk, l1, size);
        }
        at = (at + 40 + id + name + extra + 7) / 8 * 8;
    }
}

static void note_bitmaps(map_walk *walk, uint64_t directory, uint64_t count)
{
    uint64_t at = directory;
    note_structure(walk, directory);
    for (uint64_t i = 0; i < count && i < STEPS_MAX; i++) {
        uint64_t table = note(walk, at, 8, PLACE_OFFSET);
        uint64_t size = note(walk, at + 8, 4, PLACE_SIZE);
        note(walk, at + 12, 4, PLACE_BITS);
        note(walk, at + 16, 1, PLACE_SMALL);
        note(walk, at + 17, 1, PLACE_SMALL);
        uint64_t name = note(walk, at + 18, 2, PLACE_SIZE);
        uint64_t extra = note(walk, at + 20, 4, PLACE_SIZE);
        table_shape shape = {table, size, 8, 8, PLACE_CLUSTER};
        note_table(walk, &shape, NULL);
        at = (at + 24 + name + extra + 7) / 8 * 8;
    }
}

static void note_extensions(map_walk *walk, uint64_t at)
{
    for (int i = 0; i < STEPS_MAX && at + 8 <= walk->map->cluster; i++) {
        uint64_t type = note(walk, at, 4, PLACE_TYPE);
        uint64_t length = note(walk, at + 4, 4, PLACE_SIZE);
        if (type == 0) {
            return;
        }
        if (type == 0x23852875) {
            uint64_t count = note(walk, at + 8, 4, PLACE_SIZE);
            note(walk, at + 12, 4, PLACE_SMALL);
            note(walk, at + 16, 8, PLACE_SIZE);
            note_bitmaps(walk, note(walk, at + 24, 8, PLACE_OFFSET), count);
        }
        if (type == 0x0537be77) {
            note_structure(walk, note(walk, at + 8, 8, PLACE_OFFSET));
            note(walk, at + 16, 8, PLACE_SIZE);
        }
        at += 8 + (length + 7) / 8 * 8;
    }
}

static void note_version_3(map_walk *walk)
{
    uint64_t features = note(walk, 72, 8, PLACE_BITS);
    note(walk, 80, 8, PLACE_BITS);
    note(walk, 88, 8, PLACE_BITS);
    uint64_t order = note(walk, 96, 4, PLACE_SMALL);
    note(walk, 104, 1, PLACE_SMALL);
    walk->map->is_extended = (features & 16) != 0;
    walk->map->refcount_order = order <= 6 ? (uint32_t)order : 4;
    note_extensions(walk, note(walk, 100, 4, PLACE_SIZE));
}

static void note_header(map_walk *walk)
{
    uint64_t version = note(walk, 4, 4, PLACE_SMALL);
    uint64_t bits = note(walk, 20, 4, PLACE_SMALL);
    walk->map->cluster = (uint64_t)1 << (bits < 9 || bits > 21 ? 9 : bits);
    walk->map->refcount_order = 4;
    note_structure(walk, 0);
    if (version == 2) {
        note_extensions(walk, 72);
    } else {
        note_version_3(walk);
    }
    note(walk, 8, 8, PLACE_OFFSET);
    note(walk, 16, 4, PLACE_SIZE);
    note(walk, 24, 8, PLACE_SIZE);
    note(walk, 32, 4, PLACE_SMALL);
    uint64_t l1_size = note(walk, 36, 4, PLACE_SIZE);
    note_tree(walk, note(walk, 40, 8, PLACE_OFFSET), l1_size);
    note_refcounts(walk, note(walk, 48, 8, PLACE_OFFSET));
    note(walk, 56, 4, PLACE_SIZE);
    uint64_t snapshots = note(walk, 60, 4, PLACE_SIZE);
    note_snapshots(walk, note(walk, 64, 8, PLACE_OFFSET), snapshots);
}

static void note_extents(image_map *map)
{
    note_input_place(map, 4, 8, PLACE_EXTENT);
    for (size_t i = 0; i < map->extents.count; i++) {
        note_input_place(map, map->extents.list[i].at - EXTENT_HEAD, 8, PLACE_EXTENT);
    }
}

/* SIZE_MAX: nowhere. */
static size_t find_magic(const extent_list *extents, const uint8_t *data)
{
    size_t at = input_place(extents, 0, 4);
    return at != SIZE_MAX && load_number(data + at, 4) == MAGIC ? at : SIZE_MAX;
}

int is_image(const uint8_t *data, size_t size)
{
    extent_list extents;
    find_extents(&extents, data, size);
    return find_magic(&extents, data) != SIZE_MAX;
}

int map_image(image_map *map, const uint8_t *data, size_t size)
{
    map_walk walk = {map, data};
    map->count = 0;
    map->structures = 0;
    map->is_extended = 0;
    find_extents(&map->extents, data, size);
    map->magic = find_magic(&map->extents, data);
    if (map->magic == SIZE_MAX) {
        return 0;
    }
    note_header(&walk);
    if (is_sparse_input(data, size)) {
        note_extents(map);
    }
    return 1;
}
