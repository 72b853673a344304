/*
 * options.h - the command line of `refcow map`, with its defaults.
 */
#ifndef REFCOW_CLI_MAP_OPTIONS_H
#define REFCOW_CLI_MAP_OPTIONS_H

#include "../process/terminal.h"
#include "../run/common_options.h"
#include "../run/images.h"

/* The library needs its share of this. */
#define MAP_LEAST_MEMORY (UINT64_C(164) << 10)

typedef enum map_output { MAP_HUMAN, MAP_JSONL, MAP_CSV, MAP_HTML } map_output;

typedef struct map_options {
    common_options common;
    image_list images;
    map_output output;
    uint64_t max_runs; /* to be listed; UINT64_MAX: all, with a form that lists runs at once */
    terminal terminal;
} map_options;

/* Runs are printed as soon as they are known, and not kept. */
static inline bool map_lists_at_once(map_output output)
{
    return output == MAP_JSONL || output == MAP_CSV;
}

/* argv[0] is the verb; the strings stay the caller's. */
options_outcome map_options_parse(map_options *options, int argc, char **argv);

#endif
