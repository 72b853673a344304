#include "input.h"
#include "../fuzz.h"
#include "meter.h"
#include "random.h"

#include <string.h>

void input_start(input_file *file, const uint8_t *data, size_t size)
{
    memset(file, 0, sizeof *file);
    file->data = data;
    find_extents(&file->extents, data, size);
    file->size = file->extents.size;
}

void input_rewind(input_file *file)
{
    file->reads = 0;
    file->delivered = 0;
    file->ended = 0;
}

/* What an extent has of a stretch of the file. */
static void copy_extent(const input_file *file, const extent *from, uint64_t offset, uint8_t *to, size_t length)
{
    uint64_t start = from->offset > offset ? from->offset : offset;
    uint64_t from_end = from->offset + from->length;
    uint64_t end = from_end < offset + length ? from_end : offset + length;
    if (start < end) {
        memcpy(to + (start - offset), file->data + from->at + (start - from->offset), (size_t)(end - start));
    }
}

static void copy_bytes(const input_file *file, uint64_t offset, uint8_t *to, size_t length)
{
    memset(to, 0, length);
    for (size_t i = file->extents.count; i > 0; i--) {
        copy_extent(file, &file->extents.list[i - 1], offset, to, length);
    }
}

static int read_input(void *user, uint64_t offset, void *buffer, size_t length)
{
    input_file *file = user;
    FUZZ_ASSERT(!file->ended);
    FUZZ_ASSERT(length > 0);
    FUZZ_ASSERT(offset < file->size);
    FUZZ_ASSERT(length <= file->size - offset);
    file->reads++;
    meter_read();
    if (file->reads == file->fail_at) {
        file->ended = 1;
        return 1;
    }
    copy_bytes(file, offset, buffer, length);
    if (file->lies != 0 && file->reads > file->honest) {
        flip_some(&file->lies, buffer, length);
    }
    file->delivered += length;
    return 0;
}

/* The first byte of an extent that is not 0, at or after this offset; limit: there is none before it. */
static uint64_t next_in_extent(const input_file *file, const extent *in, uint64_t offset, uint64_t limit)
{
    uint64_t end = in->offset + in->length < limit ? in->offset + in->length : limit;
    for (uint64_t at = in->offset > offset ? in->offset : offset; at < end; at++) {
        if (file->data[in->at + (at - in->offset)] != 0) {
            return at;
        }
    }
    return limit;
}

uint64_t input_next(const input_file *file, uint64_t offset)
{
    uint64_t next = file->size;
    for (size_t i = 0; i < file->extents.count; i++) {
        next = next_in_extent(file, &file->extents.list[i], offset, next);
    }
    return next;
}

static uint64_t next_nonzero(void *user, uint64_t offset)
{
    const input_file *file = user;
    FUZZ_ASSERT(!file->ended);
    meter_hint();
    return input_next(file, offset);
}

uint64_t input_next_hole(void *user, uint64_t offset)
{
    const input_file *file = user;
    uint64_t at = offset;
    FUZZ_ASSERT(!file->ended);
    meter_hint();
    while (at < file->size && input_next(file, at) == at) {
        at++;
    }
    return at;
}

refcow_source input_source(input_file *file, int with_next_data)
{
    return (refcow_source){
        .read = read_input,
        .next_data = with_next_data ? next_nonzero : NULL,
        .user = file,
        .size = file->size,
    };
}

uint64_t input_number(const input_file *file, uint64_t offset, size_t width)
{
    uint8_t bytes[8];
    copy_bytes(file, offset, bytes, width);
    return load_number(bytes, width);
}
