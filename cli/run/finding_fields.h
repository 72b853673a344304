/*
 * finding_fields.h - the fields of a finding that is listed: their names and values. Every format for programs prints
 * these fields, in this order.
 */
#ifndef REFCOW_CLI_RUN_FINDING_FIELDS_H
#define REFCOW_CLI_RUN_FINDING_FIELDS_H

#include "listed.h"

/* FINDING_FIELD_ROW(NAME, "name"). conformance/schemas/check.json says what each field means, and when it has no value.
 */
#define FINDING_FIELD_ROWS(X)                                                                                          \
    X(KIND, "kind")                                                                                                    \
    X(SEVERITY, "severity")                                                                                            \
    X(TEXT, "text")                                                                                                    \
    X(ROLE, "role")                                                                                                    \
    X(HOST_OFFSET, "host-offset")                                                                                      \
    X(LENGTH, "length")                                                                                                \
    X(GUEST_OFFSET, "guest-offset")                                                                                    \
    X(GUEST_LENGTH, "guest-length")                                                                                    \
    X(ROLES, "roles")                                                                                                  \
    X(ACTIVE, "active")                                                                                                \
    X(SNAPSHOTS, "snapshots")                                                                                          \
    X(TABLE_OFFSET, "table-offset")                                                                                    \
    X(INDEX, "index")                                                                                                  \
    X(ENTRIES, "entries")                                                                                              \
    X(EXPECTED_REFCOUNT, "expected-refcount")                                                                          \
    X(FOUND_REFCOUNT, "found-refcount")                                                                                \
    X(EXPECTED_FLAG, "expected-flag")                                                                                  \
    X(FOUND_ENTRY, "found-entry")                                                                                      \
    X(FOUND_ENTRY_HEX, "found-entry-hex")                                                                              \
    X(SNAPSHOT_ID, "snapshot-id")                                                                                      \
    X(SNAPSHOT_NAME, "snapshot-name")                                                                                  \
    X(TIMES, "times")

typedef enum finding_field {
#define FINDING_FIELD_ENUM(name, text) FIELD_##name,
    FINDING_FIELD_ROWS(FINDING_FIELD_ENUM)
#undef FINDING_FIELD_ENUM
        FINDING_FIELDS /* how many there are */
} finding_field;

typedef enum field_type {
    FIELD_HAS_NOTHING, /* JSON null, an empty field of CSV */
    FIELD_HAS_WORD,
    FIELD_HAS_SENTENCE,
    FIELD_HAS_NAME, /* bytes of the image */
    FIELD_HAS_NUMBER,
    FIELD_HAS_BOOLEAN, /* a number that is 0 or 1 */
    FIELD_HAS_ROLES,   /* a number that is a user_set: a list of words */
    FIELD_HAS_CODE     /* a number that is printed in hexadecimal, as text: readers round long decimal ones */
} field_type;

typedef struct field_value {
    field_type type;
    const char *text;          /* of a word or a sentence */
    const refcow_image *image; /* of a name */
    refcow_span span;
    uint64_t number; /* of the others */
} field_value;

const char *finding_field_name(finding_field field);

/* Those of the clusters at a place, in a finding or a run. */
void finding_place(field_value values[FINDING_FIELDS], uint64_t host, uint64_t length);
void finding_guest(field_value values[FINDING_FIELDS], uint64_t offset, uint64_t length);
void finding_users(field_value values[FINDING_FIELDS], user_set users);

void finding_values(field_value values[FINDING_FIELDS], const listed_finding *listed);

#endif
