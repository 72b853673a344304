/*
 * seccomp.c - a filter of system calls, by libseccomp, in three tiers.
 *
 * 1. What is on a list of allowed calls is carried out. Nothing else is.
 * 2. What is on a list of killing calls ends the process: only an exploit asks for it, and gets no second try. Most of
 *    that list is in kill.c.
 * 3. Any other call fails with ENOSYS, also one that no kernel has yet.
 *
 * The first tier alone confines the process. A call that is missing from the second one is refused by the third.
 *
 * The third tier is there because the C library, not refcow, decides which calls are made, and a new version decides
 * differently: isatty() of glibc 2.43 asks by another ioctl than before. ENOSYS is what a kernel answers that is older
 * than the call. Every C library has to cope with such kernels: it falls back to an older call, or goes without.
 * EPERM would say that the call exists and was refused. A C library takes that for the final answer and does not fall
 * back: programs failed in containers whose filter said EPERM about clone3() or faccessat2().
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH, F_OFD_GETLK, MAP_ANONYMOUS, SEEK_DATA, SEEK_HOLE */

#include "layers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <scsi/sg.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#define SOFT_OFFLINE 101 /* MADV_SOFT_OFFLINE, which the headers of glibc lack */

/* A call, if all its conditions hold. libseccomp takes one condition on each argument. A rule without conditions makes
 * it forget the rules with conditions about the same call. */
struct rule {
    const char *call; /* its name: musl has macros for some, which would change SCMP_SYS() */
    unsigned conditions;
    struct scmp_arg_cmp condition[2];
};

/* Conditions on an argument: what it is, what it is not, what it is below or above, which bits it has, which it lacks.
 * All 64 bits are compared, also where the kernel takes 32: what allows must not leave the upper ones open. */
#define IS(argument, value) {argument, SCMP_CMP_EQ, value, 0}
#define IS_NOT(argument, value) {argument, SCMP_CMP_NE, value, 0}
#define BELOW(argument, value) {argument, SCMP_CMP_LT, value, 0}
#define ABOVE(argument, value) {argument, SCMP_CMP_GT, value, 0}
#define HAS(argument, bits) {argument, SCMP_CMP_MASKED_EQ, bits, bits}
#define LACKS(argument, bits) {argument, SCMP_CMP_MASKED_EQ, bits, 0}
/* The bits that are not may are as in must. */
#define IS_BUT_FOR(argument, must, may) {argument, SCMP_CMP_MASKED_EQ, ~(uint64_t)(may), must}
#define NOTHING {0, SCMP_CMP_EQ, 0, 0}

/* Memory of the process alone, which its limit counts when it can be written to. */
#define OWN_MEMORY_IS(argument) IS_BUT_FOR(argument, MAP_PRIVATE | MAP_ANONYMOUS, MAP_NORESERVE | MAP_STACK | MAP_FIXED)
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define CLOCKS 12 /* of the system and of this process; other numbers are clocks of other processes and of devices */

#define CALL(name)                                                                                                     \
    {                                                                                                                  \
        #name, 0,                                                                                                      \
        {                                                                                                              \
            NOTHING, NOTHING                                                                                           \
        }                                                                                                              \
    }
#define CALL_IF(name, condition)                                                                                       \
    {                                                                                                                  \
        #name, 1,                                                                                                      \
        {                                                                                                              \
            condition, NOTHING                                                                                         \
        }                                                                                                              \
    }
#define CALL_IF_BOTH(name, condition, other)                                                                           \
    {                                                                                                                  \
        #name, 2,                                                                                                      \
        {                                                                                                              \
            condition, other                                                                                           \
        }                                                                                                              \
    }

/* ------------------------------------------------------------------ 1: allowed */

/* Some calls have several names, where architectures and C libraries differ; libseccomp passes over those that this one
 * lacks, and a version of it that is too old to know a name leaves it to the third tier. What stays open is to ask for
 * the facts of files by name: the C library's fstat() is such a call. Terminals are not asked: terminal.h says why. */
