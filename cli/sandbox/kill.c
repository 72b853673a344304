/*
 * kill.c - the system calls that end the process, whatever their arguments are, and those that do nothing to
 * the standard streams.
 *
 * An exploit that runs in the sandbox can read the images and print. These calls are its ways to more. The filter of
 * seccomp.c carries none of them out. This filter comes in front of it, so that the first try is the last one.
 *
 * It is a filter of its own because of time. libseccomp needs as long to build these rules as the check of a small
 * image takes. The kernel needs nearly as long for a plain list of comparisons, because it runs a new filter once for
 * each system call that there is. Here the kernel gets a search tree.
 */
#include "layers.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* They stand here as names, because the headers of older systems lack some numbers. */
static const char *const killing[] = {
    /* run a program, or get memory that holds one */
    "execve", "execveat", "memfd_create", "memfd_secret", "personality", "shmat", "uselib",
    /* open files; use files without opening them */
    "open", "openat", "openat2", "creat", "open_by_handle_at", "mknod", "mknodat", "mkdir", "mkdirat", "rmdir",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate",
    "truncate64", "chmod", "fchmodat", "fchmodat2", "chown", "chown32", "lchown", "lchown32", "fchownat", "utime",
    "utimes", "futimesat", "utimensat", "utimensat_time64", "setxattr", "lsetxattr", "removexattr", "lremovexattr",
    /* change the files that are open, or copy them out */
    "pwrite64", "pwritev", "pwritev2", "ftruncate", "ftruncate64", "fallocate", "fchmod", "fchown", "fchown32",
    "fsetxattr", "fremovexattr", "flock", "sendfile", "sendfile64", "splice", "tee", "vmsplice", "copy_file_range",
    "dup2", "dup3",
    /* mount file systems, leave the root and the namespaces */
    "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "pivot_root", "chroot", "unshare", "setns",
    /* make processes, and get at other processes */
    "fork", "vfork", "clone", "clone3", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "ptrace",
    "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "kcmp",
    /* become another user */
    "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32", "setresuid",
    "setresuid32", "setresgid", "setresgid32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32", "setgroups",
    "setgroups32", "capset",
    /* reach the network and other sockets */
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "setsockopt", "sendmmsg", "recvmmsg",
    "recvmsg",
    /* reach parts of the kernel in which exploits are found, or which act for the process without system calls */
    "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit", "perf_event_open",
    "userfaultfd", "add_key", "request_key", "keyctl", "modify_ldt", "fanotify_init",
    /* rule the machine */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
    "acct", "quotactl", "quotactl_fd", "syslog", "iopl", "ioperm", "settimeofday", "clock_settime", "clock_settime64",
    "adjtimex", "clock_adjtime", "sethostname", "setdomainname"};

/* Calls that the command makes on images and sockets, never on stdin, stdout and stderr. */
static const char *const not_on_streams[] = {"pread64", "recv", "recvfrom", "send", "sendto", "sendmsg"};

/* Calls that a C library may try on a stream. They fail, and do not kill. */
static const char *const refused_on_streams[] = {"lseek", "_llseek"};

#define LENGTH(list) (sizeof(list) / sizeof(list)[0])

#define CALLS LENGTH(killing)
#define LEAF 8 /* calls that are compared one by one */

/* A leaf takes two steps more than it has calls, a branch one. A jump skips 255 steps at most, here half of the tree.
 */
#define STEPS 512
#define STREAM_STEPS (5 * (LENGTH(not_on_streams) + LENGTH(refused_on_streams)))
static_assert(CALLS + 3 * (2 * CALLS / LEAF) < STEPS - 1 - STREAM_STEPS, "a jump is too long: make LEAF larger");

/* Where the lower half of it is. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_ARGUMENT (offsetof(struct seccomp_data, args[0]) + sizeof(uint32_t))
#else
#define FIRST_ARGUMENT offsetof(struct seccomp_data, args[0])
#endif

struct program {
    struct sock_filter steps[STEPS];
    unsigned short length;
};

static void add(struct program *program, unsigned code, int value, size_t if_true, size_t if_false)
{
    program->steps[program->length++] = (struct sock_filter){.code = (unsigned short)code,
                                                             .jt = (unsigned char)if_true,
                                                             .jf = (unsigned char)if_false,
                                                             .k = (unsigned)value};
}

static void add_leaf(struct program *program, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(program, BPF_JMP | BPF_JEQ | BPF_K, calls[i], count - i, 0);
    add(program, BPF_RET | BPF_K, (int)SECCOMP_RET_ALLOW, 0, 0);
    add(program, BPF_RET | BPF_K, (int)SECCOMP_RET_KILL_PROCESS, 0, 0);
}

/* The calls are in ascending order. */
static void add_tree(struct program *program, const int *calls, size_t count)
{
    if (count <= LEAF) {
        add_leaf(program, calls, count);
        return;
    }
    size_t lower = count / 2, branch = program->length;
    add(program, BPF_JMP | BPF_JGE | BPF_K, calls[lower], 0, 0);
    add_tree(program, calls, lower);
    program->steps[branch].jt = (unsigned char)(program->length - branch - 1);
    add_tree(program, calls + lower, count - lower);
}

static int compare(const void *one, const void *other)
{
    int left = *(const int *)one, right = *(const int *)other;
    return (left > right) - (left < right);
}

/* The numbers of the calls, in ascending order. A call that libseccomp does not know, or that this architecture lacks,
 * has a negative one and is left out. */
static size_t look_up(int *calls)
{
    size_t count = 0;

    for (size_t i = 0; i < CALLS; i++) {
        int call = seccomp_syscall_resolve_name(killing[i]);
        if (call >= 0)
            calls[count++] = call;
    }
    qsort(calls, count, sizeof *calls, compare);
    return count;
}

/* What becomes of a call whose first argument is the number of a standard stream. The kernel takes its lower half only;
 * libseccomp compares both. */
static void add_stream_rules(struct program *program, const char *const *names, size_t count, unsigned action)
{
    for (size_t i = 0; i < count; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        if (call < 0)
            continue;
        add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
        add(program, BPF_LD | BPF_W | BPF_ABS, FIRST_ARGUMENT, 0, 0);
        add(program, BPF_JMP | BPF_JGT | BPF_K, STDERR_FILENO, 1, 0);
        add(program, BPF_RET | BPF_K, (int)action, 0, 0);
        add(program, BPF_RET | BPF_K, (int)SECCOMP_RET_ALLOW, 0, 0);
    }
}

/* The architecture is not looked at: calls of another one are killed by the filter of seccomp.c. */
bool sandbox_kill_filter(void)
{
    int calls[CALLS] = {0};
    size_t count = look_up(calls);
    struct program program = {.length = 0};

    add(&program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    add_stream_rules(&program, not_on_streams, LENGTH(not_on_streams), SECCOMP_RET_KILL_PROCESS);
    add_stream_rules(&program, refused_on_streams, LENGTH(refused_on_streams), SECCOMP_RET_ERRNO | ENOSYS);
    add_tree(&program, calls, count);
    struct sock_fprog filter = {.len = program.length, .filter = program.steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
