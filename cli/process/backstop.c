#define _DEFAULT_SOURCE /* setitimer(), sigaction() */

#include "backstop.h"

#include "../text/output.h"
#include "exit_codes.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* The signal comes again and again, so that a write() of the handler that waits for a reader is not the end of it. */
#define TICK_MICROSECONDS 25000
#define TICKS_TO_WRITE 40
#define TICKS_TO_TELL 44

enum stage {
    OFF,     /* there is no deadline */
    READY,   /* the answer can be written */
    HELD,    /* somebody writes */
    TELLING, /* the message is being written */
};

static const char message_of_cut[] = "refcow: the output is cut: it could not be written to its end in time\n";

static volatile sig_atomic_t stage;
static volatile sig_atomic_t ticks;     /* since the deadline */
static volatile sig_atomic_t has_begun; /* lines of the image are written */
static backstop_answer expected;

/* As much as goes: what cannot be written will not be written by trying on. */
static bool put(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool put_all(int descriptor, const backstop_text *texts, size_t left_out)
{
    bool all = true;

    for (size_t i = 0; i < BACKSTOP_TEXTS && all; i++) {
        size_t skipped = i == 1 ? left_out : 0;
        all = put(descriptor, texts[i].bytes + skipped, texts[i].length - skipped);
    }
    return all;
}

static void tell_and_end(bool is_cut)
{
    stage = TELLING;
    (void)put_all(STDERR_FILENO, expected.messages, 0);
    if (is_cut)
        (void)put(STDERR_FILENO, message_of_cut, sizeof message_of_cut - 1);
    _exit(EXIT_CODE_FAILED);
}

/* May interrupt itself: then the first one waits in write(). */
static void handle(int number)
{
    int error = errno;
    bool has_put;

    ticks = ticks + 1;
    switch (stage) {
    case READY:
        stage = HELD;
        has_put = put_all(STDOUT_FILENO, expected.out, has_begun ? expected.first_record : 0);
        tell_and_end(!has_put && errno != EPIPE); /* nobody misses what nobody reads */
        break;
    case HELD:
        if (ticks >= TICKS_TO_WRITE)
            tell_and_end(true);
        break;
    case TELLING:
        if (ticks >= TICKS_TO_TELL)
            _exit(EXIT_CODE_FAILED);
        break;
    default: /* not ours: somebody wants the process to end */
        _exit(128 + number);
    }
    errno = error;
}

void backstop_install(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART | SA_NODEFER};

    sigaction(SIGALRM, &action, NULL);
}

void backstop_expect(const backstop_answer *answer)
{
    expected = *answer;
}

void backstop_arm(uint64_t nanoseconds)
{
    uint64_t microseconds = nanoseconds / 1000 + BACKSTOP_MICROSECONDS;
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(microseconds / 1000000), .tv_usec = (suseconds_t)(microseconds % 1000000)},
        .it_interval = {.tv_usec = TICK_MICROSECONDS},
    };

    backstop_disarm();
    ticks = has_begun = 0;
    stage = READY;
    setitimer(ITIMER_REAL, &timer, NULL);
}

void backstop_disarm(void)
{
    struct itimerval never = {.it_value = {0}};

    setitimer(ITIMER_REAL, &never, NULL);
    stage = OFF;
}

void backstop_hold(void)
{
    if (stage == READY)
        stage = HELD;
}

void backstop_release(void)
{
    if (stage == HELD)
        stage = READY;
}

void backstop_flush(void)
{
    int before = stage;

    backstop_hold();
    if (__fpending(stdout) > 0)
        has_begun = 1;
    output_flush();
    stage = before;
}
