/*
 * any.h - a source and a caller that do whatever the contract of refcow.h lets them do, for proofs with Frama-C.
 */
#ifndef PROOF_ANY_H
#define PROOF_ANY_H

#include "../../parser/refcow.h"

#include <__fc_builtin.h>
#include <limits.h>

static inline uint64_t any64(void)
{
    return Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
}

/* Any bytes, also on failure. */
static int any_read(void *user, uint64_t offset, void *buffer, size_t length)
{
    (void)user;
    (void)offset;
    Frama_C_make_unknown(buffer, length);
    return Frama_C_interval(-1, 1);
}

static uint64_t any_next_data(void *user, uint64_t offset)
{
    (void)user;
    (void)offset;
    return any64();
}

static uint64_t any_next_hole(void *user, uint64_t offset)
{
    (void)user;
    (void)offset;
    return any64();
}

static uint64_t any_work(void *user)
{
    (void)user;
    return any64();
}

static int any_progress(void *user, const refcow_progress *progress)
{
    (void)user;
    (void)progress;
    return Frama_C_interval(-1, 1);
}

static inline refcow_source any_source(void)
{
    refcow_source source = {.read = any_read, .size = any64()};
    if (Frama_C_interval(0, 1))
        source.next_data = any_next_data;
    if (Frama_C_interval(0, 1))
        source.next_hole = any_next_hole;
    if (Frama_C_interval(0, 1))
        source.work = any_work;
    return source;
}

/* An image object with any contents, also such as refcow_open() never leaves there. */
static inline void any_image(refcow_image *image)
{
    Frama_C_make_unknown((char *)image, sizeof *image);
    image->error.status = (refcow_status)Frama_C_interval(INT_MIN, INT_MAX);
    image->source = any_source();
    image->work = any64();
}

#endif
