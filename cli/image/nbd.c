#include "nbd.h"

#include "../process/memory.h"
#include "nbd_export.h"

#include <stdlib.h>
#include <string.h>

/* A round trip takes longer than to transfer so many bytes, and the tables of an image often lie close together. NBD
 * lets no server insist on larger units. */
#define BLOCK_SIZE ((size_t)64 << 10)
#define BLOCKS NBD_REQUESTS

/* Units of work of a request. A unit is about 10 ns; a request to a server on the same machine takes some 60 us. */
#define REQUEST_WORK 6000u

/* The most that can be asked about at once is a 32-bit number of bytes. */
#define STATUS_MOST ((uint64_t)UINT32_MAX - UINT32_MAX % BLOCK_SIZE)

#define NO_BLOCK UINT64_MAX

struct block {
    uint64_t number; /* of the block in the image, or NO_BLOCK */
    uint64_t used;   /* when, by the clock */
    unsigned char *bytes;
};

struct image_nbd {
    nbd_export export;
    struct block blocks[BLOCKS]; /* the last ones that were read */
    uint64_t clock;
    uint64_t requests; /* up to now */
    bool has_failed;   /* the blocks are not to be trusted any more */
    memory_block bytes;
    uint64_t data_start; /* where the server has last said that there is data */
    uint64_t data_end;
};

static bool prepare_blocks(struct image_nbd *image)
{
    if (!memory_map(&image->bytes, BLOCKS * BLOCK_SIZE))
        return false;
    for (size_t i = 0; i < BLOCKS; i++) {
        image->blocks[i].number = NO_BLOCK;
        image->blocks[i].bytes = (unsigned char *)image->bytes.base + i * BLOCK_SIZE;
    }
    return true;
}

bool image_nbd_open(image_file *file, const char *uri, failure *why)
{
    struct image_nbd *image = calloc(1, sizeof *image);

    if (image == NULL || !prepare_blocks(image)) {
        free(image);
        *why = failure_of_memory(BLOCKS * BLOCK_SIZE);
        return false;
    }
    if (!nbd_export_open(&image->export, uri)) {
        *why = failure_of_connecting(image->export.error);
        memory_unmap(&image->bytes);
        free(image);
        return false;
    }
    *file = (image_file){.descriptor = -1, .remote = image};
    file->size = file->allocated = image->export.size;
    return true;
}

void image_nbd_close(image_file *file)
{
    nbd_export_close(&file->remote->export);
    memory_unmap(&file->remote->bytes);
    free(file->remote);
    file->remote = NULL;
}

int image_nbd_socket(const image_file *file)
{
    return nbd_export_socket(&file->remote->export);
}

/* The block of this number, or else the one that is to make room for it; from now on the last to make room again. */
static struct block *place_of(struct image_nbd *image, uint64_t number)
{
    struct block *place = &image->blocks[0];

    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *block = &image->blocks[i];
        if (block->number == number) {
            place = block;
            break;
        }
        if (block->used < place->used)
            place = block;
    }
    place->used = ++image->clock;
    return place;
}

/* Have all blocks from the first to the last one, BLOCKS at most. */
static bool fetch(struct image_nbd *image, uint64_t first, uint64_t last)
{
    nbd_request requests[NBD_REQUESTS];
    size_t count = 0;

    if (image->has_failed)
        return false;
    for (uint64_t number = first; number <= last; number++) {
        struct block *block = place_of(image, number);
        if (block->number == number)
            continue;
        uint64_t offset = number * BLOCK_SIZE;
        uint64_t rest = image->export.size - offset;
        block->number = number;
        requests[count++] = (nbd_request){offset, block->bytes, rest < BLOCK_SIZE ? (size_t)rest : BLOCK_SIZE};
    }
    image->requests += count;
    image->has_failed = count > 0 && !nbd_export_read(&image->export, requests, count);
    return !image->has_failed;
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Copy bytes of blocks that have been fetched. */
static void copy(struct image_nbd *image, uint64_t offset, unsigned char *buffer, size_t length)
{
    while (length > 0) {
        size_t start = (size_t)(offset % BLOCK_SIZE);
        size_t part = least(length, BLOCK_SIZE - start);
        memcpy(buffer, place_of(image, offset / BLOCK_SIZE)->bytes + start, part);
        buffer += part;
        offset += part;
        length -= part;
    }
}

static int read_exactly(void *user, uint64_t offset, void *buffer, size_t length)
{
    image_file *file = user;
    unsigned char *next = buffer;

    while (length > 0) {
        size_t part = least(length, BLOCKS * BLOCK_SIZE - (size_t)(offset % BLOCK_SIZE));
        if (!fetch(file->remote, offset / BLOCK_SIZE, (offset + part - 1) / BLOCK_SIZE)) {
            file->read_detail = file->remote->export.error;
            return -1;
        }
        copy(file->remote, offset, next, part);
        next += part;
        offset += part;
        length -= part;
    }
    return 0;
}

/* One question, whatever comes of it: behind the zeros that the server tells of there may be more. */
static uint64_t next_data(void *user, uint64_t offset)
{
    image_file *file = user;
    struct image_nbd *image = file->remote;
    nbd_export *export = &image->export;
    uint64_t start = offset - offset % BLOCK_SIZE;
    uint64_t zeros, data;

    if (!export->knows_zeros || offset >= file->size || (offset >= image->data_start && offset < image->data_end))
        return offset;
    uint64_t rest = file->size - start;
    image->requests++;
    if (!nbd_export_status(export, start, rest < STATUS_MOST ? rest : STATUS_MOST, &zeros, &data)) {
        export->knows_zeros = false;
        return offset;
    }
    image->data_start = start + zeros;
    image->data_end = image->data_start + data;
    return image->data_start > offset ? image->data_start : offset;
}

static uint64_t work(void *user)
{
    const image_file *file = user;

    return REQUEST_WORK * file->remote->requests;
}

/* So that it is asked for again. */
static void forget(struct image_nbd *image, uint64_t number)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (image->blocks[i].number == number)
            image->blocks[i].number = NO_BLOCK;
    }
}

bool image_nbd_peek(const image_file *file, void *buffer, size_t length)
{
    forget(file->remote, 0);
    if (file->size == 0)
        return true;
    if (!fetch(file->remote, 0, 0))
        return false;
    copy(file->remote, 0, buffer, file->size < length ? (size_t)file->size : length);
    return true;
}

refcow_source image_nbd_source(image_file *file)
{
    return (refcow_source){
        .read = read_exactly, .next_data = next_data, .user = file, .size = file->size, .work = work};
}

const char *image_nbd_library(void)
{
    const nbd_library *nbd = nbd_library_load();
    return nbd == NULL ? "libnbd is not installed" : "libnbd";
}
