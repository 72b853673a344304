#include "cache.h"

#define CACHE_EMPTY UINT64_MAX

void refcow_cache_start(struct cache *cache, struct reader *reader)
{
    cache->reader = reader;
    for (size_t i = 0; i < cache->slots; i++)
        cache->numbers[i] = CACHE_EMPTY;
}

const uint8_t *refcow_look(struct cache *cache, uint64_t offset)
{
    struct reader *reader = cache->reader;
    size_t bytes = cache->page_size + CACHE_LOOK_BYTES;
    uint64_t number = offset / cache->page_size;
    size_t slot = (size_t)(number & (cache->slots - 1));
    uint8_t *page = cache->pages + slot * bytes;
    const uint8_t *look = page + (offset & (cache->page_size - 1));
    if (cache->numbers[slot] == number && reader->error.status == REFCOW_STATUS_OK)
        return look;
    cache->numbers[slot] = CACHE_EMPTY;
    if (!refcow_read(reader, number * cache->page_size, page, bytes))
        return NULL;
    cache->numbers[slot] = number;
    return look;
}
