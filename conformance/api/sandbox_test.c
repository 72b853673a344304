/*
 * sandbox_test.c - tries, in a layer of the command's sandbox or in all of them, what the command never does:
 *
 *     sandbox_test LAYER CALL
 *     sandbox_test LAYER @NAME    the system call of this name, with arguments that no call takes
 *
 * Prints "done", or the error, and exits with 0, if it is not killed.
 *
 *     sandbox_test LAYER --allowed
 *
 * Prints which system calls, by all their numbers, the layer would let be carried out, and with which arguments.
 */
#define _GNU_SOURCE

#include "../../cli/sandbox/layers.h"
#include "../../cli/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define NO_CALL 4095              /* no architecture has so many */
#define ASK_TERMINAL 0x802c542aUL /* TCGETS2, which older headers lack: isatty() of glibc 2.43 */
#define CLOCK_OF(process) ((~(long)(process) << 3) | 2)
#define ABOVE (1L << (sizeof(long) * 4)) /* a bit that the kernel does not see in the number of a descriptor */
#define NAME_MEMORY 0x53564d41           /* PR_SET_VMA, as above: names memory for /proc/PID/maps */

/* Opened before the sandbox closes. */
static int file, connection[2], unconnected, inherited, beyond;
static void *memory;

static int done_unless_negative(long result)
{
    return result < 0 ? -1 : 0;
}

/* Whatever the kernel has said: it has looked at the arguments. */
static int done_if_known(long result)
{
    return result < 0 && errno == ENOSYS ? -1 : 0;
}

/* ------------------------------------------------------------------ what the command does */

static int read_file(void)
{
    char byte;
    return done_unless_negative(pread(file, &byte, 1, 0));
}

static int ask_size(void)
{
    struct stat facts;
    return fstat(file, &facts);
}

static int print(void)
{
    return printf("\n") == 1 && fflush(stdout) == 0 ? 0 : -1;
}

static int take_memory(void)
{
    void *little = malloc(100), *much = malloc(10 << 20);
    int result = little != NULL && much != NULL ? 0 : -1;
    free(little);
    free(much);
    return result;
}

static int ask_time(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now);
}

static int talk(void)
{
    char byte = 1;
    if (send(connection[0], &byte, 1, 0) != 1)
        return -1;
    return recv(connection[1], &byte, 1, 0) == 1 ? 0 : -1;
}

/* ------------------------------------------------------------------ what it never does */

static int read_inherited(void)
{
    char byte;
    return done_unless_negative(pread(inherited, &byte, 1, 0));
}

static int read_beyond(void)
{
    char byte;
    return done_unless_negative(pread(beyond, &byte, 1, 0));
}

static int open_file(void)
{
    return done_unless_negative(open("/etc/passwd", O_RDONLY));
}

static int create_file(void)
{
    return done_unless_negative(open("created", O_WRONLY | O_CREAT, 0600));
}

static int remove_file(void)
{
    return unlink("file");
}

static int write_file(void)
{
    return done_unless_negative(write(file, "", 1));
}

static int execute(void)
{
    return execl("/bin/echo", "echo", "done", (char *)NULL);
}

static int make_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 ? -1 : done_unless_negative(waitpid(child, NULL, 0));
}

static int signal_parent(void)
{
    return kill(getppid(), 0);
}

static int make_socket(void)
{
    return done_unless_negative(socket(AF_INET, SOCK_STREAM, 0));
}

static int connect_socket(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int result = connect(unconnected, (struct sockaddr *)&address, sizeof address);
    return result != 0 && errno == ECONNREFUSED ? 0 : result; /* nobody listens; but it was tried */
}

static int map_program(void)
{
    void *map = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? -1 : 0;
}

static int make_program(void)
{
    return mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
}

static int map_file(void)
{
    return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0;
}

/* None of it: outside of the sandbox no memory is lost. */
static int poison_memory(void)
{
    int result = madvise(memory, 0, MADV_HWPOISON);
    return result != 0 && (errno == EINVAL || errno == EPERM) ? 0 : result; /* not for us; but it was tried */
}

static int type_at_terminal(void)
{
    int result = ioctl(STDOUT_FILENO, TIOCSTI, "x");
    return result != 0 && (errno == ENOTTY || errno == EIO) ? 0 : result; /* no terminal; but it was tried */
}

static int write_at_place(void)
{
    return done_unless_negative(pwrite(file, "", 1, 0));
}

static int shorten(void)
{
    return ftruncate(file, 0);
}

static int change_mode(void)
{
    return fchmod(file, 0600);
}

static int lock_file(void)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_OFD_SETLK, &lock);
}

static int make_memory_file(void)
{
    return done_unless_negative(memfd_create("test", MFD_CLOEXEC));
}

static int trace_parent(void)
{
    return done_if_known(ptrace(PTRACE_PEEKDATA, getppid(), NULL, NULL));
}

static int leave_namespace(void)
{
    return done_if_known(unshare(0));
}

static int become_user(void)
{
    return setuid(getuid());
}

