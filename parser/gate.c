/*
 * gate.c - one decision from beginning to end: read, check, judge.
 */
#include "gate.h"

#include "check_run.h"
#include "gate_decide.h"
#include "gate_read.h"
#include "header.h"

static refcow_status misuse_gate(refcow_gate_result *result, refcow_status status)
{
    result->error.status = status;
    return status;
}

static bool has_memory(const refcow_options *options)
{
    return options->memory != NULL && options->memory_size >= REFCOW_MEMORY_MIN;
}

refcow_status refcow_gate(const refcow_source *source, const refcow_gate_options *options, refcow_gate_result *result,
                          size_t result_size, uint32_t version)
{
    if (result == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    if (result_size != sizeof *result || !refcow_is_same_version(version))
        return REFCOW_STATUS_BAD_VERSION_OF_HEADER;
    memset(result, 0, sizeof *result);
    if (source == NULL || source->read == NULL || options == NULL ||
        (options->policy != NULL && refcow_policy_is_consistent(options->policy) != 0))
        return misuse_gate(result, REFCOW_STATUS_BAD_ARGUMENT);
    if (!has_memory(&options->check))
        return misuse_gate(result, REFCOW_STATUS_MEMORY_TOO_SMALL);
    /* Nothing of the two halves stays on the stack during the check. */
    refcow_gate_read(source, options, result);
    if (result->notes.wants_check) {
        result->is_checked = refcow_check_sharing(&result->image, &options->check, &result->check) == REFCOW_STATUS_OK;
        result->bytes_read += result->check.bytes_read;
    }
    refcow_gate_decide(options, result);
    return result->error.status;
}
