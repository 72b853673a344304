/*
 * backstop.h - what ends the process when a check does not notice that its time is over: it hangs in a read, or was
 * stopped itself. A handler of SIGALRM then writes an answer that was made before, and ends the process with exit
 * status 1.
 *
 * The handler only calls write() and _exit(). It writes to stdout when no answer is half written: either nothing of the
 * image's answer is out, or whole lines are. While somebody else writes, see backstop_hold(), it waits for him, for a
 * second. So long a reader of stdout or stderr may sleep, too. Then the answer is cut, and stderr says so.
 */
#ifndef REFCOW_CLI_PROCESS_BACKSTOP_H
#define REFCOW_CLI_PROCESS_BACKSTOP_H

#include <stddef.h>
#include <stdint.h>

/* The usual way ends a check at its deadline, or when the library next calls for progress. What has not ended so long
 * after the deadline does not end by itself. */
#define BACKSTOP_MICROSECONDS 150000

typedef struct backstop_text {
    const char *bytes; /* they must stay until the next call of backstop_expect() */
    size_t length;
} backstop_text;

/* Written one after the other. */
#define BACKSTOP_TEXTS 3

typedef struct backstop_answer {
    backstop_text out[BACKSTOP_TEXTS];
    backstop_text messages[BACKSTOP_TEXTS];
    size_t first_record; /* bytes of out[1] that are left out if lines of the image are already written */
} backstop_answer;

/* Have the signal handled; call it before the sandbox closes. */
void backstop_install(void);

/* What to write from now on. Only while it is not armed. */
void backstop_expect(const backstop_answer *answer);

/* The deadline is in so many nanoseconds. */
void backstop_arm(uint64_t nanoseconds);
void backstop_disarm(void);

/* What is printed between the two reaches stdout in pieces: no answer can be written instead. */
void backstop_hold(void);
void backstop_release(void);

/* Flush stdout, in which whole lines are. */
void backstop_flush(void);

#endif
