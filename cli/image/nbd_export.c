#define _POSIX_C_SOURCE 200809L /* strdup() */

#include "nbd_export.h"

#include "../process/stop.h"

#include <errno.h>
#include <string.h>

#define POLL_MILLISECONDS 100 /* how long a signal may have to wait for an answer */

/* What libnbd says is gone with its next call; a copy for the report is never freed. It may fail without a word. */
static bool fail(nbd_export *export)
{
    const char *error = export->nbd->nbd_get_error();

    export->error = error == NULL ? "libnbd does not say why" : strdup(error);
    return false;
}

/* Let the connection make progress, if there is time left for it. */
static bool progress(nbd_export *export)
{
    if (stop_wanted())
        return false;
    return export->nbd->nbd_poll(export->handle, stop_patience(POLL_MILLISECONDS)) >= 0 || fail(export);
}

static bool connect_to(nbd_export *export, const char *uri)
{
    const nbd_library *nbd = export->nbd;

    /* The URI comes from the caller of the command, who may name their own certificates in it. */
    if (nbd->nbd_set_uri_allow_local_file(export->handle, true) != 0 ||
        nbd->nbd_add_meta_context(export->handle, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0 ||
        nbd->nbd_aio_connect_uri(export->handle, uri) != 0)
        return fail(export);
    while (nbd->nbd_aio_is_connecting(export->handle) == 1) {
        if (!progress(export))
            return false;
    }
    return true;
}

/* What there is to know about the image. */
static bool learn(nbd_export *export)
{
    int64_t size = export->nbd->nbd_get_size(export->handle);
    if (size < 0)
        return fail(export);
    export->size = (uint64_t)size;
    export->knows_zeros = export->nbd->nbd_can_meta_context(export->handle, LIBNBD_CONTEXT_BASE_ALLOCATION) == 1;
    return true;
}

bool nbd_export_open(nbd_export *export, const char *uri)
{
    *export = (nbd_export){.nbd = nbd_library_load()};
    if (export->nbd == NULL) {
        export->error = "libnbd is not installed";
        return false;
    }
    export->handle = export->nbd->nbd_create();
    if (export->handle == NULL)
        return fail(export);
    if (connect_to(export, uri) && learn(export))
        return true;
    nbd_export_close(export);
    return false;
}

int nbd_export_socket(const nbd_export *export)
{
    return export->nbd->nbd_aio_get_fd(export->handle);
}

/* Wait for the answer to a request, which has a number from 1 up. */
static bool finish(nbd_export *export, int64_t request)
{
    if (request < 0)
        return fail(export);
    for (;;) {
        int done = export->nbd->nbd_aio_command_completed(export->handle, (uint64_t)request);
        if (done != 0)
            return done > 0 || fail(export);
        if (!progress(export))
            return false;
    }
}

bool nbd_export_read(nbd_export *export, const nbd_request *requests, size_t count)
{
    int64_t numbers[NBD_REQUESTS];

    for (size_t i = 0; i < count; i++) {
        const nbd_request *request = &requests[i];
        numbers[i] = export->nbd->nbd_aio_pread(export->handle, request->buffer, request->length, request->offset,
                                                NBD_NULL_COMPLETION, 0);
        if (numbers[i] < 0)
            return fail(export);
    }
    for (size_t i = 0; i < count; i++) {
        if (!finish(export, numbers[i]))
            return false;
    }
    return true;
}

struct status {
    uint64_t asked; /* bytes */
    uint64_t zeros;
    uint64_t data;
};

/* Whether a description is as the protocol wants it: no extent is empty, and none begins behind what was asked about.
 * libnbd 1.22 insists on that, 1.14 does not; the answer about an image is not to depend on it. */
static bool is_sound(const uint32_t *pairs, size_t count, uint64_t asked)
{
    uint64_t end = 0;

    for (size_t i = 0; i < count; i += 2) {
        if (pairs[i] == 0 || end >= asked)
            return false;
        end += pairs[i];
    }
    return count % 2 == 0;
}

/* The server describes the extents from the offset asked about on, as pairs of a length and flags. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libnbd says what it calls */
static int note_status(void *user, const char *context, uint64_t offset, uint32_t *pairs, size_t count, int *error)
{
    struct status *status = user;
    size_t i = 0;

    (void)offset;
    if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0)
        return 0;
    if (!is_sound(pairs, count, status->asked)) {
        *error = EPROTO;
        return -1;
    }
    status->zeros = status->data = 0;
    for (; i + 1 < count && (pairs[i + 1] & LIBNBD_STATE_ZERO) != 0; i += 2)
        status->zeros += pairs[i];
    for (; i + 1 < count && (pairs[i + 1] & LIBNBD_STATE_ZERO) == 0; i += 2)
        status->data += pairs[i];
    return 0;
}

bool nbd_export_status(nbd_export *export, uint64_t offset, uint64_t length, uint64_t *zeros, uint64_t *data)
{
    struct status status = {.asked = length};
    nbd_extent_callback note = {.callback = note_status, .user_data = &status};

    if (!finish(export,
                export->nbd->nbd_aio_block_status(export->handle, length, offset, note, NBD_NULL_COMPLETION, 0)))
        return false;
    *zeros = status.zeros;
    *data = status.data;
    return true;
}

void nbd_export_close(nbd_export *export)
{
    export->nbd->nbd_close(export->handle);
    export->handle = NULL;
}
