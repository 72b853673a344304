/*
 * gate_scenario.h - what the gate is asked about an input: the image, the policy and the settings that its bytes stand
 * for, and the answer that other answers are held against.
 */
#ifndef REFCOW_FUZZ_RUN_GATE_SCENARIO_H
#define REFCOW_FUZZ_RUN_GATE_SCENARIO_H

#include "run_gate.h"

/* Slots for breaches, as in run.h. */
enum { BASE_GATE = 3, OTHER_GATE = 4 };

/* A signature or a name that stands in the image whatever the input has there. */
enum { PLANTED_MAX = 24 };

typedef struct gate_scenario {
    uint8_t *bytes; /* the input, and behind it what is planted */
    size_t room;
    input_file file;
    uint64_t random; /* state of next_random(), from hashes of the input */
    char name[512];  /* of the image */
    gate_setting setting;
    gate_run base; /* the answer with that setting */
} gate_scenario;

/* 0: the policy contradicts itself, or the file is too large for any reader. The answer says so. */
int gate_scenario_start(gate_scenario *scenario, const uint8_t *data, size_t size);

#endif
