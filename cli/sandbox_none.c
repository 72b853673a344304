/*
 * sandbox_none.c - where there is no libseccomp the command relies on its resource limits.
 */
#include "sandbox.h"
#include "sandbox_layers.h"

bool sandbox_close_inherited(int highest)
{
    (void)highest;
    return false;
}

bool sandbox_landlock(void)
{
    return false;
}

bool sandbox_seccomp(bool talks)
{
    (void)talks;
    return false;
}

sandbox_trial sandbox_try(int (*check)(const char *path))
{
    (void)check;
    return (sandbox_trial){.was_made = false};
}
