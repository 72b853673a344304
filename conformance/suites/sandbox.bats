#!/usr/bin/env bats
# The command's sandbox: what each layer forbids, that the command is inside before it reads, and how it goes without.

load ../lib/suite

sandbox_test=$(realpath "${SANDBOX_TEST:-$conformance/../build/sandbox_test}")
killed=$((128 + $(kill -l SYS)))

make_image() {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4' 'write -c 8 1'
}

# try LAYER CALL: what came of it in $result: what sandbox_test says, or "killed".
try() {
    local code=0
    result=$("$sandbox_test" "$1" "$2" 2>stderr | tail -n 1; exit "${PIPESTATUS[0]}") || code=$?
    case $code in
    0) ;;
    "$killed") result=killed ;;
    *) fail "sandbox_test $1 $2: exit status $code: $(cat stderr)" ;;
    esac
}

# assert_layer LAYER: each call ends as the rows on stdin say, and as it should without the layer.
assert_layer() {
    local layer=$1 call expected result rows=0
    while read -r call expected; do
        rows=$((rows + 1))
        try none "$call"
        [ "$result" = "done" ] || fail "outside of the sandbox, $call: $result"
        try "$layer" "$call"
        [ "$result" = "$expected" ] || fail "$layer, $call: $result, expected $expected"
    done
    [ "$rows" -gt 0 ]
}

@test "the sandbox is complete here, and --version says so" {
    run -0 "$REFCOW" --version
    assert_line --index 0 --regexp '^refcow [0-9]+\.[0-9]+\.[0-9]+$'
    assert_line --index 1 --regexp '^confined by: seccomp, (Landlock, )?closed descriptors, resource limits$'
    assert_line --index 2 'remote images: libnbd'
    assert_line --index 3 'sandbox tried: a check of a test image ends well in it'
}

@test "seccomp kills what makes a call that only an exploit needs" {
    assert_layer seccomp <<'CALLS'
read done
size done
print done
memory done
time done
talk ENOSYS
inherited done
beyond done
open killed
create killed
remove killed
write killed
execute killed
fork killed
signal killed
socket killed
connect killed
map-program killed
make-program killed
map-file killed
poison-memory killed
type killed
write-at killed
shorten killed
mode killed
lock killed
memory-file killed
trace killed
namespace killed
user killed
CALLS
}

@test "with a connection, nothing more is allowed than to use it" {
    assert_layer all-and-talk <<'CALLS'
read done
size done
print done
memory done
time done
talk done
inherited EBADF
beyond EBADF
open killed
create killed
remove killed
write killed
execute killed
fork killed
signal killed
socket killed
connect killed
map-program killed
make-program killed
map-file killed
poison-memory killed
type killed
write-at killed
shorten killed
mode killed
lock killed
memory-file killed
trace killed
namespace killed
user killed
CALLS
}

@test "seccomp refuses, and does not kill, what a C library may ask for" {
    local layer
    for layer in seccomp all-and-talk; do
        assert_layer "$layer" <<'CALLS'
ask-terminal ENOSYS
ask-terminal-size ENOSYS
count-bytes ENOSYS
name-memory ENOSYS
count-processors ENOSYS
read-link ENOSYS
CALLS
        try "$layer" unknown
        assert_equal "$result" ENOSYS
    done
}

@test "seccomp lets no call be made with other arguments than the command has" {
    local layer
    for layer in seccomp all-and-talk; do
        assert_layer "$layer" <<'CALLS'
share-memory ENOSYS
map-stack ENOSYS
map-to-read ENOSYS
make-read-only ENOSYS
forbid-access ENOSYS
enlarge-memory ENOSYS
merge-memory ENOSYS
ask-random-pool ENOSYS
ask-clock-of-parent ENOSYS
set-other-timer ENOSYS
seek-back ENOSYS
seek-stdout ENOSYS
seek-stdout-above ENOSYS
read-stdin killed
read-stdin-above killed
receive-stdin killed
send-to-stdin killed
send-descriptor ENOSYS
CALLS
    done
    # GnuTLS needs it.
    assert_layer all-and-tls <<<'send-descriptor done'
}

