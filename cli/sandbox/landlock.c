/*
 * landlock.c - Landlock: the kernel lets the process reach no file, no port and no process any more.
 *
 * It forbids what the filter of system calls forbids, by other means: one of them holds where the other does not exist
 * or has a gap.
 */
#define _DEFAULT_SOURCE /* syscall() */

#include "layers.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The C library has no functions for these calls, and the headers of older systems no numbers. They are the same on
 * every architecture. */
enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_RESTRICT_SELF = 446 };
#define ASK_FOR_VERSION 1u

/* The rights that a ruleset takes away, as far as no rule grants them. A kernel takes a longer structure than its own
 * if the rest is 0. */
struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes; /* abstract sockets and signals */
};

static struct ruleset all_rights(long version)
{
    static const uint8_t files_of_version[] = {0,  13, 14,
                                               15, 15, 16}; /* so many rights, the last number from then on */
    size_t last = sizeof files_of_version - 1;
    uint8_t files = files_of_version[(size_t)version < last ? (size_t)version : last];

    return (struct ruleset){
        .files = (UINT64_C(1) << files) - 1,
        .ports = version >= 4 ? 3 : 0,
        .scopes = version >= 6 ? 3 : 0,
    };
}

bool sandbox_landlock(void)
{
    long version = syscall(LANDLOCK_CREATE_RULESET, NULL, (size_t)0, ASK_FOR_VERSION);
    if (version < 1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    struct ruleset ruleset = all_rights(version);
    long descriptor = syscall(LANDLOCK_CREATE_RULESET, &ruleset, sizeof ruleset, 0u);
    if (descriptor < 0)
        return false;
    bool holds = syscall(LANDLOCK_RESTRICT_SELF, (int)descriptor, 0u) == 0;
    close((int)descriptor);
    return holds;
}
