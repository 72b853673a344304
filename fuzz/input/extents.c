#include "extents.h"

uint64_t load_number(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void store_number(uint8_t *bytes, size_t width, uint64_t value)
{
    for (size_t i = width; i > 0; i--) {
        bytes[i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

int is_sparse_input(const uint8_t *data, size_t size)
{
    return size >= SPARSE_HEAD && load_number(data, 4) == SPARSE_MAGIC;
}

static size_t smaller(uint64_t one, uint64_t other)
{
    return (size_t)(one < other ? one : other);
}

static void add_extent(extent_list *extents, uint64_t offset, size_t at, size_t length)
{
    if (offset < extents->size) {
        extent found = {offset, at, smaller(length, extents->size - offset)};
        extents->list[extents->count++] = found;
    }
}

void find_extents(extent_list *extents, const uint8_t *data, size_t size)
{
    extents->count = 0;
    extents->size = size;
    if (!is_sparse_input(data, size)) {
        add_extent(extents, 0, 0, size);
        return;
    }
    extents->size = load_number(data + 4, 8);
    size_t at = SPARSE_HEAD;
    while (size - at >= EXTENT_HEAD && extents->count < EXTENTS_MAX) {
        uint64_t offset = load_number(data + at, 8);
        size_t length = smaller(load_number(data + at + 8, 2), size - at - EXTENT_HEAD);
        at += EXTENT_HEAD;
        add_extent(extents, offset, at, length);
        at += length;
    }
}
