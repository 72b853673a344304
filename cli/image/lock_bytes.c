#define _GNU_SOURCE /* F_OFD_GETLK */
#define _FILE_OFFSET_BITS 64

#include "lock_bytes.h"

#include <fcntl.h>
#include <unistd.h>

#define IN_USE_BASE 100
#define NOT_SHARED_BASE 200

const char *permission_name(image_permission permission)
{
    static const char *const names[PERMISSIONS] = {"consistent-read", "write", "write-unchanged", "resize"};
    return names[permission];
}

/* Whether somebody holds a lock on any of the bytes: one that would keep us from a lock for writing, which is not
 * taken. False if the system cannot tell. */
static bool look_up(int descriptor, off_t byte, bool *is_locked)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    *is_locked = false;
    if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0)
        return false;
    *is_locked = lock.l_type != F_UNLCK;
    return true;
}

static bool look_up_all(int descriptor, off_t base, uint32_t *bits)
{
    *bits = 0;
    for (unsigned n = 0; n < PERMISSIONS; n++) {
        bool is_locked;
        if (!look_up(descriptor, base + (off_t)n, &is_locked))
            return false;
        *bits |= (uint32_t)is_locked << n;
    }
    return true;
}

lock_bytes lock_bytes_query(int descriptor)
{
    lock_bytes locks = {0};

    locks.is_known = look_up_all(descriptor, IN_USE_BASE, &locks.in_use) &&
                     look_up_all(descriptor, NOT_SHARED_BASE, &locks.not_shared);
    return locks;
}

lock_bytes lock_bytes_join(lock_bytes one, lock_bytes other)
{
    return (lock_bytes){
        .is_known = one.is_known && other.is_known,
        .in_use = one.in_use | other.in_use,
        .not_shared = one.not_shared | other.not_shared,
    };
}

uint32_t lock_bytes_of_writer(lock_bytes locks)
{
    return locks.in_use & (1u << PERMISSION_WRITE | 1u << PERMISSION_WRITE_UNCHANGED | 1u << PERMISSION_RESIZE);
}

uint64_t lock_bytes_place(lock_bytes locks)
{
    unsigned permission = 0;

    while (permission < PERMISSIONS && (lock_bytes_of_writer(locks) >> permission & 1) == 0)
        permission++;
    return IN_USE_BASE + permission;
}

bool lock_bytes_show_writer(lock_bytes locks)
{
    return lock_bytes_of_writer(locks) != 0;
}
