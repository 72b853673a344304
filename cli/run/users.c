#include "users.h"

_Static_assert(REFCOW_ROLE_BITMAP_DATA < 14, "roles and users have different bits");

user_set users_of_reference(const refcow_reference *reference)
{
    user_set users = users_of_role(reference->role);

    users |= reference->active > 0 ? USER_ACTIVE : 0;
    users |= reference->times > reference->active ? USER_SNAPSHOTS : 0;
    return users;
}

static bool is_one_bit(user_set bits)
{
    return bits != 0 && (bits & (bits - 1)) == 0;
}

/* Guest data, and the tables that are copied together with it. */
static bool may_be_shared(user_set users)
{
    return users_have_role(users, REFCOW_ROLE_DATA) || users_have_role(users, REFCOW_ROLE_COMPRESSED) ||
           users_have_role(users, REFCOW_ROLE_L2_TABLE);
}

bool users_exclude_each_other(user_set users, uint64_t counted)
{
    return counted > 1 && (!is_one_bit(users & USER_ROLES) || !may_be_shared(users));
}

void users_print(FILE *out, user_set users)
{
    const char *separator = "";

    for (unsigned role = REFCOW_ROLE_HEADER; role <= REFCOW_ROLE_BITMAP_DATA; role++) {
        if (users_have_role(users, (refcow_role)role)) {
            fprintf(out, "%s%s", separator, refcow_role_name((refcow_role)role));
            separator = " and ";
        }
    }
    if (users_are_snapshots(users))
        fputs(" (only snapshots; the active disk is not affected)", out);
}
