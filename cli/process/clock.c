#define _POSIX_C_SOURCE 200809L /* clock_gettime() */

#include "clock.h"

#include <time.h>

uint64_t clock_now(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)time.tv_nsec;
}
