/*
 * trial.c - a check of a tiny image, in a process of its own: does it survive the sandbox on this system?
 *
 * Which system calls a check makes is the choice of the C library too, and changes with its version.
 */
#define _GNU_SOURCE /* memfd_create() */

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_LENGTH 40

/* A clean qcow2 image of version 2: a disk of 512 bytes, clusters of 512 bytes, nothing allocated. Bytes that are not
 * named are zeros. */
static const unsigned char image[2048] = {
    [0] = 'Q',  [1] = 'F',  [2] = 'I',  [3] = 0xfb, [7] = 2, /* magic, version */
    [23] = 9,   [30] = 2,                                    /* cluster bits, virtual size */
    [39] = 1,   [46] = 6,                                    /* L1 table: entries, offset */
    [54] = 2,   [59] = 1,                                    /* refcount table: offset, clusters */
    [518] = 4,                                               /* its entry: a refcount block */
    [1025] = 1, [1027] = 1, [1029] = 1, [1031] = 1,          /* refcounts of four clusters */
};

/* A file that is nowhere but in memory: there may be no directory to write to, and no /dev/null. Negative: errno says
 * why not. */
static int make_file(void)
{
    return memfd_create("refcow", MFD_CLOEXEC);
}

static int make_image(void)
{
    int file = make_file();

    if (file < 0)
        return -1;
    ssize_t written = write(file, image, sizeof image);
    if (written == (ssize_t)sizeof image)
        return file;
    if (written >= 0)
        errno = EFBIG; /* a limit on the size of files cuts what is written */
    close(file);
    return -1;
}

/* The output is not read. */
static bool silence(void)
{
    int nowhere = make_file();
    return nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0 &&
           (nowhere <= STDERR_FILENO || close(nowhere) == 0);
}

static sandbox_trial judge(int status)
{
    if (WIFSIGNALED(status))
        return (sandbox_trial){.was_made = true, .signal = WTERMSIG(status)};
    return (sandbox_trial){.was_made = true, .status = WEXITSTATUS(status)};
}

static sandbox_trial try_once(sandbox_check *check, const char *path, bool confined)
{
    int status = 0;

    signal(SIGCHLD, SIG_DFL); /* if the caller ignores it, the status gets lost */
    pid_t child = fork();
    if (child == 0)
        _exit(silence() ? check(path, confined) : 1);
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return (sandbox_trial){.error = errno};
    }
    return child > 0 ? judge(status) : (sandbox_trial){.error = errno};
}

bool sandbox_trial_failed(const sandbox_trial *trial)
{
    return trial->was_made && (trial->signal != 0 || trial->status != 0);
}

/* A check may fail for another reason than the sandbox: for want of descriptors, say. Without the sandbox it then fails
 * too. */
static sandbox_trial try_path(sandbox_check *check, const char *path)
{
    sandbox_trial trial = try_once(check, path, true);

    if (sandbox_trial_failed(&trial)) {
        sandbox_trial unconfined = try_once(check, path, false);
        trial.fails_anyway = sandbox_trial_failed(&unconfined);
    }
    return trial;
}

sandbox_trial sandbox_try(sandbox_check *check)
{
    sandbox_trial trial;
    char path[PATH_LENGTH];

    signal(SIGXFSZ, SIG_IGN); /* where files are limited in size, write() says so */
    int file = make_image();
    if (file < 0)
        return (sandbox_trial){.error = errno};
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (access(path, R_OK) == 0)
        trial = try_path(check, path);
    else
        trial = (sandbox_trial){.error = errno};
    close(file);
    return trial;
}
