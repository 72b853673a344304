/*
 * verdict.c - what refcow thinks of an image. Each program in this folder does the same, in another language:
 *
 *     verdict IMAGE
 *     corrupt: 2 corruptions, 1 leaks, 0 check errors
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <refcow.h>

static int read_file(void *user, uint64_t offset, void *buffer, size_t length)
{
    return pread(*(int *)user, buffer, length, (off_t)offset) != (ssize_t)length;
}

int main(int argc, char **argv)
{
    static unsigned char memory[1 << 20];
    int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    if (size < 0)
        return 1;

    refcow_source source = {.read = read_file, .user = &file, .size = (uint64_t)size};
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_image image;
    refcow_result result;
    refcow_status status = refcow_open(&image, sizeof image, REFCOW_VERSION, &source);
    if (status == REFCOW_STATUS_OK)
        status = refcow_check(&image, &options, &result);
    if (status != REFCOW_STATUS_OK) {
        printf("not checked: %s\n", refcow_status_name(status));
        return 0;
    }
    printf("%s: %" PRIu64 " corruptions, %" PRIu64 " leaks, %" PRIu64 " check errors\n",
           refcow_verdict_name(result.verdict), result.corruptions, result.leaks, result.check_errors);
    return 0;
}
