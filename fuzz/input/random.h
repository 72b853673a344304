/*
 * random.h - numbers and damage that look random and are the same in every run.
 */
#ifndef REFCOW_FUZZ_INPUT_RANDOM_H
#define REFCOW_FUZZ_INPUT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64; state is any number. */
static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* FNV-1a: no more than a stable way from bytes to settings. */
static inline uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

/* Flip up to three bits of a buffer that is not empty. */
static inline void flip_some(uint64_t *state, uint8_t *buffer, size_t length)
{
    for (uint64_t flips = next_random(state) % 4; flips > 0; flips--) {
        uint64_t where = next_random(state);
        buffer[(where >> 8) % length] ^= (uint8_t)(1u << (where & 7));
    }
}

#endif
