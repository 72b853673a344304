#include "ownership.h"

#include <string.h>

/* The library keeps so many bytes or more for each cluster of a window that someone looks at. */
#define LIBRARY_BYTES 9u

#define CLUSTER_BYTES (LIBRARY_BYTES + OWN_BYTES)
#define OWN_BYTES (sizeof(user_set) + sizeof(guest_clusters))

/* A user of a cluster with a guest range: the others need not be cleared for each window. */
#define USER_HAS_GUEST ((user_set)1 << 13)

_Static_assert((USER_ROLES & USER_HAS_GUEST) == 0, "roles and users have different bits");
_Static_assert(sizeof(guest_clusters) == 12, "a window has no room for more");

static uint64_t window_clusters(uint64_t library_memory)
{
    return library_memory / LIBRARY_BYTES + 1;
}

uint64_t ownership_library_share(uint64_t memory)
{
    return memory / CLUSTER_BYTES * LIBRARY_BYTES;
}

uint64_t ownership_window_bytes(uint64_t library_memory)
{
    return window_clusters(library_memory) * OWN_BYTES;
}

void ownership_place(ownership *own, void *window, uint64_t library_memory)
{
    own->guests = window;
    own->users = (user_set *)(own->guests + window_clusters(library_memory));
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static uint64_t greatest(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* -------------------------------------------------------------------- runs */

static void tell_pending(ownership *own)
{
    if (own->pending.clusters.length > 0)
        own->tell(own->user, &own->pending);
    own->pending.clusters.length = 0;
}

/* Runs come without gaps, so that what is alike is adjacent. */
static bool continues(const owned_run *run, user_set users, const refcow_clusters *clusters)
{
    return run->clusters.length > 0 && run->users == users && run->clusters.stored == clusters->stored &&
           run->clusters.counted == clusters->counted && run->clusters.is_known == clusters->is_known;
}

/* The next clusters, as many bytes of them, which have these users and are otherwise like the ones given. */
static void add(ownership *own, user_set users, guest_range guest, const refcow_clusters *like, uint64_t length)
{
    owned_run *pending = &own->pending;

    if (!continues(pending, users, like)) {
        tell_pending(own);
        *pending = (owned_run){.clusters = *like, .users = users, .guest = GUEST_RANGE_NONE};
        pending->clusters.host = own->end;
        pending->clusters.length = 0;
    }
    guest_range_join(&pending->guest, guest);
    pending->clusters.length += length;
    own->end += length;
}

static void add_free_up_to(ownership *own, uint64_t host)
{
    static const refcow_clusters unused = {.is_known = 1};

    if (host > own->end)
        add(own, 0, GUEST_RANGE_NONE, &unused, host - own->end);
}

/* ------------------------------------------------------------ guest ranges */

static guest_range load_guest(const guest_clusters *guest, uint32_t cluster_bits)
{
    uint64_t first = (uint64_t)guest->first_high << 32 | guest->first_low;
    uint64_t last = (uint64_t)guest->last_high << 32 | guest->last_low;

    return (guest_range){first << cluster_bits, (last + 1) << cluster_bits};
}

static guest_clusters store_guest(guest_range range, uint32_t cluster_bits)
{
    uint64_t first = range.offset >> cluster_bits;
    uint64_t last = (range.end - 1) >> cluster_bits;

    return (guest_clusters){(uint32_t)first, (uint32_t)last, (uint16_t)(first >> 32), (uint16_t)(last >> 32)};
}

/* Of the clusters first .. end - 1, which are in the window: few, because one entry refers to them. */
static void note_guest(ownership *own, guest_range guest, uint64_t first, uint64_t end)
{
    uint32_t bits = own->header->cluster_bits;

    for (uint64_t cluster = first; cluster < end; cluster++) {
        uint64_t at = cluster - own->first;
        guest_range all = guest;
        if ((own->users[at] & USER_HAS_GUEST) != 0)
            guest_range_join(&all, load_guest(&own->guests[at], bits));
        own->guests[at] = store_guest(all, bits);
        own->users[at] |= USER_HAS_GUEST;
    }
}

static guest_range guest_of(const ownership *own, uint64_t first, uint64_t end)
{
    guest_range all = GUEST_RANGE_NONE;

    for (uint64_t at = first; at < end; at++) {
        if ((own->users[at] & USER_HAS_GUEST) != 0)
            guest_range_join(&all, load_guest(&own->guests[at], own->header->cluster_bits));
    }
    return all;
}

/* --------------------------------------------------- what the library tells */

static void begin_window(void *user, uint64_t host, uint64_t length)
{
    ownership *own = user;

    own->first = host >> own->header->cluster_bits;
    own->count = length >> own->header->cluster_bits;
    memset(own->users, 0, (size_t)own->count * sizeof *own->users);
}

static void note_reference(void *user, const refcow_reference *reference)
{
    ownership *own = user;
    uint32_t bits = own->header->cluster_bits;
    uint64_t window_end = own->first + own->count;
    uint64_t first = greatest(reference->offset >> bits, own->first);
    uint64_t end = least(((reference->offset + reference->length - 1) >> bits) + 1, window_end);
    user_set added = users_of_reference(reference);

    for (uint64_t cluster = first; cluster < end; cluster++)
        own->users[cluster - own->first] |= added;
    if (reference->guest != REFCOW_NO_GUEST)
        note_guest(own, guest_range_of(reference), first, end);
}

static user_set users_at(const ownership *own, uint64_t at)
{
    return own->users[at] & (user_set)~USER_HAS_GUEST;
}

static void note_clusters(void *user, const refcow_clusters *clusters)
{
    ownership *own = user;
    uint32_t bits = own->header->cluster_bits;
    uint64_t first = (clusters->host >> bits) - own->first;
    uint64_t end = first + (clusters->length >> bits);
    uint64_t next = 0;

    add_free_up_to(own, clusters->host);
    for (uint64_t at = first; at < end; at = next) {
        user_set users = users_at(own, at);
        for (next = at + 1; next < end && users_at(own, next) == users;)
            next++;
        add(own, users, guest_of(own, at, next), clusters, (next - at) << bits);
    }
}

refcow_observer ownership_observer(ownership *own)
{
    return (refcow_observer){
        .window = begin_window, .reference = note_reference, .clusters = note_clusters, .user = own};
}

void ownership_finish(ownership *own, uint64_t end)
{
    add_free_up_to(own, end);
    tell_pending(own);
}
