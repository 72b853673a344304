#include "common_options.h"

#include "../text/numbers.h"
#include "refcow.h"

#include <stdio.h>
#include <string.h>

#define MOST_SECONDS 100000000 /* three years */

static bool complain(const option_reader *reader, const char *sentence, const char *word)
{
    complain_about_usage(reader->command, sentence, word);
    return false;
}

static bool set_format(common_options *common, const option_reader *reader, const char *word)
{
    common->format_is_given = true;
    return strcmp(word, "qcow2") == 0 || complain(reader, "the format must be qcow2", word);
}

static bool set_memory(common_options *common, const option_reader *reader, const char *word)
{
    if (!parse_size(word, &common->memory))
        return complain(reader, "--memory must be a size such as 64M", word);
    return common->memory >= REFCOW_MEMORY_MIN || complain(reader, "--memory must be at least 64K", word);
}

static bool set_max_read(common_options *common, const option_reader *reader, const char *word)
{
    if (strcmp(word, "none") == 0)
        common->limits.max_read = UINT64_MAX;
    else if (!parse_size(word, &common->limits.max_read) || common->limits.max_read == 0)
        return complain(reader, "--max-read must be a size such as 4G, or none", word);
    return true;
}

static bool set_max_work(common_options *common, const option_reader *reader, const char *word)
{
    if (strcmp(word, "none") == 0)
        common->limits.max_work = UINT64_MAX;
    else if (!parse_number(word, &common->limits.max_work) || common->limits.max_work == 0)
        return complain(reader, "--max-work must be a number from 1, or none", word);
    return true;
}

bool timeout_parse(uint64_t *seconds, const char *word)
{
    return parse_number(word, seconds) && *seconds > 0 && *seconds <= MOST_SECONDS;
}

static bool set_timeout(common_options *common, const option_reader *reader, const char *word)
{
    if (timeout_parse(&common->timeout, word))
        return true;
    complain_about_usage(reader->command, "--timeout must be " TIMEOUT_RULE, word);
    return false;
}

static bool apply_option(common_options *common, const option_reader *reader, int option, char **argv)
{
    switch (option) {
    case 'f':
        return set_format(common, reader, optarg);
    case 'q':
        common->quiet = true;
        return true;
    case 'p':
        common->wants_progress = true;
        return true;
    case 'U': /* qemu-img's way to look at an image that a guest uses: refcow never takes a lock */
        return true;
    case 'r': /* what users of qemu-img try first */
        return complain(
            reader,
            "refcow does not repair: it never writes to an image. The answer of refcow check without -r has the "
            "command that repairs the image, where a repair helps",
            NULL);
    case COMMON_NO_SANDBOX:
        common->sandbox = false;
        return true;
    case COMMON_MEMORY:
        return set_memory(common, reader, optarg);
    case COMMON_MAX_READ:
        return set_max_read(common, reader, optarg);
    case COMMON_MAX_WORK:
        return set_max_work(common, reader, optarg);
    case COMMON_TIMEOUT:
        return set_timeout(common, reader, optarg);
    case ':':
    case '?':
        complain_about_option(reader->command, option, argv);
        return false;
    default:
        return reader->apply_own(reader->options, option);
    }
}

options_outcome common_options_read(common_options *common, const option_reader *reader, int argc, char **argv)
{
    int option;

    opterr = 0; /* getopt's own messages would print words as they are */
    optind = 1;
    while ((option = getopt_long(argc, argv, reader->short_options, reader->long_options, NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (!apply_option(common, reader, option, argv))
            return OPTIONS_WRONG;
    }
    return OPTIONS_READY;
}

exit_code options_end(options_outcome outcome, const char *help)
{
    if (outcome != OPTIONS_HELP)
        return EXIT_CODE_FAILED;
    fputs(help, stdout);
    return EXIT_CODE_CLEAN;
}