@test "each call on the list of those that kill is known by its name, and kills" {
    local name code killing=0
    while read -r name; do
        code=0
        "$sandbox_test" seccomp "@$name" >/dev/null 2>&1 || code=$?
        case $code in
        "$killed") killing=$((killing + 1)) ;;
        5) ;; # this architecture has no such call
        *) fail "$name: exit status $code" ;;
        esac
    done < <(sed -n '/^static.* killing\[\]/,/};/p' "$conformance/../cli/sandbox/kill.c" | grep -o '"[a-z0-9_]*"' | tr -d '"')
    [ "$killing" -gt 100 ]
}

# allows LAYER: nothing but what stdin names is carried out: with all arguments, or with those that follow.
allows() {
    local call with argument
    "$sandbox_test" "$1" --allowed >allowed
    [ "$(wc -l <allowed)" -gt 40 ]
    while read -r call with; do
        for argument in ${with:-0 1 3 36 4128 -1}; do
            echo "$call $argument"
        done
    done | sort >expected
    sort -o allowed allowed
    run comm -23 allowed expected
    assert_output ''
}

@test "of all system calls by their numbers, no other is carried out than those that are needed" {
    local to_talk
    cat >needed <<'CALLS'
brk
clock_gettime 0 1 3
clock_gettime64 0 1 3
close
exit
exit_group
fcntl 36
fcntl64 36
fstat
fstat64
getrandom 0 1
lseek 3
mprotect 3
munmap
pread64 3 36 4128 -1
restart_syscall
rt_sigreturn
setitimer 0
sigreturn
sysinfo
write 1
writev 1
CALLS
    allows seccomp <needed
    to_talk=$(printf '%s\n' poll ppoll ppoll_time64 'recv 3 36 4128 -1' 'recvfrom 3 36 4128 -1' 'send 3 36 4128 -1')
    allows all-and-talk < <(cat needed - <<<"$to_talk")
    allows all-and-tls < <(cat needed - <<<"$to_talk"$'\nsendmsg 3 36 4128 -1')
}

@test "what the process was started with is closed" {
    assert_layer closed <<'CALLS'
read done
size done
print done
talk done
inherited EBADF
beyond EBADF
CALLS
}

@test "Landlock alone lets no file be opened" {
    if [[ $("$REFCOW" --version) != *Landlock* ]]; then
        skip 'this kernel has no Landlock'
    fi
    assert_layer landlock <<'CALLS'
read done
size done
print done
open EACCES
create EACCES
remove EACCES
execute EACCES
CALLS
}

@test "resource limits alone let no descriptor be made" {
    assert_layer limits <<'CALLS'
read done
size done
print done
talk done
open EMFILE
create EMFILE
socket EMFILE
CALLS
}

# Library functions of the command, replaced: LD_PRELOAD is what a defect is in this test.
preload() { # FUNCTION-BODY...: of pread(), which gets a descriptor; the first call only
    cat >preload.c <<C
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t pread64(int descriptor, void *buffer, size_t length, off64_t offset);
ssize_t pread64(int descriptor, void *buffer, size_t length, off64_t offset)
{
    $1
    return syscall(SYS_pread64, descriptor, buffer, length, offset);
}
ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset)
{
    return pread64(descriptor, buffer, length, offset);
}
C
    cc -shared -fPIC -o preload.so preload.c
}

@test "a reader of images that goes astray is killed, and is not without the sandbox" {
    local astray
    make_image
    while read -r astray; do
        preload "$astray"
        run -0 env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check --no-sandbox image.qcow2
        run -0 env LD_PRELOAD="$PWD/preload.so" "$REFCOW" info --no-sandbox image.qcow2
        run "-$killed" env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check image.qcow2
        run "-$killed" env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check --output=json image.qcow2
        assert_output ''
        run "-$killed" env LD_PRELOAD="$PWD/preload.so" "$REFCOW" info image.qcow2
        assert_output ''
    done <<'CALLS'
socket(AF_INET, SOCK_STREAM, 0);
open("/etc/passwd", O_RDONLY);
if (vfork() == 0) _exit(0);
CALLS
    preload ''
    run -0 env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check image.qcow2
}

# astray_version: --version with the library functions replaced; must fail.
astray_version() {
    run -1 --separate-stderr env LD_PRELOAD="$PWD/preload.so" "$REFCOW" --version
    assert_line 'sandbox tried: a check of a test image FAILS in it'
    # shellcheck disable=SC2154 # set by run
    output=$stderr
    assert_output --partial 'please report this'
    assert_output --partial 'use --no-sandbox'
}

