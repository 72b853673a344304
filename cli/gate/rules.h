/*
 * rules.h - the rules of `refcow gate`, one row each. Ids are stable.
 *
 * Which image breaks which rule is in judge.c. Each status with which the library refuses an image is also a
 * rule, which can never be allowed: refcow does not accept what it does not understand.
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
 *           MEDIUM    an image from a stranger does not need this
 * means:    what makes an image that breaks the rule acceptable: ALLOW, or an option with another limit
 * need:     HEADER    the first cluster, and the magics of other formats, the last at 4 MiB
 *           SIZE      the size of the file, its end, its snapshot table
 *           CHECK     a check of all metadata, which --check asks for
 */
#define GATE_RULE_ROWS(X)                                                                                              \
    X(BACKING_FILE, "backing-file", CRITICAL, ALLOW, HEADER, "the image names a backing file",                         \
      "readers open the file that it names: CVE-2014-3641, CVE-2015-1851, CVE-2023-32684, CVE-2024-32498")             \
    X(BACKING_FORMAT_MISSING, "backing-format-missing", CRITICAL, ALLOW, HEADER,                                       \
      "the image names a backing file without its format",                                                             \
      "readers guess the format from the content of the backing file")                                                 \
    GATE_NAME_ROWS(X, BACKING, "backing", "the name of the backing file")                                              \
    X(DATA_FILE, "data-file", CRITICAL, ALLOW, HEADER,                                                                 \
      "the image names an external data file, or says that it has one",                                                \
      "readers open the file that it names, writers write to it: CVE-2024-32498, CVE-2024-4467")                       \
    GATE_NAME_ROWS(X, DATA_FILE, "data-file", "the name of the data file")                                             \
    X(DECLARED_RAW, "declared-raw", CRITICAL, NOTHING, HEADER,                                                         \
      "the image is declared raw but begins with the QCOW2 magic",                                                     \
      "a reader that guesses the format opens another image: CVE-2015-7548, CVE-2024-40767, CVE-2026-24708, "          \
      "CVE-2026-27211")                                                                                                \
    X(OTHER_MAGIC, "other-magic", CRITICAL, ALLOW, HEADER, "the file also carries the signature of another format",    \
      "two readers see two images")                                                                                    \
    X(OTHER_MAGIC_AT_END, "other-magic-at-end", CRITICAL, ALLOW, SIZE,                                                 \
      "the file ends with the signature of another format", "two readers see two images")                              \
    X(WRITER, "writer", HIGH, ALLOW, HEADER, "another process has the image open for writing",                         \
      "the image can change after refcow has judged it")                                                               \
    X(SHORT_FILE, "short-file", HIGH, ALLOW, HEADER, "the file is shorter than 512 bytes",                             \
      "some readers pad the file with zeros, others fail")                                                             \
    X(HEADER_LENGTH_UNALIGNED, "header-length-unaligned", HIGH, ALLOW, HEADER, "header_length is not a multiple of 8", \
      "readers look for header extensions, which can name files, at different offsets")                                \
    X(L1_PAST_END, "l1-past-end", HIGH, ALLOW, SIZE, "the L1 table reaches past the end of the file",                  \
      "some readers see zeros, others fail")                                                                           \
    X(REFCOUNT_TABLE_MISSING, "refcount-table-missing", HIGH, ALLOW, HEADER, "the refcount table has no clusters",     \
      "some readers refuse the image, and none can write to it")                                                       \
    X(REFCOUNT_TABLE_PAST_END, "refcount-table-past-end", HIGH, ALLOW, SIZE,                                           \
      "the refcount table reaches past the end of the file", "some readers see zeros, others fail")                    \
    X(SNAPSHOTS_PAST_END, "snapshots-past-end", HIGH, ALLOW, SIZE,                                                     \
      "the snapshot table, or the L1 table of a snapshot, reaches past the end of the file",                           \
      "some readers see zeros, others fail")                                                                           \
    X(BITMAPS_PAST_END, "bitmaps-past-end", HIGH, ALLOW, SIZE,                                                         \
      "the bitmap directory reaches past the end of the file", "some readers see zeros, others fail")                  \
    X(ENCRYPTION_PAST_END, "encryption-past-end", HIGH, ALLOW, SIZE,                                                   \
      "the LUKS header reaches past the end of the file", "some readers see zeros, others fail")                       \
    X(VIRTUAL_SIZE_LIMIT, "virtual-size-limit", HIGH, MAX_VIRTUAL_SIZE, HEADER,                                        \
      "the virtual size is greater than the limit",                                                                    \
      "a few KiB of upload can fill TiB of disk: CVE-2013-2096, CVE-2013-4463, CVE-2015-5162")                         \
    X(AMPLIFICATION_LIMIT, "amplification-limit", HIGH, MAX_AMPLIFICATION, SIZE,                                       \
      "the guest data is too large for the size of the file",                                                          \
      "converting the image can fill the disk: CVE-2013-4463, CVE-2015-5162")                                          \
    X(SNAPSHOT_TABLES, "snapshot-tables", HIGH, ALLOW, SIZE,                                                           \
      "the L1 tables of all snapshots together are larger than the file",                                              \
      "readers read a shared table again for each snapshot")                                                           \
    X(SHARING_LIMIT, "sharing-limit", HIGH, MAX_SHARING, CHECK, "one host cluster has too many references",            \
      "converting the image can fill the disk with copies of one cluster")                                             \
    X(CORRUPTIONS, "corruptions", HIGH, ALLOW, CHECK, "the check finds corruptions",                                   \
      "writing to the image can destroy data")                                                                         \
    X(CHECK_ERRORS, "check-errors", HIGH, ALLOW, CHECK, "refcow cannot read all refcounts",                            \
      "QEMU fails when it writes to the image")                                                                        \
    X(LEAKS, "leaks", MEDIUM, ALLOW, CHECK, "the check finds leaked clusters",                                         \
      "leaked clusters may hold data that was deleted")                                                                \
    X(CORRUPT, "corrupt", HIGH, ALLOW, HEADER, "the image is marked corrupt", "QEMU found broken metadata earlier")    \
    X(DIRTY, "dirty", MEDIUM, ALLOW, HEADER, "the image is marked dirty: its refcounts may be stale",                  \
      "QEMU repairs the image when it opens it, and writes to it")                                                     \
    X(ENCRYPTED, "encrypted", MEDIUM, ALLOW, HEADER, "the image is encrypted",                                         \
      "its content cannot be inspected without the key")                                                               \
    X(INTERNAL_SNAPSHOTS, "internal-snapshots", MEDIUM, ALLOW, HEADER, "the image has internal snapshots",             \
      "a reader can choose a disk other than the active one")                                                          \
    X(BITMAPS, "bitmaps", MEDIUM, ALLOW, HEADER, "the image has persistent bitmaps",                                   \
      "bitmaps add metadata that readers must parse")                                                                  \
    X(UNKNOWN_COMPATIBLE, "unknown-compatible", MEDIUM, ALLOW, HEADER, "compatible_features has unknown bits",         \
      "readers may read the image differently")                                                                        \
    X(UNKNOWN_AUTOCLEAR, "unknown-autoclear", MEDIUM, ALLOW, HEADER, "autoclear_features has unknown bits",            \
      "readers may read the image differently")                                                                        \
    X(UNKNOWN_EXTENSION, "unknown-extension", MEDIUM, ALLOW, HEADER, "the header has an extension of unknown type",    \
      "readers may read the image differently")                                                                        \
    X(REPEATED_EXTENSION, "repeated-extension", HIGH, ALLOW, HEADER, "two header extensions have the same type",       \
      "readers differ in which extension they use")

