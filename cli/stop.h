/*
 * stop.h - what ends a check before it is done: Ctrl-C and other signals to end, and the time that --timeout allows.
 */
#ifndef REFCOW_CLI_STOP_H
#define REFCOW_CLI_STOP_H

#include "failure.h"
#include "refcow.h"

/* From now on SIGINT, SIGTERM and SIGHUP ask for an end, which comes when the library next calls for progress; a second
 * one kills, as if nobody listened. */
void stop_on_signals(void);

/* From now on it may take so many seconds; 0: as long as it takes. What has not come to an end some seconds after that
 * is killed by SIGALRM. */
void stop_after(uint64_t seconds);

/* Whether a signal has asked for an end, or the time is over. */
bool stop_wanted(void);

/* Whether that is why the library has ended with this status: it has noticed, or who waited for a server. */
bool stop_explains(refcow_status status);

/* Why the check was ended. */
failure stop_failure(void);

#endif