@test "--version checks an image in the sandbox, and says when the check does not survive" {
    preload 'socket(AF_INET, SOCK_STREAM, 0);'
    astray_version
    assert_output --partial 'ended with signal 31 (Bad system call)'
    preload 'if (syscall(SYS_getpid) < 0) return -1;'
    astray_version
    assert_output --partial 'ended with exit status 1'
    preload ''
    run -0 env LD_PRELOAD="$PWD/preload.so" "$REFCOW" --version
    run -0 bash -c "trap '' CHLD && '$REFCOW' --version"
    assert_line 'sandbox tried: a check of a test image ends well in it'
}

@test "--version says why it could not try" {
    run -0 strace -o /dev/null -e inject=memfd_create:error=EACCES "$REFCOW" --version
    assert_line 'sandbox tried: no, the system gives no test image or process: Permission denied'
    run -0 strace -o /dev/null -e inject=clone:error=EAGAIN "$REFCOW" --version
    assert_line 'sandbox tried: no, the system gives no test image or process: Resource temporarily unavailable'
}

@test "--version does not blame the sandbox for what fails without it too" {
    preload 'return -1;'
    run -1 --separate-stderr env LD_PRELOAD="$PWD/preload.so" "$REFCOW" --version
    assert_line 'sandbox tried: no, a check of a test image fails without it too'
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *'with and without the sandbox'* && $stderr != *report* ]] || fail "$stderr"
}

@test "--version where files are limited in size, and where there is no /dev/null" {
    local blocks
    for blocks in 0 1; do
        run -0 bash -c "ulimit -f $blocks; '$REFCOW' --version | cat; exit \${PIPESTATUS[0]}"
        assert_line 'sandbox tried: no, the system gives no test image or process: File too large'
    done
    run -0 strace -f -o calls.txt -e inject=openat:error=ENOENT -P /dev/null "$REFCOW" --version
    assert_line 'sandbox tried: a check of a test image ends well in it'
    grep -q '/dev/null.*INJECTED' calls.txt
}

# ------------------------------------------------------------------ C libraries

# with_library COMMAND: on a terminal, then on a pipe, with the preloaded library.
with_library() {
    TERM=dumb run -0 script -qec "LD_PRELOAD='$PWD/preload.so' $1" /dev/null
    LD_PRELOAD="$PWD/preload.so" bash -o pipefail -c "$1 2>&1 | cat" >piped
}

each_verb() {
    local verb
    for verb in check info map gate; do "$@" "'$REFCOW' $verb image.qcow2"; done
}

@test "a C library that asks terminals as glibc 2.43 does" {
    make_image
    cat >preload.c <<'C'
#include <sys/syscall.h>
#include <unistd.h>
int isatty(int descriptor)
{
    char answer[64];
    return syscall(SYS_ioctl, descriptor, 0x802c542aUL, answer) == 0; /* TCGETS2 */
}
C
    cc -shared -fPIC -o preload.so preload.c
    each_verb with_library
    with_library "'$REFCOW' --version"
}

@test "a C library that asks for more while an image is read" {
    make_image
    preload 'char answer[64];
        syscall(SYS_ioctl, 1, 0x802c542aUL, answer);
        syscall(SYS_prctl, 0x53564d41, 0, answer, 4096, "name");
        syscall(SYS_rt_sigprocmask, 0, 0, 0, 8);
        syscall(4095);'
    each_verb with_library
    with_library "'$REFCOW' --version"
}

# assert_content COMMAND: on a terminal it asks none when the sandbox is closed, and no call is refused. A C library that
# asks for the facts of stdout is about to choose how to buffer it, and would ask next whether it is a terminal.
assert_content() {
    TERM=dumb run -0 script -qec "strace -o calls.txt $1" /dev/null
    sed '1,/^seccomp(SECCOMP_SET_MODE_FILTER.* = 0$/d' calls.txt >inside
    grep -q '^write(1' inside
    run grep -E '^ioctl|^(new)?fstat(at)?\(1,|ENOSYS' inside
    assert_output ''
}

@test "inside of the sandbox no terminal is asked, and the C library that is here gets all that it asks for" {
    make_image
    each_verb assert_content
}

# with_secret COMMAND...: a file is open that is none of the command's business, and the image is another.
with_secret() {
    "$@" 4<secret 200<secret
}

