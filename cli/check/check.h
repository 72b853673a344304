/*
 * check.h - the verb `refcow check`.
 */
#ifndef REFCOW_CLI_CHECK_CHECK_H
#define REFCOW_CLI_CHECK_CHECK_H

#include "../process/exit_codes.h"

/* argv[0] is the verb. */
exit_code check_run(int argc, char **argv);

#endif
