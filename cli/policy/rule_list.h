/*
 * rule_list.h - the rules of the gate, and the options of `refcow gate` that accept what breaks them.
 */
#ifndef REFCOW_CLI_POLICY_RULE_LIST_H
#define REFCOW_CLI_POLICY_RULE_LIST_H

#include "gate.h"

#include <stdio.h>

/* "--max-sharing", "nothing": written into the text, which is returned. */
#define OPTION_LENGTH 32
const char *rule_option(char text[OPTION_LENGTH], refcow_rule rule);

/* A table for people, and for programs that take lines apart at tabs. */
void rule_list_print(FILE *out);

#endif
