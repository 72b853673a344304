/*
 * stop.h - what ends a check before it is done: Ctrl-C and other signals to end, and the time that --timeout allows.
 */
#ifndef REFCOW_CLI_STOP_H
#define REFCOW_CLI_STOP_H

#include "failure.h"

/* From now on SIGINT, SIGTERM and SIGHUP ask for an end, which comes when the library next calls for progress; a second
 * one kills, as if nobody listened. The time starts to run; 0 seconds: as long as it takes. */
void stop_watch(uint64_t timeout_seconds);

/* The progress callback of the library: not 0 once the check is to end. */
int stop_wanted(void *user, const refcow_progress *progress);

/* Why the check was ended. */
failure stop_failure(void);

#endif
