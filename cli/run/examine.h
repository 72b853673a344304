/*
 * examine.h - look at an image from the beginning to the end: give the library memory, let it check, note the outcome.
 */
#ifndef REFCOW_CLI_RUN_EXAMINE_H
#define REFCOW_CLI_RUN_EXAMINE_H

#include "../process/memory.h"
#include "check_report.h"
#include "common_options.h"
#include "images.h"

/* What goes along with the images, from one to the next. */
typedef struct examination {
    const common_options *options;
    uint64_t memory; /* bytes for the library: not more than the options grant */
    memory_block findings;
    memory_block orphans;
    const refcow_observer *observer; /* or NULL */
    bool looks_again;                /* for the whereabouts of findings, see whereabouts.h, if it is worth while */
    memory_block whereabouts;        /* as many as findings */
    memory_block overlaps;
    bool wants_holes; /* the note about clusters in use that lie in holes of the file */
} examination;

/* Bytes that the library can use for this image: not more than there are, but enough. */
uint64_t examine_block(const refcow_image *image, uint64_t memory, bool is_observed);

/* Why the library has ended. has_passes: more memory would make fewer passes. */
failure examine_failure(const refcow_error *error, const image_file *file, bool has_passes);

/* The needs for images_each(), if the verb maps so many bytes for lists. */
images_needs examine_needs(const common_options *options, uint64_t lists);

/* All fields of the report but path and listed, which are the caller's, are filled in. */
void examine(check_report *report, const examination *how, opened_image *image);

/* Say on stderr why the answer is not complete, if it is not. */
void examine_complain(const check_report *report);

#endif
