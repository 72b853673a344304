#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "memory.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

bool memory_map(memory_block *block, uint64_t size)
{
    *block = (memory_block){NULL, 0};
    if (size > SIZE_MAX)
        return false;
    void *base = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return false;
    *block = (memory_block){base, (size_t)size};
    return true;
}

bool memory_map_list(memory_block *block, uint64_t count, size_t size)
{
    return count == 0 || memory_map(block, count * size);
}

bool memory_map_between(memory_block *block, uint64_t most, uint64_t least)
{
    for (uint64_t size = most; size > least; size /= 2) {
        if (memory_map(block, size))
            return true;
    }
    return memory_map(block, least);
}

void memory_limit(uint64_t size)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0 || size >= limit.rlim_cur)
        return; /* it is stricter already */
    limit.rlim_cur = limit.rlim_max = (rlim_t)size;
    (void)setrlimit(RLIMIT_DATA, &limit);
}

void memory_clear(memory_block *block)
{
    memset(block->base, 0, block->size);
}

void memory_unmap(memory_block *block)
{
    if (block->base != NULL)
        munmap(block->base, block->size);
    *block = (memory_block){NULL, 0};
}
