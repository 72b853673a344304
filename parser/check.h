/*
 * check.h - the state of a check in progress, which its steps share.
 */
#ifndef REFCOW_CHECK_H
#define REFCOW_CHECK_H

#include "cache.h"
#include "entries.h"
#include "findings.h"
#include "l2_ranges.h"
#include "refcounts.h"
#include "source.h"
#include "sweep.h"
#include "tables.h"
#include "window.h"

/* Entries that l2_fast.c looks at together; a power of two. */
#define L2_GROUP ((size_t)32)

/* What l2_fast.c compares entries with. */
struct l2_fast {
    uint64_t special;         /* an entry without these bits names a host cluster, if any, and that is all it says */
    uint64_t steps[L2_GROUP]; /* what distinguishes the entries of a group from its first one, if they name one cluster
                                 after the other; in the byte order of the image */
};

/* The clusters start .. end - 1 lie in a hole of the file. */
struct hole {
    uint64_t start;
    uint64_t end;
};

struct check {
    const refcow_header *header;
    refcow_result *result;
    struct reader reader;
    struct refcounts refcounts;
    struct findings findings;
    struct window window;
    struct cache lookups;            /* for the refcount table and its blocks */
    struct cache directory;          /* for the tables of snapshots and bitmaps, which are read from beginning to end */
    struct table_set tables;         /* the L2 tables that are being walked */
    struct ranges ranges;            /* of the L2 tables, in the order in which they are walked */
    const refcow_observer *observer; /* or NULL */
    void (*orphan)(void *user, const refcow_finding *entry); /* the caller's, or NULL */
    struct sweep sweep;      /* over the L1 tables of snapshots, or over bitmap tables */
    refcow_finding mismatch; /* adjacent clusters with the same one, which may go on; times 0: none */
    refcow_finding excess;   /* the same for clusters with more references than a refcount can say */
    struct hole in_hole;     /* adjacent clusters in use that lie in a hole, which may go on; empty: none */
    struct hole hole;        /* of the file, that was found last */
    struct l2_format l2;
    struct l2_fast fast;
    uint64_t cluster_size;
    uint64_t file_length;    /* the file's size rounded up to 512, as the oracle has it */
    uint64_t clusters;       /* of the file: file_length rounded up to clusters */
    uint64_t refcount_limit; /* the largest refcount of the image's width */
    uint64_t missing_end;    /* the highest end of a reference past the end of the file to a counted cluster; 0: none */
    uint64_t wrong_entries;  /* findings about entries so far */
    uint64_t grown;          /* 1 if a reference sticks out into the cluster after these, else 0 */
    uint32_t l1_span_bits;   /* an L1 entry stands for 1 << l1_span_bits bytes of the disk */
    uint64_t window_clusters; /* that the memory is enough for */
    uint64_t memory_used;
    uint8_t *chunk;          /* scratch for reading tables */
    size_t chunk_size;       /* a multiple of 16 */
    bool wants_sharing;      /* the caller wants the most references to one cluster */
    bool first_pass;         /* what belongs to no cluster of the file is counted in the first pass only */
    bool report_only;        /* the image is refused: only the refcount report is wanted */
    bool are_tables_known;   /* the set of tables has all of them, since the first pass */
    bool lookups_can_fail;   /* some refcount block is unaligned or unreadable */
    bool is_report_complete; /* the refcount report covers all of the active tree */
};

#endif
