/*
 * map.h - the verb `map`.
 */
#ifndef REFCOW_CLI_MAP_MAP_H
#define REFCOW_CLI_MAP_MAP_H

#include "../process/exit_codes.h"

exit_code map_run(int argc, char **argv);

#endif
