/*
 * options.h - the command line of `refcow check`, with its defaults.
 */
#ifndef REFCOW_CLI_OPTIONS_H
#define REFCOW_CLI_OPTIONS_H

#include "images.h"
#include "kinds.h"
#include "output_mode.h"

#include <stdbool.h>
#include <stdint.h>

#define DEFAULT_MEMORY (UINT64_C(64) << 20)

/* A limit that the user has left open: see budget.h. */
#define LIMIT_DEFAULT UINT64_MAX

typedef enum options_outcome {
    OPTIONS_READY,
    OPTIONS_HELP, /* help is asked for; the rest does not matter */
    OPTIONS_WRONG /* the reason has been written to stderr */
} options_outcome;

typedef struct check_options {
    image_list images;
    output_mode output;
    bool quiet;
    bool wants_progress;
    bool sandbox;
    bool format_is_given;  /* -f qcow2: a file in another format is an error, as in qemu-img */
    uint64_t memory;       /* bytes, at most */
    uint64_t max_read;     /* bytes; 0: no limit; or LIMIT_DEFAULT */
    uint64_t max_entries;  /* 0: no limit; or LIMIT_DEFAULT */
    uint64_t timeout;      /* seconds for each image; 0: as long as it takes */
    kind_set listed;       /* the kinds whose findings are listed */
    uint64_t max_findings; /* of each kind */
} check_options;

/* argv[0] is the verb; the strings stay the caller's. */
options_outcome check_options_parse(check_options *options, int argc, char **argv);

#endif
