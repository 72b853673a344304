/*
 * facts.h - what there is to know about an image before the rules of `refcow gate` are applied.
 */
#ifndef REFCOW_CLI_GATE_FACTS_H
#define REFCOW_CLI_GATE_FACTS_H

#include "../text/failure.h"
#include "../text/name.h"
#include "input.h"
#include "magic_search.h"
#include "policy.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

/* Header extensions of one type. */
typedef struct gate_extensions {
    uint64_t count;
    uint64_t offset; /* of the first one's head */
    uint32_t type;   /* of the first one */
} gate_extensions;

/* A snapshot, with its name. */
typedef struct gate_snapshot {
    refcow_snapshot entry; /* its end 0: there is none */
    image_name name;
} gate_snapshot;

typedef struct gate_facts {
    bool knows_size;
    uint64_t size; /* of the file, if that is known; else of what was seen of it */
    gate_magics magics;
    bool has_writer;   /* by the locks of qemu */
    bool hides_writer; /* a server does not tell of locks, nor a file system that has none */

    /* The library's image; not used for an image that is expected to be raw. */
    refcow_image image;
    bool has_header;            /* what follows means something */
    bool has_backing_format;    /* one that is not empty */
    uint32_t backing_file_size; /* as it stands in the header, also where the library gives the name up */
    image_name backing_file;
    image_name data_file;
    gate_extensions unknown_extensions;
    gate_extensions repeated_extensions; /* of known types, but for the first of each */
    gate_extensions bitmap_extensions;
    gate_extensions data_file_extensions;

    /* The snapshot table, as far as it was needed. */
    uint64_t snapshot_tables;     /* bytes of L1 tables */
    refcow_snapshot bad_snapshot; /* the first one, behind which nothing was read, if its end is not 0 */
    uint64_t snapshot_past_end;   /* host offset of the first entry whose L1 table reaches past the end; 0: none does */
    gate_snapshot largest_disk;   /* the first one with the highest disk_size */
    gate_snapshot largest_data;   /* the first one with the most bytes of disk and VM state together */

    bool checked; /* to the end */
    refcow_result check;
    uint64_t most_shared; /* references to one host cluster */

    failure failure; /* why there is no more; its name NULL: there is all */
} gate_facts;

/* Find out all that the policy's rules need to know. */
void gate_gather(gate_facts *facts, gate_input *input, const gate_policy *policy);

/* The most bytes of data that a reader of the active disk may find: what a check has found to be mapped, or else all of
 * the disk. */
uint64_t gate_active_data(const gate_facts *facts);

/* The most bytes of data that a reader of any one snapshot may find; 0 without snapshots. That is all of the disk and
 * the VM state; or what all snapshots together map, if a check has walked the tables of each of them and that is less.
 */
uint64_t gate_snapshot_data(const gate_facts *facts);

/* Whole times that the data is the file's size. A file of no bytes is amplified without end. */
uint64_t gate_amplification(const gate_facts *facts, uint64_t data);

/* Whether that is over the policy's limit. The rest counts: a thousand times and a byte is more than a thousand times.
 */
bool gate_is_amplified(const gate_facts *facts, const gate_policy *policy, uint64_t data);

/* Whether so many bytes from there on are in the file. */
bool gate_ends_in_file(const gate_facts *facts, uint64_t offset, uint64_t length);

#endif
