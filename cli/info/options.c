#include "options.h"

#include "../text/numbers.h"
#include "../text/words.h"
#include "refcow.h"

#include <stddef.h>

#define COMMAND "refcow info"

#define DEFAULT_LISTED_HUMAN 16 /* what a person reads; programs take more */
#define DEFAULT_LISTED_PROGRAM 1000
#define DEFAULT_NAMES                                                                                                  \
    (UINT64_C(24) << 10) /* a byte takes up to 13 to print, and there are two lists: less than a MiB of output */
#define MOST_LISTED REFCOW_SNAPSHOTS_MAX /* the format allows no more */

#define NOT_GIVEN UINT64_MAX

enum { OPTION_MAX_LISTED = FIRST_OWN_OPTION, OPTION_OUTPUT, OPTION_REFCOUNTS };

static const struct option long_options[] = {
    COMMON_LONG_OPTIONS,
    {"max-listed", required_argument, NULL, OPTION_MAX_LISTED},
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
    static const char *const words[] = {
        [INFO_HUMAN] = "human", [INFO_JSON] = "json", [INFO_JSONL] = "jsonl", [INFO_BODYFILE] = "bodyfile"};
    size_t which = 0;

    if (!parse_word(word, words, sizeof words / sizeof words[0], &which))
        return complain("--output must be human, json, jsonl or bodyfile", word);
    options->output = (info_output)which;
    return true;
}

static bool set_most_listed(info_options *options, const char *word)
{
    return (parse_number(word, &options->most_listed) && options->most_listed <= MOST_LISTED) ||
           complain("--max-listed must be a number from 0 to 65536", word);
}

static bool apply_option(void *user, int option)
{
    info_options *options = user;

    switch (option) {
    case OPTION_MAX_LISTED:
        return set_most_listed(options, optarg);
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    default:
        options->wants_refcounts = true;
        return true;
    }
}

/* As in refcow check: one object is about one image. */
static bool take_images(info_options *options, int argc, char **argv)
{
    return images_take(&options->images, COMMAND, argc, argv) &&
           (options->output != INFO_JSON || images_are_one(&options->images, COMMAND, JSON_IS_OF_ONE));
}

/* Who asks for a number gets it, whatever the names are like. */
static void settle_lists(info_options *options)
{
    options->most_names = UINT64_MAX;
    if (options->most_listed != NOT_GIVEN)
        return;
    options->most_listed = options->output == INFO_HUMAN ? DEFAULT_LISTED_HUMAN : DEFAULT_LISTED_PROGRAM;
    options->most_names = DEFAULT_NAMES;
}

bool info_fits_in_buffer(const info_options *options)
{
    return options->most_names != UINT64_MAX;
}

options_outcome info_options_parse(info_options *options, int argc, char **argv)
{
    *options = (info_options){.common = COMMON_OPTIONS_DEFAULT, .most_listed = NOT_GIVEN};
    option_reader reader = {COMMAND, COMMON_SHORT_OPTIONS, long_options, apply_option, options};
    options_outcome outcome = common_options_read(&options->common, &reader, argc, argv);

    if (outcome != OPTIONS_READY)
        return outcome;
    settle_lists(options);
    return take_images(options, argc, argv) ? OPTIONS_READY : OPTIONS_WRONG;
}
