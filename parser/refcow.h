/*
 * refcow.h - count the references in a QCOW2 image and check the counts that the image stores.
 *
 * The library reads an image through a callback, works in one block of memory from the caller, and writes its answer to
 * structures of the caller. It allocates nothing, keeps no global state, never writes to an image, and never opens a
 * file that an image names. Several threads can check several images at a time, one thread for each image.
 *
 *     refcow_open()             read and validate the header
 *     refcow_plan_memory()      how much memory does a check in one pass need? (optional)
 *     refcow_check()            count the references, compare, report
 *
 *     refcow_next_extension()   list the header extensions, (optional)
 *     refcow_next_snapshot()    the internal snapshots,
 *     refcow_next_bitmap()      the persistent bitmaps,
 *     refcow_read_bytes()       and read their names
 *
 * Offsets and lengths are in bytes unless a comment says otherwise. A host offset is an offset in the image file, a
 * guest offset is an offset on the virtual disk. A cluster is 1 << cluster_bits bytes.
 *
 * Every byte of the image may be hostile and may change between two reads.
 */
#ifndef REFCOW_H
#define REFCOW_H

#include <stddef.h>
#include <stdint.h>

#include "codes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header: major << 16 | minor << 8 | patch. Structures may change with major and minor. */
#define REFCOW_VERSION 0x000100u
#define REFCOW_VERSION_TEXT "0.1.0"

/* The version of the library that is linked, in the form of REFCOW_VERSION. */
uint32_t refcow_version(void);

/* ------------------------------------------------------------------ codes */

/* How a call ended. REFCOW_STATUS_ROWS in codes.h lists all statuses, with the class and the sentence. */
typedef enum refcow_status {
#define REFCOW_STATUS_ENUM(name, number, kind, slug, text) REFCOW_STATUS_##name = number,
    REFCOW_STATUS_ROWS(REFCOW_STATUS_ENUM)
#undef REFCOW_STATUS_ENUM
} refcow_status;

/* What the caller can conclude from a status. codes.h explains each class. */
typedef enum refcow_class {
    REFCOW_CLASS_OK,
    REFCOW_CLASS_USAGE,
    REFCOW_CLASS_IO,
    REFCOW_CLASS_LIMIT,
    REFCOW_CLASS_FOREIGN,
    REFCOW_CLASS_REFUSED
} refcow_class;

/* A kind of defect. REFCOW_FINDING_ROWS in codes.h lists all kinds, with the sentence and the rule of the format. */
typedef enum refcow_kind {
#define REFCOW_KIND_ENUM(name, number, severity, slug, text, rule) REFCOW_KIND_##name = number,
    REFCOW_FINDING_ROWS(REFCOW_KIND_ENUM)
#undef REFCOW_KIND_ENUM
        REFCOW_KINDS /* the number of kinds */
} refcow_kind;

/* The counter of refcow_result that a defect adds to. */
typedef enum refcow_severity {
    REFCOW_SEVERITY_CORRUPTION,
    REFCOW_SEVERITY_LEAK,
    REFCOW_SEVERITY_ERROR,
    REFCOW_SEVERITY_NOTE /* no defect: something to know */
} refcow_severity;

/* The structure that a reference refers to. */
typedef enum refcow_role {
    REFCOW_ROLE_NONE, /* the finding is about no single reference */
    REFCOW_ROLE_HEADER,
    REFCOW_ROLE_L1_TABLE,
    REFCOW_ROLE_L2_TABLE,
    REFCOW_ROLE_DATA,
    REFCOW_ROLE_COMPRESSED,
    REFCOW_ROLE_REFCOUNT_TABLE,
    REFCOW_ROLE_REFCOUNT_BLOCK,
    REFCOW_ROLE_SNAPSHOT_TABLE,
    REFCOW_ROLE_ENCRYPTION_HEADER,
    REFCOW_ROLE_BITMAP_DIRECTORY,
    REFCOW_ROLE_BITMAP_TABLE,
    REFCOW_ROLE_BITMAP_DATA
} refcow_role;

