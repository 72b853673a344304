/*
 * lock_bytes.h - who else has an image open, as qemu says it: by locks on single bytes of the file.
 *
 * A process that uses an image holds a lock on byte 100 + n for each permission n that it makes use of, and on byte
 * 200 + n for each one that it does not grant to others. The locks of others can be asked for without taking one.
 */
#ifndef REFCOW_CLI_IMAGE_LOCK_BYTES_H
#define REFCOW_CLI_IMAGE_LOCK_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* Permissions: names and bits. */
typedef enum image_permission {
    PERMISSION_CONSISTENT_READ,
    PERMISSION_WRITE,
    PERMISSION_WRITE_UNCHANGED, /* to write what is there already */
    PERMISSION_RESIZE,
    PERMISSIONS /* how many there are */
} image_permission;

const char *permission_name(image_permission permission);

typedef struct lock_bytes {
    bool is_known;       /* the file system can say */
    uint32_t in_use;     /* a bit for each permission */
    uint32_t not_shared; /* the same */
} lock_bytes;

/* Ask about an open file. */
lock_bytes lock_bytes_query(int descriptor);

/* What was seen at one time or the other. */
lock_bytes lock_bytes_join(lock_bytes one, lock_bytes other);

/* Somebody may write. */
bool lock_bytes_show_writer(lock_bytes locks);

/* The permissions to write that somebody makes use of, and the offset of the first byte that is locked for one. */
uint32_t lock_bytes_of_writer(lock_bytes locks);
uint64_t lock_bytes_place(lock_bytes locks);

#endif
