#include "opening.h"

bool refcow_refuse(struct opening *opening, refcow_status status, uint64_t value, uint64_t offset)
{
    refcow_error *first = &opening->image->error;
    refcow_error refusal = {status, value, offset};
    if (first->status == REFCOW_STATUS_OK || offset < first->offset)
        *first = refusal;
    if (opening->count < opening->capacity)
        opening->refusals[opening->count++] = refusal;
    return false;
}
