/*
 * findings.h - the defects that were found: all of them counted, and of each kind the first ones kept.
 *
 * The kept findings are a set that depends neither on the order of discovery nor on the size of the memory block: a
 * finding that is dropped because its kind is full lies behind all those that are kept, and equal findings add up.
 */
#ifndef REFCOW_FINDINGS_H
#define REFCOW_FINDINGS_H

#include "bytes.h"
#include "refcow.h"

struct findings {
    refcow_finding *list; /* a stretch of `room` for each kind */
    size_t room;
    size_t kept[REFCOW_KINDS];
    uint64_t found[REFCOW_KINDS];
};

/* Divide the caller's list among the kinds. */
void refcow_findings_start(struct findings *findings, refcow_finding *list, size_t capacity);

/*@ requires \valid(findings) && \valid_read(finding) && finding->kind < REFCOW_KINDS;
    requires \valid(findings->list + (0 .. REFCOW_KINDS * findings->room - 1));
    assigns findings->kept[0 .. REFCOW_KINDS - 1], findings->found[0 .. REFCOW_KINDS - 1],
            findings->list[0 .. REFCOW_KINDS * findings->room - 1]; */
void refcow_findings_add(struct findings *findings, const refcow_finding *finding);

/* Move the findings together, make ranges of those in adjacent entries, and fill in the result's counts of defects. */
void refcow_findings_finish(struct findings *findings, refcow_result *result);

#endif