/* The whole answer in one word. */
typedef enum refcow_verdict {
    REFCOW_VERDICT_CLEAN,     /* complete: no corruption, no leak, no check error */
    REFCOW_VERDICT_LEAKS,     /* complete: leaks and nothing worse */
    REFCOW_VERDICT_CORRUPT,   /* complete: corruptions, and leaks or not */
    REFCOW_VERDICT_REFUSED,   /* the image breaks a format rule that a check depends on: see error */
    REFCOW_VERDICT_INCOMPLETE /* stopped early, or some stored refcounts could not be read: the findings are true, but
                                 there may be more */
} refcow_verdict;

/* The stable lower-case name for programs ("read-failed"), the sentence for people, and the class. Never NULL: an
 * unknown number gives "unknown" and REFCOW_CLASS_USAGE. */
const char *refcow_status_name(refcow_status status);
const char *refcow_status_text(refcow_status status);
refcow_class refcow_status_class(refcow_status status);

/* The same for kinds of findings ("leaked"), with the format rule that the defect breaks. Never NULL: an unknown kind
 * gives "unknown" and REFCOW_SEVERITY_ERROR. */
const char *refcow_kind_name(refcow_kind kind);
const char *refcow_kind_text(refcow_kind kind);
const char *refcow_kind_rule(refcow_kind kind);
refcow_severity refcow_kind_severity(refcow_kind kind);

/* Stable names ("l2-table", "clean"). An unknown number gives "unknown". */
const char *refcow_role_name(refcow_role role);
const char *refcow_verdict_name(refcow_verdict verdict);

/* A status with its evidence. */
typedef struct refcow_error {
    refcow_status status; /* REFCOW_STATUS_OK: the other fields are 0 */
    uint64_t value;       /* the value of the field, or the offset of the failed read, or the limit that was reached */
    uint64_t offset;      /* classes FOREIGN and REFUSED: host offset of the field; else 0 */
} refcow_error;

/* ----------------------------------------------------------------- source */

/* Where the bytes of the image come from. refcow_open() copies the structure; user must stay valid as long as the image
 * is used. */
typedef struct refcow_source {
    /* Fill buffer with exactly length bytes from offset and return 0. Any other value reports a failure; the library
     * then reads no more. The library never calls this with length 0, nor for bytes at or past size. */
    int (*read)(void *user, uint64_t offset, void *buffer, size_t length);
    /* Optional; NULL: the library reads every byte. Return the first offset at or after the given one where there may
     * be data, or size or more if the rest of the file is a hole. The library takes the bytes in between as zeros. */
    uint64_t (*next_data)(void *user, uint64_t offset);
    void *user;    /* the first argument of the callbacks */
    uint64_t size; /* of the file; 0 to REFCOW_SOURCE_SIZE_MAX */
    /* Optional; NULL: none. Return the extra work of all calls so far, in units (see REFCOW_WORK_FREE): what they took
     * beyond reading a local file, such as round trips to a server. The sum never becomes less. */
    uint64_t (*work)(void *user);
    /* Optional; NULL: the check has no notes DATA_IN_HOLE. Return the first offset at or after the given one where
     * there may be a hole, or size or more if there is none. Together with next_data this makes the check ask for each
     * extent of the file once; on a file with very many extents that may take longer than the check itself. */
    uint64_t (*next_hole)(void *user, uint64_t offset);
} refcow_source;

/* ----------------------------------------------------------------- header */

/* A run of bytes in the file. length 0: there is none. */
typedef struct refcow_span {
    uint64_t offset;
    uint64_t length;
} refcow_span;

/* Bits of refcow_header.incompatible_features. */
#define REFCOW_INCOMPATIBLE_DIRTY 0x01u       /* refcounts may be stale: lazy refcounts, and a writer did not close */
#define REFCOW_INCOMPATIBLE_CORRUPT 0x02u     /* a writer found corrupt metadata */
#define REFCOW_INCOMPATIBLE_DATA_FILE 0x04u   /* guest data is in an external file */
#define REFCOW_INCOMPATIBLE_COMPRESSION 0x08u /* compression_type is not zlib */
#define REFCOW_INCOMPATIBLE_EXTENDED_L2 0x10u /* L2 entries are 16 bytes with a subcluster bitmap */

/* Bits of refcow_header.compatible_features. */
#define REFCOW_COMPATIBLE_LAZY_REFCOUNTS 0x01u /* a writer may leave refcounts stale until it closes the image */

