/*
 * options.h - the command line of `refcow info`, with its defaults.
 */
#ifndef REFCOW_CLI_INFO_OPTIONS_H
#define REFCOW_CLI_INFO_OPTIONS_H

#include "../run/common_options.h"
#include "../run/images.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum info_output {
    INFO_HUMAN,
    INFO_JSON,    /* one object, of one image */
    INFO_JSONL,   /* the same in a line, of any number of images */
    INFO_BODYFILE /* the snapshots, in the format of The Sleuth Kit */
} info_output;

typedef struct info_options {
    common_options common; /* how much may be spent on counting, if that is wanted */
    image_list images;
    info_output output;
    bool wants_refcounts; /* count the references */
    uint64_t most_listed; /* extensions, snapshots, bitmaps: of each */
    uint64_t most_names;  /* bytes of their names */
} info_options;

/* Whether an answer fits in the buffer of stdout, so that nothing of it is out before all of it is known. */
bool info_fits_in_buffer(const info_options *options);

/* argv[0] is the verb; the strings stay the caller's. */
options_outcome info_options_parse(info_options *options, int argc, char **argv);

#endif
