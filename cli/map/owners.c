#include "owners.h"

static const struct {
    const char *word;
    char letter;
    const char *meaning;
} rows[OWNERS] = {
#define OWNER_ROW(name, word, letter, meaning) [OWNER_##name] = {word, letter, meaning},
    OWNER_ROWS(OWNER_ROW)
#undef OWNER_ROW
};

/* Compressed clusters of one disk share host clusters because they are small. */
static bool is_shared(user_set users, uint64_t counted)
{
    return (users & USER_SNAPSHOTS) != 0 || (counted > 1 && !users_have_role(users, REFCOW_ROLE_COMPRESSED));
}

static owner owner_of_role(user_set users)
{
    static const owner owners[] = {
        [REFCOW_ROLE_HEADER] = OWNER_HEADER,
        [REFCOW_ROLE_L1_TABLE] = OWNER_L1_TABLE,
        [REFCOW_ROLE_L2_TABLE] = OWNER_L2_TABLE,
        [REFCOW_ROLE_DATA] = OWNER_DATA,
        [REFCOW_ROLE_COMPRESSED] = OWNER_COMPRESSED,
        [REFCOW_ROLE_REFCOUNT_TABLE] = OWNER_REFCOUNTS,
        [REFCOW_ROLE_REFCOUNT_BLOCK] = OWNER_REFCOUNTS,
        [REFCOW_ROLE_SNAPSHOT_TABLE] = OWNER_SNAPSHOT,
        [REFCOW_ROLE_ENCRYPTION_HEADER] = OWNER_ENCRYPTION,
        [REFCOW_ROLE_BITMAP_DIRECTORY] = OWNER_BITMAPS,
        [REFCOW_ROLE_BITMAP_TABLE] = OWNER_BITMAPS,
        [REFCOW_ROLE_BITMAP_DATA] = OWNER_BITMAPS,
    };

    for (unsigned role = REFCOW_ROLE_HEADER; role < sizeof owners / sizeof owners[0]; role++) {
        if (users_have_role(users, (refcow_role)role))
            return owners[role];
    }
    return OWNER_FREE;
}

owner owner_beneath(user_set users, uint64_t counted)
{
    if (users_are_snapshots(users))
        return OWNER_SNAPSHOT;
    return is_shared(users, counted) && !users_exclude_each_other(users, counted) ? OWNER_SHARED : owner_of_role(users);
}

owner owner_of(const owned_run *run)
{
    const refcow_clusters *clusters = &run->clusters;

    if (users_exclude_each_other(run->users, clusters->counted))
        return OWNER_OVERLAPPING;
    if (!clusters->is_known)
        return OWNER_UNKNOWN;
    if (clusters->stored < clusters->counted)
        return clusters->stored == 0 ? OWNER_ORPHAN : OWNER_UNDERCOUNTED;
    if (clusters->stored > clusters->counted)
        return OWNER_LEAKED;
    return owner_beneath(run->users, clusters->counted);
}

const char *owner_word(owner who)
{
    return rows[who].word;
}

char owner_letter(owner who)
{
    return rows[who].letter;
}

const char *owner_meaning(owner who)
{
    return rows[who].meaning;
}
