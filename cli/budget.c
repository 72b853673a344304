#include "budget.h"

/* Any file may cost this much: less than a second. */
#define BASE_ENTRIES (UINT64_C(24) << 20)
#define BASE_READ (UINT64_C(2) << 30)

/* And this much more for what it takes up on the disk. An honest image takes less than an entry for 4 bytes in each
 * pass, and one whose mapping is so scattered that it takes many passes has data on the disk, not only metadata. */
#define BYTES_PER_ENTRY 2
#define READ_PER_BYTE 16

/* With little memory, what any file may cost is as many times more at most. */
#define MOST_PASSES 16

static uint64_t add(uint64_t one, uint64_t other)
{
    return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

static uint64_t multiply(uint64_t one, uint64_t other)
{
    return other != 0 && one > UINT64_MAX / other ? UINT64_MAX : one * other;
}

/* Who gives less memory than the default wants more passes, each of which reads only a part of the tables. */
static uint64_t passes_wanted(uint64_t memory)
{
    return memory >= DEFAULT_MEMORY ? 1 : DEFAULT_MEMORY / memory + 1;
}

/* What any file may cost, and what this one is worth besides. What it takes up on the disk is not free to make, so that
 * it is worth as much in each pass. */
static uint64_t limit_of(uint64_t base, uint64_t worth, uint64_t passes)
{
    uint64_t times = passes < MOST_PASSES ? passes : MOST_PASSES;

    return add(base * times, multiply(worth, passes));
}

refcow_limits budget_of(const common_options *options, const image_file *file)
{
    uint64_t passes = passes_wanted(options->memory);
    uint64_t entries = limit_of(BASE_ENTRIES, file->allocated / BYTES_PER_ENTRY, passes);
    uint64_t read = limit_of(BASE_READ, multiply(READ_PER_BYTE, file->allocated), passes);

    return (refcow_limits){
        .max_entries = options->max_entries == LIMIT_DEFAULT ? entries : options->max_entries,
        .max_read = options->max_read == LIMIT_DEFAULT ? read : options->max_read,
    };
}
