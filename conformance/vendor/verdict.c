/*
 * verdict.c - what refcow thinks of an image. Each program in this folder does the same, in another language:
 *
 *     verdict IMAGE
 *     corrupt: 2 corruptions, 1 leaks, 0 check errors
 *     gate: refuse backing-file backing-absolute
 *
 * This is for a copy of parser/. The refcow.h that is installed, or made by `make amalgamation`, declares the gate,
 * too: with it, include refcow.h instead of gate.h.
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <gate.h>

static unsigned char memory[1 << 20];

static int read_file(void *user, uint64_t offset, void *buffer, size_t length)
{
    return pread(*(int *)user, buffer, length, (off_t)offset) != (ssize_t)length;
}

static void check(const refcow_source *source)
{
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_image image;
    refcow_result result;
    refcow_status status = refcow_open(&image, sizeof image, REFCOW_VERSION, source);
    if (status == REFCOW_STATUS_OK)
        status = refcow_check(&image, &options, &result);
    if (status != REFCOW_STATUS_OK) {
        printf("not checked: %s\n", refcow_status_name(status));
        return;
    }
    printf("%s: %" PRIu64 " corruptions, %" PRIu64 " leaks, %" PRIu64 " check errors\n",
           refcow_verdict_name(result.verdict), result.corruptions, result.leaks, result.check_errors);
}

/* By the strict policy: each broken rule is a reason to refuse the image. */
static void gate(const refcow_source *source)
{
    static refcow_breach breaches[REFCOW_BREACHES_MAX];
    static refcow_gate_result result;
    refcow_policy policy = refcow_policy_strict();
    refcow_gate_options options = {.policy = &policy,
                                   .check = {.memory = memory, .memory_size = sizeof memory},
                                   .breaches = breaches,
                                   .breaches_capacity = REFCOW_BREACHES_MAX};
    refcow_gate(source, &options, &result, sizeof result, REFCOW_VERSION);
    printf("gate: %s", refcow_decision_name(result.decision));
    for (size_t i = 0; i < result.breaches_count; i++)
        printf(" %s", refcow_rule_name(breaches[i].rule));
    putchar('\n');
}

int main(int argc, char **argv)
{
    int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    if (size < 0)
        return 1;
    refcow_source source = {.read = read_file, .user = &file, .size = (uint64_t)size};
    check(&source);
    gate(&source);
    return 0;
}
