#include "nbd.h"

#include <stddef.h>

bool image_nbd_open(image_file *file, const char *uri, failure *why)
{
    (void)file;
    (void)uri;
    *why = failure_of_connecting("refcow was built without libnbd");
    return false;
}

void image_nbd_close(image_file *file)
{
    (void)file;
}

int image_nbd_socket(const image_file *file)
{
    (void)file;
    return -1;
}

bool image_nbd_peek(const image_file *file, void *buffer, size_t length)
{
    (void)file;
    (void)buffer;
    (void)length;
    return false;
}

refcow_source image_nbd_source(image_file *file)
{
    (void)file;
    return (refcow_source){0};
}

const char *image_nbd_library(void)
{
    return NULL;
}
