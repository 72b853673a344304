/*
 * naive_gate_state.h - what the files of the second reading of the gate share: the breaches so far.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_GATE_STATE_H
#define REFCOW_FUZZ_MODEL_NAIVE_GATE_STATE_H

#include "../fuzz.h"
#include "naive_gate.h"

/* One more; its other fields say that there is nothing to say. */
static inline refcow_breach *naive_add(naive_gate *gate, naive_certainty certainty, refcow_rule rule, uint64_t offset,
                                       uint64_t value)
{
    FUZZ_ASSERT(gate->breaches_count < NAIVE_BREACHES_MAX);
    naive_breach *breach = &gate->breaches[gate->breaches_count++];
    breach->certainty = certainty < gate->ceiling ? certainty : gate->ceiling;
    breach->is = (refcow_breach){
        .rule = rule,
        .offset = offset,
        .value = value,
        .limit = REFCOW_NO_LIMIT,
        .snapshot = REFCOW_NO_SNAPSHOT,
        .magic = REFCOW_NO_MAGIC,
    };
    return &breach->is;
}

/* Of a breach of some snapshot. */
static inline void naive_any_snapshot(refcow_breach *breach)
{
    breach->limit = NAIVE_ANY;
    breach->snapshot = (uint32_t)NAIVE_ANY;
    breach->name = (refcow_span){NAIVE_ANY, NAIVE_ANY};
}

/* A breach of a rule that a field of the header shows. */
static inline void naive_judge(naive_gate *gate, int is_broken, refcow_rule rule, uint64_t offset, uint64_t value)
{
    if (is_broken) {
        naive_add(gate, NAIVE_BREACH, rule, offset, value);
    }
}

/* A breach of a limit, if it is one. */
static inline void naive_limit(naive_gate *gate, refcow_rule rule, uint64_t offset, uint64_t value, uint64_t limit)
{
    if (value > limit) {
        naive_add(gate, NAIVE_BREACH, rule, offset, value)->limit = limit;
    }
}

static inline uint64_t naive_sum(uint64_t one, uint64_t other)
{
    return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

static inline uint64_t naive_product(uint64_t one, uint64_t other)
{
    return other != 0 && one > UINT64_MAX / other ? UINT64_MAX : one * other;
}

static inline int naive_is_broken(const naive_gate *gate, refcow_status status)
{
    for (size_t i = 0; i < gate->header.broken_count; i++) {
        if (gate->header.broken[i].status == status) {
            return 1;
        }
    }
    return 0;
}

/* The rules that need the header, and names. */
void naive_gate_header(naive_gate *gate);

/* The rules that need the size of the file. */
void naive_gate_size(naive_gate *gate);

#endif
