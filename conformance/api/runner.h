/*
 * runner.h - run test functions, count, report.
 *
 * A test is a function without arguments. A check that fails is printed, marks its test as failed, and lets it go on.
 * One file of a program says RUNNER_STATE; and calls run() for each test and finish() at the end.
 */
#ifndef REFCOW_CONFORMANCE_API_RUNNER_H
#define REFCOW_CONFORMANCE_API_RUNNER_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct runner_counts {
    unsigned passed;
    unsigned failed;
    unsigned complaints; /* of the test that runs */
} runner_counts;

extern runner_counts runner;
#define RUNNER_STATE runner_counts runner

enum { RUNNER_COMPLAINTS_PRINTED = 10 };

/* Says where, if the test has not complained too often; the caller says what. */
static inline int runner_complains(const char *file, int line)
{
    runner.complaints++;
    if (runner.complaints > RUNNER_COMPLAINTS_PRINTED) {
        return 0;
    }
    printf("%s:%d: ", file, line);
    return 1;
}

static inline void runner_check(int good, const char *file, int line, const char *what)
{
    if (!good && runner_complains(file, line)) {
        printf("%s\n", what);
    }
}

static inline void runner_equal(uint64_t is, uint64_t wanted, const char *file, int line, const char *what)
{
    if (is != wanted && runner_complains(file, line)) {
        printf("%s is %" PRIu64 " (0x%" PRIx64 "), wanted %" PRIu64 " (0x%" PRIx64 ")\n", what, is, is, wanted, wanted);
    }
}

static inline void runner_string(const char *is, const char *wanted, const char *file, int line, const char *what)
{
    if (strcmp(is, wanted) != 0 && runner_complains(file, line)) {
        printf("%s is \"%s\", wanted \"%s\"\n", what, is, wanted);
    }
}

/* For the functions of fuzz/oracles/rules.h: NULL, or the rule that is broken. */
static inline void runner_rule(const char *broken, const char *file, int line)
{
    if (broken != NULL && runner_complains(file, line)) {
        printf("broken rule: %s\n", broken);
    }
}

#define CHECK(condition) runner_check(condition, __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(is, wanted) runner_equal((uint64_t)(is), (uint64_t)(wanted), __FILE__, __LINE__, #is)
#define CHECK_STRING(is, wanted) runner_string(is, wanted, __FILE__, __LINE__, #is)
#define CHECK_RULE(call) runner_rule(call, __FILE__, __LINE__)

static inline void run(const char *name, void (*test)(void))
{
    runner.complaints = 0;
    test();
    if (runner.complaints == 0) {
        runner.passed++;
        return;
    }
    runner.failed++;
    printf("FAILED %s: %u complaints\n", name, runner.complaints);
}
#define RUN(test) run(#test, test)

/* The exit status of the program. */
static inline int finish(void)
{
    printf("%u passed, %u failed\n", runner.passed, runner.failed);
    return runner.failed != 0 || runner.passed == 0;
}

#endif
