/*
 * info.h - the verb `refcow info`.
 */
#ifndef REFCOW_CLI_INFO_INFO_H
#define REFCOW_CLI_INFO_INFO_H

#include "../process/exit_codes.h"

/* argv[0] is the verb. */
exit_code info_run(int argc, char **argv);

#endif
