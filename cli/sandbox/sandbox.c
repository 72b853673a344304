#define _DEFAULT_SOURCE /* RLIMIT_NPROC */

#include "sandbox.h"

#include "layers.h"

#include <stddef.h>
#include <sys/resource.h>

/* Stdin, stdout and stderr are open, main() sees to it: so few descriptors leave room for no other one. Images, which
 * have higher numbers, stay open. It cannot be 0, for poll() may watch no more descriptors than that. */
#define DESCRIPTORS 3

/* The caller may have set no limit: memory that is taken for the stack is not counted as data. */
#define STACK ((rlim_t)8 << 20)

static bool limit_stack(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return false;
    if (limit.rlim_cur > STACK)
        limit.rlim_cur = STACK;
    limit.rlim_max = limit.rlim_cur;
    return setrlimit(RLIMIT_STACK, &limit) == 0;
}

/* Neither the size of files nor CPU time is among them: reports go to files, and the work is limited by counting it. */
bool sandbox_limit_resources(void)
{
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {{RLIMIT_NOFILE, DESCRIPTORS}, {RLIMIT_NPROC, 0}, {RLIMIT_CORE, 0}};
    bool all = limit_stack();

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].most, limits[i].most};
        all = setrlimit(limits[i].resource, &limit) == 0 && all;
    }
    return all;
}

/* In this order: setting up Landlock takes a descriptor, and the filter allows none of it. */
sandbox sandbox_enter(sandbox_talk talk, int highest)
{
    sandbox holds;

    holds.closed = sandbox_close_inherited(highest);
    holds.landlock = sandbox_landlock();
    holds.limits = sandbox_limit_resources();
    holds.seccomp = sandbox_seccomp(talk);
    holds.lacks_filter = !holds.seccomp && sandbox_can_filter();
    return holds;
}
