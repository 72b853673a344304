/*
 * stop.h - what ends a check before it is done: Ctrl-C and other signals to end, and the time that --timeout allows.
 */
#ifndef REFCOW_CLI_PROCESS_STOP_H
#define REFCOW_CLI_PROCESS_STOP_H

#include "../text/failure.h"
#include "refcow.h"

/* From now on SIGINT, SIGTERM and SIGHUP ask for an end, which comes when the library next calls for progress; a second
 * one kills the process. */
void stop_on_signals(void);

/* From now on it may take so many seconds; 0: as long as it takes. For what does not end by itself then there is the
 * backstop, which ends the process: see backstop.h. */
void stop_after(uint64_t seconds);

/* So many nanoseconds of the next time that stop_after() sets are over already. */
void stop_count_in(uint64_t nanoseconds);

/* Whether a signal has asked for an end, or the time is over. */
bool stop_wanted(void);

/* The check is over, and what it has found is being written. */
void stop_while_writing(void);

/* Whether a list has to end before its end: the time has been over for a tenth of a second, without the time that a
 * reader of stdout takes. Ask before each line: it also writes what stdout has buffered, a pipe's content at a time. */
bool stop_cuts_list(void);

/* Whether stop_cuts_list() has said so since stop_after() was called. */
bool stop_has_cut_list(void);

/* How long to wait for anything before asking again whether an end is wanted: not more than so many milliseconds. */
int stop_patience(int most);

/* Whether that is why the library has ended with this status: it has noticed, or who waited for a server. */
bool stop_explains(refcow_status status);

/* Why the check was ended. */
failure stop_failure(void);

/* Why the backstop has ended it. */
failure stop_failure_of_backstop(void);

#endif
