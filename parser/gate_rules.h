/*
 * gate_rules.h - every rule of the gate, every trait of a name and every feature that a policy can refuse, one row
 * each.
 *
 * Names are stable. Numbers are stable: a row is never renumbered, new rows take new numbers. Each status of class
 * FOREIGN or REFUSED in codes.h is a rule, too, with the number of the status: no policy can allow it, because refcow
 * accepts nothing that it does not understand.
 */
#ifndef REFCOW_GATE_RULES_H
#define REFCOW_GATE_RULES_H

/*
 * REFCOW_RULE_ROW(NAME, number, "name", danger, means, need, "sentence", "reason")
 *
 * danger: CRITICAL  the image reaches for something other than itself, or is not what it seems to be
 *         HIGH      readers come to grief: they fail, differ, or work without end
 *         MEDIUM    an image from a stranger does not need this
 * means:  what makes an image that breaks the rule acceptable: ALLOW, that is refcow_policy_allow(), or the field of
 *         refcow_policy
 * need:   what the rule is judged by
 *         HEADER    the first 2 MiB of the file, and the magics of other formats, the last at 4 MiB
 *         SIZE      the size of the file, its end, its snapshot table
 *         CHECK     a check of all metadata
 *         CALLER    what the caller says of the image
 */
#define REFCOW_RULE_ROWS(X)                                                                                            \
    X(BACKING_FILE, 128, "backing-file", CRITICAL, ALLOW, HEADER, "the image names a backing file",                    \
      "readers open the file that it names: CVE-2014-3641, CVE-2015-1851, CVE-2023-32684, CVE-2024-32498")             \
    X(BACKING_FORMAT_MISSING, 129, "backing-format-missing", CRITICAL, ALLOW, HEADER,                                  \
      "the image names a backing file without its format",                                                             \
      "readers guess the format from the content of the backing file")                                                 \
    X(BACKING_JSON, 130, "backing-json", CRITICAL, ALLOW, HEADER,                                                      \
      "the name of the backing file begins with json:", "the name chooses drivers, hosts and files: CVE-2024-4467")    \
    X(BACKING_PROTOCOL, 131, "backing-protocol", CRITICAL, ALLOW, HEADER,                                              \
      "the name of the backing file begins with a protocol",                                                           \
      "readers connect to a server, or use the driver that the name chooses")                                          \
    X(BACKING_ABSOLUTE, 132, "backing-absolute", CRITICAL, ALLOW, HEADER,                                              \
      "the name of the backing file is an absolute path", "readers can be made to open any file of the host")          \
    X(BACKING_FDSET, 133, "backing-fdset", CRITICAL, ALLOW, HEADER,                                                    \
      "the name of the backing file contains /dev/fdset",                                                              \
      "readers open a descriptor that they hold for another purpose")                                                  \
    X(BACKING_PARENT, 134, "backing-parent", CRITICAL, ALLOW, HEADER,                                                  \
      "the name of the backing file contains the component ..", "the name leads out of the folder of the image")       \
    X(BACKING_BYTES, 135, "backing-bytes", CRITICAL, ALLOW, HEADER,                                                    \
      "the name of the backing file has control or invisible characters, is not UTF-8, or is too long",                \
      "people see another name than the reader opens")                                                                 \
    X(BACKING_ITSELF, 136, "backing-itself", HIGH, ALLOW, CALLER, "the backing file is the image itself",              \
      "readers open the image again and again, until they fail or have used up their memory")                          \
    X(DATA_FILE, 140, "data-file", CRITICAL, ALLOW, HEADER,                                                            \
      "the image names an external data file, or says that it has one",                                                \
      "readers open the file that it names, writers write to it: CVE-2024-32498, CVE-2024-4467")                       \
    X(DATA_FILE_JSON, 142, "data-file-json", CRITICAL, ALLOW, HEADER,                                                  \
      "the name of the data file begins with json:", "the name chooses drivers, hosts and files: CVE-2024-4467")       \
    X(DATA_FILE_PROTOCOL, 143, "data-file-protocol", CRITICAL, ALLOW, HEADER,                                          \
      "the name of the data file begins with a protocol",                                                              \
      "readers connect to a server, or use the driver that the name chooses")                                          \
    X(DATA_FILE_ABSOLUTE, 144, "data-file-absolute", CRITICAL, ALLOW, HEADER,                                          \
      "the name of the data file is an absolute path", "readers can be made to open any file of the host")             \
    X(DATA_FILE_FDSET, 145, "data-file-fdset", CRITICAL, ALLOW, HEADER,                                                \
      "the name of the data file contains /dev/fdset", "readers open a descriptor that they hold for another purpose") \
    X(DATA_FILE_PARENT, 146, "data-file-parent", CRITICAL, ALLOW, HEADER,                                              \
      "the name of the data file contains the component ..", "the name leads out of the folder of the image")          \
    X(DATA_FILE_BYTES, 147, "data-file-bytes", CRITICAL, ALLOW, HEADER,                                                \
      "the name of the data file has control or invisible characters, is not UTF-8, or is too long",                   \
      "people see another name than the reader opens")                                                                 \
    X(DECLARED_RAW, 150, "declared-raw", CRITICAL, NOTHING, HEADER,                                                    \
      "the image is declared raw but begins with the QCOW2 magic",                                                     \
      "a reader that guesses the format opens another image: CVE-2015-7548, CVE-2024-40767, CVE-2026-24708, "          \
      "CVE-2026-27211")                                                                                                \
    X(OTHER_MAGIC, 151, "other-magic", CRITICAL, ALLOW, HEADER, "the file carries the signature of another format",    \
      "two readers see two images")                                                                                    \
    X(OTHER_MAGIC_AT_END, 152, "other-magic-at-end", CRITICAL, ALLOW, SIZE,                                            \
      "the file ends with the signature of another format", "two readers see two images")                              \
    X(WRITER, 153, "writer", HIGH, ALLOW, CALLER, "another process has the image open for writing",                    \
      "the image can change after refcow has judged it")                                                               \
    X(NO_HEADER, 154, "no-header", CRITICAL, NOTHING, HEADER, "the file is too short to have a QCOW2 header",          \
      "nothing is known about what it is")                                                                             \
    X(SHORT_FILE, 160, "short-file", HIGH, ALLOW, HEADER, "the file is shorter than 512 bytes",                        \
      "some readers pad the file with zeros, others fail")                                                             \
    X(RAW_SIZE, 161, "raw-size", HIGH, ALLOW, SIZE, "the raw file is empty, or not a multiple of 512 bytes",           \
      "a disk has whole sectors: the file is cut short, or is no disk")                                                \
    X(HEADER_LENGTH_UNALIGNED, 162, "header-length-unaligned", HIGH, ALLOW, HEADER,                                    \
      "header_length is not a multiple of 8",                                                                          \
      "readers look for header extensions, which can name files, at different offsets")                                \
    X(HEADER_UNKNOWN_FIELDS, 163, "header-unknown-fields", MEDIUM, ALLOW, HEADER,                                      \
      "the header has a field behind compression_type that is not 0", "readers may read the image differently")        \
    X(L1_PAST_END, 164, "l1-past-end", HIGH, ALLOW, SIZE, "the L1 table reaches past the end of the file",             \
      "some readers see zeros, others fail")                                                                           \
    X(REFCOUNT_TABLE_MISSING, 165, "refcount-table-missing", HIGH, ALLOW, HEADER,                                      \
      "the refcount table has no clusters", "some readers refuse the image, and none can write to it")                 \
    X(REFCOUNT_TABLE_PAST_END, 166, "refcount-table-past-end", HIGH, ALLOW, SIZE,                                      \
      "the refcount table reaches past the end of the file", "some readers see zeros, others fail")                    \
    X(SNAPSHOTS_PAST_END, 167, "snapshots-past-end", HIGH, ALLOW, SIZE,                                                \
      "the snapshot table, or the L1 table of a snapshot, reaches past the end of the file",                           \
      "some readers see zeros, others fail")                                                                           \
    X(BITMAPS_PAST_END, 168, "bitmaps-past-end", HIGH, ALLOW, SIZE,                                                    \
      "the bitmap directory reaches past the end of the file", "some readers see zeros, others fail")                  \
    X(ENCRYPTION_PAST_END, 169, "encryption-past-end", HIGH, ALLOW, SIZE,                                              \
      "the LUKS header reaches past the end of the file", "some readers see zeros, others fail")                       \
    X(COMPRESSED_PAST_END, 170, "compressed-past-end", HIGH, ALLOW, CHECK,                                             \
      "compressed data reaches past the end of the file",                                                              \
      "the file is cut short by less than a cluster; readers fail when they come to the data")                         \
    X(FILE_SIZE_LIMIT, 180, "file-size-limit", HIGH, MAX_FILE_SIZE, SIZE, "the file is larger than the limit",         \
      "the policy limits what a file may take on the disk")                                                            \
    X(VIRTUAL_SIZE_LIMIT, 181, "virtual-size-limit", HIGH, MAX_VIRTUAL_SIZE, HEADER,                                   \
      "the virtual size is greater than the limit",                                                                    \
      "a few KiB of upload can fill TiB of disk: CVE-2013-2096, CVE-2013-4463, CVE-2015-5162")                         \
    X(AMPLIFICATION_LIMIT, 182, "amplification-limit", HIGH, MAX_AMPLIFICATION, SIZE,                                  \
      "the guest data is too large for the size of the file",                                                          \
      "converting the image can fill the disk: CVE-2013-4463, CVE-2015-5162")                                          \
    X(SNAPSHOTS_LIMIT, 183, "snapshots-limit", HIGH, MAX_SNAPSHOTS, HEADER,                                            \
      "the image has more internal snapshots than the limit",                                                          \
      "each snapshot is a disk of its own, and a table to read")                                                       \
    X(SNAPSHOT_TABLES, 184, "snapshot-tables", HIGH, ALLOW, SIZE,                                                      \
      "the L1 tables of all snapshots together are larger than the file",                                              \
      "readers read a shared table again for each snapshot")                                                           \
    X(SHARING_LIMIT, 185, "sharing-limit", HIGH, MAX_SHARING, CHECK, "one host cluster has too many references",       \
      "converting the image can fill the disk with copies of one cluster")                                             \
    X(CORRUPTIONS, 190, "corruptions", HIGH, ALLOW, CHECK, "the check finds corruptions",                              \
      "writing to the image can destroy data")                                                                         \
    X(CHECK_ERRORS, 191, "check-errors", HIGH, ALLOW, CHECK, "refcow cannot read all refcounts",                       \
      "QEMU fails when it writes to the image")                                                                        \
    X(LEAKS, 192, "leaks", MEDIUM, ALLOW, CHECK, "the check finds leaked clusters",                                    \
      "leaked clusters may hold data that was deleted")                                                                \
    X(CORRUPT, 200, "corrupt", HIGH, ALLOW, HEADER, "the image is marked corrupt",                                     \
      "QEMU found broken metadata earlier")                                                                            \
    X(DIRTY, 201, "dirty", MEDIUM, ALLOW, HEADER, "the image is marked dirty: its refcounts may be stale",             \
      "QEMU repairs the image when it opens it, and writes to it")                                                     \
    X(ENCRYPTED, 202, "encrypted", MEDIUM, ALLOW, HEADER, "the image is encrypted",                                    \
      "its content cannot be inspected without the key")                                                               \
    X(INTERNAL_SNAPSHOTS, 203, "internal-snapshots", MEDIUM, ALLOW, HEADER, "the image has internal snapshots",        \
      "a reader can choose a disk other than the active one")                                                          \
    X(BITMAPS, 204, "bitmaps", MEDIUM, ALLOW, HEADER, "the image has persistent bitmaps",                              \
      "bitmaps add metadata that readers must parse")                                                                  \
    X(UNKNOWN_COMPATIBLE, 205, "unknown-compatible", MEDIUM, ALLOW, HEADER, "compatible_features has unknown bits",    \
      "readers may read the image differently")                                                                        \
    X(UNKNOWN_AUTOCLEAR, 206, "unknown-autoclear", MEDIUM, ALLOW, HEADER, "autoclear_features has unknown bits",       \
      "readers may read the image differently")                                                                        \
    X(UNKNOWN_EXTENSION, 207, "unknown-extension", MEDIUM, ALLOW, HEADER,                                              \
      "the header has an extension of unknown type", "readers may read the image differently")                         \
    X(REPEATED_EXTENSION, 208, "repeated-extension", HIGH, ALLOW, HEADER, "two header extensions have the same type",  \
      "readers differ in which extension they use")                                                                    \
    X(FEATURE_REFUSED, 220, "feature-refused", HIGH, REFUSED_FEATURES, HEADER,                                         \
      "the image has a feature that the policy refuses", "the policy says so")                                         \
    X(FEATURE_MISSING, 221, "feature-missing", HIGH, REQUIRED_FEATURES, HEADER,                                        \
      "the image lacks a feature that the policy requires", "the policy says so")                                      \
    X(CLUSTER_SIZE, 222, "cluster-size", HIGH, CLUSTER_SIZES, HEADER, "the policy refuses this cluster size",          \
      "the policy says so")                                                                                            \
    X(REFCOUNT_WIDTH, 223, "refcount-width", HIGH, REFCOUNT_WIDTHS, HEADER,                                            \
      "the policy refuses this width of refcounts", "the policy says so")