static const struct rule always[] = {
    /* read images; kill.c keeps the first two from the standard streams */
    CALL(pread64),
    CALL_IF(lseek, IS(2, SEEK_DATA)),
    CALL_IF(lseek, IS(2, SEEK_HOLE)),
    CALL_IF(lseek, IS(2, SEEK_END)),
    CALL_IF(_llseek, IS(4, SEEK_DATA)),
    CALL_IF(_llseek, IS(4, SEEK_HOLE)),
    CALL_IF(_llseek, IS(4, SEEK_END)),
    CALL(fstat),
    CALL(fstat64),
    CALL_IF(newfstatat, IS_BUT_FOR(3, AT_EMPTY_PATH, AT_NO_AUTOMOUNT)),
    CALL_IF(fstatat64, IS_BUT_FOR(3, AT_EMPTY_PATH, AT_NO_AUTOMOUNT)),
    CALL_IF(statx, IS_BUT_FOR(2, AT_EMPTY_PATH, AT_NO_AUTOMOUNT)),
    CALL_IF(fcntl, IS(1, F_OFD_GETLK)),
    CALL_IF(fcntl64, IS(1, F_OFD_GETLK)),
    CALL(close),
    /* print */
    CALL_IF(write, IS(0, STDOUT_FILENO)),
    CALL_IF(write, IS(0, STDERR_FILENO)),
    CALL_IF(writev, IS(0, STDOUT_FILENO)),
    CALL_IF(writev, IS(0, STDERR_FILENO)),
    /* memory, none of it for programs. RLIMIT_DATA counts what is private and can be written to. So nothing else is
     * mapped but PROT_NONE, which holds no pages, and what can be written to is not made read-only: it would hold its
     * pages, and not be counted. Nor is the stack, which mremap() could make larger; realloc() can do without it. */
    CALL(brk),
    CALL_IF_BOTH(mmap, IS(2, PROT_NONE), OWN_MEMORY_IS(3)),
    CALL_IF_BOTH(mmap, IS(2, READ_WRITE), OWN_MEMORY_IS(3)),
    CALL_IF_BOTH(mmap2, IS(2, PROT_NONE), OWN_MEMORY_IS(3)),
    CALL_IF_BOTH(mmap2, IS(2, READ_WRITE), OWN_MEMORY_IS(3)),
    CALL_IF(mprotect, IS(2, READ_WRITE)),
    CALL(munmap),
    CALL_IF(madvise, IS(2, MADV_DONTNEED)),
    CALL_IF(madvise, IS(2, MADV_FREE)),
    CALL_IF(getrandom, BELOW(2, GRND_NONBLOCK + 1)),
    CALL(sysinfo), /* qsort() asks how much there is */
    /* the time, signals, the end */
    CALL_IF(clock_gettime, BELOW(0, CLOCKS)),
    CALL_IF(clock_gettime64, BELOW(0, CLOCKS)),
    CALL_IF(setitimer, IS(0, ITIMER_REAL)), /* a deadline for each image */
    CALL(rt_sigreturn),
    CALL(sigreturn),
    CALL(restart_syscall),
    CALL(exit),
    CALL(exit_group),
};

/* What libnbd and GnuTLS do with a socket that is connected. */
static const struct rule to_talk[] = {
    CALL(poll), CALL(ppoll), CALL(ppoll_time64), CALL(recv), CALL(recvfrom), CALL(send), CALL_IF(sendto, IS(4, 0)),
};

/* GnuTLS sends by it. It can send descriptors, too, to a server on this machine. */
static const struct rule to_talk_by_tls[] = {
    CALL(sendmsg),
};

/* ------------------------------------------------------------------ 2: killing */

