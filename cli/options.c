#include "options.h"

#include "complain.h"
#include "numbers.h"
#include "refcow.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define COMMAND "refcow check"

#define DEFAULT_FINDINGS_HUMAN 8 /* what a person reads; programs take more */
#define DEFAULT_FINDINGS_PROGRAM 32
#define MOST_FINDINGS 1000     /* keeping them sorted costs time, and the output is to stay readable */
#define MOST_LISTED 1000000    /* who asks for a list wants it whole */
#define MOST_SECONDS 100000000 /* three years */

#define NOT_GIVEN UINT64_MAX

enum {
    OPTION_OUTPUT = FIRST_LONG_OPTION,
    OPTION_LIST,
    OPTION_MEMORY,
    OPTION_MAX_READ,
    OPTION_MAX_ENTRIES,
    OPTION_MAX_FINDINGS,
    OPTION_TIMEOUT,
    OPTION_NO_SANDBOX
};

static const char short_options[] = ":f:hpqU";
static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"force-share", no_argument, NULL, 'U'},
    {"help", no_argument, NULL, 'h'},
    {"list", required_argument, NULL, OPTION_LIST},
    {"max-entries", required_argument, NULL, OPTION_MAX_ENTRIES},
    {"max-findings", required_argument, NULL, OPTION_MAX_FINDINGS},
    {"max-read", required_argument, NULL, OPTION_MAX_READ},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"progress", no_argument, NULL, 'p'},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_output(check_options *options, const char *word)
{
    return output_mode_of(word, &options->output) || complain("--output is not human, json, jsonl or csv", word);
}

static bool add_to_list(check_options *options, const char *word)
{
    return kind_set_add(&options->listed, word) ||
           complain("--list names no kind of finding, nor orphan, nor all", word);
}

static bool set_format(check_options *options, const char *word)
{
    options->format_is_given = true;
    return strcmp(word, "qcow2") == 0 || complain("the format is not qcow2", word);
}

static bool set_memory(check_options *options, const char *word)
{
    if (!parse_size(word, &options->memory))
        return complain("--memory is not a size like 64M", word);
    return options->memory >= REFCOW_MEMORY_MIN || complain("--memory is less than 64K", word);
}

static bool set_max_read(check_options *options, const char *word)
{
    if (strcmp(word, "none") == 0)
        options->max_read = 0;
    else if (!parse_size(word, &options->max_read) || options->max_read == 0)
        return complain("--max-read is neither a size like 4G nor none", word);
    return true;
}

static bool set_max_entries(check_options *options, const char *word)
{
    if (strcmp(word, "none") == 0)
        options->max_entries = 0;
    else if (!parse_number(word, &options->max_entries) || options->max_entries == 0)
        return complain("--max-entries is neither a number from 1 up nor none", word);
    return true;
}

static bool set_timeout(check_options *options, const char *word)
{
    return (parse_number(word, &options->timeout) && options->timeout > 0 && options->timeout <= MOST_SECONDS) ||
           complain("--timeout is not a number of seconds from 1 to 100000000", word);
}

static bool set_max_findings(check_options *options, const char *word)
{
    return parse_number(word, &options->max_findings) || complain("--max-findings is not a number", word);
}

static bool apply_option(check_options *options, int option, char **argv)
{
    switch (option) {
    case 'f':
        return set_format(options, optarg);
    case 'q':
        options->quiet = true;
        return true;
    case 'p':
        options->wants_progress = true;
        return true;
    case 'U': /* qemu-img's way to look at an image that a guest uses: refcow never takes a lock */
        return true;
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    case OPTION_LIST:
        return add_to_list(options, optarg);
    case OPTION_MEMORY:
        return set_memory(options, optarg);
    case OPTION_MAX_READ:
        return set_max_read(options, optarg);
    case OPTION_MAX_ENTRIES:
        return set_max_entries(options, optarg);
    case OPTION_TIMEOUT:
        return set_timeout(options, optarg);
    case OPTION_NO_SANDBOX:
        options->sandbox = false;
        return true;
    case OPTION_MAX_FINDINGS:
        return set_max_findings(options, optarg);
    default:
        complain_about_option(COMMAND, option, argv);
        return false;
    }
}

/* qemu-img's answer is one object, about one image. An array for several would be another answer for the same option,
 * and nothing to read before the last image is done. */
static bool take_images(check_options *options, int argc, char **argv)
{
    if (!images_take(&options->images, COMMAND, argc, argv))
        return false;
    if (options->output == OUTPUT_JSON && options->images.count > 1)
        return complain("--output=json is about one image, several take --output=jsonl; this one is too many",
                        options->images.paths[1]);
    return true;
}

/* With --list as many findings as fit into as much memory again as the check may take. */
static uint64_t default_findings(const check_options *options)
{
    uint64_t fitting = options->memory / (REFCOW_KINDS * sizeof(refcow_finding));

    if (options->listed != 0)
        return fitting < MOST_LISTED ? fitting : MOST_LISTED;
    return options->output == OUTPUT_HUMAN ? DEFAULT_FINDINGS_HUMAN : DEFAULT_FINDINGS_PROGRAM;
}

static bool settle_findings(check_options *options)
{
    if (options->max_findings == NOT_GIVEN)
        options->max_findings = default_findings(options);
    else if (options->listed == 0 && options->max_findings > MOST_FINDINGS)
        return complain("--max-findings is more than 1000, which is for --list", NULL);
    else if (options->max_findings > MOST_LISTED)
        return complain("--max-findings is more than 1000000", NULL);
    if (options->listed == 0)
        options->listed = ALL_FINDINGS;
    return true;
}

options_outcome check_options_parse(check_options *options, int argc, char **argv)
{
    int option;

    *options = (check_options){.sandbox = true,
                               .memory = DEFAULT_MEMORY,
                               .max_read = LIMIT_DEFAULT,
                               .max_entries = LIMIT_DEFAULT,
                               .max_findings = NOT_GIVEN};
    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(options, option, argv))
            return OPTIONS_WRONG;
    }
    return take_images(options, argc, argv) && settle_findings(options) ? OPTIONS_READY : OPTIONS_WRONG;
}
