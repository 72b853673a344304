/*
 * refcow.h - count the references in a QCOW2 image and check the counts that the image stores.
 *
 * The library reads an image through a callback, works in one block of memory that the caller gives, and answers in
 * structures that the caller owns. It allocates nothing, keeps no global state, writes to no image, and follows no name
 * that an image contains. Any number of images can be checked at a time, one thread per image.
 *
 *     refcow_open()         reads and validates the header
 *     refcow_plan_memory()  says how much memory one pass over the image takes (optional)
 *     refcow_check()        counts, compares, and reports
 *
 *     refcow_next_extension(), refcow_next_snapshot(), refcow_next_bitmap() and refcow_read_bytes() list what the image
 *     has besides, and what it is called (optional)
 *
 * All offsets and lengths are in bytes unless a comment says otherwise. "Host" is a place in the image file, "guest" a
 * place on the virtual disk. A cluster is 1 << cluster_bits bytes.
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

/* How a call ended. See REFCOW_STATUS_ROWS in codes.h for the list, with classes and sentences. */
typedef enum refcow_status {
#define REFCOW_STATUS_ENUM(name, number, kind, slug, text) REFCOW_STATUS_##name = number,
    REFCOW_STATUS_ROWS(REFCOW_STATUS_ENUM)
#undef REFCOW_STATUS_ENUM
} refcow_status;

/* What can be concluded from a status; the classes are explained in codes.h. */
typedef enum refcow_class {
    REFCOW_CLASS_OK,
    REFCOW_CLASS_USAGE,
    REFCOW_CLASS_IO,
    REFCOW_CLASS_LIMIT,
    REFCOW_CLASS_FOREIGN,
    REFCOW_CLASS_REFUSED
} refcow_class;

/* One kind of defect. See REFCOW_FINDING_ROWS in codes.h for the list, with sentences and rules of the format. */
typedef enum refcow_kind {
#define REFCOW_KIND_ENUM(name, number, severity, slug, text, rule) REFCOW_KIND_##name = number,
    REFCOW_FINDING_ROWS(REFCOW_KIND_ENUM)
#undef REFCOW_KIND_ENUM
        REFCOW_KINDS /* how many kinds there are */
} refcow_kind;

/* Which counter of refcow_result a defect adds to. */
typedef enum refcow_severity {
    REFCOW_SEVERITY_CORRUPTION,
    REFCOW_SEVERITY_LEAK,
    REFCOW_SEVERITY_ERROR
} refcow_severity;

/* What a reference is: which structure of the image takes up the clusters it names. */
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
    REFCOW_VERDICT_REFUSED,   /* the image breaks a rule that makes a check meaningless: see error */
    REFCOW_VERDICT_INCOMPLETE /* stopped early, or some refcounts could not be looked up: what is there is true, but not
                                 all */
} refcow_verdict;

/* Stable lower-case names for machines ("read-failed"), sentences for people, and the class. Never NULL: an unknown
 * number gives "unknown" and REFCOW_CLASS_USAGE. */
const char *refcow_status_name(refcow_status status);
const char *refcow_status_text(refcow_status status);
refcow_class refcow_status_class(refcow_status status);

/* The same for findings ("leaked"), with the rule of the format that is broken. Never NULL; an unknown kind gives
 * "unknown" and REFCOW_SEVERITY_ERROR. */
const char *refcow_kind_name(refcow_kind kind);
const char *refcow_kind_text(refcow_kind kind);
const char *refcow_kind_rule(refcow_kind kind);
refcow_severity refcow_kind_severity(refcow_kind kind);

/* "l2-table", "clean": stable names; an unknown number gives "unknown". */
const char *refcow_role_name(refcow_role role);
const char *refcow_verdict_name(refcow_verdict verdict);

/* A status with its evidence. */
typedef struct refcow_error {
    refcow_status status; /* REFCOW_STATUS_OK: the other fields are 0 */
    uint64_t value;       /* what stands in the field, or the offset of a read that failed, or the limit reached */
    uint64_t offset;      /* class FOREIGN and REFUSED: host offset of the field; else 0 */
} refcow_error;

/* ----------------------------------------------------------------- source */

/* Where the bytes of the image come from. Copied by refcow_open(); user must stay valid as long as the image is used.
 */
