/*
 * agreement.h - other ways to check a scenario that must give the answer that it has, the naive way among them.
 */
#ifndef REFCOW_FUZZ_ORACLES_AGREEMENT_H
#define REFCOW_FUZZ_ORACLES_AGREEMENT_H

#include "../run/scenario.h"

/* The same again, with other garbage in the block and at another address: the same answer and the same work. */
void expect_repeatable(const fuzz_scenario *scenario);

/* The other ways: more memory, with next_data, more or less room for findings, with someone who looks on. All for an
 * input that costs little, some for one that costs more. */
void expect_agreement(fuzz_scenario *scenario);

/* The check of naive.h: the same counts, findings that are true, and no more passes than planned. */
void expect_naive_agreement(fuzz_scenario *scenario);

#endif
