/*
 * file.h - a path, or the URI of an image on a server, becomes a source of bytes for the library.
 */
#ifndef REFCOW_CLI_IMAGE_FILE_H
#define REFCOW_CLI_IMAGE_FILE_H

#include "../sandbox/sandbox.h"
#include "../text/failure.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct image_nbd;

typedef struct image_file {
    int descriptor;
    struct image_nbd *remote; /* NULL: a file or a block device here */
    bool is_encrypted;        /* the connection */
    uint64_t size;
    uint64_t allocated;      /* bytes that the file takes up on the disk; size if the system does not say */
    struct timespec changed; /* the last time, as the file system has it: it cannot be set back as st_mtim can */
    dev_t device;            /* with inode: which file it is, whatever its name; of a remote image both are 0 */
    ino_t inode;
    bool knows_holes;        /* the file system can say where data is, and does so quickly */
    unsigned slow_answers;   /* to that question */
    bool stops;              /* set by who reads: no read begins when an end is wanted, see process/stop.h */
    bool wants_holes;        /* the caller wants the note about holes, however long the answers take */
    const char *read_detail; /* why the first failed read failed, or NULL */
} image_file;

/*
 * Open a regular file or a block device for reading. Never waits for a FIFO's writer or a device, never writes, takes
 * no lock. What begins as nbd://, nbds://, nbd+unix:// or nbds+unix:// is asked of a server. Returns true, or false and
 * why.
 */
bool image_file_open(image_file *file, const char *path, failure *why);

void image_file_close(image_file *file);

/* Through which it is read: of a remote image, the socket. */
int image_file_descriptor(const image_file *file);

/* What reading it takes of the sandbox. */
sandbox_talk image_file_talk(const image_file *file);

/* Find out size and time of modification anew. False if the system does not tell. */
bool image_file_look_again(image_file *file);

/* The first bytes of the file as it is now, zeros where there are none. False if they cannot be read. */
bool image_file_peek(const image_file *file, void *buffer, size_t length);

/* The source refers to file, which must stay open and in place as long as the source is used. */
refcow_source image_file_source(image_file *file);

#endif