/* Bits of refcow_header.autoclear_features. */
#define REFCOW_AUTOCLEAR_BITMAPS 0x01u       /* the bitmaps extension is consistent */
#define REFCOW_AUTOCLEAR_DATA_FILE_RAW 0x02u /* the external data file is a raw image */

/* Types of header extensions. */
#define REFCOW_EXTENSION_ENCRYPTION 0x0537be77u
#define REFCOW_EXTENSION_BITMAPS 0x23852875u
#define REFCOW_EXTENSION_DATA_FILE 0x44415441u
#define REFCOW_EXTENSION_FEATURE_NAMES 0x6803f857u
#define REFCOW_EXTENSION_BACKING_FORMAT 0xe2792acau

/* Limits of the format, as `qemu-img check` enforces them. */
#define REFCOW_HEADER_LENGTH_MIN 72u               /* bytes of the shortest header, of version 2 */
#define REFCOW_HEADER_LENGTH_V3_MIN 104u           /* of version 3 */
#define REFCOW_SOURCE_SIZE_MAX 0x7fffffffc0000000u /* 2^63 - 2^30 bytes */
#define REFCOW_CLUSTER_BITS_MIN 9u                 /* 512 bytes */
#define REFCOW_CLUSTER_BITS_MAX 21u                /* 2 MiB */
#define REFCOW_REFCOUNT_ORDER_MAX 6u
#define REFCOW_L1_ENTRIES_MAX 4194304u           /* 32 MiB of L1 table */
#define REFCOW_REFCOUNT_TABLE_BYTES_MAX 8388608u /* 8 MiB */
#define REFCOW_SNAPSHOTS_MAX 65536u
#define REFCOW_SNAPSHOT_EXTRA_MAX 1024u           /* bytes of extra data of a snapshot */
#define REFCOW_SNAPSHOT_TABLE_BYTES_MAX 67108864u /* 64 MiB */

/* The header's fields with their values in the image, in host byte order. Values are not validated unless a comment
 * says so. Fields that version 2 lacks have the values that version 2 implies. Spans lie inside the first cluster
 * unless a comment says otherwise. */
typedef struct refcow_header {
    uint32_t version;      /* 2 or 3 */
    uint32_t cluster_bits; /* 9 to 21 */
    uint64_t virtual_size; /* of the guest's disk */
    uint32_t crypt_method; /* 0 none, 1 AES, 2 LUKS */
    uint32_t l1_size;      /* entries */
    uint64_t l1_table_offset;
    uint64_t refcount_table_offset;
    uint32_t refcount_table_clusters;
    uint32_t refcount_order; /* a refcount has 1 << refcount_order bits; version 2: 4 */
    uint32_t nb_snapshots;
    uint32_t header_length; /* version 2: 72 */
    uint64_t snapshots_offset;
    uint64_t incompatible_features; /* version 2: 0 */
    uint64_t compatible_features;   /* version 2: 0 */
    uint64_t autoclear_features;    /* version 2: 0 */
    uint32_t compression_type;      /* 0 zlib, 1 zstd; 0 when header_length ends before the field */
    uint32_t extensions;            /* header extensions, without the end marker */
    refcow_span backing_file;       /* the name's bytes: not terminated, not validated, never opened */
    refcow_span backing_format;     /* contents of the extension 0xe2792aca */
    refcow_span feature_names;      /* contents of the extension 0x6803f857 */
    refcow_span data_file;          /* contents of the extension 0x44415441: a name, as backing_file */
    refcow_span encryption_header;  /* the LUKS header, from the extension 0x0537be77: anywhere in the file */
    refcow_span bitmap_directory;   /* from the extension 0x23852875: anywhere in the file */
    uint32_t nb_bitmaps;            /* also 0 when autoclear_features says that the extension may be stale */
} refcow_header;

/* An open image. Read header and error, and do not touch the rest. There is nothing to close. */
typedef struct refcow_image {
    refcow_header header; /* valid if refcow_open() returned OK or a status of class REFUSED */
    refcow_error error;   /* the status that refcow_open() returned, with its evidence */
    refcow_source source; /* private */
    uint64_t work;        /* private: the units of work that opening took; a check starts with them */
} refcow_image;

