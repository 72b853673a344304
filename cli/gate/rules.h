/*
 * rules.h - the rules of `refcow gate`, one row each. Ids are stable.
 *
 * Which image breaks which rule is in judge.c. Besides these rows each status of the library with which it refuses
 * an image is a rule that can never be allowed: what refcow does not understand it does not accept.
 */
#ifndef REFCOW_CLI_GATE_RULES_H
#define REFCOW_CLI_GATE_RULES_H

#include "refcow.h"

#include <stdio.h>

/*
 * X(NAME, "id", severity, means, need, "sentence", "why")
 *
 * severity: CRITICAL  the image reaches for something other than itself, or is not what it seems to be
 *           HIGH      readers come to grief: they fail, differ, or work without end
 *           MEDIUM    nobody has to want this from a stranger
 * means:    what makes an image that breaks the rule acceptable: ALLOW, or an option with another limit
 * need:     HEADER    the first cluster, and the magics of other formats, the last at 4 MiB
 *           SIZE      the size of the file, its end, its snapshot table
 *           CHECK     a check of all metadata, which --check asks for
 */
#define GATE_RULE_ROWS(X)                                                                                              \
    X(BACKING_FILE, "backing-file", CRITICAL, ALLOW, HEADER, "the image names a backing file",                         \
      "readers open what it names: CVE-2014-3641, CVE-2015-1851, CVE-2023-32684, CVE-2024-32498")                      \
    X(BACKING_FORMAT_MISSING, "backing-format-missing", CRITICAL, ALLOW, HEADER,                                       \
      "a backing file is named without its format", "readers guess the format, which its content then decides")        \
    GATE_NAME_ROWS(X, BACKING, "backing", "the name of the backing file")                                              \
    X(DATA_FILE, "data-file", CRITICAL, ALLOW, HEADER, "the image names an external data file, or says it has one",    \
      "readers open what it names, writers write to it: CVE-2024-32498, CVE-2024-4467")                                \
    GATE_NAME_ROWS(X, DATA_FILE, "data-file", "the name of the data file")                                             \
    X(DECLARED_RAW, "declared-raw", CRITICAL, NOTHING, HEADER, "declared raw, but begins with the magic of qcow2",     \
      "who guesses the format opens another image: CVE-2015-7548, CVE-2024-40767, CVE-2026-24708, CVE-2026-27211")     \
    X(OTHER_MAGIC, "other-magic", CRITICAL, ALLOW, HEADER, "the magic of another format is where that one has it",     \
      "two readers see two images")                                                                                    \
    X(OTHER_MAGIC_AT_END, "other-magic-at-end", CRITICAL, ALLOW, SIZE,                                                 \
      "the magic of another format is at the end of the file", "two readers see two images")                           \
    X(WRITER, "writer", HIGH, ALLOW, HEADER, "somebody holds the image open to write to it",                           \
      "what is judged is not what will be used")                                                                       \
    X(SHORT_FILE, "short-file", HIGH, ALLOW, HEADER, "the file is shorter than 512 bytes",                             \
      "some readers pad it with zeros, others fail")                                                                   \
    X(HEADER_LENGTH_UNALIGNED, "header-length-unaligned", HIGH, ALLOW, HEADER,                                         \
      "header_length is not a multiple of 8, as the format wants it",                                                  \
      "readers differ in where header extensions begin, which name files")                                             \
    X(L1_PAST_END, "l1-past-end", HIGH, ALLOW, SIZE, "the L1 table reaches past the end of the file",                  \
      "some readers see zeros, others fail")                                                                           \
    X(REFCOUNT_TABLE_MISSING, "refcount-table-missing", HIGH, ALLOW, HEADER, "the refcount table has no clusters",     \
      "some readers refuse it, and none can write to it")                                                              \
    X(REFCOUNT_TABLE_PAST_END, "refcount-table-past-end", HIGH, ALLOW, SIZE,                                           \
      "the refcount table reaches past the end of the file", "some readers see zeros, others fail")                    \
    X(SNAPSHOTS_PAST_END, "snapshots-past-end", HIGH, ALLOW, SIZE,                                                     \
      "the snapshot table, or the L1 table of a snapshot, reaches past the end of the file",                           \
      "some readers see zeros, others fail")                                                                           \
    X(BITMAPS_PAST_END, "bitmaps-past-end", HIGH, ALLOW, SIZE,                                                         \
      "the bitmap directory reaches past the end of the file", "some readers see zeros, others fail")                  \
    X(ENCRYPTION_PAST_END, "encryption-past-end", HIGH, ALLOW, SIZE,                                                   \
      "the LUKS header reaches past the end of the file", "some readers see zeros, others fail")                       \
    X(VIRTUAL_SIZE_LIMIT, "virtual-size-limit", HIGH, MAX_VIRTUAL_SIZE, HEADER, "the virtual size is over the limit",  \
      "an upload of KiBs takes up TiBs: CVE-2013-2096, CVE-2013-4463, CVE-2015-5162")                                  \
    X(AMPLIFICATION_LIMIT, "amplification-limit", HIGH, MAX_AMPLIFICATION, SIZE,                                       \
      "the guest's data is too many times the size of the file", "a bomb to convert: CVE-2013-4463, CVE-2015-5162")    \
    X(SNAPSHOT_TABLES, "snapshot-tables", HIGH, ALLOW, SIZE,                                                           \
      "the L1 tables of the snapshots do not fit into the file side by side",                                          \
      "readers walk one table for each snapshot that names it")                                                        \
    X(SHARING_LIMIT, "sharing-limit", HIGH, MAX_SHARING, CHECK, "one host cluster is used too many times",             \
      "a bomb to convert: much of the guest's data is one cluster of the file")                                        \
    X(CORRUPTIONS, "corruptions", HIGH, ALLOW, CHECK, "the check finds corruptions", "writing to it destroys data")    \
    X(CHECK_ERRORS, "check-errors", HIGH, ALLOW, CHECK, "the check cannot look up all refcounts",                      \
      "readers fail when they write")                                                                                  \
    X(LEAKS, "leaks", MEDIUM, ALLOW, CHECK, "the check finds leaked clusters",                                         \
      "they may hold data that somebody thinks is deleted")                                                            \
    X(CORRUPT, "corrupt", HIGH, ALLOW, HEADER, "the image is marked corrupt", "a writer has found broken metadata")    \
    X(DIRTY, "dirty", MEDIUM, ALLOW, HEADER, "the image is marked dirty: its refcounts may be stale",                  \
      "readers write to it to repair it, on opening")                                                                  \
    X(ENCRYPTED, "encrypted", MEDIUM, ALLOW, HEADER, "the image is encrypted", "nobody can look into it")              \
    X(INTERNAL_SNAPSHOTS, "internal-snapshots", MEDIUM, ALLOW, HEADER, "the image has internal snapshots",             \
      "other disks than the one that was looked at")                                                                   \
    X(BITMAPS, "bitmaps", MEDIUM, ALLOW, HEADER, "the image has persistent bitmaps", "more metadata to get wrong")     \
    X(UNKNOWN_COMPATIBLE, "unknown-compatible", MEDIUM, ALLOW, HEADER, "compatible_features has unknown bits",         \
      "readers differ in what they know")                                                                              \
    X(UNKNOWN_AUTOCLEAR, "unknown-autoclear", MEDIUM, ALLOW, HEADER, "autoclear_features has unknown bits",            \
      "readers differ in what they know")                                                                              \
    X(UNKNOWN_EXTENSION, "unknown-extension", MEDIUM, ALLOW, HEADER, "there is a header extension of unknown type",    \
      "readers differ in what they know")                                                                              \
    X(REPEATED_EXTENSION, "repeated-extension", HIGH, ALLOW, HEADER, "two header extensions have the same type",       \
      "readers differ in which one they take")

