/*
 * options.h - the command line of `refcow check`, with its defaults.
 */
#ifndef REFCOW_CLI_CHECK_OPTIONS_H
#define REFCOW_CLI_CHECK_OPTIONS_H

#include "../run/common_options.h"
#include "../run/images.h"
#include "../run/kinds.h"
#include "judgement.h"

typedef enum output_mode {
    OUTPUT_HUMAN,
    OUTPUT_JSON,  /* one object, of one image */
    OUTPUT_JSONL, /* JSON Lines: a record in each line, of any number of images */
    OUTPUT_CSV    /* a table, of any number of images */
} output_mode;

typedef struct check_options {
    common_options common;
    image_list images;
    output_mode output;
    kind_set listed;       /* the kinds whose findings are listed */
    bool wants_kinds;      /* nothing is checked, but it is said what can be listed */
    uint64_t max_findings; /* ranges of each kind */
    bool brief;            /* a line for each image */
    bool only_problems;    /* nothing about other images */
    bool wants_holes;      /* the note about clusters in use that lie in holes of the file */
    bool has_fail_on;      /* --fail-on is given: the exit status goes by problems */
    judgement_set problems;
} check_options;

/* argv[0] is the verb; the strings stay the caller's. */
options_outcome check_options_parse(check_options *options, int argc, char **argv);

#endif
