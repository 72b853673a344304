#include "options.h"

#include "../run/whereabouts.h"
#include "../text/complain.h"
#include "../text/numbers.h"
#include "../text/words.h"
#include "refcow.h"

#include <string.h>

#define COMMAND "refcow check"

#define DEFAULT_FINDINGS_HUMAN 8 /* what a person reads; programs take more */
#define DEFAULT_FINDINGS_PROGRAM 32
#define MOST_FINDINGS 1000  /* keeping them sorted costs time, and the output is to stay readable */
#define MOST_LISTED 1000000 /* who asks for a list wants it whole */

#define NOT_GIVEN UINT64_MAX

enum {
    OPTION_BRIEF = FIRST_OWN_OPTION,
    OPTION_FAIL_ON,
    OPTION_HOLES,
    OPTION_LIST,
    OPTION_MAX_FINDINGS,
    OPTION_ONLY_PROBLEMS,
    OPTION_OUTPUT
};

static const struct option long_options[] = {
    COMMON_LONG_OPTIONS,
    {"brief", no_argument, NULL, OPTION_BRIEF},
    {"cache", required_argument, NULL, 'T'},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"holes", no_argument, NULL, OPTION_HOLES},
    {"list", required_argument, NULL, OPTION_LIST},
    {"max-findings", required_argument, NULL, OPTION_MAX_FINDINGS},
    {"only-problems", no_argument, NULL, OPTION_ONLY_PROBLEMS},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_output(check_options *options, const char *word)
{
    static const char *const words[] = {
        [OUTPUT_HUMAN] = "human", [OUTPUT_JSON] = "json", [OUTPUT_JSONL] = "jsonl", [OUTPUT_CSV] = "csv"};
    size_t which = 0;

    if (!parse_word(word, words, sizeof words / sizeof words[0], &which))
        return complain("--output must be human, json, jsonl or csv", word);
    options->output = (output_mode)which;
    return true;
}

/* qemu-img's option for how it opens the image. Its callers pass it on; the answer does not depend on it. */
static bool take_cache_mode(const char *word)
{
    static const char *const words[] = {"none", "off", "writeback", "writethrough", "directsync", "unsafe"};
    size_t which = 0;

    return parse_word(word, words, sizeof words / sizeof words[0], &which) ||
           complain("--cache must be none, off, writeback, writethrough, directsync or unsafe", word);
}

static bool add_to_list(check_options *options, const char *word)
{
    if (strcmp(word, "help") == 0) {
        options->wants_kinds = true;
        return true;
    }
    return kind_set_add(&options->listed, word) ||
           complain("--list must be all, orphan, overlapping or a kind of finding (see --list help)", word);
}

static bool set_max_findings(check_options *options, const char *word)
{
    return (parse_number(word, &options->max_findings) && options->max_findings != NOT_GIVEN) ||
           complain("--max-findings must be a number", word);
}

static bool add_to_problems(check_options *options, const char *words)
{
    options->has_fail_on = true;
    return judgement_set_add(&options->problems, words) ||
           complain("--fail-on must be corrupt, leaks or not-judged, or several of them with commas between them",
                    words);
}

static bool apply_option(void *user, int option)
{
    check_options *options = user;

    switch (option) {
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    case OPTION_LIST:
        return add_to_list(options, optarg);
    case OPTION_FAIL_ON:
        return add_to_problems(options, optarg);
    case OPTION_HOLES:
        options->wants_holes = true;
        return true;
    case OPTION_BRIEF:
        options->brief = true;
        return true;
    case OPTION_ONLY_PROBLEMS:
        options->only_problems = true;
        return true;
    case 'T':
        return take_cache_mode(optarg);
    default:
        return set_max_findings(options, optarg);
    }
}

/* qemu-img's answer is one object, about one image. An array for several would be another answer for the same option,
 * and nothing to read before the last image is done. */
static bool take_images(check_options *options, int argc, char **argv)
{
    return images_take(&options->images, COMMAND, argc, argv) &&
           (options->output != OUTPUT_JSON || images_are_one(&options->images, COMMAND, JSON_IS_OF_ONE));
}

/* With --list as many findings as fit into as much memory again as the check may take. */
static uint64_t default_findings(const check_options *options)
{
    uint64_t fitting = options->common.memory / (REFCOW_KINDS * (sizeof(refcow_finding) + sizeof(whereabouts)));

    if (options->listed != 0)
        return fitting < MOST_LISTED ? fitting : MOST_LISTED;
    return options->output == OUTPUT_HUMAN ? DEFAULT_FINDINGS_HUMAN : DEFAULT_FINDINGS_PROGRAM;
}

static bool settle_findings(check_options *options)
{
    if (options->max_findings == NOT_GIVEN)
        options->max_findings = default_findings(options);
    else if (options->listed == 0 && options->max_findings > MOST_FINDINGS)
        return complain("--max-findings over 1000 needs --list", NULL);
    else if (options->max_findings > MOST_LISTED)
        return complain("--max-findings must be at most 1000000", NULL);
    if (options->listed == 0)
        options->listed = ALL_FINDINGS;
    return true;
}

/* A line of --brief is in no format for programs, and no object at all is no JSON. */
static bool settle_output(check_options *options)
{
    if (options->brief && options->output != OUTPUT_HUMAN)
        return complain("--brief needs --output=human; for programs, --max-findings 0 leaves out the findings", NULL);
    if (options->only_problems && options->output == OUTPUT_JSON)
        return complain("--only-problems needs --output=human, jsonl or csv", NULL);
    if (!options->has_fail_on)
        options->problems = ALL_PROBLEMS;
    return true;
}

options_outcome check_options_parse(check_options *options, int argc, char **argv)
{
    *options = (check_options){.common = COMMON_OPTIONS_DEFAULT, .max_findings = NOT_GIVEN};
    option_reader reader = {COMMAND, COMMON_SHORT_OPTIONS "T:", long_options, apply_option, options};
    options_outcome outcome = common_options_read(&options->common, &reader, argc, argv);

    if (outcome != OPTIONS_READY || options->wants_kinds)
        return outcome;
    return take_images(options, argc, argv) && settle_findings(options) && settle_output(options) ? OPTIONS_READY
                                                                                                  : OPTIONS_WRONG;
}