typedef struct refcow_source {
    /* Fill buffer with exactly length bytes from offset and return 0, or return anything else to report a failure,
     * after which nothing more is read. Never called with length 0, nor for bytes at or past size. */
    int (*read)(void *user, uint64_t offset, void *buffer, size_t length);
    /* Optional (NULL: every byte is read): the first offset at or after the given one where there may be data; size or
     * more if all the rest is a hole. The bytes in between are taken as zeros and not read. */
    uint64_t (*next_data)(void *user, uint64_t offset);
    void *user;    /* given to the callbacks, otherwise untouched */
    uint64_t size; /* of the file; 0 to 2^63 - 2^30 */
    /* Optional; NULL: none. Return the extra work of all calls so far, in units (see REFCOW_WORK_FREE): what they took
     * beyond reading a local file, such as round trips to a server. The sum never becomes less. */
    uint64_t (*work)(void *user);
} refcow_source;

/* ----------------------------------------------------------------- header */

/* A place in the file. length 0: there is none. */
typedef struct refcow_span {
    uint64_t offset;
    uint64_t length;
} refcow_span;

/* Bits of refcow_header.incompatible_features. */
#define REFCOW_INCOMPATIBLE_DIRTY 0x01u       /* refcounts may be stale (lazy refcounts, not closed) */
#define REFCOW_INCOMPATIBLE_CORRUPT 0x02u     /* a writer has found metadata corruption */
#define REFCOW_INCOMPATIBLE_DATA_FILE 0x04u   /* guest data is in an external file */
#define REFCOW_INCOMPATIBLE_COMPRESSION 0x08u /* compression_type is not zlib */
#define REFCOW_INCOMPATIBLE_EXTENDED_L2 0x10u /* L2 entries are 16 bytes with a subcluster bitmap */

/* Bits of refcow_header.autoclear_features. */
#define REFCOW_AUTOCLEAR_BITMAPS 0x01u       /* the bitmaps extension is consistent */
#define REFCOW_AUTOCLEAR_DATA_FILE_RAW 0x02u /* the external data file is a raw image */

/* Limits of the format, as the oracle has them. */
#define REFCOW_L1_ENTRIES_MAX 4194304u           /* 32 MiB of L1 table */
#define REFCOW_REFCOUNT_TABLE_BYTES_MAX 8388608u /* 8 MiB */
#define REFCOW_SNAPSHOTS_MAX 65536u
#define REFCOW_SNAPSHOT_EXTRA_MAX 1024u           /* bytes of extra data of a snapshot */
#define REFCOW_SNAPSHOT_TABLE_BYTES_MAX 67108864u /* 64 MiB */

/* The header's fields as they stand in the image, in host byte order, unjudged unless a comment says so. For version 2
 * the fields that it lacks have the values that version 2 implies. Spans lie inside the first cluster, unless a comment
 * says otherwise. */
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
    uint32_t extensions;            /* header extensions seen, the end marker not counted */
    refcow_span backing_file;       /* the name's bytes: not terminated, not validated, never opened */
    refcow_span backing_format;     /* contents of the extension 0xe2792aca */
    refcow_span feature_names;      /* contents of the extension 0x6803f857 */
    refcow_span data_file;          /* contents of the extension 0x44415441: a name, as backing_file */
    refcow_span encryption_header;  /* the LUKS header, from the extension 0x0537be77: anywhere in the file */
    refcow_span bitmap_directory;   /* from the extension 0x23852875: anywhere in the file */
    uint32_t nb_bitmaps;            /* 0 also when autoclear_features says that the extension is not to be trusted */
} refcow_header;

/* An open image. Complete so that it can live on the stack; read header and error, leave the rest alone. There is
 * nothing to close. */
typedef struct refcow_image {
    refcow_header header; /* meaningful when refcow_open() returned OK or a status of class REFUSED */
    refcow_error error;   /* the status that refcow_open() returned, with its evidence */
    refcow_source source; /* private */
    uint64_t work;        /* private: the units of work that opening took; a check starts with them */
} refcow_image;

/*
 * Read and validate the header of an image.
 *
 * image_size is sizeof(refcow_image) and version REFCOW_VERSION: a caller compiled against the header of another major
 * or minor version gets REFCOW_STATUS_BAD_VERSION_OF_HEADER and image is not written.
 *
 * OK: the image can be checked. Class REFUSED: refcow_check() may still be called and gives the best-effort refcount
 * report with verdict refused; error says which field breaks the rule (the one that stands first).
 * Any other class: the image must not be used. A file shorter than the header reads as if padded with zeros.
 *
 * OPEN_LIMIT: it took more than REFCOW_WORK_TO_OPEN. Only tens of thousands of LUKS headers, read by turns, take as
 * much.
 */
refcow_status refcow_open(refcow_image *image, size_t image_size, uint32_t version, const refcow_source *source);

/* ------------------------------------------------------------------ lists */