@test "what the command was started with is closed before an image is read, and serves to name files until then" {
    local number
    local -a astray=(env LD_PRELOAD="$PWD/preload.so")
    make_image
    echo secret >secret
    ln image.qcow2 other.qcow2
    for number in 4 200; do
        preload "if (syscall(SYS_pread64, $number, buffer, 1, 0L) == 1) _exit(42);"
        run -42 with_secret "${astray[@]}" "$REFCOW" check --no-sandbox image.qcow2
        run -0 with_secret "${astray[@]}" "$REFCOW" check image.qcow2 other.qcow2
        run -0 with_secret "${astray[@]}" "$REFCOW" map image.qcow2
        run -0 with_secret "${astray[@]}" "$REFCOW" info image.qcow2
        run -42 with_secret "${astray[@]}" "$REFCOW" gate --no-sandbox image.qcow2
        run -0 with_secret "${astray[@]}" "$REFCOW" gate --policy <(echo check) image.qcow2
        run -0 with_secret "${astray[@]}" "$REFCOW" gate - <image.qcow2
    done
    run -0 "$REFCOW" check /dev/fd/9 /dev/fd/8 9<image.qcow2 8<other.qcow2
    serve nbdkit.pid nbdkit -f --exit-with-parent -U nbdkit.sock -P nbdkit.pid -r file image.qcow2
    run -0 with_secret "$REFCOW" check "nbd+unix:///?socket=$PWD/nbdkit.sock"
    run -0 with_secret "$REFCOW" check image.qcow2 "nbd+unix:///?socket=$PWD/nbdkit.sock" other.qcow2
    run -0 with_secret "$REFCOW" gate --allow writer "nbd+unix:///?socket=$PWD/nbdkit.sock"
}

@test "a check that does not come back is ended by --timeout, also where SIGALRM is ignored and blocked" {
    make_image
    preload 'for (;;);'
    run -1 timeout -s KILL 60 \
        env --ignore-signal=ALRM --block-signal=ALRM LD_PRELOAD="$PWD/preload.so" "$REFCOW" check --timeout 1 image.qcow2
    assert_line --partial 'image.qcow2: Incomplete: the time that --timeout allows is over: '
}

@test "who reads the output slowly gets it all, although the time is over" {
    "$conformance/../corpus/hostile/make-hostile" every-entry-a-finding image.qcow2
    "$REFCOW" check --timeout 10 --output=json --max-findings 1000 image.qcow2 | (sleep 12 && cat >out)
    [ "$(stat -c %s out)" -gt 100000 ] # more than a pipe holds
    jq -e .refcow.complete out
}

# calls OPTION...: the system calls of a check after it has opened the image, in their order, one on a line.
calls() {
    strace -o calls.txt "$REFCOW" check "$@" image.qcow2 >/dev/null
    sed -n '/^openat(.*"image.qcow2"/,$s/^\([a-z0-9_]*\)(.*/\1/p' calls.txt
}

@test "the sandbox is closed before the first byte of the image is read" {
    make_image
    calls >with
    grep -q 'SECCOMP_SET_MODE_FILTER.* = 0$' calls.txt
    grep -q 'RLIMIT_NOFILE.* = 0$' calls.txt
    sed '/^pread64$/,$d' with >before
    grep -qx seccomp before
    grep -qx prlimit64 before
    calls --no-sandbox >without
    grep -qx pread64 without
    run ! grep -qxE 'seccomp|landlock_.*|prctl' without
}

@test "where the system has neither seccomp nor Landlock the limits hold" {
    local -a without=(strace -o /dev/null -e inject=prctl:error=EINVAL
        -e 'inject=seccomp,landlock_create_ruleset,close_range:error=ENOSYS')
    make_image
    run -0 "${without[@]}" "$REFCOW" --version
    assert_line 'confined by: resource limits'
    run -0 "${without[@]}" "$REFCOW" check image.qcow2
    preload 'socket(AF_INET, SOCK_STREAM, 0);'
    run -0 "${without[@]}" -E LD_PRELOAD="$PWD/preload.so" "$REFCOW" check image.qcow2
}

