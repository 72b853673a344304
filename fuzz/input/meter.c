#include "meter.h"

#include <string.h>

/* A read is a system call, and so is a hint. What a tell costs is up to the caller: this is enough to add to a table.
 */
enum { BYTES_PER_STEP = 16, READ_STEPS = 500, HINT_STEPS = 500, TELL_STEPS = 25 };

/* CMPLOG takes blocks apart at each comparison, and makes three times as many edges as gcc: the Makefile says so. */
#ifndef EDGES_PER_STEP
#define EDGES_PER_STEP 1
#endif

static meter_reading now;
static uint64_t marked; /* steps at the last mark */

uint64_t meter_steps(const meter_reading *reading)
{
    return reading->edges / EDGES_PER_STEP + reading->bytes / BYTES_PER_STEP + READ_STEPS * reading->reads +
           HINT_STEPS * reading->hints + TELL_STEPS * reading->tells;
}

void meter_start(void)
{
    memset(&now, 0, sizeof now);
    marked = 0;
}

void meter_mark(void)
{
    uint64_t steps = meter_steps(&now);
    now.gap = steps - marked > now.gap ? steps - marked : now.gap;
    marked = steps;
}

void meter_read(void)
{
    now.reads++;
}

void meter_hint(void)
{
    now.hints++;
}

void meter_tell(void)
{
    now.tells++;
}

meter_reading meter_stop(void)
{
    meter_mark();
    return now;
}

void __wrap___sanitizer_cov_trace_pc(void)
{
    now.edges++;
}

void *metered_memcpy(void *to, const void *from, size_t length)
{
    now.bytes += length;
    return memcpy(to, from, length);
}

void *metered_memmove(void *to, const void *from, size_t length)
{
    now.bytes += length;
    return memmove(to, from, length);
}

void *metered_memset(void *to, int byte, size_t length)
{
    now.bytes += length;
    return memset(to, byte, length);
}

/* How many bytes are the same. */
static size_t same_bytes(const uint8_t *one, const uint8_t *other)
{
    size_t same = 0;
    while (one[same] == other[same]) {
        same++;
    }
    return same;
}

int metered_memcmp(const void *one, const void *other, size_t length)
{
    int order = memcmp(one, other, length);
    now.bytes += order == 0 ? length : same_bytes(one, other);
    return order;
}
