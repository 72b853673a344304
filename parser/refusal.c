#include "refusal.h"

bool refcow_refuse(refcow_image *image, refcow_status status, uint64_t value, uint64_t offset)
{
    if (image->error.status == REFCOW_STATUS_OK || offset < image->error.offset) {
        image->error.status = status;
        image->error.value = value;
        image->error.offset = offset;
    }
    return false;
}
