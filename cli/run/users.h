/*
 * users.h - who refers to a cluster, and which uses exclude each other.
 */
#ifndef REFCOW_CLI_RUN_USERS_H
#define REFCOW_CLI_RUN_USERS_H

#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A bit for each refcow_role, and these. */
typedef uint16_t user_set;

#define USER_ACTIVE ((user_set)1 << 14)    /* the active disk, or no disk at all */
#define USER_SNAPSHOTS ((user_set)1 << 15) /* at least one snapshot */

/* The rest is free for who keeps sets. */
#define USER_ROLES ((user_set)((1u << (REFCOW_ROLE_BITMAP_DATA + 1)) - 1))

static inline user_set users_of_role(refcow_role role)
{
    return (user_set)(1u << role);
}

static inline bool users_have_role(user_set users, refcow_role role)
{
    return (users >> role & 1) != 0;
}

static inline bool users_are_snapshots(user_set users)
{
    return (users & (USER_ACTIVE | USER_SNAPSHOTS)) == USER_SNAPSHOTS;
}

/* What a reference adds to the users of a cluster. */
user_set users_of_reference(const refcow_reference *reference);

/*
 * Whether the uses of a cluster with so many references exclude each other.
 *
 * Guest data and L2 tables may be shared: writers copy them as long as others use them, too. All other structures are
 * written in place, or end with their owner: one that is named twice is damage, whatever its refcount is. So are two
 * different structures in one cluster.
 */
bool users_exclude_each_other(user_set users, uint64_t counted);

/* "l2-table and data", and whether only snapshots use it. */
void users_print(FILE *out, user_set users);

#endif
