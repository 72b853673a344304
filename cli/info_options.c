#include "info_options.h"

#include "complain.h"
#include "numbers.h"
#include "refcow.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define COMMAND "refcow info"

#define DEFAULT_LISTED_HUMAN 16 /* what a person reads; programs take more */
#define DEFAULT_LISTED_PROGRAM 1000
#define MOST_LISTED REFCOW_SNAPSHOTS_MAX /* the format allows no more */

#define NOT_GIVEN UINT64_MAX

enum { OPTION_MAX_LISTED = FIRST_LONG_OPTION, OPTION_NO_SANDBOX, OPTION_OUTPUT, OPTION_REFCOUNTS };

static const char short_options[] = ":f:hU";
static const struct option long_options[] = {
    {"force-share", no_argument, NULL, 'U'},
    {"format", required_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"max-listed", required_argument, NULL, OPTION_MAX_LISTED},
    {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"refcounts", no_argument, NULL, OPTION_REFCOUNTS},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_output(info_options *options, const char *word)
{
    static const char *const names[] = {
        [INFO_HUMAN] = "human", [INFO_JSON] = "json", [INFO_JSONL] = "jsonl", [INFO_BODYFILE] = "bodyfile"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            options->output = (info_output)i;
            return true;
        }
    }
    return complain("--output is not human, json, jsonl or bodyfile", word);
}

static bool set_format(info_options *options, const char *word)
{
    options->format_is_given = true;
    return strcmp(word, "qcow2") == 0 || complain("the format is not qcow2", word);
}

static bool set_most_listed(info_options *options, const char *word)
{
    return (parse_number(word, &options->most_listed) && options->most_listed <= MOST_LISTED) ||
           complain("--max-listed is not a number from 0 to 65536", word);
}

static bool apply_option(info_options *options, int option, char **argv)
{
    switch (option) {
    case 'f':
        return set_format(options, optarg);
    case 'U': /* qemu-img's way to look at an image that a guest uses: refcow never takes a lock */
        return true;
    case OPTION_MAX_LISTED:
        return set_most_listed(options, optarg);
    case OPTION_NO_SANDBOX:
        options->sandbox = false;
        return true;
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    case OPTION_REFCOUNTS:
        options->wants_refcounts = true;
        return true;
    default:
        complain_about_option(COMMAND, option, argv);
        return false;
    }
}

/* As in refcow check: one object is about one image. */
static bool take_images(info_options *options, int argc, char **argv)
{
    if (!images_take(&options->images, COMMAND, argc, argv))
        return false;
    if (options->output == INFO_JSON && options->images.count > 1)
        return complain("--output=json is about one image, several take --output=jsonl; this one is too many",
                        options->images.paths[1]);
    return true;
}

options_outcome info_options_parse(info_options *options, int argc, char **argv)
{
    int option;

    *options = (info_options){.sandbox = true, .most_listed = NOT_GIVEN};
    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(options, option, argv))
            return OPTIONS_WRONG;
    }
    if (options->most_listed == NOT_GIVEN)
        options->most_listed = options->output == INFO_HUMAN ? DEFAULT_LISTED_HUMAN : DEFAULT_LISTED_PROGRAM;
    return take_images(options, argc, argv) ? OPTIONS_READY : OPTIONS_WRONG;
}
