/*
 * fuzz.h - what every harness shares: the entry point and an assertion that no build turns off.
 */
#ifndef REFCOW_FUZZ_H
#define REFCOW_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The one function of a harness. Engines and replay.c call it; it ends the process when an oracle fails. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): NDEBUG must not be able to make a harness blind. */
#define FUZZ_ASSERT(condition)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fuzz_fail(__FILE__, __LINE__, #condition);                                                                 \
        }                                                                                                              \
    } while (0)

/* For the functions of rules.h: NULL is good, anything else is the rule that is broken. */
#define FUZZ_RULE(call)                                                                                                \
    do {                                                                                                               \
        const char *broken_ = (call);                                                                                  \
        if (broken_ != NULL) {                                                                                         \
            fuzz_fail(__FILE__, __LINE__, broken_);                                                                    \
        }                                                                                                              \
    } while (0)

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: oracle failed: %s\n", file, line, what);
    abort();
}

#endif
