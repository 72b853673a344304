#include "kinds.h"

#include <string.h>

_Static_assert(REFCOW_KINDS <= 32, "the library takes a set of 32 bits");

static const struct {
    const char *name;
    const char *text;
    const char *severity;
} own_kinds[KINDS - REFCOW_KINDS] = {
    {"in-use", "another process has the image open for writing", "note"},
    {"backing-file-itself", "the image names itself as its backing file", "note"},
    {"orphan", "active L2 entries name clusters whose stored refcount is 0", "corruption"},
    {"overlapping", "clusters have uses that exclude each other", "corruption"},
};

static bool is_own(unsigned kind)
{
    return kind >= REFCOW_KINDS && kind < KINDS;
}

const char *kind_name(unsigned kind)
{
    return is_own(kind) ? own_kinds[kind - REFCOW_KINDS].name : refcow_kind_name((refcow_kind)kind);
}

const char *kind_text(unsigned kind)
{
    return is_own(kind) ? own_kinds[kind - REFCOW_KINDS].text : refcow_kind_text((refcow_kind)kind);
}

const char *kind_severity_name(unsigned kind)
{
    if (is_own(kind))
        return own_kinds[kind - REFCOW_KINDS].severity;
    switch (refcow_kind_severity((refcow_kind)kind)) {
    case REFCOW_SEVERITY_CORRUPTION:
        return "corruption";
    case REFCOW_SEVERITY_LEAK:
        return "leak";
    case REFCOW_SEVERITY_NOTE:
        return "note";
    case REFCOW_SEVERITY_ERROR:
        return "check-error";
    }
    return "unknown";
}

unsigned kind_set_library(kind_set set)
{
    unsigned count = 0;

    for (unsigned kind = 0; kind < REFCOW_KINDS; kind++)
        count += kind_set_has(set, kind);
    return count;
}

void kinds_print(FILE *out)
{
    fputs("all\tany\tall kinds below\n", out);
    for (unsigned kind = 0; kind < KINDS; kind++)
        fprintf(out, "%s\t%s\t%s\n", kind_name(kind), kind_severity_name(kind), kind_text(kind));
}

bool kind_set_add(kind_set *set, const char *name)
{
    bool is_known = false;

    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (strcmp(name, "all") == 0 || strcmp(name, kind_name(kind)) == 0) {
            *set |= KIND_BIT(kind);
            is_known = true;
        }
    }
    return is_known;
}