/*
 * Read and validate the header of an image.
 *
 * image_size is sizeof(refcow_image) and version is REFCOW_VERSION. If the caller was compiled against the header of
 * another major or minor version, the library returns REFCOW_STATUS_BAD_VERSION_OF_HEADER and does not write to image.
 *
 * Returns:
 *   OK             the image can be checked
 *   class REFUSED  error names the first field that breaks a rule. refcow_check() may still be called: it gives the
 *                  refcount report, as far as possible, with verdict refused
 *   OPEN_LIMIT     opening took more work than REFCOW_WORK_TO_OPEN: only with tens of thousands of LUKS headers
 *   other classes  the image must not be used
 *
 * A file that is shorter than the header reads as if it were padded with zeros.
 */
refcow_status refcow_open(refcow_image *image, size_t image_size, uint32_t version, const refcow_source *source);

/* ------------------------------------------------------------------ lists */

/* List the extensions, snapshots or bitmaps of an image: zero the structure, then call the function as often as the
 * header counts entries. One call reads less than 100 bytes. Returns OK, READ_FAILED, or BAD_ARGUMENT: for an image
 * that refcow_open() neither accepted nor refused, and for a call beyond the last entry. Entries are not validated, but
 * spans lie where their comments say. Only refcow_check() validates the tables of snapshots and bitmaps. */

/* A header extension. */
typedef struct refcow_extension {
    uint32_t index;
    uint32_t type;
    refcow_span contents; /* in the first cluster */
    uint64_t end;         /* private: where the next one begins */
    uint32_t next;        /* private: its index */
} refcow_extension;

/* There are header.extensions. Also returns EXTENSION_LENGTH: the image has changed since it was opened, and the
 * contents do not end in the first cluster. */
refcow_status refcow_next_extension(const refcow_image *image, refcow_extension *extension);

#define REFCOW_NO_ICOUNT UINT64_MAX

/* An internal snapshot. */
typedef struct refcow_snapshot {
    uint32_t index;
    uint32_t l1_size;          /* entries */
    uint64_t offset;           /* of its entry in the snapshot table */
    uint64_t l1_offset;        /* host offset */
    refcow_span id;            /* decimal digits, by custom: not terminated, not validated */
    refcow_span name;          /* the same */
    uint32_t date_seconds;     /* since 1970, when it was taken */
    uint32_t date_nanoseconds; /* to be added to date_seconds */
    uint64_t vm_clock;         /* nanoseconds for which the guest had run */
    uint64_t vm_state_size;    /* bytes of memory and devices; 0: the disk only */
    uint64_t disk_size;        /* virtual size of the snapshot; 0: the entry does not say */
    uint64_t icount;           /* instructions that the guest had executed; REFCOW_NO_ICOUNT: the entry does not say */
    uint32_t extra_size;       /* bytes of extra data, which hold the three fields above */
    uint32_t next;             /* private: index of the one after it */
    uint64_t end;              /* host offset behind its entry, not padded */
} refcow_snapshot;

/* There are header.nb_snapshots, at most REFCOW_SNAPSHOTS_MAX. Also returns SNAPSHOTS_OFFSET: the table is out of
 * range. */
refcow_status refcow_next_snapshot(const refcow_image *image, refcow_snapshot *snapshot);

/* Bits of refcow_bitmap.flags. */
#define REFCOW_BITMAP_IN_USE 1u /* a writer did not store the bitmap: its contents are unknown */
#define REFCOW_BITMAP_AUTO 2u   /* the bitmap records every write while the image is open */

/* A persistent dirty bitmap. */
typedef struct refcow_bitmap {
    uint32_t index;
    uint32_t flags;
    uint64_t offset;       /* of its entry in the directory */
    uint64_t table_offset; /* host offset */
    uint32_t table_entries;
    uint32_t extra_size;
    refcow_span name;    /* not terminated, not validated */
    uint8_t type;        /* 1: dirty tracking */
    uint8_t granularity; /* a bit stands for 1 << granularity bytes of the disk */
    uint32_t next;       /* private: index of the one after it */
    uint64_t end;        /* host offset behind the padding of its entry */
} refcow_bitmap;

/* There are header.nb_bitmaps. */
refcow_status refcow_next_bitmap(const refcow_image *image, refcow_bitmap *bitmap);

