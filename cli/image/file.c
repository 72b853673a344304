#define _GNU_SOURCE /* SEEK_DATA, SEEK_HOLE */
#define _FILE_OFFSET_BITS 64

#include "file.h"

#include "../process/clock.h"
#include "../process/stop.h"
#include "nbd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define SLOW_ANSWER (NANOSECONDS_PER_SECOND / 1000)
#define MOST_SLOW_ANSWERS 8

#define STAT_BLOCK_SIZE 512u /* of st_blocks, whatever the file system */

static const char *name_of_kind(mode_t mode)
{
    if (S_ISDIR(mode))
        return "directory";
    if (S_ISFIFO(mode))
        return "FIFO";
    if (S_ISCHR(mode))
        return "character device";
    if (S_ISSOCK(mode))
        return "socket";
    return "unknown kind";
}

/* The descriptor was opened without waiting; from here on reads may wait, or a slow disk would look like an error. */
static bool allow_waiting(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

/* The size of an open regular file or block device. stat() knows the size of a file only. */
static bool find_size(int descriptor, const struct stat *facts, uint64_t *size)
{
    off_t end = S_ISBLK(facts->st_mode) ? lseek(descriptor, 0, SEEK_END) : facts->st_size;
    if (end < 0)
        return false;
    *size = (uint64_t)end;
    return true;
}

/* No blocks at all: a block device, a file kept in its inode, or a file system that does not count. */
static uint64_t bytes_on_disk(const struct stat *facts, uint64_t size)
{
    return facts->st_blocks > 0 ? STAT_BLOCK_SIZE * (uint64_t)facts->st_blocks : size;
}

static bool examine(image_file *file, failure *why)
{
    struct stat facts;

    if (fstat(file->descriptor, &facts) != 0) {
        *why = failure_of_opening(strerror(errno));
        return false;
    }
    if (!S_ISREG(facts.st_mode) && !S_ISBLK(facts.st_mode)) {
        *why = failure_of_file_kind(name_of_kind(facts.st_mode));
        return false;
    }
    if (!allow_waiting(file->descriptor) || !find_size(file->descriptor, &facts, &file->size)) {
        *why = failure_of_opening(strerror(errno));
        return false;
    }
    file->allocated = bytes_on_disk(&facts, file->size);
    file->changed = facts.st_ctim;
    file->device = facts.st_dev;
    file->inode = facts.st_ino;
    return true;
}

static bool is_remote(const char *path)
{
    static const char *const schemes[] = {"nbd://", "nbds://", "nbd+unix://", "nbds+unix://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncmp(path, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    return false;
}

bool image_file_open(image_file *file, const char *path, failure *why)
{
    if (is_remote(path)) {
        bool is_open = image_nbd_open(file, path, why);
        file->is_encrypted = strncmp(path, "nbds", 4) == 0;
        return is_open;
    }
    *file = (image_file){.descriptor = -1, .knows_holes = true};

    do {
        file->descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } while (file->descriptor < 0 && errno == EINTR);
    if (file->descriptor < 0) {
        *why = failure_of_opening(strerror(errno));
        return false;
    }
    /* Tables are asked for in pieces that are large enough. What the system would read ahead for the small looks
     * between them is, in the holes of a hostile file, seconds of work on pages of zeros. */
    posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_RANDOM);
    if (!examine(file, why)) {
        image_file_close(file);
        return false;
    }
    return true;
}

void image_file_close(image_file *file)
{
    if (file->remote != NULL) {
        image_nbd_close(file);
        return;
    }
    close(file->descriptor);
    file->descriptor = -1;
}

int image_file_descriptor(const image_file *file)
{
    return file->remote != NULL ? image_nbd_socket(file) : file->descriptor;
}

sandbox_talk image_file_talk(const image_file *file)
{
    if (file->remote == NULL)
        return SANDBOX_TALK_NONE;
    return file->is_encrypted ? SANDBOX_TALK_TLS : SANDBOX_TALK_PLAIN;
}

bool image_file_look_again(image_file *file)
{
    struct stat facts;

    if (file->remote != NULL)
        return true; /* a server says it once */
    if (fstat(file->descriptor, &facts) != 0 || !find_size(file->descriptor, &facts, &file->size))
        return false;
    file->changed = facts.st_ctim;
    return true;
}

bool image_file_peek(const image_file *file, void *buffer, size_t length)
{
    ssize_t got;

    memset(buffer, 0, length);
    if (file->remote != NULL)
        return image_nbd_peek(file, buffer, length);
    do {
        got = pread(file->descriptor, buffer, length, 0);
    } while (got < 0 && errno == EINTR);
    return got >= 0;
}

static int read_exactly(void *user, uint64_t offset, void *buffer, size_t length)
{
    image_file *file = user;
    unsigned char *next = buffer;

    while (length > 0) {
        if (file->stops && stop_wanted())
            return -1;
        ssize_t got = pread(file->descriptor, next, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            file->read_detail = got < 0 ? strerror(errno) : "the file has become shorter";
            return -1;
        }
        next += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return 0;
}

/* "No data from here on" is also what lseek() says past the end of a file that has become shorter since it was opened;
 * that must not pass for a hole. */
static bool still_has_its_size(const image_file *file)
{
    struct stat facts;
    if (fstat(file->descriptor, &facts) != 0)
        return false;
    return S_ISBLK(facts.st_mode) || (uint64_t)facts.st_size >= file->size;
}

/* A file system with very many extents may take milliseconds for an answer. To read the zeros is faster then. */
static off_t ask_for_data(image_file *file, uint64_t offset)
{
    uint64_t asked = clock_now();
    off_t data = lseek(file->descriptor, (off_t)offset, SEEK_DATA);
    int reason = errno;

    if (!file->wants_holes && clock_now() - asked > SLOW_ANSWER && ++file->slow_answers == MOST_SLOW_ANSWERS)
        file->knows_holes = false;
    errno = reason;
    return data;
}

static uint64_t next_data(void *user, uint64_t offset)
{
    image_file *file = user;

    if (!file->knows_holes)
        return offset;
    off_t data = ask_for_data(file, offset);
    if (data >= 0)
        return (uint64_t)data;
    if (errno == ENXIO)
        return still_has_its_size(file) ? file->size : offset;
    file->knows_holes = false;
    return offset;
}

/* Behind the last data there is a hole that may have no length: the end of the file. */
static uint64_t next_hole(void *user, uint64_t offset)
{
    const image_file *file = user;
    off_t hole = file->knows_holes ? lseek(file->descriptor, (off_t)offset, SEEK_HOLE) : -1;

    return hole < 0 ? file->size : (uint64_t)hole;
}

refcow_source image_file_source(image_file *file)
{
    if (file->remote != NULL)
        return image_nbd_source(file);
    return (refcow_source){.read = read_exactly,
                           .next_data = next_data,
                           .next_hole = file->wants_holes ? next_hole : NULL,
                           .user = file,
                           .size = file->size};
}