/*
 * REFCOW_FEATURE_ROW(NAME, number, "name", need): what a policy can refuse or require.
 *
 * Numbers are bits of refcow_policy.refused_features and required_features. need is as above: only a check finds
 * compressed clusters.
 */
#define REFCOW_FEATURE_ROWS(X)                                                                                         \
    X(VERSION_2, 0, "version-2", HEADER)                                                                               \
    X(VERSION_3, 1, "version-3", HEADER)                                                                               \
    X(LAZY_REFCOUNTS, 2, "lazy-refcounts", HEADER)                                                                     \
    X(ZSTD, 3, "zstd", HEADER)                                                                                         \
    X(COMPRESSED_CLUSTERS, 4, "compressed-clusters", CHECK)                                                            \
    X(EXTENDED_L2, 5, "extended-l2", HEADER)                                                                           \
    X(BACKING_FILE, 6, "backing-file", HEADER)                                                                         \
    X(DATA_FILE, 7, "data-file", HEADER)                                                                               \
    X(SNAPSHOTS, 8, "snapshots", HEADER)                                                                               \
    X(BITMAPS, 9, "bitmaps", HEADER)                                                                                   \
    X(ENCRYPTION, 10, "encryption", HEADER)

/*
 * REFCOW_TRAIT_ROW(NAME, bit, "name", "meaning"): what sort of name a file has that an image names.
 *
 * A name has exactly one of the first five, as QEMU would read it, and any of the others.
 */
#define REFCOW_TRAIT_ROWS(X)                                                                                           \
    X(EMPTY, 0, "empty", "no byte at all, or the first one is NUL")                                                    \
    X(JSON, 1, "json", "begins with json: and can name any driver, host or file")                                      \
    X(PROTOCOL, 2, "protocol", "has a colon before the first slash: the word before it is a protocol or driver")       \
    X(ABSOLUTE, 3, "absolute", "begins with a slash")                                                                  \
    X(RELATIVE, 4, "relative", "is relative to the folder of the image")                                               \
    X(FDSET, 5, "fdset", "has /dev/fdset in it: a descriptor that the opener has been given")                          \
    X(PARENT, 6, "parent", "has a component ..")                                                                       \
    X(NUL, 7, "nul", "has a NUL byte: readers differ on where it ends")                                                \
    X(CONTROL, 8, "control", "has control characters")                                                                 \
    X(INVISIBLE, 9, "invisible", "has characters without a shape, or marks that change the direction of writing")      \
    X(NOT_UTF8, 10, "not-utf8", "is not UTF-8")                                                                        \
    X(TOO_LONG, 11, "too-long", "is longer than 1023 bytes; the others are about the first 1023")

#endif