@test "where the system takes no filter of system calls, that is said once, and not with --no-sandbox" {
    local verb
    local -a without=(strace -o /dev/null -e inject=prctl:error=EINVAL -e inject=seccomp:error=ENOSYS)
    make_image
    cp image.qcow2 other.qcow2
    run -0 --separate-stderr "${without[@]}" "$REFCOW" check image.qcow2 other.qcow2
    # shellcheck disable=SC2154 # set by run
    assert_equal "$(grep -c 'accepts no filter of system calls' <<<"$stderr")" 1
    for verb in check info map gate; do
        run -0 --separate-stderr "${without[@]}" "$REFCOW" "$verb" -q image.qcow2
        [[ $stderr == *'accepts no filter of system calls'* ]] || fail "$verb: $stderr"
        run -0 --separate-stderr "${without[@]}" "$REFCOW" "$verb" --no-sandbox image.qcow2
        assert_equal "$stderr" ''
        run -0 --separate-stderr "$REFCOW" "$verb" image.qcow2
        assert_equal "$stderr" ''
    done
}

@test "the stack is limited where the caller has set no limit" {
    make_image
    run -0 bash -c "ulimit -s unlimited; strace -o calls.txt '$REFCOW' check image.qcow2"
    grep -q 'RLIMIT_STACK, {rlim_cur=8192\*1024, rlim_max=8192\*1024}' calls.txt
    run -0 bash -c "ulimit -s 4096; strace -o calls.txt '$REFCOW' check image.qcow2"
    grep -q 'RLIMIT_STACK, {rlim_cur=4096\*1024, rlim_max=4096\*1024}' calls.txt
}

@test "more images than a process may open at first, and than it may open at all" {
    local i
    make_image
    for ((i = 0; i < 300; i++)); do ln image.qcow2 "$i.qcow2"; done
    (ulimit -Sn 50 && "$REFCOW" check --output=jsonl {0..299}.qcow2) >records
    assert_equal "$(jq -r 'select(.type == "summary") | .status.name' records | sort | uniq -c | xargs)" '300 ok'
    (ulimit -n 50 && "$REFCOW" check --output=jsonl {0..299}.qcow2) >records 2>complaints || [ $? -eq 1 ]
    [ "$(grep -c 'Too many open files' complaints)" -gt 250 ]
    assert_equal "$(jq -r 'select(.type == "summary") | .status.name' records | sort | uniq -c | wc -l)" 2
    (ulimit -n 50 && strace -o calls.txt "$REFCOW" check -q {0..299}.qcow2) 2>complaints || [ $? -eq 1 ]
    ! grep -q '^landlock.*EMFILE' calls.txt || fail 'the images have left no descriptor for Landlock'
}

@test "output to a terminal, a pipe, a file and nowhere" {
    make_image
    TERM=dumb run -0 script -qec "'$REFCOW' check image.qcow2" /dev/null
    assert_output --partial Clean
    run -0 bash -c "'$REFCOW' check image.qcow2 | cat"
    assert_output --partial Clean
    "$REFCOW" check image.qcow2 >file
    grep -q Clean file
    run -0 "$REFCOW" check -q image.qcow2 <&- >&- 2>&-
}

@test "no stream that is closed becomes the image" {
    make_image
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    run -1 bash -c "'$REFCOW' check image.qcow2 >&-"
    run -2 bash -c "'$REFCOW' check image.qcow2 <&-"
    run -2 bash -c "'$REFCOW' check image.qcow2 2>&-"
    run -2 bash -c "'$REFCOW' check -q image.qcow2 <&- >&- 2>&-"
    # Where there is no /dev/null, too.
    preload 'if (descriptor <= STDERR_FILENO) _exit(42);'
    run -2 strace -f -o calls.txt -e inject=openat:error=ENOENT -P /dev/null -E LD_PRELOAD="$PWD/preload.so" \
        bash -c "'$REFCOW' check -q --no-sandbox image.qcow2 <&- >&- 2>&-"
    grep -q '/dev/null.*INJECTED' calls.txt
}

@test "a build without libseccomp and libnbd works, and says so" {
    local source=$conformance/..
    make_image
    mkdir plain && cp -r "$source/Makefile" "$source/parser" "$source/cli" plain
    run -0 make -C plain CFLAGS=-O0 PKG_CONFIG=false build/refcow
    assert_line --partial 'libseccomp is not installed'
    assert_line --partial 'libnbd is not installed'
    run -0 plain/build/refcow --version
    assert_line 'confined by: resource limits'
    assert_line --partial 'built without libnbd'
    run -0 plain/build/refcow check image.qcow2
    run -1 --separate-stderr plain/build/refcow check nbd://localhost/
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *'built without libnbd'* ]] || fail "$stderr"
}
