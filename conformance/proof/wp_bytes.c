/*
 * wp_bytes.c - contracts for the helpers of bytes.h that have none there: what they read, what they return.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*@ requires \valid_read(bytes + (0 .. 1));
    assigns \nothing; */
static inline uint16_t load_be16(const uint8_t *bytes);

/*@ requires \valid_read(bytes + (0 .. 3));
    assigns \nothing; */
static inline uint32_t load_be32(const uint8_t *bytes);

/*@ requires \valid_read(bytes + (0 .. 7));
    assigns \nothing; */
static inline uint64_t load_be64(const uint8_t *bytes);

/*@ assigns \nothing;
    ensures \result == \min(one, other); */
static inline uint64_t least(uint64_t one, uint64_t other);

/*@ assigns \nothing;
    ensures \result == \max(one, other); */
static inline uint64_t greatest(uint64_t one, uint64_t other);

#include "../../parser/bytes.h"
