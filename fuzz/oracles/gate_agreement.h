/*
 * gate_agreement.h - answers of the gate about one image, asked in different ways, that must go together.
 */
#ifndef REFCOW_FUZZ_ORACLES_GATE_AGREEMENT_H
#define REFCOW_FUZZ_ORACLES_GATE_AGREEMENT_H

#include "../run/gate_scenario.h"

/* Other blocks, another way to read, other room for breaches, another rule allowed: one answer. */
void expect_gate_agreement(gate_scenario *scenario);

/* What is not read to its end is not accepted, and shows no rule that the whole file does not break. */
void expect_gate_lower_bounds(gate_scenario *scenario);

#endif