/* Read bytes of the file, for example a name. Bytes at or past the end of the file are zeros. Returns OK, READ_FAILED
 * or BAD_ARGUMENT, as above. */
refcow_status refcow_read_bytes(const refcow_image *image, uint64_t offset, void *buffer, size_t length);

/* ------------------------------------------------------------------ check */

/* Bytes of memory that are enough to check any image. */
#define REFCOW_MEMORY_MIN 65536u

/* How much memory a check of this image needs. */
typedef struct refcow_plan {
    uint64_t minimum;  /* bytes: REFCOW_MEMORY_MIN */
    uint64_t one_pass; /* bytes for a check in one pass; may be more than the machine has. If a cluster has so many
                          references that counting starts again with wider counters, there are more passes */
    uint64_t passes;   /* the most passes with memory_size bytes, unless counting starts again */
} refcow_plan;

/* Fill plan for an image that refcow_open() accepted or refused. memory_size is the size of the block that the caller
 * would give to refcow_check(). Less than REFCOW_MEMORY_MIN gives REFCOW_STATUS_MEMORY_TOO_SMALL, with passes 0. Reads
 * nothing. */
refcow_status refcow_plan_memory(const refcow_image *image, uint64_t memory_size, refcow_plan *plan);

/* No guest offset: the defect does not affect the virtual disk at one offset. */
#define REFCOW_NO_GUEST UINT64_MAX

/* No table: the defect is not in an entry of a table. */
#define REFCOW_NO_TABLE UINT64_MAX

/* One defect, or a range of equal defects: of adjacent clusters, or of adjacent entries that refer to adjacent
 * clusters. In a range, guest, index and found are those of the first defect. Contains no pointers. */
typedef struct refcow_finding {
    refcow_kind kind;
    refcow_role role;  /* of the reference; REFCOW_ROLE_NONE: the finding is about a cluster */
    uint64_t host;     /* host offset of the first cluster, or of the structure that the reference refers to */
    uint64_t length;   /* bytes from host on */
    uint64_t guest;    /* the lowest guest offset that is affected, or REFCOW_NO_GUEST. L2 tables that are not cluster
                          aligned do not count */
    uint64_t table;    /* host offset of the table that has the entry, or REFCOW_NO_TABLE. If an L2 table is not cluster
                          aligned: host offset of the cluster that has the entry */
    uint64_t index;    /* index of the entry in that table, or in that cluster */
    uint64_t expected; /* the counted references, or the right copied flag, else 0 */
    uint64_t found; /* the stored refcount; for TOO_MANY_REFERENCES the highest refcount that the image can store; else
                       the whole entry, or the wrong field of a snapshot */
    uint64_t times; /* the number of defects, at least 1: each cluster or entry counts once, or as often as its table is
                       referred to */
} refcow_finding;

/* Work is everything that takes time, counted in units of about 10 ns. Decoding one table entry is one unit, reading 64
 * bytes is one unit, each read is 128 units more. Opening the image, sorting, findings, calls of next_data and
 * next_hole, calls of the observer and the work that the source reports are work, too. The same image, options and
 * answers of the source give the same work.
 *
 * The default limit is REFCOW_WORK_FREE, plus REFCOW_WORK_PER_BYTE for each byte of the image's L2 tables outside of 4
 * KiB pages of zeros, plus what the source reports for reading them. Each L2 table counts once. It also grows by what
 * it takes to find out which disks have damaged tables. The default limit is at most REFCOW_WORK_MAX, and the same for
 * files, devices and servers. Opening has a limit of its own, REFCOW_WORK_TO_OPEN, because the caller cannot stop it.
 */
#define REFCOW_WORK_TO_OPEN ((uint64_t)4 << 20)
#define REFCOW_WORK_FREE ((uint64_t)32 << 20)
#define REFCOW_WORK_PER_BYTE 4u
#define REFCOW_WORK_MAX ((uint64_t)64 << 30)

/* Limits of the caller. A check that reaches a limit stops with a status of class LIMIT, and keeps what it has found.
 */
typedef struct refcow_limits {
    uint64_t max_read; /* bytes read, with the zeros of holes; 0: no limit */
    uint64_t max_work; /* units; 0: the default; UINT64_MAX: no limit */
} refcow_limits;

