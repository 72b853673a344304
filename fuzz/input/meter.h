/*
 * meter.h - what a check really costs, in steps, the same on every run and every machine.
 *
 * A step stands for about a nanosecond. Three things are counted:
 *
 *   edges      of the parser's control flow. The parser must be compiled with -fsanitize-coverage=trace-pc, which calls
 *              __sanitizer_cov_trace_pc() at each of them, and linked with -Wl,--wrap=__sanitizer_cov_trace_pc, because
 *              libFuzzer has an empty function of this name.
 *   bytes      that memcpy, memmove, memset and memcmp go through, which the edges do not show. The parser calls
 * nothing else, and is compiled with -Dmemcpy=metered_memcpy and so on. -fno-builtin keeps compilers from making such a
 * function of a loop. The Makefile does all this for fuzz_cost.c. callbacks  into the caller, which are system calls or
 * bookkeeping there.
 */
#ifndef REFCOW_FUZZ_INPUT_METER_H
#define REFCOW_FUZZ_INPUT_METER_H

#include <stddef.h>
#include <stdint.h>

typedef struct meter_reading {
    uint64_t edges;
    uint64_t bytes;
    uint64_t reads; /* of the source */
    uint64_t hints; /* calls of next_data */
    uint64_t tells; /* calls of an observer, and orphans */
    uint64_t gap;   /* the most steps between two calls of progress, or before the first or after the last */
} meter_reading;

/* Begin with nothing counted. */
void meter_start(void);

/* Progress was called. */
void meter_mark(void);

/* One more callback. */
void meter_read(void);
void meter_hint(void);
void meter_tell(void);

/* What was counted since the start. */
meter_reading meter_stop(void);

/* All of it but the gap, in one currency. */
uint64_t meter_steps(const meter_reading *reading);

/* For the parser, as compiled for fuzz_cost.c. */
void __wrap___sanitizer_cov_trace_pc(void);
void *metered_memcpy(void *to, const void *from, size_t length);
void *metered_memmove(void *to, const void *from, size_t length);
void *metered_memset(void *to, int byte, size_t length);
int metered_memcmp(const void *one, const void *other, size_t length);

#endif
