/* Names and sentences, all from the rows of codes.h. Switches and not tables: a table of pointers would be writable
 * data in position-independent code. */
#include "refcow.h"

uint32_t refcow_version(void)
{
    return REFCOW_VERSION;
}

#define STATUS_NAME(id, number, kind, slug, text)                                                                      \
    case REFCOW_STATUS_##id:                                                                                           \
        return slug;

const char *refcow_status_name(refcow_status status)
{
    switch (status) {
    default:
        break;
        REFCOW_STATUS_ROWS(STATUS_NAME)
    }
    return "unknown";
}

#define STATUS_TEXT(id, number, kind, slug, text)                                                                      \
    case REFCOW_STATUS_##id:                                                                                           \
        return text;

const char *refcow_status_text(refcow_status status)
{
    switch (status) {
    default:
        break;
        REFCOW_STATUS_ROWS(STATUS_TEXT)
    }
    return "unknown";
}

#define STATUS_CLASS(id, number, kind, slug, text)                                                                     \
    case REFCOW_STATUS_##id:                                                                                           \
        return REFCOW_CLASS_##kind;

refcow_class refcow_status_class(refcow_status status)
{
    switch (status) {
    default:
        break;
        REFCOW_STATUS_ROWS(STATUS_CLASS)
    }
    return REFCOW_CLASS_USAGE;
}

#define KIND_NAME(id, number, severity, slug, text, rule)                                                              \
    case REFCOW_KIND_##id:                                                                                             \
        return slug;

const char *refcow_kind_name(refcow_kind kind)
{
    switch (kind) {
    case REFCOW_KINDS:
        break;
        REFCOW_FINDING_ROWS(KIND_NAME)
    }
    return "unknown";
}

#define KIND_TEXT(id, number, severity, slug, text, rule)                                                              \
    case REFCOW_KIND_##id:                                                                                             \
        return text;

const char *refcow_kind_text(refcow_kind kind)
{
    switch (kind) {
    case REFCOW_KINDS:
        break;
        REFCOW_FINDING_ROWS(KIND_TEXT)
    }
    return "unknown";
}

#define KIND_RULE(id, number, severity, slug, text, rule)                                                              \
    case REFCOW_KIND_##id:                                                                                             \
        return rule;

const char *refcow_kind_rule(refcow_kind kind)
{
    switch (kind) {
    case REFCOW_KINDS:
        break;
        REFCOW_FINDING_ROWS(KIND_RULE)
    }
    return "unknown";
}

#define KIND_SEVERITY(id, number, severity, slug, text, rule)                                                          \
    case REFCOW_KIND_##id:                                                                                             \
        return REFCOW_SEVERITY_##severity;

refcow_severity refcow_kind_severity(refcow_kind kind)
{
    switch (kind) {
    case REFCOW_KINDS:
        break;
        REFCOW_FINDING_ROWS(KIND_SEVERITY)
    }
    return REFCOW_SEVERITY_ERROR;
}

const char *refcow_role_name(refcow_role role)
{
    switch (role) {
    case REFCOW_ROLE_NONE:
        return "none";
    case REFCOW_ROLE_HEADER:
        return "header";
    case REFCOW_ROLE_L1_TABLE:
        return "l1-table";
    case REFCOW_ROLE_L2_TABLE:
        return "l2-table";
    case REFCOW_ROLE_DATA:
        return "data";
    case REFCOW_ROLE_COMPRESSED:
        return "compressed";
    case REFCOW_ROLE_REFCOUNT_TABLE:
        return "refcount-table";
    case REFCOW_ROLE_REFCOUNT_BLOCK:
        return "refcount-block";
    case REFCOW_ROLE_SNAPSHOT_TABLE:
        return "snapshot-table";
    case REFCOW_ROLE_ENCRYPTION_HEADER:
        return "encryption-header";
    case REFCOW_ROLE_BITMAP_DIRECTORY:
        return "bitmap-directory";
    case REFCOW_ROLE_BITMAP_TABLE:
        return "bitmap-table";
    case REFCOW_ROLE_BITMAP_DATA:
        return "bitmap-data";
    }
    return "unknown";
}

const char *refcow_verdict_name(refcow_verdict verdict)
{
    switch (verdict) {
    case REFCOW_VERDICT_CLEAN:
        return "clean";
    case REFCOW_VERDICT_LEAKS:
        return "leaks";
    case REFCOW_VERDICT_CORRUPT:
        return "corrupt";
    case REFCOW_VERDICT_REFUSED:
        return "refused";
    case REFCOW_VERDICT_INCOMPLETE:
        return "incomplete";
    }
    return "unknown";
}
