/*
 * sandbox.h - give up, before a byte of an image is looked at, all that the command does not need any more.
 *
 * Files are opened, servers connected to, signals and the clock set up before; from then on the process can read what
 * it has opened, print to stdout and stderr, ask for memory and end, and do nothing else. There is no way back.
 *
 * What a defect in the parser then lets a hostile image do:
 * - falsify what is printed;
 * - ask for the facts (size, times, owner) of files by name;
 * - wait for ever: the timer of --timeout is set anew for each image, and can be stopped as well. Who must be sure runs
 *   the command under timeout(1);
 * - while an image is read by TLS (nbds://): send what the command has opened to a server that it is connected to by a
 *   Unix socket. GnuTLS sends by sendmsg(), which can do that, and the filter does not see the difference.
 *
 * No more is possible. In particular, the offset of a file that stdout shares with others cannot be moved, standard
 * input cannot be read, and memory cannot be had beyond the limit.
 */
#ifndef REFCOW_CLI_SANDBOX_SANDBOX_H
#define REFCOW_CLI_SANDBOX_SANDBOX_H

#include <stdbool.h>

/* What holds the process. A kernel or an emulator that lacks a layer does not make the command fail: the others stay.
 */
typedef struct sandbox {
    bool seccomp;      /* any other system call fails, or kills the process */
    bool landlock;     /* no file can be opened, none made, nothing connected to */
    bool limits;       /* no descriptor, no process can be made; there is no core file */
    bool lacks_filter; /* seccomp does not hold, in a build that has it */
    bool closed;       /* of what the process was started with, only stdin, stdout and stderr are open */
} sandbox;

/* What is done with sockets that are open. Each one includes those before. */
typedef enum sandbox_talk { SANDBOX_TALK_NONE, SANDBOX_TALK_PLAIN, SANDBOX_TALK_TLS } sandbox_talk;

/* highest: of the descriptors that are needed, each of which closes on exec. */
sandbox sandbox_enter(sandbox_talk talk, int highest);

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
