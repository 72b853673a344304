/*
 * bytes.h - big-endian loads and arithmetic on offsets. All integers of a QCOW2 image are big-endian.
 */
#ifndef REFCOW_BYTES_H
#define REFCOW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR_SIZE 512u /* the unit in which `qemu-img check` takes sizes of files and disks */

/* The only functions from outside. Declared here because freestanding C has no <string.h>. Comments that begin with an
 * at sign are contracts, for `make prove`. */
/*@ requires \valid((uint8_t *)to + (0 .. length - 1));
    requires \valid_read((const uint8_t *)from + (0 .. length - 1));
    requires \separated((uint8_t *)to + (0 .. length - 1), (const uint8_t *)from + (0 .. length - 1));
    assigns ((uint8_t *)to)[0 .. length - 1] \from ((const uint8_t *)from)[0 .. length - 1];
    assigns \result \from to;
    ensures \result == to; */
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
/*@ requires \valid((uint8_t *)to + (0 .. length - 1));
    assigns ((uint8_t *)to)[0 .. length - 1] \from byte;
    assigns \result \from to;
    ensures \result == to; */
void *memset(void *to, int byte, size_t length);
/*@ requires \valid_read((const uint8_t *)one + (0 .. length - 1));
    requires \valid_read((const uint8_t *)other + (0 .. length - 1));
    assigns \result \from ((const uint8_t *)one)[0 .. length - 1], ((const uint8_t *)other)[0 .. length - 1]; */
int memcmp(const void *one, const void *other, size_t length);

static inline uint16_t load_be16(const uint8_t *bytes)
{
    return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t load_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint64_t load_be64(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 | (uint64_t)bytes[3] << 32 |
           (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 | (uint64_t)bytes[6] << 8 | (uint64_t)bytes[7];
}

/* The lowest `count` bits set; count 0 to 63. */
/*@ requires count <= 63;
    assigns \nothing; */
static inline uint64_t low_bits(uint32_t count)
{
    return ((uint64_t)1 << count) - 1;
}

static inline uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static inline uint64_t greatest(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* `unit` is a power of two in the three below. */
static inline bool is_aligned(uint64_t value, uint64_t unit)
{
    return (value & (unit - 1)) == 0;
}

/*@ assigns \nothing;
    admit ensures \result <= value; */
static inline uint64_t round_down(uint64_t value, uint64_t unit)
{
    return value & ~(unit - 1);
}

/* The value is at most 2^64 - unit. */
/*@ assigns \nothing; */
static inline uint64_t round_up(uint64_t value, uint64_t unit)
{
    return round_down(value + (unit - 1), unit);
}

/* How many units of 1 << bits cover the value, without overflow for any value. */
/*@ requires bits <= 63;
    assigns \nothing; */
static inline uint64_t units_of(uint64_t value, uint32_t bits)
{
    return (value >> bits) + ((value & low_bits(bits)) != 0 ? 1 : 0);
}

/* A part of an array is given by its two ends: the elements at .. end - 1, none if at >= end. */

/*@ requires \valid(bytes + (at .. end - 1));
    assigns bytes[at .. end - 1] \from value; */
static inline void set_bytes(uint8_t *bytes, uint64_t at, uint64_t end, uint8_t value)
{
    memset(bytes + at, value, (size_t)(end - least(at, end)));
}

/*@ requires \valid_read(one + (at .. end - 1)) && \valid_read(other + (at .. end - 1));
    assigns \result \from one[at .. end - 1], other[at .. end - 1];
    ensures \result == 0 || \result == 1; */
static inline bool are_same(const uint8_t *one, const uint8_t *other, uint64_t at, uint64_t end)
{
    return memcmp(one + at, other + at, (size_t)(end - least(at, end))) == 0;
}

/* Whether each byte is the one that stands `unit` before it. */
/*@ requires at <= INT64_MAX && unit <= 8;
    requires \valid_read(bytes + (at .. end - 1));
    assigns \result \from bytes[at .. end - 1];
    ensures \result == 0 || \result == 1; */
static inline bool are_repeated(const uint8_t *bytes, uint64_t at, uint64_t end, uint64_t unit)
{
    return memcmp(bytes + at, bytes + at + unit, (size_t)(end - least(at + unit, end))) == 0;
}

#endif
