/*
 * none.c - where there is no libseccomp the command relies on its resource limits.
 */
#include "layers.h"
#include "sandbox.h"

bool sandbox_close_inherited(int highest)
{
    (void)highest;
    return false;
}

bool sandbox_landlock(void)
{
    return false;
}

bool sandbox_can_filter(void)
{
    return false;
}

bool sandbox_seccomp(sandbox_talk talk)
{
    (void)talk;
    return false;
}

sandbox_trial sandbox_try(sandbox_check *check)
{
    (void)check;
    return (sandbox_trial){.was_made = false};
}

bool sandbox_trial_failed(const sandbox_trial *trial)
{
    (void)trial;
    return false;
}
