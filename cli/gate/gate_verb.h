/*
 * gate_verb.h - the verb `refcow gate`.
 */
#ifndef REFCOW_CLI_GATE_GATE_VERB_H
#define REFCOW_CLI_GATE_GATE_VERB_H

#include "../process/exit_codes.h"

/* argv[0] is the verb. */
exit_code gate_run(int argc, char **argv);

#endif
