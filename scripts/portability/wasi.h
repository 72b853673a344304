/*
 * wasi.h - what the command asks of POSIX and WASI does not have: signals to listen to, a timer, resource limits,
 * locks, holes in files, absolute paths, copies of descriptors, time zones, the size of a terminal. What can fail does, as it may on
 * any system. Included before everything else (-include).
 */
#ifndef REFCOW_PORTABILITY_WASI_H
#define REFCOW_PORTABILITY_WASI_H

/* lseek() does not know them. */
#define SEEK_DATA 3
#define SEEK_HOLE 4

/* fstatat() does not know them either. */
#define AT_EMPTY_PATH 0
#define AT_NO_AUTOMOUNT 0

static inline char *realpath(const char *path, char *resolved)
{
    (void)path;
    (void)resolved;
    return 0;
}

/* fcntl() does not know the last one. */
#define F_WRLCK 1
#define F_UNLCK 2
#define F_OFD_GETLK 36

enum { SA_RESETHAND = 1, SA_RESTART = 2, SA_NODEFER = 4 };
enum { RLIMIT_DATA = 2, RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7 };

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

typedef unsigned char sigset_t; /* as <sys/select.h> has it */
enum { SIG_UNBLOCK = 1 };

static inline int sigemptyset(sigset_t *set)
{
    *set = 0;
    return 0;
}

static inline int sigaddset(sigset_t *set, int number)
{
    (void)set;
    (void)number;
    return -1;
}

static inline int sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    (void)how;
    (void)set;
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

struct itimerval {
    struct {
        long long tv_sec;
        long long tv_usec;
    } it_interval, it_value;
};

enum { ITIMER_REAL };

static inline int setitimer(int which, const struct itimerval *timer, struct itimerval *before)
{
    (void)which;
    (void)timer;
    (void)before;
    return -1;
}

static inline int dup(int descriptor)
{
    (void)descriptor;
    return -1;
}

struct winsize {
    unsigned short ws_row;
    unsigned short ws_col;
};

#define TIOCGWINSZ 0x5413 /* ioctl() does not know it */

static inline void tzset(void)
{
}

#endif
