/*
 * cache.h - small looks into the file: a refcount, an entry of the refcount table, the head of a snapshot.
 *
 * What is near to an earlier look, or was looked at not long ago, is not read again. Each page of the file has one
 * slot of the cache where it can be.
 */
#ifndef REFCOW_CACHE_H
#define REFCOW_CACHE_H

#include "source.h"

/* The bytes of a look; pages overlap by as much, so that none needs two of them. */
#define CACHE_LOOK_BYTES 64u

struct cache {
    struct reader *reader;
    uint8_t *pages;    /* `slots` times page_size + CACHE_LOOK_BYTES bytes */
    uint64_t *numbers; /* which page of the file is at each slot */
    size_t slots;      /* a power of two */
    size_t page_size;  /* a power of two */
};

/* Forget everything; from now on it is this reader that reads. */
void refcow_cache_start(struct cache *cache, struct reader *reader);

/* CACHE_LOOK_BYTES bytes from offset on; NULL when the reader has failed. They stay until the next look. */
const uint8_t *refcow_look(struct cache *cache, uint64_t offset);

#endif
