#include "cache.h"

#define CACHE_EMPTY UINT64_MAX

void refcow_cache_start(struct cache *cache)
{
    for (size_t i = 0; i < cache->places; i++)
        cache->numbers[i] = CACHE_EMPTY;
}

const uint8_t *refcow_look(struct cache *cache, struct reader *reader, uint64_t offset, size_t length)
{
    size_t bytes = cache->page_size + CACHE_LOOK_MAX;
    uint64_t number = offset / cache->page_size;
    size_t place = (size_t)(number & (cache->places - 1));
    uint8_t *page = cache->pages + place * bytes;
    if (reader->error.status != REFCOW_STATUS_OK || length > CACHE_LOOK_MAX)
        return NULL;
    if (cache->numbers[place] != number) {
        cache->numbers[place] = CACHE_EMPTY;
        if (!refcow_read(reader, number * cache->page_size, page, bytes))
            return NULL;
        cache->numbers[place] = number;
    }
    return page + (offset & (cache->page_size - 1));
}