/* How far a check is. */
typedef struct refcow_progress {
    uint64_t pass;  /* 1 up */
    uint64_t done;  /* clusters of the file that are compared. Does not grow while counting starts again with wider
                       counters */
    uint64_t total; /* clusters of the file */
    uint64_t bytes_read;
    uint64_t work;         /* units */
    uint64_t next;         /* the value of done after this pass */
    uint64_t tables;       /* L2 tables that this pass has read */
    uint64_t tables_known; /* L2 tables that this pass knows of; grows if the memory has no room for all of them */
} refcow_progress;

/* A reference: a structure occupies host clusters. */
typedef struct refcow_reference {
    refcow_role role;
    uint64_t offset; /* host offset of the structure; it occupies every cluster that it touches */
    uint64_t length;
    uint64_t times;  /* references to the structure from the tables of the active disk and of all snapshots */
    uint64_t active; /* of these, from the active disk; metadata that belongs to no snapshot counts here */
    uint64_t guest;  /* lowest guest offset that the structure stands for on the active disk, or REFCOW_NO_GUEST: for
                        metadata other than L2 tables, for what only snapshots refer to, and for entries of L2 tables
                        that are not cluster aligned */
    uint64_t guest_length; /* bytes from guest on: a cluster for data and compressed data, for an L2 table all that it
                              maps, also past the end of the disk; 0 if there is no guest offset. A structure that
                              several entries of the active disk refer to may stand for other parts of the disk, too */
} refcow_reference;

/* Adjacent clusters with equal refcounts. */
typedef struct refcow_clusters {
    uint64_t host; /* offset of the first */
    uint64_t length;
    uint64_t stored;  /* the stored refcount of each */
    uint64_t counted; /* references to each; may be more than the image can store */
    int is_known;     /* 0: the stored refcount could not be read, and stored is 0 */
} refcow_clusters;

/* An observer learns which structure occupies which clusters, window by window, during a check. No callback may be
 * NULL. Clusters between two windows have no reference and no refcount. An observer learns nothing about a refused
 * image, and nothing about references that reach past the end of the file by a cluster or more: those are findings. An
 * observer takes time, and 9 bytes of memory for each cluster instead of 2. */
typedef struct refcow_observer {
    /* A window begins: length bytes from this host offset. Windows come in ascending order. The file may end in a
     * window. */
    void (*window)(void *user, uint64_t host, uint64_t length);
    /* Then all references that touch the window, in any order. They may reach beyond the window. */
    void (*reference)(void *user, const refcow_reference *reference);
    /* Then all clusters of the window that are in the file, in ascending order. */
    void (*clusters)(void *user, const refcow_clusters *clusters);
    void *user; /* the first argument of the callbacks */
} refcow_observer;

/* The options of refcow_check(). Zero the structure, then set what you need. */
typedef struct refcow_options {
    void *memory;             /* the block that the check works in; any alignment */
    size_t memory_size;       /* at least REFCOW_MEMORY_MIN. More memory means fewer passes and the same answer */
    refcow_finding *findings; /* where findings are written; NULL: they are only counted */
    size_t findings_capacity; /* elements of findings. Each listed kind gets an equal share; a share of less than 1
                                 lists none. Adjacent findings are joined at the end: the last range of a kind may
                                 continue in omitted findings */
    uint32_t findings_kinds;  /* the kinds to list, a bit each: 1 << REFCOW_KIND_REFCOUNT_HIGH; 0: all. Other kinds are
                                 only counted, which is faster */
    refcow_limits limits;
    /* Optional. Called between reads, at least once for each 2 MiB read. Any value but 0 stops the check with
     * CANCELLED. If the image is refused, the refusal stays the status, also after a limit; see refcounts.complete. */
    int (*progress)(void *user, const refcow_progress *progress);
    void *user; /* the first argument of progress and orphan */
    /* Optional. Called for each entry that the refcount report counts as an orphan, in any order. Orphans are no
     * findings; entry has the kind REFCOW_KIND_REFCOUNT_LOW, the whole entry in found, and 0 in expected. entry NULL:
     * counting starts again with wider counters; forget all orphans so far. */
    void (*orphan)(void *user, const refcow_finding *entry);
    const refcow_observer *observer; /* optional */
} refcow_options;

