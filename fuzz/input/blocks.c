#include "blocks.h"
#include "../fuzz.h"

#include <string.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define HAS_MSAN 1
#endif
#endif

enum { POOL_ROOM = 512 };

void *borrow(size_t size, int slot)
{
    static struct {
        void *block;
        size_t size;
        int slot;
    } pool[POOL_ROOM];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (pool[i].size == size && pool[i].slot == slot) {
            return pool[i].block;
        }
    }
    FUZZ_ASSERT(count < POOL_ROOM);
    pool[count].block = malloc(size);
    pool[count].size = size;
    pool[count].slot = slot;
    FUZZ_ASSERT(pool[count].block != NULL || size == 0);
    return pool[count++].block;
}

void fill_with_garbage(void *memory, size_t size, uint8_t garbage)
{
    memset(memory, garbage, size);
#ifdef HAS_MSAN
    __msan_allocated_memory(memory, size);
#endif
}

void expect_written(const void *memory, size_t size)
{
#ifdef HAS_MSAN
    __msan_check_mem_is_initialized(memory, size);
#endif
    (void)memory;
    (void)size;
}
