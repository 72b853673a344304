/*
 * gate_read.h - the first half of a decision: read the file, and judge what can be judged at once.
 */
#ifndef REFCOW_GATE_READ_H
#define REFCOW_GATE_READ_H

#include "gate.h"

/* What is left to be judged goes into the notes of the result. */
void refcow_gate_read(const refcow_source *source, const refcow_gate_options *options, refcow_gate_result *result);

#endif
