#include "failure.h"

#include <stddef.h>

/* Of a limit nothing is exceeded: the read that would do so is not made. */
static const char *text_of(refcow_status status)
{
    return status == REFCOW_STATUS_READ_LIMIT ? "the next read would exceed the limit on bytes read"
                                              : refcow_status_text(status);
}

failure failure_of_library(const refcow_error *error, const char *detail)
{
    refcow_class class = refcow_status_class(error->status);
    bool is_failure = error->status != REFCOW_STATUS_OK;

    return (failure){
        .name = refcow_status_name(error->status),
        .text = text_of(error->status),
        .detail = detail,
        .value = error->value,
        .offset = error->offset,
        .has_value = is_failure && class != REFCOW_CLASS_USAGE,
        .value_is_place = error->status == REFCOW_STATUS_READ_FAILED,
        .has_offset = class == REFCOW_CLASS_FOREIGN || class == REFCOW_CLASS_REFUSED,
    };
}

failure failure_of_opening(const char *detail)
{
    return (failure){.name = "open-failed", .text = "the file cannot be opened", .detail = detail};
}

failure failure_of_connecting(const char *detail)
{
    return (failure){.name = "connect-failed", .text = "the server does not serve the image", .detail = detail};
}

failure failure_of_file_kind(const char *detail)
{
    return (failure){
        .name = "not-a-file", .text = "the path is neither a regular file nor a block device", .detail = detail};
}

bool failure_is_other_format(const refcow_error *error)
{
    return error->status == REFCOW_STATUS_MAGIC || (error->status == REFCOW_STATUS_VERSION && error->value < 2);
}

failure failure_of_memory(uint64_t bytes)
{
    return (failure){
        .name = "no-memory",
        .text = "the system does not grant this much memory in bytes",
        .value = bytes,
        .has_value = true,
    };
}

failure failure_of_change(void)
{
    return (failure){.name = "changed", .text = "the file changed while refcow read it"};
}
