/*
 * wasi.h - what the command asks of POSIX and WASI does not have: signals to listen to, resource limits, and holes in
 * files. Each fails, as it may on any system. Included before everything else (-include).
 */
#ifndef REFCOW_PORTABILITY_WASI_H
#define REFCOW_PORTABILITY_WASI_H

#define SEEK_DATA 3 /* lseek() does not know it */

enum { SA_RESETHAND = 1, SA_RESTART = 2, RLIMIT_DATA = 2 };

struct sigaction {
    void (*sa_handler)(int);
    int sa_flags;
};

static inline int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    (void)number;
    (void)action;
    (void)before;
    return -1;
}

typedef unsigned long long rlim_t;

struct rlimit {
    rlim_t rlim_cur;
    rlim_t rlim_max;
};

static inline int getrlimit(int resource, struct rlimit *limit)
{
    (void)resource;
    (void)limit;
    return -1;
}

static inline int setrlimit(int resource, const struct rlimit *limit)
{
    (void)resource;
    (void)limit;
    return -1;
}

#endif
