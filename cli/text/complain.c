#define _POSIX_C_SOURCE 200809L /* strsignal() */

#include "complain.h"

#include "escape.h"
#include "output.h"
#include "reason.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static void begin_line(FILE *out, const char *path)
{
    fputs("refcow: ", out);
    escape_print(out, path);
    fputs(": ", out);
}

void complain_into(FILE *out, const char *path, const failure *why)
{
    begin_line(out, path);
    reason_print_with_advice(out, why);
    fputc('\n', out);
}

void complain_begin(const char *path)
{
    output_flush();
    begin_line(stderr, path);
}

void complain_about_image(const char *path, const failure *why)
{
    output_flush();
    complain_into(stderr, path, why);
}

void complain_about_lookups(const char *path, uint64_t clusters)
{
    complain_begin(path);
    fprintf(stderr, "refcow cannot read the stored refcounts of %" PRIu64 " clusters\n", clusters);
}

void complain_about_holes(const char *path)
{
    complain_begin(path);
    fputs("refcow does not know where the file has holes, so there is no note about them. It asks the file system, "
          "and never a server\n",
          stderr);
}

void complain_about_omitted(const char *path, uint64_t snapshots)
{
    complain_begin(path);
    fprintf(stderr, "%" PRIu64 " more snapshots are not listed (see --max-listed)\n", snapshots);
}

void complain_about_cut_list(const char *path)
{
    complain_begin(path);
    fputs("not all findings are listed: the time that --timeout allows is over\n", stderr);
}

/* word may be NULL. */
static void print_sentence(const char *sentence, const char *word)
{
    fputs(sentence, stderr);
    if (word != NULL) {
        fputs(": '", stderr);
        escape_print(stderr, word);
        fputc('\'', stderr);
    }
}

void complain_about_usage(const char *command, const char *sentence, const char *word)
{
    output_flush();
    fprintf(stderr, "%s: ", command);
    print_sentence(sentence, word);
    fprintf(stderr, " (see %s --help)\n", command);
}

void complain_about_policy(const char *path, unsigned line, const char *sentence, const char *word)
{
    output_flush();
    fputs("refcow gate: ", stderr);
    escape_print(stderr, path);
    if (line != 0)
        fprintf(stderr, ":%u", line);
    fputs(": ", stderr);
    print_sentence(sentence, word);
    fputc('\n', stderr);
}

/* getopt_long() leaves the letter of a short option, or the short form of a long one, in optopt; behind a long one it
 * has always gone on to the next word. */
void complain_about_option(const char *command, int answer, char **argv)
{
    char short_form[3] = {'-', (char)optopt, '\0'};
    bool has_short_form = optopt != 0 && optopt < FIRST_LONG_OPTION;

    complain_about_usage(command,
                         answer == ':' ? "the option needs a value"
                                       : "unknown or ambiguous option, or an option with a value that it does not take",
                         has_short_form ? short_form : argv[optind - 1]);
}

void complain_about_memory(void)
{
    fputs("refcow: the system does not grant enough memory; use a smaller --memory or raise the limit (ulimit -v)\n",
          stderr);
}

void complain_about_sandbox(int signal, int status)
{
    output_flush();
    if (signal != 0)
        fprintf(stderr,
                "refcow: the sandbox kills refcow on this system: a check of a test image ended with signal %d (%s)\n",
                signal, strsignal(signal));
    else
        fprintf(
            stderr,
            "refcow: refcow cannot work in the sandbox on this system: a check of a test image ended with exit status "
            "%d\n",
            status);
    fputs("refcow: please report this with the output of 'refcow --version' and 'uname -srm' and the name of the "
          "system; until it is fixed, use --no-sandbox for trusted images only\n",
          stderr);
}

void complain_about_trial(void)
{
    output_flush();
    fputs("refcow: a check of a test image fails on this system, with and without the sandbox; to see why, check a "
          "trusted image with --no-sandbox\n",
          stderr);
}

void complain_about_filter(void)
{
    output_flush();
    fputs("refcow: the system accepts no filter of system calls; only the other layers of the sandbox hold, see "
          "'refcow --version' (--no-sandbox turns off all layers and this message)\n",
          stderr);
}

void complain_about_output(int error)
{
    fputs("refcow: the output cannot be written", stderr);
    if (error != 0)
        fprintf(stderr, ": %s", strerror(error));
    fputc('\n', stderr);
}
