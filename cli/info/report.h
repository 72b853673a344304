/*
 * report.h - what `refcow info` knows about an image, and the ways to print it.
 *
 * There may be tens of thousands of snapshots, bitmaps and extensions. They are not kept, but read one by one when they
 * are printed; so is every name.
 */
#ifndef REFCOW_CLI_INFO_REPORT_H
#define REFCOW_CLI_INFO_REPORT_H

#include "../image/live.h"
#include "../text/failure.h"
#include "../text/json.h"
#include "../text/name.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct info_report {
    const char *path;
    uint64_t most_listed;   /* extensions, snapshots, bitmaps: of each */
    uint64_t most_names;    /* bytes of the names in such a list; the last one may be over it */
    uint64_t names;         /* of the list that is being read: bytes so far */
    bool failed;            /* not all is known: */
    failure failure;        /* why; the first reason */
    const image_file *file; /* what it is read from */
    live_moment begun;      /* when it was opened */
    bool has_header;        /* the fields below mean something */
    refcow_image image;
    uint64_t l1_bytes; /* of the L1 tables of the disk and of all snapshots, by the lengths that the image states */
    bool counted;      /* the references were: the field below means something */
    refcow_result result;
} info_report;

/* Not all is known, for this reason or an earlier one. */
void info_fail(info_report *report, failure why);

/* The reason that a call of the library has given. */
failure info_failure(const info_report *report, const refcow_error *error);

/* The next one of a list that begins with a zeroed structure. False at its end, and if it cannot be read or is no
 * snapshot, which is noted in the report. */
bool info_next_extension(info_report *report, refcow_extension *extension);
bool info_next_snapshot(info_report *report, refcow_snapshot *snapshot);
bool info_next_bitmap(info_report *report, refcow_bitmap *bitmap);

/* Whether one more of a list is listed: not after the limit on entries or on the length of names. */
bool info_may_list(const info_report *report, uint64_t listed);

/* Read a name; an empty one if it cannot be read, which is noted in the report. */
void info_read_name(info_report *report, refcow_span span, image_name *name);

/* The image has one, as qemu sees it: then it has been read. */
bool info_backing_file(info_report *report, image_name *name);

/* A server does not tell what an image takes up on the disk. */
bool info_knows_disk(const info_report *report);

/* What there is per byte of the file: 0 if it has none. */
double info_per_byte(uint64_t size, uint64_t file_size);

/* What has become of it since it was opened. */
live_facts info_live(const info_report *report);

/* For people, of an image whose header is known. */
void info_print_human(FILE *out, info_report *report);

/* For programs: the keys of `qemu-img info --output=json` as far as they are known, and the key "refcow" always. */
void info_print_json(json_writer *json, info_report *report);

/* For timelines: a line for each snapshot. Returns how many were listed. */
uint64_t info_print_bodyfile(FILE *out, info_report *report);

#endif
