#include "options.h"

#include "complain.h"
#include "refcow.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define COMMAND "refcow check"

#define DEFAULT_FINDINGS_HUMAN 8 /* what a person reads; programs take more */
#define DEFAULT_FINDINGS_JSON 32
#define MOST_FINDINGS 1000     /* keeping them sorted costs time, and the output is to stay readable */
#define MOST_SECONDS 100000000 /* three years */

#define NOT_GIVEN UINT64_MAX

enum { OPTION_OUTPUT = 256, OPTION_MEMORY, OPTION_MAX_READ, OPTION_MAX_ENTRIES, OPTION_MAX_FINDINGS, OPTION_TIMEOUT };

static const char short_options[] = ":f:hqU";
static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"force-share", no_argument, NULL, 'U'},
    {"help", no_argument, NULL, 'h'},
    {"max-entries", required_argument, NULL, OPTION_MAX_ENTRIES},
    {"max-findings", required_argument, NULL, OPTION_MAX_FINDINGS},
    {"max-read", required_argument, NULL, OPTION_MAX_READ},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {NULL, 0, NULL, 0},
};

static bool complain(const char *sentence, const char *word)
{
    complain_about_usage(COMMAND, sentence, word);
    return false;
}

/* Decimal digits at the start of a text; end is what follows. False if there are none or they are too many. */
static bool parse_digits(const char *text, uint64_t *number, const char **end)
{
    const char *digit = text;

    *number = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        unsigned value = (unsigned)(*digit - '0');
        if (*number > (UINT64_MAX - value) / 10)
            return false;
        *number = *number * 10 + value;
    }
    *end = digit;
    return digit != text;
}

static bool parse_number(const char *text, uint64_t *number)
{
    const char *end;
    return parse_digits(text, number, &end) && *end == '\0';
}

/* The power of two that K, M, G, T stand for, in either case; 0 for no suffix, -1 for another one. */
static int suffix_shift(const char *suffix)
{
    static const char letters[] = "KMGTkmgt";

    if (suffix[0] == '\0')
        return 0;
    const char *letter = strchr(letters, suffix[0]);
    if (letter == NULL || suffix[1] != '\0')
        return -1;
    return 10 * ((int)(letter - letters) % 4 + 1);
}

static bool parse_size(const char *text, uint64_t *size)
{
    const char *suffix;
    if (!parse_digits(text, size, &suffix))
        return false;
    int shift = suffix_shift(suffix);
    if (shift < 0 || *size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}

static bool set_output(check_options *options, const char *word)
{
    if (strcmp(word, "human") == 0)
        options->output = OUTPUT_HUMAN;
    else if (strcmp(word, "json") == 0)
        options->output = OUTPUT_JSON;
    else
        return complain("--output is neither human nor json", word);
    return true;
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
    return (parse_number(word, &options->max_findings) && options->max_findings <= MOST_FINDINGS) ||
           complain("--max-findings is not a number from 0 to 1000", word);
}

/* Name the option that getopt_long() has just stumbled over. It leaves the letter of a short one, or the short form of
 * a long one, in optopt; behind a long one it has always gone on to the next word. */
static bool complain_about_option(const char *sentence, char **argv)
{
    char short_form[3] = {'-', (char)optopt, '\0'};
    bool has_short_form = optopt != 0 && optopt < OPTION_OUTPUT;
    return complain(sentence, has_short_form ? short_form : argv[optind - 1]);
}

static bool apply_option(check_options *options, int option, char **argv)
{
    switch (option) {
    case 'f':
        return set_format(options, optarg);
    case 'q':
        options->quiet = true;
        return true;
    case 'U': /* qemu-img's way to look at an image that a guest uses: refcow never takes a lock */
        return true;
    case OPTION_OUTPUT:
        return set_output(options, optarg);
    case OPTION_MEMORY:
        return set_memory(options, optarg);
    case OPTION_MAX_READ:
        return set_max_read(options, optarg);
    case OPTION_MAX_ENTRIES:
        return set_max_entries(options, optarg);
    case OPTION_TIMEOUT:
        return set_timeout(options, optarg);
    case OPTION_MAX_FINDINGS:
        return set_max_findings(options, optarg);
    case ':':
        return complain_about_option("this option needs a value", argv);
    default:
        return complain_about_option("unknown, ambiguous or ill-used option", argv);
    }
}

static bool take_path(check_options *options, int argc, char **argv)
{
    if (optind >= argc)
        return complain("no image is named", NULL);
    if (argc - optind > 1)
        return complain("one image at a time, this one is too many", argv[optind + 1]);
    options->path = argv[optind];
    return true;
}

static void fill_in_defaults(check_options *options)
{
    if (options->max_findings == NOT_GIVEN)
        options->max_findings = options->output == OUTPUT_JSON ? DEFAULT_FINDINGS_JSON : DEFAULT_FINDINGS_HUMAN;
}

options_outcome check_options_parse(check_options *options, int argc, char **argv)
{
    int option;

    *options = (check_options){
        .memory = DEFAULT_MEMORY, .max_read = LIMIT_DEFAULT, .max_entries = LIMIT_DEFAULT, .max_findings = NOT_GIVEN};
    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(options, option, argv))
            return OPTIONS_WRONG;
    }
    if (!take_path(options, argc, argv))
        return OPTIONS_WRONG;
    fill_in_defaults(options);
    return OPTIONS_READY;
}
