/*
 * kinds.h - what can be listed: the kinds of findings that the library has, notes of the command, and two that are no
 * findings.
 */
#ifndef REFCOW_CLI_RUN_KINDS_H
#define REFCOW_CLI_RUN_KINDS_H

#include "refcow.h"

#include <stdbool.h>
#include <stdio.h>

/* Behind the kinds of the library. */
enum {
    /* Notes about what the bytes of the image do not say: another process has locks on the file; the name of the
     * backing file leads to the image itself. */
    KIND_IN_USE = REFCOW_KINDS,
    KIND_BACKING_ITSELF,
    /* An entry of the active tables whose cluster has a stored refcount of 0, as the refcount report counts them. Most
     * are findings too, but those have no guest offset, or are about the copied flag. */
    KIND_ORPHAN,
    /* Clusters with uses that exclude each other, such as a table and data. Their refcounts may be right. */
    KIND_OVERLAPPING,
    KINDS
};

/* "leaked", "orphan"; a sentence; "corruption", "leak", "check-error" or "note". */
const char *kind_name(unsigned kind);
const char *kind_text(unsigned kind);
const char *kind_severity_name(unsigned kind);

/* A bit for each kind. */
typedef uint64_t kind_set;

#define KIND_BIT(kind) (UINT64_C(1) << (kind))
#define LIBRARY_KINDS (KIND_BIT(REFCOW_KINDS) - 1)
#define ALL_FINDINGS (KIND_BIT(KIND_ORPHAN) - 1)
#define ALL_KINDS (KIND_BIT(KINDS) - 1)

static inline bool kind_set_has(kind_set set, unsigned kind)
{
    return (set >> kind & 1) != 0;
}

/* How many of them are kinds of the library. */
unsigned kind_set_library(kind_set set);

/* What there is to be listed, a line each: "all", then the three of above for each kind, with a tab between them. */
void kinds_print(FILE *out);

/* Add the kind of that name; "all" adds all there are. False if there is none. */
bool kind_set_add(kind_set *set, const char *name);

#endif
