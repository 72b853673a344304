/*
 * nbd_export.h - a connection to an NBD server, one image on it, and requests that wait no longer than the check may
 * take.
 *
 * The server is trusted no more than the image. What it says is an answer of so many bytes or a failure; when it says
 * nothing a signal and --timeout still end the check.
 */
#ifndef REFCOW_CLI_IMAGE_NBD_EXPORT_H
#define REFCOW_CLI_IMAGE_NBD_EXPORT_H

#include "nbd_library.h"

#include <stdint.h>

typedef struct nbd_export {
    const nbd_library *nbd;
    struct nbd_handle *handle;
    uint64_t size;
    bool knows_zeros;  /* the server can say where there is data */
    const char *error; /* why the last call failed; lives as long as the process. NULL: the check is to end */
} nbd_export;

#define NBD_REQUESTS 16

/* One part of what is to be read. */
typedef struct nbd_request {
    uint64_t offset;
    unsigned char *buffer;
    size_t length;
} nbd_request;

/* All of them return false on failure. After a failure nothing is to be asked any more. */
bool nbd_export_open(nbd_export *export, const char *uri);

/* Ask for several parts at once, NBD_REQUESTS at most, and wait for all. */
bool nbd_export_read(nbd_export *export, const nbd_request *requests, size_t count);

/* From offset on there are at least so many zeros, then at least so many bytes of data. */
bool nbd_export_status(nbd_export *export, uint64_t offset, uint64_t length, uint64_t *zeros, uint64_t *data);

int nbd_export_socket(const nbd_export *export);

void nbd_export_close(nbd_export *export);

#endif
