/*
 * source.c - sources in memory for the API tests. See source.h.
 */
#include "source.h"

#include "../../fuzz/input/random.h"

#include <string.h>

memory_source source_of_image(const built_image *image)
{
    memory_source source = {.whole = {0, image->size, image->bytes}, .count = 1, .size = image->size};
    return source;
}

memory_source source_of_extents(const file_extent *extents, size_t count, uint64_t size)
{
    memory_source source = {.extents = extents, .count = count, .size = size};
    return source;
}

/* Not a stored pointer: a source may be copied. */
static const file_extent *extents_of(const memory_source *source)
{
    return source->extents != NULL ? source->extents : &source->whole;
}

static void blame(memory_source *source, const char *misuse)
{
    if (source->misuse == NULL) {
        source->misuse = misuse;
    }
}

/* The part of an extent that lies in the buffer. */
static void copy_extent(const file_extent *extent, uint64_t offset, uint8_t *buffer, size_t length)
{
    uint64_t start = extent->offset > offset ? extent->offset : offset;
    uint64_t extent_end = extent->offset + extent->length;
    uint64_t end = extent_end < offset + length ? extent_end : offset + length;
    if (start < end) {
        memcpy(buffer + (start - offset), extent->bytes + (start - extent->offset), (size_t)(end - start));
    }
}

static void copy_bytes(const memory_source *source, uint64_t offset, uint8_t *buffer, size_t length)
{
    memset(buffer, 0, length);
    if (source->changes_at != 0 && source->reads >= source->changes_at) {
        copy_extent(&source->later, offset, buffer, length);
        return;
    }
    for (size_t i = 0; i < source->count; i++) {
        copy_extent(&extents_of(source)[i], offset, buffer, length);
    }
}

static int is_allowed(memory_source *source, uint64_t offset, size_t length)
{
    if (source->failed) {
        blame(source, "a read after a read that failed");
    } else if (length == 0) {
        blame(source, "a read of length 0");
    } else if (offset >= source->size || length > source->size - offset) {
        blame(source, "a read past the end");
    } else {
        return 1;
    }
    return 0;
}

static int read_memory(void *user, uint64_t offset, void *buffer, size_t length)
{
    memory_source *source = user;
    if (!is_allowed(source, offset, length)) {
        return 1;
    }
    source->reads++;
    if (source->reads == source->fail_at || (source->ends_at != 0 && offset + length > source->ends_at)) {
        source->failed = 1;
        return -1;
    }
    copy_bytes(source, offset, buffer, length);
    if (source->lies != 0) {
        flip_some(&source->lies, buffer, length);
    }
    source->delivered += length;
    return 0;
}

static uint64_t next_extent(void *user, uint64_t offset)
{
    memory_source *source = user;
    source->questions++;
    if (source->failed) {
        blame(source, "a question after a read that failed");
    }
    for (size_t i = 0; i < source->count; i++) {
        const file_extent *extent = &extents_of(source)[i];
        if (offset < extent->offset + extent->length) {
            return offset > extent->offset ? offset : extent->offset;
        }
    }
    return UINT64_MAX;
}

uint64_t source_next_hole(void *user, uint64_t offset)
{
    memory_source *source = user;
    uint64_t next = offset;
    source->questions++;
    if (source->failed) {
        blame(source, "a question after a read that failed");
    }
    for (size_t i = 0; i < source->count; i++) {
        const file_extent *extent = &extents_of(source)[i];
        if (next >= extent->offset && next < extent->offset + extent->length) {
            next = extent->offset + extent->length;
        }
    }
    return next;
}

static uint64_t work_of_calls(void *user)
{
    const memory_source *source = user;
    return source->work_each * (source->reads + source->questions);
}

refcow_source source_callbacks(memory_source *source)
{
    return (refcow_source){
        .read = read_memory,
        .user = source,
        .size = source->size,
        .work = source->work_each != 0 ? work_of_calls : NULL,
    };
}

refcow_source source_callbacks_with_holes(memory_source *source)
{
    refcow_source callbacks = source_callbacks(source);
    callbacks.next_data = next_extent;
    return callbacks;
}
