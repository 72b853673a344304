#include "options.h"

#include "../text/complain.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define COMMAND "refcow gate"

enum { OPTION_POLICY = FIRST_LONG_OPTION, OPTION_LIST_RULES, OPTION_LIST_POLICIES, OPTION_NO_SANDBOX, OPTION_WORD };

static const char short_options[] = ":hq";
static const struct option long_options[] = {
    {"allow", required_argument, NULL, OPTION_WORD},
    {"check", no_argument, NULL, OPTION_WORD},
    {"cluster-size", required_argument, NULL, OPTION_WORD},
    {"expect", required_argument, NULL, OPTION_WORD},
    {"header-only", no_argument, NULL, OPTION_WORD},
    {"help", no_argument, NULL, 'h'},
    {"list-policies", no_argument, NULL, OPTION_LIST_POLICIES},
    {"list-rules", no_argument, NULL, OPTION_LIST_RULES},
    {"max-amplification", required_argument, NULL, OPTION_WORD},
    {"max-file-size", required_argument, NULL, OPTION_WORD},
    {"max-sharing", required_argument, NULL, OPTION_WORD},
    {"max-snapshots", required_argument, NULL, OPTION_WORD},
    {"max-virtual-size", required_argument, NULL, OPTION_WORD},
    {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
    {"output", required_argument, NULL, OPTION_WORD},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"quiet", no_argument, NULL, 'q'},
    {"refcount-bits", required_argument, NULL, OPTION_WORD},
    {"refuse", required_argument, NULL, OPTION_WORD},
    {"require", required_argument, NULL, OPTION_WORD},
    {"timeout", required_argument, NULL, OPTION_WORD},
    {NULL, 0, NULL, 0},
};

/* Which words were given as options: in a policy file they may be there for images of another format. */
typedef struct given_words {
    bool check;
    bool header_only;
} given_words;

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

static bool set_word(gate_options *options, given_words *given, const char *word, const char *value)
{
    const char *wrong = gate_policy_set(&options->policy, word, value);

    given->check = given->check || strcmp(word, "check") == 0;
    given->header_only = given->header_only || strcmp(word, "header-only") == 0;
    return wrong == NULL || complain(wrong, value);
}

static bool apply_option(gate_options *options, given_words *given, int option, const char *name, char **argv)
{
    switch (option) {
    case 'q':
        options->quiet = true;
        return true;
    case OPTION_POLICY:
        return gate_policy_read(&options->policy, optarg);
    case OPTION_LIST_RULES:
        options->wants_rules = true;
        return true;
    case OPTION_LIST_POLICIES:
        options->wants_policies = true;
        return true;
    case OPTION_NO_SANDBOX:
        options->sandbox = false;
        return true;
    case OPTION_WORD:
        return set_word(options, given, name, optarg);
    default:
        complain_about_option(COMMAND, option, argv);
        return false;
    }
}

static bool take_path(gate_options *options, int argc, char **argv)
{
    if (options->wants_rules || options->wants_policies)
        return optind == argc || complain("a list needs no image", argv[optind]);
    if (optind >= argc)
        return complain("no image is given", NULL);
    if (argc - optind > 1)
        return complain("only one image at a time; unexpected argument", argv[optind + 1]);
    options->path = argv[optind];
    return true;
}

static bool is_consistent(const gate_options *options, const given_words *given)
{
    const refcow_policy *policy = &options->policy.accepts;

    if (policy->expects_raw && (given->check || given->header_only))
        return complain("--check and --header-only need the expected format qcow2", NULL);
    return refcow_policy_is_consistent(policy) == 0 || complain("--header-only and --check cannot be combined", NULL);
}

options_outcome gate_options_parse(gate_options *options, int argc, char **argv)
{
    given_words given = {false, false};
    int option;
    int index = 0;

    *options = (gate_options){.policy = gate_policy_strict(), .sandbox = true};
    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, &index)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(options, &given, option, long_options[index].name, argv))
            return OPTIONS_WRONG;
    }
    return take_path(options, argc, argv) && is_consistent(options, &given) ? OPTIONS_READY : OPTIONS_WRONG;
}
