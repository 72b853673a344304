/*
 * findings.h - the defects that were found: all of them counted, and of each kind the first ones kept.
 *
 * The kept findings are a set that depends neither on the order of discovery nor on the size of the memory block: a
 * finding that is dropped because its kind is full lies behind all those that are kept, and equal findings add up.
 *
 * A finding that comes behind all those kept is appended. Others wait until there are many, are sorted, and then merged
 * into the list, so that each takes a number of steps that grows with the logarithm of theirs, in whatever order they
 * come.
 */
#ifndef REFCOW_FINDINGS_H
#define REFCOW_FINDINGS_H

#include "bytes.h"
#include "refcow.h"

struct findings {
    refcow_finding *list; /* `room` for each listed kind, in their order; sorted */
    size_t room;
    size_t end;                  /* of the list: the room for all of them */
    uint32_t kinds;              /* the listed ones, as bits */
    uint8_t ranks[REFCOW_KINDS]; /* how many kinds before each one are listed */
    uint32_t kept[REFCOW_KINDS];
    uint64_t found[REFCOW_KINDS];
    refcow_finding *waiting; /* `waiting_room` of them, at least 1, all of listed kinds */
    size_t waiting_room;
    size_t waiting_count;
    uint64_t *owed; /* units of work that this has taken are added here */
};

/*@ predicate are_ready(struct findings *f) = \valid(f) && \valid(f->owed) && f->room <= f->end &&
        \valid(f->list + (0 .. f->end - 1)) && f->end <= SIZE_MAX / 4 &&
        \valid(f->waiting + (0 .. f->waiting_room - 1)) && 1 <= f->waiting_room <= SIZE_MAX / 4 &&
        f->waiting_count <= f->waiting_room &&
        \separated(f, f->owed, f->list + (0 .. f->end - 1), f->waiting + (0 .. f->waiting_room - 1)); */

/* Divide the caller's list among the kinds that are listed. `waiting` and its room must be set. */
void refcow_findings_start(struct findings *findings, const refcow_options *options);

/* Keep nothing of what was found. */
void refcow_findings_forget(struct findings *findings);

/*@ requires are_ready(findings) && \valid_read(finding) && finding->kind < REFCOW_KINDS;
    requires \separated(findings, findings->owed, finding);
    requires \separated(finding, findings->list + (0 .. findings->end - 1));
    requires \separated(finding, findings->waiting + (0 .. findings->waiting_room - 1));
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->found[0 .. REFCOW_KINDS - 1],
            findings->list[0 .. findings->end - 1], findings->waiting_count,
            findings->waiting[0 .. findings->waiting_room - 1], *findings->owed;
    ensures findings->waiting_count <= \old(findings->waiting_room); */
void refcow_findings_add(struct findings *findings, const refcow_finding *finding);

/* Forget all findings of a kind. */
void refcow_findings_drop(struct findings *findings, refcow_kind kind);

/* Move the findings together, make ranges of those in adjacent entries, and fill in the result's counts of defects. */
void refcow_findings_finish(struct findings *findings, refcow_result *result);

#endif
