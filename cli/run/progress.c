#define _POSIX_C_SOURCE 200809L /* sigaction() */

#include "progress.h"

#include "../process/backstop.h"
#include "../process/clock.h"
#include "../process/stop.h"
#include "../process/terminal.h"
#include "../text/sizes.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#define QUIET_TIME (NANOSECONDS_PER_SECOND / 2) /* what takes no longer is not worth a line */
#define INTERVAL (NANOSECONDS_PER_SECOND / 4)
#define LINE_LENGTH 100
#define ECHO_LENGTH 2 /* "^C", by which the terminal moves the line */

/* A guess at the time left needs this much to go by. */
#define LEAST_FRACTION 0.01

static volatile sig_atomic_t is_asked; /* by SIGUSR1 */

static struct {
    progress_mode mode;
    uint64_t begun;
    uint64_t next;       /* when the line is due */
    double fraction;     /* that is done; it does not go back */
    const char *purpose; /* of what comes after the check; NULL: it is the check */
    double again;        /* how much of that is done */
    int length;          /* of the line that is on the terminal; 0: none */
} meter;

static void note_signal(int number)
{
    is_asked = number;
}

progress_mode progress_mode_of(bool is_quiet, bool is_wanted)
{
    if (is_quiet)
        return PROGRESS_OFF;
    return is_wanted ? PROGRESS_ALWAYS : PROGRESS_IF_SEEN;
}

void progress_on_signal(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    struct sigaction before;

    if (sigaction(SIGUSR1, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGUSR1, &action, NULL);
}

void progress_start(progress_mode mode)
{
    bool is_seen = mode == PROGRESS_ALWAYS || (mode == PROGRESS_IF_SEEN && terminal_is_stderr());

    meter.mode = is_seen ? mode : PROGRESS_OFF;
    meter.begun = clock_now();
    meter.next = mode == PROGRESS_ALWAYS ? 0 : meter.begun + QUIET_TIME;
    meter.fraction = 0;
    meter.purpose = NULL;
    meter.length = 0;
}

void progress_again(const char *purpose)
{
    meter.purpose = purpose;
    meter.again = 0;
}

static double greatest(double one, double other)
{
    return one > other ? one : other;
}

/* A pass takes the file from done to next; within it the tables that are read tell how far it is. */
static double fraction_of(const refcow_progress *now)
{
    double pass = (double)(now->next - now->done);

    if (now->total == 0)
        return 0;
    if (now->tables_known > 0)
        pass *= (double)now->tables / (double)now->tables_known;
    else
        pass = 0;
    return ((double)now->done + pass) / (double)now->total;
}

static int write_time(char *text, size_t room, double seconds)
{
    uint64_t whole = (uint64_t)(seconds + 0.5);

    if (whole < 60)
        return snprintf(text, room, ", %" PRIu64 " s left", whole);
    if (whole < 3600)
        return snprintf(text, room, ", %" PRIu64 " min %02" PRIu64 " s left", whole / 60, whole % 60);
    return snprintf(text, room, ", %" PRIu64 " h %02" PRIu64 " min left", whole / 3600, whole / 60 % 60);
}

/* " 512 MiB/s, 3 s left", or " guest ranges: 12.34%" */
static int write_prospect(char *text, size_t room, uint64_t bytes_read)
{
    char size[SIZE_TEXT_LENGTH];
    double seconds = (double)(clock_now() - meter.begun) / (double)NANOSECONDS_PER_SECOND;

    if (bytes_read == 0 || seconds <= 0)
        return 0;
    if (meter.purpose != NULL)
        return snprintf(text, room, " %s: %.2f%%", meter.purpose, 100 * meter.again);
    int length = snprintf(text, room, " %s/s", size_text(size, (uint64_t)((double)bytes_read / seconds)));
    if (meter.fraction >= LEAST_FRACTION)
        length += write_time(text + length, room - (size_t)length, seconds / meter.fraction - seconds);
    return length;
}

/* Write the line over the one that is there. end is "\r" if the next one is to come over it, else "\n". Without bytes
 * nothing is said of rate and time. */
static void print_line(uint64_t bytes_read, const char *end)
{
    char line[LINE_LENGTH];
    int length = snprintf(line, sizeof line, "    (%.2f/100%%)", 100 * meter.fraction);

    length += write_prospect(line + length, sizeof line - (size_t)length, bytes_read);
    backstop_flush();
    fprintf(stderr, "%s%*s%s", line, meter.length > length ? meter.length - length : 0, "", end);
    meter.length = end[0] == '\r' ? length : 0;
}

void progress_show(const refcow_progress *now)
{
    bool is_due = meter.mode != PROGRESS_OFF && clock_now() >= meter.next;

    if (!is_due && !is_asked)
        return;
    double *fraction = meter.purpose == NULL ? &meter.fraction : &meter.again;
    *fraction = greatest(*fraction, fraction_of(now));
    print_line(now->bytes_read, is_asked ? "\n" : "\r");
    is_asked = 0;
    meter.next = clock_now() + INTERVAL;
}

int progress_or_stop(void *user, const refcow_progress *now)
{
    (void)user;
    progress_show(now);
    return stop_wanted();
}

void progress_end(bool finished)
{
    if (meter.mode == PROGRESS_ALWAYS) {
        if (finished)
            meter.fraction = 1;
        print_line(0, "\n");
    } else if (meter.length > 0) {
        fprintf(stderr, "\r%*s\r", meter.length + ECHO_LENGTH, "");
    }
    meter.length = 0;
}
