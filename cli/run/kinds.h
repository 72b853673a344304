/*
 * kinds.h - what can be listed: the kinds of findings that the library has, and two that are no findings.
 */
#ifndef REFCOW_CLI_RUN_KINDS_H
#define REFCOW_CLI_RUN_KINDS_H

#include "refcow.h"

#include <stdbool.h>
#include <stdio.h>

/* An entry of the active tables whose cluster has a stored refcount of 0, as the refcount report counts them. Most are
 * findings too, but those have no guest offset, or are about the copied flag. */
#define KIND_ORPHAN REFCOW_KINDS

/* Clusters with uses that exclude each other, such as a table and data. Their refcounts may be right. */
#define KIND_OVERLAPPING (REFCOW_KINDS + 1)

#define KINDS (KIND_OVERLAPPING + 1)

/* "leaked", "orphan"; a sentence; "corruption", "leak" or "check-error". */
const char *kind_name(unsigned kind);
const char *kind_text(unsigned kind);
const char *kind_severity_name(unsigned kind);

/* A bit for each kind. */
typedef uint64_t kind_set;

#define ALL_KINDS ((UINT64_C(1) << KINDS) - 1)
#define ALL_FINDINGS ((UINT64_C(1) << REFCOW_KINDS) - 1)

static inline kind_set kind_set_of(unsigned kind)
{
    return UINT64_C(1) << kind;
}

static inline bool kind_set_has(kind_set set, unsigned kind)
{
    return (set >> kind & 1) != 0;
}

/* How many of them are kinds of findings. */
unsigned kind_set_findings(kind_set set);

/* What there is to be listed, a line each: "all", then the three of above for each kind, with a tab between them. */
void kinds_print(FILE *out);

/* Add the kind of that name; "all" adds all there are. False if there is none. */
bool kind_set_add(kind_set *set, const char *name);

#endif