/* Calls that are allowed, or fail harmlessly, with other arguments. kill.c has the calls that kill with any. */
static const struct rule killing_if[] = {
    /* memory that holds a program; the contents of a file as memory */
    CALL_IF(mmap, HAS(2, PROT_EXEC)),
    CALL_IF(mmap2, HAS(2, PROT_EXEC)),
    CALL_IF_BOTH(mmap, LACKS(2, PROT_EXEC), LACKS(3, MAP_ANONYMOUS)),
    CALL_IF_BOTH(mmap2, LACKS(2, PROT_EXEC), LACKS(3, MAP_ANONYMOUS)),
    CALL_IF(mprotect, HAS(2, PROT_EXEC)),
    CALL_IF(pkey_mprotect, HAS(2, PROT_EXEC)),
    /* take memory from the machine for good, which root may */
    CALL_IF(madvise, IS(2, MADV_HWPOISON)),
    CALL_IF(madvise, IS(2, SOFT_OFFLINE)),
    /* write elsewhere than to stdout and stderr; hinder others by locks; have signals sent to others */
    CALL_IF(write, IS(0, STDIN_FILENO)),
    CALL_IF(write, ABOVE(0, STDERR_FILENO)),
    CALL_IF(writev, IS(0, STDIN_FILENO)),
    CALL_IF(writev, ABOVE(0, STDERR_FILENO)),
    CALL_IF(fcntl, IS(1, F_SETLK)),
    CALL_IF(fcntl, IS(1, F_SETLKW)),
    CALL_IF(fcntl, IS(1, F_OFD_SETLK)),
    CALL_IF(fcntl, IS(1, F_OFD_SETLKW)),
    CALL_IF(fcntl, IS(1, F_SETOWN)),
    CALL_IF(fcntl, IS(1, F_SETOWN_EX)),
    /* send to whom no connection is */
    CALL_IF(sendto, IS_NOT(4, 0)),
    /* type at the terminal, take it over; change the attributes of a file, command a disk or a file system */
    CALL_IF(ioctl, IS(1, TIOCSTI)),
    CALL_IF(ioctl, IS(1, TIOCLINUX)),
    CALL_IF(ioctl, IS(1, TIOCSETD)),
    CALL_IF(ioctl, IS(1, TIOCCONS)),
    CALL_IF(ioctl, IS(1, FS_IOC_SETFLAGS)),
    CALL_IF(ioctl, IS(1, FS_IOC_FSSETXATTR)),
    CALL_IF(ioctl, IS(1, FIFREEZE)),
    CALL_IF(ioctl, IS(1, FITRIM)),
    CALL_IF(ioctl, IS(1, SG_IO)),
};

/* ------------------------------------------------------------------ the filter */

#define LENGTH(list) (sizeof(list) / sizeof(list)[0])

static bool add_rules(scmp_filter_ctx filter, uint32_t action, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &rules[i];
        int call = seccomp_syscall_resolve_name(rule->call);
        if (call != __NR_SCMP_ERROR &&
            seccomp_rule_add_array(filter, action, call, rule->conditions, rule->condition) != 0)
            return false;
    }
    return true;
}

/* Calls of another architecture, as 32-bit calls of a 64-bit process, have other numbers: all of them kill. */
static bool build(scmp_filter_ctx filter, sandbox_talk talk)
{
    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
           add_rules(filter, SCMP_ACT_ALLOW, always, LENGTH(always)) &&
           (talk < SANDBOX_TALK_PLAIN || add_rules(filter, SCMP_ACT_ALLOW, to_talk, LENGTH(to_talk))) &&
           (talk < SANDBOX_TALK_TLS || add_rules(filter, SCMP_ACT_ALLOW, to_talk_by_tls, LENGTH(to_talk_by_tls))) &&
           add_rules(filter, SCMP_ACT_KILL_PROCESS, killing_if, LENGTH(killing_if));
}

bool sandbox_can_filter(void)
{
    return true;
}

bool sandbox_seccomp(sandbox_talk talk)
{
    bool kills = sandbox_kill_filter(); /* first: afterwards no filter can be added */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL)
        return false;
    bool holds = build(filter, talk) && seccomp_load(filter) == 0 && kills;
    seccomp_release(filter);
    return holds;
}