/* How a name may look, for each of the files that a header names; see name.h. */
#define GATE_NAME_ROWS(X, PREFIX, prefix, whose)                                                                       \
    X(PREFIX##_JSON, prefix "-json", CRITICAL, ALLOW, HEADER,                                                          \
      whose " begins with json:", "the name chooses drivers, hosts and files: CVE-2024-4467")                          \
    X(PREFIX##_PROTOCOL, prefix "-protocol", CRITICAL, ALLOW, HEADER, whose " begins with a protocol",                 \
      "readers connect to a server, or use the driver that the name chooses")                                          \
    X(PREFIX##_ABSOLUTE, prefix "-absolute", CRITICAL, ALLOW, HEADER, whose " is an absolute path",                    \
      "readers can be made to open any file of the host")                                                              \
    X(PREFIX##_FDSET, prefix "-fdset", CRITICAL, ALLOW, HEADER, whose " contains /dev/fdset",                          \
      "readers open a descriptor that they hold for another purpose")                                                  \
    X(PREFIX##_PARENT, prefix "-parent", CRITICAL, ALLOW, HEADER, whose " contains the component ..",                  \
      "the name leads out of the folder of the image")                                                                 \
    X(PREFIX##_BYTES, prefix "-bytes", CRITICAL, ALLOW, HEADER,                                                        \
      whose " has control or invisible characters, is not UTF-8, or is too long",                                      \
      "people see another name than the reader opens")

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
