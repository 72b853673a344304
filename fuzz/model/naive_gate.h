/*
 * naive_gate.h - a second reading of the rules of the gate, from gate.h, gate_rules.h and the format.
 *
 * It shares no code with the parser, reads the file field by field, and knows only signatures that are worth a test of
 * their own: see naive_magics.h. What the interface leaves open it holds for possible, not for wrong.
 */
#ifndef REFCOW_FUZZ_MODEL_NAIVE_GATE_H
#define REFCOW_FUZZ_MODEL_NAIVE_GATE_H

#include "gate.h"
#include "naive_header.h"

/* What a gate is asked. */
typedef struct naive_question {
    const input_file *file;
    const refcow_policy *policy;
    const char *name; /* of the image; NULL: not known */
    size_t name_length;
    refcow_writer writer;
    int is_size_known; /* 0: the file is the head of a stream */
} naive_question;

typedef enum naive_certainty {
    NAIVE_MAYBE, /* the interface leaves open whether the rule is broken */
    NAIVE_RULE,  /* the rule is broken, and this is one of the places that show it */
    NAIVE_BREACH /* the rule is broken here, with a breach of its own */
} naive_certainty;

/* A field of a breach that the interface leaves open. */
#define NAIVE_ANY (UINT64_MAX - 1)

typedef struct naive_breach {
    naive_certainty certainty;
    refcow_breach is;
} naive_breach;

enum { NAIVE_BREACHES_MAX = 256 };

/* The snapshot table, as far as it can be read. */
typedef struct naive_snapshots {
    int is_known;           /* 0: it was not read, or has too many entries for this way of reading */
    int has_unwalked;       /* an L1 table that a check does not walk */
    uint64_t tables;        /* bytes of all L1 tables */
    uint64_t walked_tables; /* bytes of those that a check walks */
    uint64_t most_data;     /* that one of them can have */
} naive_snapshots;

typedef struct naive_gate {
    naive_question asked;
    naive_header header;
    uint64_t cluster; /* in bytes */
    naive_snapshots snapshots;
    naive_breach breaches[NAIVE_BREACHES_MAX];
    size_t breaches_count;
    naive_certainty ceiling; /* of what is added now */
    int has_image;           /* magic, version and cluster_bits are good, and the file is long enough */
    int is_sound;            /* the header breaks no rule of the format */
    int wants_check;
    int is_amplification_known;
    uint64_t amplification;
} naive_gate;

/* Apply the rules that need no check. */
void naive_gate_start(naive_gate *gate, const naive_question *asked);

/* If gate->wants_check: apply the rules that need a check. NULL: its answer is not known, and what depends on it is
 * open. */
void naive_gate_check(naive_gate *gate, const refcow_result *check);

/* What is wrong with the breaches of an answer, apart from signatures; NULL: nothing. is_complete: the answer claims
 * that all rules were applied; else it may lack breaches, but has no other ones. */
const char *naive_gate_difference(const naive_gate *gate, const refcow_breach *breaches, size_t count, int is_complete);

#endif
