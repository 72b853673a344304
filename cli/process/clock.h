/*
 * clock.h - the time that has passed.
 */
#ifndef REFCOW_CLI_PROCESS_CLOCK_H
#define REFCOW_CLI_PROCESS_CLOCK_H

#include <stdint.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)
#define NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)

/* Nanoseconds since some moment, the same one on every call; this clock cannot be set back. */
uint64_t clock_now(void);

#endif
