#define _POSIX_C_SOURCE 200809L /* sigaction(), clock_gettime() */

#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t stop_signal; /* that has come; 0: none */
static uint64_t deadline;                 /* in nanoseconds of the monotonic clock; 0: none */

static void note_signal(int number)
{
    stop_signal = number;
}

static uint64_t now(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void stop_watch(uint64_t timeout_seconds)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    struct sigaction before;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        /* What the shell has told us to ignore, as nohup does with SIGHUP, stays ignored. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    if (timeout_seconds != 0)
        deadline = now() + timeout_seconds * 1000000000u;
}

int stop_wanted(void *user, const refcow_progress *progress)
{
    (void)user;
    (void)progress;
    return stop_signal != 0 || (deadline != 0 && now() >= deadline);
}

failure stop_failure(void)
{
    if (stop_signal != 0) {
        return (failure){
            .name = "interrupted",
            .text = "a signal asked for the end",
            .value = (uint64_t)stop_signal,
            .has_value = true,
        };
    }
    return (failure){.name = "timeout", .text = "the time that --timeout allows is over"};
}