/* What the image has of something, one after the other: zero the structure, then call as often as the header says that
 * there are any. One call reads less than 100 bytes. Returns OK; READ_FAILED; BAD_ARGUMENT for an image that
 * refcow_open() has neither accepted nor refused, and for a call too many. What is listed is not judged, but spans are
 * where they say. Only refcow_check() knows whether the tables of snapshots and bitmaps are sound: before it they may
 * be anything. */

/* A header extension. */
typedef struct refcow_extension {
    uint32_t index;
    uint32_t type;
    refcow_span contents; /* in the first cluster */
    uint64_t end;         /* private: where the next one begins */
    uint32_t next;        /* private: its index */
} refcow_extension;

/* header.extensions of them. EXTENSION_LENGTH: since the image was opened it has changed, and the contents do not end
 * in the first cluster. */
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
    uint32_t date_nanoseconds; /* besides */
    uint64_t vm_clock;         /* nanoseconds that the guest had been running for */
    uint64_t vm_state_size;    /* bytes of memory and devices; 0: the disk only */
    uint64_t disk_size;        /* virtual size then; 0: the entry does not say */
    uint64_t icount;           /* instructions that the guest had executed; REFCOW_NO_ICOUNT: the entry does not say */
    uint32_t extra_size;       /* bytes of extra data, which the last three fields are in */
    uint32_t next;             /* private: index of the one after it */
    uint64_t end;              /* host offset behind its entry, not padded */
} refcow_snapshot;

/* header.nb_snapshots of them, REFCOW_SNAPSHOTS_MAX at most. SNAPSHOTS_OFFSET: the table is out of range. */
refcow_status refcow_next_snapshot(const refcow_image *image, refcow_snapshot *snapshot);

/* Bits of refcow_bitmap.flags. */
#define REFCOW_BITMAP_IN_USE 1u /* a writer has not stored it: the contents of the bitmap are unknown */
#define REFCOW_BITMAP_AUTO 2u   /* it records every write when the image is opened */

/* A persistent dirty bitmap. */
typedef struct refcow_bitmap {
    uint32_t index;
    uint32_t flags;
    uint64_t offset;       /* of its entry in the directory */
    uint64_t table_offset; /* host offset */
    uint32_t table_entries;
    uint32_t extra_size;
    refcow_span name;    /* not terminated, not validated */
    uint8_t type;        /* 1: tracks what was written */
    uint8_t granularity; /* log2 of the bytes of the disk that a bit stands for */
    uint32_t next;       /* private: index of the one after it */
    uint64_t end;        /* host offset behind the padding of its entry */
} refcow_bitmap;

/* header.nb_bitmaps of them. */
refcow_status refcow_next_bitmap(const refcow_image *image, refcow_bitmap *bitmap);

/* Read any bytes, for example those of a name. Those at or past the end of the file are zeros. Returns as the above. */
refcow_status refcow_read_bytes(const refcow_image *image, uint64_t offset, void *buffer, size_t length);

/* ------------------------------------------------------------------ check */

/* The smallest block of memory that any image can be checked in. */
#define REFCOW_MEMORY_MIN 65536u

/* What a check of this image takes. */
typedef struct refcow_plan {
    uint64_t minimum;  /* bytes: REFCOW_MEMORY_MIN */
    uint64_t one_pass; /* bytes with which one pass over the metadata is enough, unless clusters have so many references
                          that counting starts again with wider counters; may be more than the machine has */
    uint64_t passes;   /* with the memory that was asked about: as many at most, unless counting starts again */
} refcow_plan;

/* Fill plan for an image that refcow_open() has accepted or refused. memory_size is what the caller thinks of giving to
 * refcow_check(); less than REFCOW_MEMORY_MIN gives REFCOW_STATUS_MEMORY_TOO_SMALL, with passes 0. Reads nothing. */
refcow_status refcow_plan_memory(const refcow_image *image, uint64_t memory_size, refcow_plan *plan);

/* No guest offset: the defect is not on the way to a place on the virtual disk. */
#define REFCOW_NO_GUEST UINT64_MAX

/* No table: what is wrong is not a table's entry. */
#define REFCOW_NO_TABLE UINT64_MAX

/* One defect, or a range of equal defects: in adjacent clusters, or in adjacent entries that name adjacent places. Then
 * guest, index and found are those of the first. Contains no pointers. */
