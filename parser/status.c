/* Names and sentences, all from the rows of codes.h. */
#include "look_up.h"
#include "refcow.h"

uint32_t refcow_version(void)
{
    return REFCOW_VERSION;
}

#define STATUS_NAME(id, number, kind, slug, text) GIVE(REFCOW_STATUS_##id, slug)
#define STATUS_TEXT(id, number, kind, slug, text) GIVE(REFCOW_STATUS_##id, text)
#define STATUS_CLASS(id, number, kind, slug, text) GIVE(REFCOW_STATUS_##id, REFCOW_CLASS_##kind)
LOOK_UP(const char *, refcow_status_name, refcow_status, status, REFCOW_STATUS_ROWS, STATUS_NAME, "unknown")
LOOK_UP(const char *, refcow_status_text, refcow_status, status, REFCOW_STATUS_ROWS, STATUS_TEXT, "unknown")
LOOK_UP(refcow_class, refcow_status_class, refcow_status, status, REFCOW_STATUS_ROWS, STATUS_CLASS, REFCOW_CLASS_USAGE)

#define KIND_NAME(id, number, severity, slug, text, rule) GIVE(REFCOW_KIND_##id, slug)
#define KIND_TEXT(id, number, severity, slug, text, rule) GIVE(REFCOW_KIND_##id, text)
#define KIND_RULE(id, number, severity, slug, text, rule) GIVE(REFCOW_KIND_##id, rule)
#define KIND_SEVERITY(id, number, severity, slug, text, rule) GIVE(REFCOW_KIND_##id, REFCOW_SEVERITY_##severity)
LOOK_UP(const char *, refcow_kind_name, refcow_kind, kind, REFCOW_FINDING_ROWS, KIND_NAME, "unknown")
LOOK_UP(const char *, refcow_kind_text, refcow_kind, kind, REFCOW_FINDING_ROWS, KIND_TEXT, "unknown")
LOOK_UP(const char *, refcow_kind_rule, refcow_kind, kind, REFCOW_FINDING_ROWS, KIND_RULE, "unknown")
LOOK_UP(refcow_severity, refcow_kind_severity, refcow_kind, kind, REFCOW_FINDING_ROWS, KIND_SEVERITY,
        REFCOW_SEVERITY_ERROR)

#define ROLE_ROWS(X)                                                                                                   \
    X(REFCOW_ROLE_NONE, "none")                                                                                        \
    X(REFCOW_ROLE_HEADER, "header")                                                                                    \
    X(REFCOW_ROLE_L1_TABLE, "l1-table")                                                                                \
    X(REFCOW_ROLE_L2_TABLE, "l2-table")                                                                                \
    X(REFCOW_ROLE_DATA, "data")                                                                                        \
    X(REFCOW_ROLE_COMPRESSED, "compressed")                                                                            \
    X(REFCOW_ROLE_REFCOUNT_TABLE, "refcount-table")                                                                    \
    X(REFCOW_ROLE_REFCOUNT_BLOCK, "refcount-block")                                                                    \
    X(REFCOW_ROLE_SNAPSHOT_TABLE, "snapshot-table")                                                                    \
    X(REFCOW_ROLE_ENCRYPTION_HEADER, "encryption-header")                                                              \
    X(REFCOW_ROLE_BITMAP_DIRECTORY, "bitmap-directory")                                                                \
    X(REFCOW_ROLE_BITMAP_TABLE, "bitmap-table")                                                                        \
    X(REFCOW_ROLE_BITMAP_DATA, "bitmap-data")
LOOK_UP(const char *, refcow_role_name, refcow_role, role, ROLE_ROWS, GIVE, "unknown")

#define VERDICT_ROWS(X)                                                                                                \
    X(REFCOW_VERDICT_CLEAN, "clean")                                                                                   \
    X(REFCOW_VERDICT_LEAKS, "leaks")                                                                                   \
    X(REFCOW_VERDICT_CORRUPT, "corrupt")                                                                               \
    X(REFCOW_VERDICT_REFUSED, "refused")                                                                               \
    X(REFCOW_VERDICT_INCOMPLETE, "incomplete")
LOOK_UP(const char *, refcow_verdict_name, refcow_verdict, verdict, VERDICT_ROWS, GIVE, "unknown")
