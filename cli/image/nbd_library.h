/*
 * nbd_library.h - libnbd, loaded when the first remote image is named: linked with it and with what it needs in turn,
 * the command would take four times as long to start, and three times the memory.
 */
#ifndef REFCOW_CLI_IMAGE_NBD_LIBRARY_H
#define REFCOW_CLI_IMAGE_NBD_LIBRARY_H

#include <libnbd.h>
#include <stdbool.h>

/* ROW(returns, name, parameters): the functions in use; the compiler holds them against libnbd.h. */
#define NBD_FUNCTIONS(ROW)                                                                                             \
    ROW(struct nbd_handle *, nbd_create, (void))                                                                       \
    ROW(void, nbd_close, (struct nbd_handle *))                                                                        \
    ROW(const char *, nbd_get_error, (void))                                                                           \
    ROW(int, nbd_set_uri_allow_local_file, (struct nbd_handle *, bool))                                                \
    ROW(int, nbd_add_meta_context, (struct nbd_handle *, const char *))                                                \
    ROW(int, nbd_can_meta_context, (struct nbd_handle *, const char *))                                                \
    ROW(int, nbd_aio_connect_uri, (struct nbd_handle *, const char *))                                                 \
    ROW(int, nbd_aio_is_connecting, (struct nbd_handle *))                                                             \
    ROW(int, nbd_aio_get_fd, (struct nbd_handle *))                                                                    \
    ROW(int64_t, nbd_get_size, (struct nbd_handle *))                                                                  \
    ROW(int64_t, nbd_aio_pread, (struct nbd_handle *, void *, size_t, uint64_t, nbd_completion_callback, uint32_t))    \
    ROW(int64_t, nbd_aio_block_status,                                                                                 \
        (struct nbd_handle *, uint64_t, uint64_t, nbd_extent_callback, nbd_completion_callback, uint32_t))             \
    ROW(int, nbd_aio_command_completed, (struct nbd_handle *, uint64_t))                                               \
    ROW(int, nbd_poll, (struct nbd_handle *, int))

typedef struct nbd_library {
#define MEMBER(returns, name, parameters) returns(*name) parameters;
    NBD_FUNCTIONS(MEMBER)
#undef MEMBER
} nbd_library;

/* NULL: the library is not installed, or lacks a function. */
const nbd_library *nbd_library_load(void);

#endif
