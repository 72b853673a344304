/*
 * sandbox_seccomp.c - a filter of system calls, by libseccomp: what is not on the list kills the process.
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH, MAP_ANONYMOUS */

#include "sandbox_layers.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct rule {
    int call;
    unsigned conditions;
    struct scmp_arg_cmp condition[2];
};

/* Conditions on an argument: what it is, which bits it has, which it lacks. */
#define IS(argument, value) {argument, SCMP_CMP_EQ, value, 0}
#define HAS(argument, bits) {argument, SCMP_CMP_MASKED_EQ, bits, bits}
#define LACKS(argument, bits) {argument, SCMP_CMP_MASKED_EQ, bits, 0}
#define NOTHING {0, SCMP_CMP_EQ, 0, 0}

#define ALLOW(name)                                                                                                    \
    {                                                                                                                  \
        SCMP_SYS(name), 0,                                                                                             \
        {                                                                                                              \
            NOTHING, NOTHING                                                                                           \
        }                                                                                                              \
    }
#define ALLOW_IF(name, condition)                                                                                      \
    {                                                                                                                  \
        SCMP_SYS(name), 1,                                                                                             \
        {                                                                                                              \
            condition, NOTHING                                                                                         \
        }                                                                                                              \
    }
#define ALLOW_IF_BOTH(name, condition, other)                                                                          \
    {                                                                                                                  \
        SCMP_SYS(name), 2,                                                                                             \
        {                                                                                                              \
            condition, other                                                                                           \
        }                                                                                                              \
    }

/* Some calls have several names, where architectures and C libraries differ; libseccomp passes over those that this one
 * lacks. What stays open is to ask for the facts of files by name: the C library's fstat() is such a call. */
static const struct rule always[] = {
    /* read images */
    ALLOW(pread64),
    ALLOW(lseek),
    ALLOW(_llseek),
    ALLOW(fstat),
    ALLOW(fstat64),
    ALLOW_IF(newfstatat, HAS(3, AT_EMPTY_PATH)),
    ALLOW_IF(fstatat64, HAS(3, AT_EMPTY_PATH)),
    ALLOW_IF(statx, HAS(2, AT_EMPTY_PATH)),
    ALLOW_IF(fcntl, IS(1, F_OFD_GETLK)),
    ALLOW_IF(fcntl64, IS(1, F_OFD_GETLK)),
    ALLOW(close),
    /* print; the C library asks whether it prints to a terminal */
    ALLOW_IF(write, IS(0, STDOUT_FILENO)),
    ALLOW_IF(write, IS(0, STDERR_FILENO)),
    ALLOW_IF(writev, IS(0, STDOUT_FILENO)),
    ALLOW_IF(writev, IS(0, STDERR_FILENO)),
    ALLOW_IF(ioctl, IS(1, TCGETS)),
    ALLOW_IF(ioctl, IS(1, TIOCGWINSZ)),
    /* memory, none of it for programs */
    ALLOW(brk),
    ALLOW_IF_BOTH(mmap, LACKS(2, PROT_EXEC), HAS(3, MAP_ANONYMOUS)),
    ALLOW_IF_BOTH(mmap2, LACKS(2, PROT_EXEC), HAS(3, MAP_ANONYMOUS)),
    ALLOW_IF(mprotect, LACKS(2, PROT_EXEC)),
    ALLOW(mremap),
    ALLOW(munmap),
    ALLOW(madvise),
    ALLOW(getrandom),
    ALLOW(sysinfo), /* qsort() asks how much there is */
    /* the time, signals, the end */
    ALLOW(clock_gettime),
    ALLOW(clock_gettime64),
    ALLOW(alarm),
    ALLOW(setitimer), /* alarm() where there is no such call */
    ALLOW(rt_sigreturn),
    ALLOW(sigreturn),
    ALLOW(restart_syscall),
    ALLOW(exit),
    ALLOW(exit_group),
};

/* What libnbd and GnuTLS do with a socket that is connected. */
static const struct rule to_talk[] = {
    ALLOW(poll),     ALLOW(ppoll), ALLOW(ppoll_time64),        ALLOW(recv),
    ALLOW(recvfrom), ALLOW(send),  ALLOW_IF(sendto, IS(4, 0)), ALLOW(sendmsg),
};

static bool add_rules(scmp_filter_ctx filter, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &rules[i];
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call, rule->conditions, rule->condition) != 0)
            return false;
    }
    return true;
}

#define ADD(filter, rules) add_rules(filter, rules, sizeof(rules) / sizeof(rules)[0])

bool sandbox_seccomp(bool talks)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return false;
    bool holds = ADD(filter, always) && (!talks || ADD(filter, to_talk)) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return holds;
}