/* ------------------------------------------------------------------ what it does with other arguments */

static int map_memory(int protection, int flags)
{
    return mmap(NULL, PAGE, protection, flags, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int share_memory(void)
{
    return map_memory(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

static int map_stack(void)
{
    return map_memory(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN);
}

static int map_to_read(void)
{
    return map_memory(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int make_read_only(void)
{
    return mprotect(memory, PAGE, PROT_READ);
}

static int forbid_access(void)
{
    return mprotect(memory, PAGE, PROT_NONE);
}

static int enlarge_memory(void)
{
    return mremap(memory, PAGE, 2UL * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

static int merge_memory(void)
{
    return done_if_known(madvise(memory, PAGE, MADV_MERGEABLE));
}

static int ask_random_pool(void)
{
    char byte;
    return done_if_known(syscall(SYS_getrandom, &byte, sizeof byte, GRND_NONBLOCK | GRND_RANDOM));
}

static int ask_clock_of_parent(void)
{
    struct timespec now;
    return done_if_known(syscall(SYS_clock_gettime, CLOCK_OF(getppid()), &now));
}

static int set_other_timer(void)
{
    struct itimerval never = {.it_value = {0}};
    return setitimer(ITIMER_VIRTUAL, &never, NULL);
}

static int seek_back(void)
{
    return done_unless_negative(lseek(file, 0, SEEK_SET));
}

static int seek_stdout(void)
{
    return done_if_known(syscall(SYS_lseek, STDOUT_FILENO, 0L, SEEK_END));
}

static int seek_stdout_above(void)
{
    return done_if_known(syscall(SYS_lseek, ABOVE + STDOUT_FILENO, 0L, SEEK_END));
}

static int read_stdin(void)
{
    char byte;
    return done_if_known(syscall(SYS_pread64, STDIN_FILENO, &byte, 1L, 0L));
}

static int read_stdin_above(void)
{
    char byte;
    return done_if_known(syscall(SYS_pread64, ABOVE + STDIN_FILENO, &byte, 1L, 0L));
}

static int receive_stdin(void)
{
    char byte;
    return done_if_known(recv(STDIN_FILENO, &byte, 1, 0));
}

static int send_to_stdin(void)
{
    return done_if_known(send(STDIN_FILENO, "", 1, 0));
}

static int send_descriptor(void)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec byte = {"", 1};
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};

    memcpy(CMSG_DATA(&control.head), &file, sizeof file);
    return done_unless_negative(sendmsg(connection[0], &message, 0));
}

/* ------------------------------------------------------------------ what a C library may do */

static int make_unknown_call(void)
{
    return done_unless_negative(syscall(NO_CALL));
}

static int ask_terminal(void)
{
    char answer[64];
    return done_if_known(syscall(SYS_ioctl, STDOUT_FILENO, ASK_TERMINAL, answer));
}

static int ask_terminal_size(void)
{
    struct winsize size;
    return done_if_known(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size));
}

static int count_bytes(void)
{
    int count;
    return ioctl(connection[0], FIONREAD, &count);
}

static int name_memory(void)
{
    return done_if_known(prctl(NAME_MEMORY, 0, memory, PAGE, "test"));
}

static int count_processors(void)
{
    cpu_set_t processors;
    return sched_getaffinity(0, sizeof processors, &processors);
}

static int read_link(void)
{
    char target[PAGE];
    return done_unless_negative(readlink("/proc/self/exe", target, sizeof target));
}

static const struct {
    const char *name;
    int (*run)(void); /* 0, or -1 and errno */
} calls[] = {
    {"read", read_file},
    {"size", ask_size},
    {"print", print},
    {"memory", take_memory},
    {"time", ask_time},
    {"talk", talk},
    {"inherited", read_inherited},
    {"beyond", read_beyond},
    {"open", open_file},
    {"create", create_file},
    {"remove", remove_file},
    {"write", write_file},
    {"execute", execute},
    {"fork", make_process},
    {"signal", signal_parent},
    {"socket", make_socket},
    {"connect", connect_socket},
    {"map-program", map_program},
    {"make-program", make_program},
    {"map-file", map_file},
    {"poison-memory", poison_memory},
    {"type", type_at_terminal},
    {"write-at", write_at_place},
    {"shorten", shorten},
    {"mode", change_mode},
    {"lock", lock_file},
    {"memory-file", make_memory_file},
    {"trace", trace_parent},
    {"namespace", leave_namespace},
    {"user", become_user},
    {"share-memory", share_memory},
    {"map-stack", map_stack},
    {"map-to-read", map_to_read},
    {"make-read-only", make_read_only},
    {"forbid-access", forbid_access},
    {"enlarge-memory", enlarge_memory},
    {"merge-memory", merge_memory},
    {"ask-random-pool", ask_random_pool},
    {"ask-clock-of-parent", ask_clock_of_parent},
    {"set-other-timer", set_other_timer},
    {"seek-back", seek_back},
    {"seek-stdout", seek_stdout},
    {"seek-stdout-above", seek_stdout_above},
    {"read-stdin", read_stdin},
    {"read-stdin-above", read_stdin_above},
    {"receive-stdin", receive_stdin},
    {"send-to-stdin", send_to_stdin},
    {"send-descriptor", send_descriptor},
    {"unknown", make_unknown_call},
    {"ask-terminal", ask_terminal},
    {"ask-terminal-size", ask_terminal_size},
    {"count-bytes", count_bytes},
    {"name-memory", name_memory},
    {"count-processors", count_processors},
    {"read-link", read_link},
};

/* Returns whether the layer is there. */
static bool enter(const char *layer)
{
    if (strcmp(layer, "none") == 0)
        return true;
    if (strcmp(layer, "limits") == 0)
        return sandbox_limit_resources();
    if (strcmp(layer, "closed") == 0)
        return sandbox_close_inherited(unconnected);
    if (strcmp(layer, "landlock") == 0)
        return sandbox_landlock();
    if (strcmp(layer, "seccomp") == 0)
        return sandbox_seccomp(SANDBOX_TALK_NONE);
    if (strcmp(layer, "all") == 0)
        return sandbox_enter(SANDBOX_TALK_NONE, unconnected).seccomp;
    if (strcmp(layer, "all-and-talk") == 0)
        return sandbox_enter(SANDBOX_TALK_PLAIN, unconnected).seccomp;
    if (strcmp(layer, "all-and-tls") == 0)
        return sandbox_enter(SANDBOX_TALK_TLS, unconnected).seccomp;
    return false;
}

/* What was inherited has lower and higher numbers than what the command opens. */
static bool open_everything(void)
{
    inherited = open("file", O_RDWR | O_CREAT, 0600);
    file = open("file", O_RDWR | O_CLOEXEC);
    memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool all = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, connection) == 0;
    unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    beyond = inherited >= 0 ? dup(inherited) : -1;
    return all && file >= 0 && unconnected >= 0 && beyond >= 0 && memory != MAP_FAILED;
}

static int report(int result)
{
    puts(result == 0 ? "done" : strerrorname_np(errno));
    return fclose(stdout) == 0 ? 0 : 2;
}

static int enter_and_try(const char *layer, int (*call)(void))
{
    if (!enter(layer)) {
        fprintf(stderr, "sandbox_test: no layer %s\n", layer);
        return 3;
    }
    return report(call());
}

/* Exit status 4: libseccomp does not know the name; 5: this architecture has no such call. */
static int enter_and_try_name(const char *layer, const char *name)
{
    int call = seccomp_syscall_resolve_name(name);

    if (call < 0)
        return call == __NR_SCMP_ERROR ? 4 : 5;
    if (!enter(layer))
        return 3;
    return report(done_unless_negative(syscall(call, -1L, -1L, -1L, -1L, -1L, -1L)));
}

/* ------------------------------------------------------------------ all calls */

#define NUMBERS 1024                      /* Linux has less than 600 */
#define MARK UINT64_C(0x7266637772666377) /* the sixth argument, which no rule asks about; both halves are the same */

/* Each of them is what some rule has a condition on, for all arguments but the sixth. */
static const long arguments[] = {0, 1, 3, F_OFD_GETLK, MAP_ANONYMOUS | AT_EMPTY_PATH, -1};

#define TRIES (int)(sizeof arguments / sizeof arguments[0])

/* A marked call that all later filters allow fails with EOWNERDEAD: none is carried out, which could do harm or never
 * come back. If several filters say that a call fails, the latest one says how. */
static bool stop_marked_calls(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)MARK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOWNERDEAD),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* next outlives the process, which a call may kill. */
static void try_numbers(int *next)
{
    while (*next < NUMBERS * TRIES) {
        int call = *next / TRIES;
        long all = arguments[*next % TRIES];
        ++*next;
        if (syscall(call, all, all, all, all, all, (long)MARK) == -1 && errno == EOWNERDEAD) {
            char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
            printf("%s %ld\n", name != NULL ? name : "?", all);
            fflush(stdout);
            free(name);
        }
    }
}

static int print_allowed(const char *layer)
{
    int status = 0;
    int *next = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (next == MAP_FAILED)
        return 2;
    do {
        pid_t child = fork();
        if (child == 0) {
            if (!stop_marked_calls() || !enter(layer))
                _exit(3);
            try_numbers(next);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0)
            return 2;
    } while (WIFSIGNALED(status));
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    if (argc != 3 || !open_everything()) {
        fputs("sandbox_test: usage, or no files and sockets\n", stderr);
        return 2;
    }
    if (strcmp(argv[2], "--allowed") == 0)
        return print_allowed(argv[1]);
    if (argv[2][0] == '@')
        return enter_and_try_name(argv[1], argv[2] + 1);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(argv[2], calls[i].name) == 0)
            return enter_and_try(argv[1], calls[i].run);
    }
    fprintf(stderr, "sandbox_test: no call %s\n", argv[2]);
    return 2;
}