typedef struct refcow_finding {
    refcow_kind kind;
    refcow_role role;  /* of the reference that is wrong; REFCOW_ROLE_NONE if it is not about one */
    uint64_t host;     /* what is wrong with: offset of the referenced place or the first cluster */
    uint64_t length;   /* bytes from host on */
    uint64_t guest;    /* lowest offset on the virtual disk that is affected, or REFCOW_NO_GUEST; L2 tables that are not
                          cluster aligned are left out of account */
    uint64_t table;    /* host offset of the table whose entry is wrong, or REFCOW_NO_TABLE; of an L2 table that is not
                          cluster aligned: of the cluster that holds the entry */
    uint64_t index;    /* of the entry in that table, or in that cluster */
    uint64_t expected; /* the counted references, or the copied flag that would be right, else 0 */
    uint64_t found;    /* the stored refcount; of too many references: the highest that the image can store; else the
                          whole entry as it stands in the table, or of a snapshot the field that is wrong */
    uint64_t times; /* defects that this finding stands for, at least 1: each cluster or entry of the range counts once,
                       or as often as the table that holds it is named */
} refcow_finding;

/* Work is counted in units, on one account for all that takes time: a unit is about as much as to decode an entry of a
 * table, some 10 ns. Reading 64 bytes is a unit, a read 128 besides; sorting, a finding, a question for holes, and
 * what an observer is told count, too. So do opening the image and the extra work that the source returns. The same
 * image, options and answers of the source give the same work.
 *
 * The default limit is REFCOW_WORK_FREE, and REFCOW_WORK_PER_BYTE for each byte of the image's L2 tables, as they are
 * read for the first time, which does not lie in 4 KiB of zeros: an image has to have as much metadata as it wants
 * work. What the source took besides to read them is added. It is REFCOW_WORK_MAX at most, and the same for files,
 * devices and servers. To open an image takes REFCOW_WORK_TO_OPEN at most, whatever the limit is: nobody can stop it.
 */
#define REFCOW_WORK_TO_OPEN ((uint64_t)4 << 20)
#define REFCOW_WORK_FREE ((uint64_t)32 << 20)
#define REFCOW_WORK_PER_BYTE 4u
#define REFCOW_WORK_MAX ((uint64_t)64 << 30)

/* Limits of the caller. A limit that is reached stops the check with a status of class LIMIT; all found before stays.
 */
typedef struct refcow_limits {
    uint64_t max_read; /* bytes handed out by the reader, zeros of holes included; 0: no limit */
    uint64_t max_work; /* units; 0: the default; UINT64_MAX: no limit */
} refcow_limits;

/* Where a check stands. */
typedef struct refcow_progress {
    uint64_t pass;  /* 1 up */
    uint64_t done;  /* clusters of the file whose comparison is finished; stands still when a cluster has so many
                       references that counting starts again with wider counters */
    uint64_t total; /* clusters of the file */
    uint64_t bytes_read;
    uint64_t work;         /* units */
    uint64_t next;         /* what done will be after this pass */
    uint64_t tables;       /* L2 tables of this pass that have been dealt with */
    uint64_t tables_known; /* of so many; grows if there are more than the memory has room for */
} refcow_progress;

/* A structure takes up host clusters. */
typedef struct refcow_reference {
    refcow_role role;
    uint64_t offset; /* of the structure; it takes up every cluster that it touches */
    uint64_t length;
    uint64_t times;  /* how often it is named: by the active disk's tables and by those of all snapshots */
    uint64_t active; /* of these, by the active disk; metadata that belongs to no snapshot counts here */
} refcow_reference;

/* Adjacent clusters that are alike. */
typedef struct refcow_clusters {
    uint64_t host; /* offset of the first */
    uint64_t length;
    uint64_t stored;  /* the refcount of each */
    uint64_t counted; /* references to each; more than the image's width can store are not cut off */
    int is_known;     /* 0: the stored refcount could not be looked up, and is 0 here */
} refcow_clusters;

/* Someone who wants to know what is where in the file, and looks on while it is checked, window by window; none of the
 * callbacks may be NULL. Between two windows there are only clusters without a reference and a refcount. Nothing is
 * told about an image that is refused, nor of references that reach past the end of the file by a cluster or more:
 * those are findings. Looking on takes time, and 9 bytes of memory for each cluster instead of 2. */
typedef struct refcow_observer {
    /* A window begins, in ascending order: from this host offset on, so many bytes, of which the file may have less. */
    void (*window)(void *user, uint64_t host, uint64_t length);
    /* Then come all references that touch it, in no order; they may reach out of it. */
    void (*reference)(void *user, const refcow_reference *reference);
    /* Then all clusters of it that the file has, in ascending order, with what was stored and counted. */
    void (*clusters)(void *user, const refcow_clusters *clusters);
    void *user; /* given to the callbacks */
} refcow_observer;

