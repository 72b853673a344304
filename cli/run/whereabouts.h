/*
 * whereabouts.h - a second look at an image: which part of the disk the clusters of findings hold, and who refers to
 * them; and the clusters whose uses exclude each other.
 *
 * The check counts references and does not keep who made them. So when it has found clusters with a wrong refcount,
 * the image is read again, with the limits anew, and the library tells about each reference. Nothing of that changes
 * what the check has found. If the second look does not end, or saw another image, nothing is known of it but why.
 */
#ifndef REFCOW_CLI_RUN_WHEREABOUTS_H
#define REFCOW_CLI_RUN_WHEREABOUTS_H

#include "../image/file.h"
#include "../text/failure.h"
#include "ownership.h"

#include <stddef.h>

typedef struct whereabouts {
    guest_range guest;
    user_set users; /* 0: nothing refers to the clusters */
} whereabouts;

/* Adjacent clusters whose uses exclude each other, as if it were a finding. */
typedef struct overlap {
    refcow_finding finding;
    whereabouts where;
    bool is_known; /* finding.found is the stored refcount */
} overlap;

typedef struct second_look {
    bool is_taken;
    bool is_complete;         /* the fields behind result are true, and all there is */
    failure why;              /* "ok" if it is complete */
    refcow_result result;     /* what it took */
    whereabouts *of_findings; /* of each listed finding, in their order */
    overlap *overlaps;        /* the first of them: the caller's, room for so many */
    size_t overlaps_room;
    size_t overlaps_count;
    uint64_t overlapping; /* clusters in all */
} second_look;

struct check_report;
struct examination;

/* Bytes of memory that a second look takes if the options grant so many: at least what the library needs. */
uint64_t whereabouts_memory(uint64_t memory);

/* Whether the check has left questions that a second look can answer. */
bool whereabouts_are_wanted(const struct check_report *report, const struct examination *how);

/* Take it: report->look is filled in. */
void whereabouts_look(struct check_report *report, const struct examination *how, image_file *file);

/* What is known of the finding with this number; no users: nothing is. */
whereabouts whereabouts_of(const struct check_report *report, size_t finding);

#endif
