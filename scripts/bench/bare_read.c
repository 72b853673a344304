/*
 * The floor under every check of an image: read its metadata once and do nothing with it. The metadata is what refcow
 * reads, each byte once, in the order of the file.
 *
 *     bare_read --extents IMAGE >EXTENTS    find the metadata: pairs of offset and length, two uint64_t each
 *     bare_read EXTENTS IMAGE               read it; this is what is timed
 */
#define _GNU_SOURCE /* SEEK_DATA */
#define _FILE_OFFSET_BITS 64

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "refcow.h"

typedef struct extent {
    uint64_t offset;
    uint64_t length;
} extent;

/* ------------------------------------------------------------------ finding */

#define MEMORY_SIZE ((size_t)256 << 20) /* plenty, so that what is read is not read again in another pass */

typedef struct recorder {
    int image;
    uint64_t size;
    extent *extents;
    size_t count;
    size_t capacity;
} recorder;

static bool record(recorder *to, extent seen)
{
    if (to->count == to->capacity) {
        size_t capacity = to->capacity == 0 ? 1024 : 2 * to->capacity;
        extent *extents = realloc(to->extents, capacity * sizeof *extents);
        if (extents == NULL)
            return false;
        to->extents = extents;
        to->capacity = capacity;
    }
    to->extents[to->count++] = seen;
    return true;
}

static int read_and_record(void *user, uint64_t offset, void *buffer, size_t length)
{
    recorder *to = user;
    bool good =
        record(to, (extent){offset, length}) && pread(to->image, buffer, length, (off_t)offset) == (ssize_t)length;
    return good ? 0 : -1;
}

/* refcow does not read holes, so neither does the floor. */
static uint64_t next_data(void *user, uint64_t offset)
{
    recorder *to = user;
    off_t data = lseek(to->image, (off_t)offset, SEEK_DATA);
    return data < 0 ? to->size : (uint64_t)data;
}

static bool check(recorder *to)
{
    refcow_source source = {.read = read_and_record, .next_data = next_data, .user = to, .size = to->size};
    refcow_options options = {.memory = malloc(MEMORY_SIZE), .memory_size = MEMORY_SIZE};
    refcow_image image;
    refcow_result result;

    bool good = options.memory != NULL &&
                refcow_open(&image, sizeof image, REFCOW_VERSION, &source) == REFCOW_STATUS_OK &&
                refcow_check(&image, &options, &result) == REFCOW_STATUS_OK;
    free(options.memory);
    return good;
}

static int by_offset(const void *left, const void *right)
{
    const extent *a = left, *b = right;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* Sort the extents and join those that touch or overlap. */
static void merge(recorder *all)
{
    extent *last = all->extents;

    qsort(all->extents, all->count, sizeof *all->extents, by_offset);
    for (size_t i = 1; i < all->count; i++) {
        const extent *next = &all->extents[i];
        uint64_t end = next->offset + next->length;
        if (next->offset > last->offset + last->length)
            *++last = *next;
        else if (end > last->offset + last->length)
            last->length = end - last->offset;
    }
    all->count = (size_t)(last - all->extents) + 1;
}

static bool find(int image)
{
    recorder all = {.image = image, .size = (uint64_t)lseek(image, 0, SEEK_END)};
    bool good = check(&all);

    if (good) {
        merge(&all);
        good = fwrite(all.extents, sizeof *all.extents, all.count, stdout) == all.count && fflush(stdout) == 0;
    }
    free(all.extents);
    return good;
}

/* ------------------------------------------------------------------ reading */

static bool read_extent(int image, extent left)
{
    static unsigned char buffer[256 * 1024]; /* stays in the cache; 64 KiB to 1 MiB take the same time */

    while (left.length > 0) {
        size_t length = left.length < sizeof buffer ? (size_t)left.length : sizeof buffer;
        if (pread(image, buffer, length, (off_t)left.offset) != (ssize_t)length)
            return false;
        left.offset += length;
        left.length -= length;
    }
    return true;
}

static bool read_all(int image, const char *path)
{
    FILE *extents = fopen(path, "rb");
    bool good = extents != NULL;
    extent next;

    while (good && fread(&next, sizeof next, 1, extents) == 1)
        good = read_extent(image, next);
    if (extents != NULL)
        fclose(extents);
    return good;
}

int main(int argc, char **argv)
{
    int image = argc == 3 ? open(argv[2], O_RDONLY) : -1;

    if (image < 0) {
        fputs("usage: bare_read --extents IMAGE >EXTENTS\n       bare_read EXTENTS IMAGE\n", stderr);
        return 1;
    }
    bool good = strcmp(argv[1], "--extents") == 0 ? find(image) : read_all(image, argv[1]);
    close(image);
    if (!good)
        fputs("bare_read: failed\n", stderr);
    return good ? 0 : 1;
}