/* The refcount report: the stored refcounts of the active disk's data clusters. Every image whose magic, version and
 * cluster_bits are valid gets one, also a refused image. */
typedef struct refcow_refcount_report {
    uint32_t refcount_order;
    uint32_t refcount_table_clusters;
    uint64_t refcount_table_offset;
    uint64_t allocated_clusters; /* standard L2 entries of the active disk with a host cluster, without compressed
                                    entries and entries with the zero flag. Two entries for one cluster count twice */
    uint64_t orphan_clusters;    /* of these, entries whose cluster has the stored refcount 0; always 0 with an external
                                    data file, whose clusters have no refcounts */
    uint64_t unknown_clusters;   /* of these, entries whose refcount could not be read */
    int complete; /* 0: the check stopped early, or the header's tables are outside of the format's limits. The counts
                     are then lower bounds */
} refcow_refcount_report;

/* Where entries are wrong: those of L1 and L2 tables that have a finding, wrong copied flags apart; and all entries of
 * an active L1 table that reaches past the end of the file by a cluster or more. */
typedef struct refcow_damage {
    uint64_t l2_tables;         /* distinct L2 tables that begin inside the file */
    uint64_t damaged_l2_tables; /* of these, cluster-aligned ones with wrong entries */
    uint64_t guest;             /* lowest guest offset among the findings about such entries, if there is one */
    uint64_t guest_end;         /* the end of the guest range of the highest one; 0: no finding has a guest offset */
} refcow_damage;

/* The answer of a check. */
typedef struct refcow_result {
    refcow_verdict verdict;
    refcow_error error; /* OK: complete; else why the check stopped */
    /* The counts of the check. All 0 when the verdict is refused; lower bounds when it is incomplete. */
    uint64_t corruptions;
    uint64_t leaks;            /* clusters */
    uint64_t check_errors;     /* clusters whose stored refcount could not be read */
    uint64_t notes;            /* findings of severity NOTE, which no other counter and no verdict takes into account */
    uint64_t image_end_offset; /* end of the last cluster that is referenced or has a refcount */
    uint64_t total_clusters;   /* guest clusters: the virtual size in whole sectors of 512 bytes, rounded up */
    uint64_t allocated_clusters;  /* entries of the active disk with a host cluster or compressed data */
    uint64_t fragmented_clusters; /* of these, entries whose cluster does not follow that of the entry before */
    uint64_t compressed_clusters; /* of these, compressed entries */
    uint64_t compressed_end; /* host offset of the end of the compressed data that ends last, in whole sectors of 512
                                bytes; of the active disk and all snapshots; 0: there is none */
    /* How much a reader may have to expand. data_clusters is at least allocated_clusters: readers also find data where
     * `qemu-img check` counts none, as in compressed entries with a subcluster bitmap. */
    uint64_t data_clusters;          /* guest clusters of the active disk in which a reader may find data */
    uint64_t snapshot_data_clusters; /* the same for all snapshots, added up */
    uint64_t most_references;        /* to one cluster of the file; only in the check of refcow_gate(), else 0 */
    refcow_refcount_report refcounts;
    refcow_damage damage;
    /* What the check cost. The same image, block size, limits and room for findings give the same figures. */
    uint64_t passes;
    uint64_t memory_used; /* bytes of the block */
    uint64_t bytes_read;
    uint64_t work; /* units */
    /* Findings are sorted by kind, then by table and index, then by host offset. The first ones of each kind are
     * written. */
    uint64_t found[REFCOW_KINDS]; /* all defects of each kind */
    size_t findings_count;        /* findings written */
    uint64_t findings_omitted;    /* defects without a written finding */
} refcow_result;

/*
 * Check an image that refcow_open() accepted, or give the refcount report of an image that it refused.
 *
 * Returns result->error.status. OK: the counts are complete and comparable with those of `qemu-img check`. Any other
 * status: the check is not complete, and finding nothing proves nothing. Damage in the image is never a status.
 */
refcow_status refcow_check(const refcow_image *image, const refcow_options *options, refcow_result *result);

#ifdef __cplusplus
}
#endif

#endif
