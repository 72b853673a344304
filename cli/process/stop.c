#define _POSIX_C_SOURCE 200809L /* sigaction() */

#include "stop.h"

#include "backstop.h"
#include "clock.h"
#include "terminal.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop_signal; /* that has come; 0: none */
static uint64_t deadline;                 /* as clock_now() has it; 0: none */
static uint64_t spent;                    /* nanoseconds, of the next time that is set */
static uint64_t deadline_of_list;         /* the same for what is written after the check */
static bool has_cut_list;

/* A check that has ended at its deadline has so many nanoseconds to write what it has found: thousands of lines. */
#define TIME_TO_LIST (100 * NANOSECONDS_PER_MILLISECOND)

/* To write what a pipe holds takes so long only if a reader is slow to take it. */
#define SLOW_READER NANOSECONDS_PER_MILLISECOND

static void note_signal(int number)
{
    stop_signal = number;
}

void stop_on_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    struct sigaction before;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        /* What the shell has told us to ignore, as nohup does with SIGHUP, stays ignored. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

void stop_count_in(uint64_t nanoseconds)
{
    spent = nanoseconds;
}

void stop_after(uint64_t seconds)
{
    uint64_t whole = seconds * NANOSECONDS_PER_SECOND;
    uint64_t left = whole > spent ? whole - spent : 0;

    has_cut_list = false;
    if (seconds == 0) {
        deadline = 0;
        backstop_disarm();
        return;
    }
    deadline = clock_now() + left;
    spent = 0;
    backstop_arm(left);
}

bool stop_wanted(void)
{
    return stop_signal != 0 || (deadline != 0 && clock_now() >= deadline);
}

void stop_while_writing(void)
{
    backstop_disarm();
    deadline_of_list = deadline + TIME_TO_LIST;
}

bool stop_cuts_list(void)
{
    if (deadline == 0)
        return false;
    uint64_t waited = terminal_flush_much();
    if (waited >= SLOW_READER)
        deadline_of_list += waited;
    has_cut_list = has_cut_list || clock_now() >= deadline_of_list;
    return has_cut_list;
}

bool stop_has_cut_list(void)
{
    return has_cut_list;
}

int stop_patience(int most)
{
    uint64_t now = clock_now();

    if (stop_wanted())
        return 0;
    if (deadline == 0 || deadline - now >= (uint64_t)most * NANOSECONDS_PER_MILLISECOND)
        return most;
    return (int)((deadline - now) / NANOSECONDS_PER_MILLISECOND) + 1;
}

bool stop_explains(refcow_status status)
{
    return status == REFCOW_STATUS_CANCELLED || (status == REFCOW_STATUS_READ_FAILED && stop_wanted());
}

static failure failure_of_timeout(void)
{
    return (failure){.name = "timeout", .text = "the time that --timeout allows is over"};
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
    return failure_of_timeout();
}

failure stop_failure_of_backstop(void)
{
    failure why = failure_of_timeout();

    why.detail = "the check did not end in time, and what it has found is lost";
    return why;
}