/* What refcow_check() needs. Zero the structure, then set what you want. */
typedef struct refcow_options {
    void *memory;             /* the block that the check works in; any alignment */
    size_t memory_size;       /* at least REFCOW_MEMORY_MIN; more means fewer passes, the answer is the same */
    refcow_finding *findings; /* where findings go; NULL: they are only counted */
    size_t findings_capacity; /* room for as many findings, of which each listed kind has an equal share; a share of
                                 less than 1 is room for none. Ranges are made in the end, of those kept: the last one
                                 of a kind may go on in what is omitted */
    uint32_t findings_kinds;  /* the kinds to list, a bit each: 1 << REFCOW_KIND_REFCOUNT_HIGH; 0: all. The others are
                                 only counted, which is faster */
    refcow_limits limits;
    /* Optional. Called between reads, at least once per 2 MiB read; anything but 0 stops the check with CANCELLED. On
     * an image that is refused the refusal stays the status, also for a limit; see refcounts.complete. */
    int (*progress)(void *user, const refcow_progress *progress);
    void *user; /* given to progress and orphan */
    /* Optional. Called for each entry that the refcount report counts among the orphans, which are no findings, so that
     * the caller can list them, in no order: of kind REFCOW_KIND_REFCOUNT_LOW, with the whole entry in found and
     * nothing in expected. NULL: counting starts again with wider counters, forget all that was told so far. */
    void (*orphan)(void *user, const refcow_finding *entry);
    const refcow_observer *observer; /* optional */
} refcow_options;

/* The refcount report: how the active disk's data clusters stand in the refcounts. Best effort: given for every image
 * whose magic, version and cluster_bits are valid, also when the check refuses it. */
typedef struct refcow_refcount_report {
    uint32_t refcount_order;
    uint32_t refcount_table_clusters;
    uint64_t refcount_table_offset;
    uint64_t allocated_clusters; /* standard L2 entries of the active tree with a host cluster; not compressed ones and
                                    not those with the zero flag; entries, so a cluster that two entries name is 2 */
    uint64_t orphan_clusters;    /* of these, how many name a cluster whose stored refcount is 0; none with an external
                                    data file, whose clusters have no refcounts */
    uint64_t unknown_clusters;   /* of these, how many have no refcount that could be looked up */
    int complete; /* 0: stopped early, or the header's tables are outside the format's limits, so that not
                     everything could be counted or looked up; the counts are lower bounds */
} refcow_refcount_report;

/* The answer of a check. */
typedef struct refcow_result {
    refcow_verdict verdict;
    refcow_error error; /* OK when complete; else why there is no more */
    /* The counts of the check. All 0 when the verdict is refused; lower bounds when it is incomplete. */
    uint64_t corruptions;
    uint64_t leaks;               /* clusters */
    uint64_t check_errors;        /* clusters whose stored refcount could not be looked up */
    uint64_t image_end_offset;    /* end of the last cluster that is referenced or has a refcount */
    uint64_t total_clusters;      /* guest clusters; virtual size in whole sectors of 512, rounded up */
    uint64_t allocated_clusters;  /* entries of the active tree with a host cluster or compressed data */
    uint64_t fragmented_clusters; /* of these, how many do not follow their predecessor in the same L2 table */
    uint64_t compressed_clusters; /* of these, how many are compressed */
    /* How much a reader may have to expand. The first is at least allocated_clusters: readers also find data where the
     * check does not count any, as in compressed entries with a bitmap of subclusters. */
    uint64_t data_clusters;          /* guest clusters of the active tree that a reader may find data in */
    uint64_t snapshot_data_clusters; /* the same of the trees of all snapshots, added up */
    refcow_refcount_report refcounts;
    /* What it took. The same image, block size, limits and room for findings give the same figures. */
    uint64_t passes;
    uint64_t memory_used; /* bytes of the block */
    uint64_t bytes_read;
    uint64_t work; /* units */
    /* The findings: the defects of each kind, all counted; and how many findings were written, sorted by kind, then by
     * table and index, then by host offset. Of each kind the first ones are kept. */
    uint64_t found[REFCOW_KINDS];
    size_t findings_count;
    uint64_t findings_omitted; /* defects that no written finding stands for */
} refcow_result;

/*
 * Check an image that refcow_open() has accepted, or give the refcount report of one that it has refused.
 *
 * Returns result->error.status: OK means that the counts are complete and comparable with those of `qemu-img check`.
 * Damage in the image is never a status; a status that is not OK means that finding nothing proves nothing.
 */
refcow_status refcow_check(const refcow_image *image, const refcow_options *options, refcow_result *result);

#ifdef __cplusplus
}
#endif

#endif
