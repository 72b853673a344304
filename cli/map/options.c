#include "options.h"

#include "../text/numbers.h"
#include "../text/words.h"
#include "refcow.h"

#include <string.h>

#define COMMAND "refcow map"

/* Runs of damage for people, all runs for programs: less than a MiB of output. */
#define DEFAULT_RUNS_HUMAN 8
#define DEFAULT_RUNS_HTML 256
#define DEFAULT_RUNS_PROGRAM 2048
#define MOST_RUNS_KEPT 100000 /* until they are printed behind the picture */

#define NOT_GIVEN (UINT64_MAX - 1)

enum { OPTION_COLOR = FIRST_OWN_OPTION, OPTION_MAX_RUNS, OPTION_OUTPUT };

static const struct option long_options[] = {
    COMMON_LONG_OPTIONS,
    {"color", required_argument, NULL, OPTION_COLOR},
    {"max-runs", required_argument, NULL, OPTION_MAX_RUNS},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_output(map_options *options, const char *word)
{
    static const char *const words[] = {
        [MAP_HUMAN] = "human", [MAP_JSONL] = "jsonl", [MAP_CSV] = "csv", [MAP_HTML] = "html"};
    size_t which = 0;

    if (!parse_word(word, words, sizeof words / sizeof words[0], &which))
        return complain("--output must be human, jsonl, csv or html", word);
    options->output = (map_output)which;
    return true;
}

static bool set_color(map_options *options, const char *word)
{
    if (strcmp(word, "always") == 0)
        options->terminal.has_colors = true;
    else if (strcmp(word, "never") == 0)
        options->terminal.has_colors = false;
    else if (strcmp(word, "auto") != 0)
        return complain("--color must be auto, always or never", word);
    return true;
}

static bool set_max_runs(map_options *options, const char *word)
{
    if (strcmp(word, "none") == 0)
        options->max_runs = UINT64_MAX;
    else if (!parse_number(word, &options->max_runs) || options->max_runs >= NOT_GIVEN)
        return complain("--max-runs must be a number or none", word);
    return true;
}

static bool apply_option(void *user, int option)
{
    map_options *options = user;

    switch (option) {
    case OPTION_COLOR:
        return set_color(options, optarg);
    case OPTION_MAX_RUNS:
        return set_max_runs(options, optarg);
    default:
        return set_output(options, optarg);
    }
}

static bool settle_runs(map_options *options)
{
    static const uint64_t defaults[] = {[MAP_HUMAN] = DEFAULT_RUNS_HUMAN,
                                        [MAP_JSONL] = DEFAULT_RUNS_PROGRAM,
                                        [MAP_CSV] = DEFAULT_RUNS_PROGRAM,
                                        [MAP_HTML] = DEFAULT_RUNS_HTML};

    if (options->max_runs == NOT_GIVEN)
        options->max_runs = defaults[options->output];
    if (!map_lists_at_once(options->output) && options->max_runs > MOST_RUNS_KEPT)
        return complain("--max-runs over 100000 needs --output=jsonl or --output=csv", NULL);
    return true;
}

static bool settle(map_options *options)
{
    if (options->common.memory < MAP_LEAST_MEMORY)
        return complain("--memory must be at least 164K", NULL);
    if (options->output == MAP_HTML &&
        !images_are_one(&options->images, COMMAND, "--output=html takes one image; unexpected argument"))
        return false;
    return settle_runs(options);
}

options_outcome map_options_parse(map_options *options, int argc, char **argv)
{
    *options = (map_options){.common = COMMON_OPTIONS_DEFAULT, .max_runs = NOT_GIVEN, .terminal = terminal_of_output()};
    option_reader reader = {COMMAND, COMMON_SHORT_OPTIONS, long_options, apply_option, options};
    options_outcome outcome = common_options_read(&options->common, &reader, argc, argv);

    if (outcome != OPTIONS_READY)
        return outcome;
    return images_take(&options->images, COMMAND, argc, argv) && settle(options) ? OPTIONS_READY : OPTIONS_WRONG;
}
