#include "options.h"

#include "../text/complain.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define COMMAND "refcow gate"

enum {
    OPTION_OUTPUT = FIRST_LONG_OPTION,
    OPTION_POLICY,
    OPTION_LIST_RULES,
    OPTION_NO_SANDBOX,
    OPTION_TIMEOUT,
    OPTION_WORD
};

static const char short_options[] = ":hq";
static const struct option long_options[] = {
    {"allow", required_argument, NULL, OPTION_WORD},
    {"check", no_argument, NULL, OPTION_WORD},
    {"expect", required_argument, NULL, OPTION_WORD},
    {"header-only", no_argument, NULL, OPTION_WORD},
    {"help", no_argument, NULL, 'h'},
    {"list-rules", no_argument, NULL, OPTION_LIST_RULES},
    {"max-amplification", required_argument, NULL, OPTION_WORD},
    {"max-sharing", required_argument, NULL, OPTION_WORD},
    {"max-virtual-size", required_argument, NULL, OPTION_WORD},
    {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_output(gate_options *options, const char *word)
{
    options->wants_json = strcmp(word, "json") == 0;
    return options->wants_json || strcmp(word, "human") == 0 || complain("--output must be human or json", word);
}

static bool set_word(gate_options *options, const char *word, const char *value)
{
    const char *wrong = gate_policy_set(&options->policy, word, value);
    return wrong == NULL || complain(wrong, value);
}

static bool apply_option(gate_options *options, int option, const char *name, char **argv)
{
    switch (option) {
    case 'q':
        options->quiet = true;
        return true;
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    case OPTION_POLICY:
        return gate_policy_read(&options->policy, optarg);
    case OPTION_LIST_RULES:
        options->wants_rules = true;
        return true;
    case OPTION_NO_SANDBOX:
        options->sandbox = false;
        return true;
    case OPTION_TIMEOUT:
        return timeout_parse(&options->timeout, COMMAND, optarg);
    case OPTION_WORD:
        return set_word(options, name, optarg);
    default:
        complain_about_option(COMMAND, option, argv);
        return false;
    }
}

static bool take_path(gate_options *options, int argc, char **argv)
{
    if (options->wants_rules)
        return optind == argc || complain("--list-rules takes no image", argv[optind]);
    if (optind >= argc)
        return complain("no image is given", NULL);
    if (argc - optind > 1)
        return complain("refcow gate takes one image; unexpected argument", argv[optind + 1]);
    options->path = argv[optind];
    return true;
}

static bool is_consistent(const gate_options *options)
{
    const char *contradiction = gate_policy_contradiction(&options->policy);
    return contradiction == NULL || complain(contradiction, NULL);
}

options_outcome gate_options_parse(gate_options *options, int argc, char **argv)
{
    int option;
    int index = 0;

    *options = (gate_options){.policy = gate_policy_strict(), .sandbox = true};
    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, &index)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(options, option, long_options[index].name, argv))
            return OPTIONS_WRONG;
    }
    return take_path(options, argc, argv) && is_consistent(options) ? OPTIONS_READY : OPTIONS_WRONG;
}
