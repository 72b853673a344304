#include "edit.h"
#include "../input/random.h"

#include <string.h>

int edit_map(image_edit *edit)
{
    return map_image(&edit->map, edit->data, edit->size);
}

uint64_t edit_get(const image_edit *edit, uint64_t offset, size_t width)
{
    size_t at = input_place(&edit->map.extents, offset, width);
    return at == SIZE_MAX ? 0 : load_number(edit->data + at, width);
}

void edit_put(image_edit *edit, uint64_t offset, size_t width, uint64_t value)
{
    size_t at = input_place(&edit->map.extents, offset, width);
    if (at != SIZE_MAX) {
        store_number(edit->data + at, width, value);
    }
}

int edit_insert(image_edit *edit, uint64_t offset, const uint8_t *bytes, size_t length)
{
    const extent *first = edit->map.extents.list;
    size_t at = input_place(&edit->map.extents, offset, length);
    if (at == SIZE_MAX || at < first->at || at - first->at >= first->length) {
        return 0;
    }
    size_t end = first->length < edit->map.cluster ? first->length : (size_t)edit->map.cluster;
    size_t begin = at - first->at;
    if (begin + length > end) {
        return 0;
    }
    memmove(edit->data + at + length, edit->data + at, end - begin - length);
    memcpy(edit->data + at, bytes, length);
    return 1;
}

static uint64_t append_cluster(image_edit *edit)
{
    uint64_t offset = (edit->size + edit->map.cluster - 1) / edit->map.cluster * edit->map.cluster;
    if (edit->max < offset || edit->max - offset < edit->map.cluster) {
        return 0;
    }
    memset(edit->data + edit->size, 0, (size_t)(offset + edit->map.cluster) - edit->size);
    edit->size = (size_t)(offset + edit->map.cluster);
    return offset;
}

static uint64_t append_extent(image_edit *edit, size_t bytes)
{
    uint64_t clusters = edit->map.extents.size / edit->map.cluster;
    uint64_t offset = (1 + next_random(&edit->random) % (clusters + 1)) * edit->map.cluster;
    if (edit->max - edit->size < EXTENT_HEAD + bytes || edit->map.extents.count == EXTENTS_MAX ||
        input_place(&edit->map.extents, offset, 1) != SIZE_MAX) {
        return 0;
    }
    store_number(edit->data + edit->size, 8, offset);
    store_number(edit->data + edit->size + 8, 2, bytes);
    memset(edit->data + edit->size + EXTENT_HEAD, 0, bytes);
    edit->size += EXTENT_HEAD + bytes;
    return offset;
}

uint64_t edit_append(image_edit *edit, size_t bytes)
{
    int is_sparse = is_sparse_input(edit->data, edit->size);
    uint64_t offset = is_sparse ? append_extent(edit, bytes) : append_cluster(edit);
    edit_map(edit);
    return offset;
}
