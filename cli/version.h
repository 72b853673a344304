/*
 * version.h - `refcow --version`: the version, what confines the command on this system, and whether a check survives
 * it.
 */
#ifndef REFCOW_CLI_VERSION_H
#define REFCOW_CLI_VERSION_H

#include "process/exit_codes.h"

exit_code version_run(void);

#endif
