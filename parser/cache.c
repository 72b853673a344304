#include "cache.h"

#define CACHE_EMPTY UINT64_MAX

void refcow_cache_start(struct cache *cache)
{
    for (size_t i = 0; i < cache->places; i++)
        cache->numbers[i] = CACHE_EMPTY;
}

const uint8_t *refcow_look(struct cache *cache, struct reader *reader, uint64_t offset, size_t length)
{
    uint64_t number = offset / CACHE_PAGE_SIZE;
    size_t place = (size_t)(number & (cache->places - 1));
    uint8_t *page = cache->pages + place * CACHE_PAGE_BYTES;
    if (reader->error.status != REFCOW_STATUS_OK || length > CACHE_LOOK_MAX)
        return NULL;
    if (cache->numbers[place] != number) {
        cache->numbers[place] = CACHE_EMPTY;
        if (!refcow_read(reader, number * CACHE_PAGE_SIZE, page, CACHE_PAGE_BYTES))
            return NULL;
        cache->numbers[place] = number;
    }
    return page + offset % CACHE_PAGE_SIZE;
}
