#include "ownership.h"

#include <string.h>

/* The library keeps so many bytes or more for each cluster of a window that someone looks at. */
#define LIBRARY_BYTES 9u

#define CLUSTER_BYTES (LIBRARY_BYTES + sizeof(user_set))

uint64_t ownership_library_share(uint64_t memory)
{
    return memory / CLUSTER_BYTES * LIBRARY_BYTES;
}

uint64_t ownership_window_bytes(uint64_t library_memory)
{
    return (library_memory / LIBRARY_BYTES + 1) * sizeof(user_set);
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
static void add(ownership *own, user_set users, const refcow_clusters *like, uint64_t length)
{
    owned_run *pending = &own->pending;

    if (!continues(pending, users, like)) {
        tell_pending(own);
        *pending = (owned_run){.clusters = *like, .users = users, .who = owner_of(users, like)};
        pending->clusters.host = own->end;
        pending->clusters.length = 0;
    }
    pending->clusters.length += length;
    own->end += length;
}

static void add_free_up_to(ownership *own, uint64_t host)
{
    static const refcow_clusters unused = {.is_known = 1};

    if (host > own->end)
        add(own, 0, &unused, host - own->end);
}

/* --------------------------------------------------- what the library tells */

static void begin_window(void *user, uint64_t host, uint64_t length)
{
    ownership *own = user;

    own->first = host >> own->header->cluster_bits;
    own->count = length >> own->header->cluster_bits;
    memset(own->window, 0, (size_t)own->count * sizeof *own->window);
}

static void note_reference(void *user, const refcow_reference *reference)
{
    ownership *own = user;
    uint32_t bits = own->header->cluster_bits;
    uint64_t window_end = own->first + own->count;
    uint64_t first = greatest(reference->offset >> bits, own->first);
    uint64_t end = least(((reference->offset + reference->length - 1) >> bits) + 1, window_end);
    user_set added = users_of_role(reference->role);

    added |= reference->active > 0 ? USER_ACTIVE : 0;
    added |= reference->times > reference->active ? USER_SNAPSHOTS : 0;
    for (uint64_t cluster = first; cluster < end; cluster++)
        own->window[cluster - own->first] |= added;
}

static void note_clusters(void *user, const refcow_clusters *clusters)
{
    ownership *own = user;
    uint32_t bits = own->header->cluster_bits;
    const user_set *window = own->window + ((clusters->host >> bits) - own->first);
    uint64_t count = clusters->length >> bits;
    uint64_t next = 0;

    add_free_up_to(own, clusters->host);
    for (uint64_t at = 0; at < count; at = next) {
        for (next = at + 1; next < count && window[next] == window[at];)
            next++;
        add(own, window[at], clusters, (next - at) << bits);
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
