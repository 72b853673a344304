/*
 * common_options.h - the options of every verb that counts references: how much may be spent on an image, and the like.
 */
#ifndef REFCOW_CLI_RUN_COMMON_OPTIONS_H
#define REFCOW_CLI_RUN_COMMON_OPTIONS_H

#include "../process/exit_codes.h"
#include "../text/complain.h"
#include "refcow.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEFAULT_MEMORY (UINT64_C(64) << 20)

typedef struct common_options {
    bool quiet;
    bool wants_progress;
    bool sandbox;
    bool format_is_given; /* -f qcow2: a file in another format is an error, as in qemu-img */
    uint64_t memory;      /* bytes, at most */
    refcow_limits limits; /* those left open are 0: the library's defaults */
    uint64_t timeout;     /* seconds for each image; 0: as long as it takes */
} common_options;

#define COMMON_OPTIONS_DEFAULT {.sandbox = true, .memory = DEFAULT_MEMORY}

/* For getopt_long(): the short ones, and rows for the table of the long ones. The own options of a verb are numbered
 * from FIRST_OWN_OPTION on. */
#define COMMON_SHORT_OPTIONS ":f:hpqr:U"
#define COMMON_LONG_OPTIONS                                                                                            \
    {"format", required_argument, NULL, 'f'}, {"force-share", no_argument, NULL, 'U'},                                 \
        {"help", no_argument, NULL, 'h'}, {"max-work", required_argument, NULL, COMMON_MAX_WORK},                      \
        {"max-read", required_argument, NULL, COMMON_MAX_READ}, {"memory", required_argument, NULL, COMMON_MEMORY},    \
        {"no-sandbox", no_argument, NULL, COMMON_NO_SANDBOX}, {"progress", no_argument, NULL, 'p'},                    \
        {"quiet", no_argument, NULL, 'q'}, {"repair", required_argument, NULL, 'r'},                                   \
    {                                                                                                                  \
        "timeout", required_argument, NULL, COMMON_TIMEOUT                                                             \
    }

enum {
    COMMON_MEMORY = FIRST_LONG_OPTION,
    COMMON_MAX_READ,
    COMMON_MAX_WORK,
    COMMON_TIMEOUT,
    COMMON_NO_SANDBOX,
    FIRST_OWN_OPTION
};

/* Lines of help about them. */
#define COMMON_OPTIONS_HELP                                                                                            \
    "    --memory SIZE        use at most SIZE bytes (default 64M, minimum 64K)\n"                                     \
    "    --timeout SECONDS    stop an image after SECONDS (default: no limit)\n"                                       \
    "    --max-read SIZE      stop after reading SIZE bytes (default: no limit)\n"                                     \
    "    --max-work N         stop after N units of work, about 10 ns each, or none\n"                                 \
    "-f, --format qcow2       do not guess the format\n"                                                               \
    "-p, --progress           show progress even if stderr is not a terminal\n"                                        \
    "-q, --quiet              print only errors\n"                                                                     \
    "-U, --force-share        ignored; qemu-img has this option\n"                                                     \
    "    --no-sandbox         do not enter the sandbox (for debuggers)\n"                                              \
    "-h, --help               print this help; refcow(1) says more\n"

typedef enum options_outcome {
    OPTIONS_READY,
    OPTIONS_HELP, /* help is asked for; the rest does not matter */
    OPTIONS_WRONG /* the reason has been written to stderr */
} options_outcome;

/* A verb's options, as getopt_long() knows them. */
typedef struct option_reader {
    const char *command;       /* "refcow VERB" */
    const char *short_options; /* COMMON_SHORT_OPTIONS and the verb's own */
    const struct option *long_options;
    bool (*apply_own)(void *options, int option); /* false: the reason has been written to stderr */
    void *options;                                /* given to apply_own */
} option_reader;

/* A number of seconds that --timeout can have; false: it is none, and the rule says what it must be. */
#define TIMEOUT_RULE "a number of seconds from 1 to 100000000"
bool timeout_parse(uint64_t *seconds, const char *word);

/* Read all options; what is behind them starts at optind. argv[0] is the verb; the strings stay the caller's. */
options_outcome common_options_read(common_options *common, const option_reader *reader, int argc, char **argv);

/* What becomes of a command line that is not ready: help, or nothing more. */
exit_code options_end(options_outcome outcome, const char *help);

#endif
