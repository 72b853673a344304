#define _DEFAULT_SOURCE /* RLIMIT_NPROC */

#include "sandbox.h"

#include "sandbox_layers.h"

#include <stddef.h>
#include <sys/resource.h>

/* Stdin, stdout and stderr are open, main() sees to it: so few descriptors leave room for no other one. Images, which
 * have higher numbers, stay open. It cannot be 0, for poll() may watch no more descriptors than that. */
#define DESCRIPTORS 3

/* Neither the size of files nor CPU time is among them: reports go to files, and the work is limited by counting it. */
bool sandbox_limit_resources(void)
{
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {{RLIMIT_NOFILE, DESCRIPTORS}, {RLIMIT_NPROC, 0}, {RLIMIT_CORE, 0}};
    bool all = true;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].most, limits[i].most};
        all = setrlimit(limits[i].resource, &limit) == 0 && all;
    }
    return all;
}

/* In this order: setting up Landlock takes a descriptor, and the filter allows none of it. */
sandbox sandbox_enter(bool talks, int highest)
{
    sandbox holds;

    holds.closed = sandbox_close_inherited(highest);
    holds.landlock = sandbox_landlock();
    holds.limits = sandbox_limit_resources();
    holds.seccomp = sandbox_seccomp(talks);
    return holds;
}
