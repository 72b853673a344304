/*
 * sandbox.h - give up, before a byte of an image is looked at, all that the command does not need any more.
 *
 * Files are opened, servers connected to, signals and the clock set up before; from then on the process can read what
 * it has opened, print to stdout and stderr, ask for memory and end, and do nothing else. There is no way back.
 *
 * A defect in the parser that an image makes use of can then falsify what is printed. In a file that stdout shares with
 * others, that includes what they have written: the offset can be moved. A connection to a server on this machine can
 * be given what the command has opened. No more is possible.
 */
#ifndef REFCOW_CLI_SANDBOX_H
#define REFCOW_CLI_SANDBOX_H

#include <stdbool.h>

/* What holds the process. A kernel or an emulator that lacks a layer does not make the command fail: the others stay.
 */
typedef struct sandbox {
    bool seccomp;  /* any other system call fails, or kills the process */
    bool landlock; /* no file can be opened, none made, nothing connected to */
    bool limits;   /* no descriptor, no process can be made; there is no core file */
    bool closed;   /* of what the process was started with, only stdin, stdout and stderr are open */
} sandbox;

/* talks: sockets that are open go on to be used. highest: of the descriptors that are needed, each of which closes on
 * exec. */
sandbox sandbox_enter(bool talks, int highest);

/* What came of a check of a test image in the sandbox. */
typedef struct sandbox_trial {
    bool was_made;
    int error;         /* if it was not made: the errno that says why; 0: this build has nothing to try */
    int signal;        /* that ended the check; 0: none */
    int status;        /* with which the check ended, if no signal ended it */
    bool fails_anyway; /* it failed, and so does a check without the sandbox */
} sandbox_trial;

/* Check the image, confined by the sandbox as always, or not at all. Returns the exit status. */
typedef int sandbox_check(const char *path, bool confined);

/* Call check in a process of its own, whose output is discarded, with the path of an image that is clean; if it fails,
 * once more without the sandbox. Call it before sandbox_enter(). */
sandbox_trial sandbox_try(sandbox_check *check);

bool sandbox_trial_failed(const sandbox_trial *trial);

#endif
