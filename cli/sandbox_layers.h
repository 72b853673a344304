/*
 * sandbox_layers.h - the layers of the sandbox, one by one. Each returns whether it holds.
 */
#ifndef REFCOW_CLI_SANDBOX_LAYERS_H
#define REFCOW_CLI_SANDBOX_LAYERS_H

#include <stdbool.h>

bool sandbox_limit_resources(void);

/* Without libseccomp there is neither. */
bool sandbox_landlock(void);
bool sandbox_seccomp(bool talks);

#endif
