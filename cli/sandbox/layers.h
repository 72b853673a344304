/*
 * layers.h - the layers of the sandbox, one by one. Each returns whether it holds.
 */
#ifndef REFCOW_CLI_SANDBOX_LAYERS_H
#define REFCOW_CLI_SANDBOX_LAYERS_H

#include "sandbox.h"

#include <stdbool.h>

bool sandbox_limit_resources(void);

/* Without libseccomp there is none of these. */
bool sandbox_close_inherited(int highest); /* what is above it is not looked at one by one */
bool sandbox_landlock(void);
bool sandbox_can_filter(void); /* seccomp is part of this build */
bool sandbox_seccomp(sandbox_talk talk);
bool sandbox_kill_filter(void); /* part of the one before */

#endif