/* How a name may look, for each of the files that a header names; see name.h. */
#define GATE_NAME_ROWS(X, PREFIX, prefix, whose)                                                                       \
    X(PREFIX##_JSON, prefix "-json", CRITICAL, ALLOW, HEADER,                                                          \
      whose " begins with json:", "it chooses drivers, hosts and files: CVE-2024-4467")                                \
    X(PREFIX##_PROTOCOL, prefix "-protocol", CRITICAL, ALLOW, HEADER, whose " has a protocol",                         \
      "readers connect to a server, or use any driver")                                                                \
    X(PREFIX##_ABSOLUTE, prefix "-absolute", CRITICAL, ALLOW, HEADER, whose " is an absolute path",                    \
      "any file of the host that the reader can open")                                                                 \
    X(PREFIX##_FDSET, prefix "-fdset", CRITICAL, ALLOW, HEADER, whose " has /dev/fdset in it",                         \
      "a descriptor that the reader was given for another purpose")                                                    \
    X(PREFIX##_PARENT, prefix "-parent", CRITICAL, ALLOW, HEADER, whose " has a component ..",                         \
      "it leaves the folder of the image")                                                                             \
    X(PREFIX##_BYTES, prefix "-bytes", CRITICAL, ALLOW, HEADER,                                                        \
      whose " has control or invisible characters, is not UTF-8, or is too long",                                      \
      "what is logged or shown is not what is opened")

typedef enum gate_rule {
#define GATE_RULE_ENUM(name, id, severity, means, need, text, why) GATE_##name,
    GATE_RULE_ROWS(GATE_RULE_ENUM)
#undef GATE_RULE_ENUM
/* and each status of the library, in the order of codes.h */
#define GATE_STATUS_ENUM(name, number, kind, slug, text) GATE_STATUS_##name,
        REFCOW_STATUS_ROWS(GATE_STATUS_ENUM)
#undef GATE_STATUS_ENUM
            GATE_RULES
} gate_rule;

typedef enum gate_means {
    GATE_MEANS_NOTHING,
    GATE_MEANS_ALLOW,
    GATE_MEANS_MAX_VIRTUAL_SIZE,
    GATE_MEANS_MAX_AMPLIFICATION,
    GATE_MEANS_MAX_SHARING
} gate_means;

typedef enum gate_need { GATE_NEED_HEADER, GATE_NEED_SIZE, GATE_NEED_CHECK } gate_need;

typedef struct gate_rule_facts {
    const char *id; /* NULL: no rule, but a status that says nothing about the image */
    const char *severity;
    gate_means means;
    gate_need need;
    const char *text;
    const char *why;
} gate_rule_facts;

extern const gate_rule_facts gate_rules[GATE_RULES];

/* The rule that the library has found broken. */
gate_rule gate_rule_of_status(refcow_status status);

/* "--allow", "--max-sharing", "nothing" */
const char *gate_means_name(gate_means means);

/* "header", "size", "check" */
const char *gate_need_name(gate_need need);

/* A table for people, and for programs that take lines apart at tabs. */
void gate_print_rules(FILE *out);

#endif
