/*
 * main.c - the command `refcow`: finds the verb, runs it, and sees to it that what it printed has arrived.
 */
#define _POSIX_C_SOURCE 200809L /* SIGPIPE, sigprocmask() */

#include "check/check.h"
#include "gate/gate_verb.h"
#include "info/info.h"
#include "map/map.h"
#include "process/exit_codes.h"
#include "process/terminal.h"
#include "text/complain.h"
#include "text/output.h"
#include "version.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct verb {
    const char *name;
    const char *summary;
    exit_code (*run)(int argc, char **argv); /* argv[0] is the name */
} verb;

static const verb verbs[] = {
    {"check", "count the references in images and check their refcounts", check_run},
    {"gate", "decide whether an image from a stranger is safe to accept", gate_run},
    {"info", "say what an image is and has: features, names, snapshots, bitmaps", info_run},
    {"map", "show who owns each cluster of an image's file", map_run},
};

static const size_t verb_count = sizeof verbs / sizeof verbs[0];

static exit_code print_help(void)
{
    puts("usage: refcow VERB [OPTION]... IMAGE...\n"
         "\n"
         "Check QCOW2 images, also hostile ones. refcow never writes to an image.\n");
    for (size_t i = 0; i < verb_count; i++)
        printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
    puts("\n"
         "  refcow VERB --help       print the options of a verb\n"
         "  refcow --help, -h        print this help\n"
         "  refcow --version, -V     print the version and the layers of the sandbox");
    return EXIT_CODE_CLEAN;
}

static exit_code run_verb(int argc, char **argv)
{
    if (argc < 1) {
        complain_about_usage("refcow", "no verb is given", NULL);
        return EXIT_CODE_FAILED;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return print_help();
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
        return version_run();
    for (size_t i = 0; i < verb_count; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0)
            return verbs[i].run(argc, argv);
    }
    complain_about_usage("refcow", "unknown verb", argv[0]);
    return EXIT_CODE_FAILED;
}

/* A report that did not arrive must not look like one that did: a full disk makes the whole run fail. A reader that has
 * read enough, as `head` has, is no failure. */
static exit_code deliver_output(exit_code code)
{
    int error;

    if (output_close(&error))
        return code;
    complain_about_output(error);
    return EXIT_CODE_FAILED;
}

/* So that no image and no connection gets the number of a standard stream that the caller has closed. What was closed
 * can still not be written to. */
static bool keep_standard_streams(void)
{
    int descriptor;

    do {
        descriptor = open("/dev/null", O_RDONLY);
        if (descriptor < 0)
            descriptor = open("/", O_RDONLY); /* as well: it can be neither read nor written */
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0)
        close(descriptor);
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0)
            return false;
    }
    return true;
}

/* SIGALRM ends what does not end in the time of --timeout, also if the caller has ignored or blocked it. */
static void heed_alarms(void)
{
    sigset_t alarms;

    signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
}

int main(int argc, char **argv)
{
    if (!keep_standard_streams())
        return EXIT_CODE_FAILED; /* and nowhere to say so */
    terminal_ask();
    heed_alarms();
    signal(SIGPIPE, SIG_IGN);
    return (int)deliver_output(run_verb(argc - 1, argv + 1));
}
