/*
 * owners.h - who owns a host cluster: the words of `refcow map`. Each cluster has one owner, the first that fits.
 */
#ifndef REFCOW_CLI_MAP_OWNERS_H
#define REFCOW_CLI_MAP_OWNERS_H

#include "../run/ownership.h"

/*
 * OWNER_ROW(name, word, letter, meaning): damage first, then metadata, then guest data, then nothing. A meaning fits
 * the rest of a line of 80 columns.
 */
#define OWNER_ROWS(X)                                                                                                  \
    X(OVERLAPPING, "overlapping", 'X', "uses that exclude each other")                                                 \
    X(ORPHAN, "orphan", 'O', "in use, but refcount 0")                                                                 \
    X(UNDERCOUNTED, "undercounted", 'U', "refcount below its uses")                                                    \
    X(LEAKED, "leaked", 'L', "refcount above its uses")                                                                \
    X(UNKNOWN, "unknown", '?', "refcount cannot be looked up")                                                         \
    X(HEADER, "header", 'H', "header")                                                                                 \
    X(L1_TABLE, "l1-table", '1', "L1 table of the active disk")                                                        \
    X(L2_TABLE, "l2-table", '2', "L2 tables of the active disk")                                                       \
    X(REFCOUNTS, "refcounts", 'R', "refcount table and blocks")                                                        \
    X(BITMAPS, "bitmaps", 'B', "dirty bitmaps, with tables")                                                           \
    X(ENCRYPTION, "encryption", 'E', "LUKS header")                                                                    \
    X(SNAPSHOT, "snapshot", 'S', "in use by snapshots only")                                                           \
    X(SHARED, "shared", '+', "data, L2 tables: several users")                                                         \
    X(DATA, "data", 'D', "guest data")                                                                                 \
    X(COMPRESSED, "compressed", 'C', "compressed guest data")                                                          \
    X(FREE, "free", '.', "not in use, refcount 0")

typedef enum owner {
#define OWNER_ENUM(name, word, letter, meaning) OWNER_##name,
    OWNER_ROWS(OWNER_ENUM)
#undef OWNER_ENUM
        OWNERS /* how many there are */
} owner;

owner owner_of(const owned_run *run);

/* The same without a look at what is damaged: whose the clusters would be if they were sound. */
owner owner_beneath(user_set users, uint64_t counted);

const char *owner_word(owner who);
char owner_letter(owner who);
const char *owner_meaning(owner who);

static inline bool owner_is_damage(owner who)
{
    return who <= OWNER_UNKNOWN;
}

#endif
