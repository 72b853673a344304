/*
 * descriptors.c - what the process was started with is closed: a file of its parent is none of an image's
 * business.
 */
#define _DEFAULT_SOURCE /* syscall() */

#include "layers.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* Not every C library has a function for it, nor the headers of every system the number, which is the same on every
 * architecture. */
enum { CLOSE_RANGE = 436 };

/* The command opens nothing that would survive exec(), and nothing that did not survive it can have been inherited. */
static bool is_inherited(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

bool sandbox_close_inherited(int highest)
{
    int next = STDERR_FILENO + 1;

    for (; next <= highest; next++) {
        if (is_inherited(next))
            close(next);
    }
    return syscall(CLOSE_RANGE, (unsigned)next, UINT_MAX, 0u) == 0;
}
