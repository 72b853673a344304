#include "ledger.h"
#include "../fuzz.h"

#include <string.h>

static struct {
    uint32_t cluster_bits;
    uint64_t limit; /* of refcounts */
    uint64_t first; /* cluster of the window */
    uint64_t end;
    uint64_t counts[LEDGER_WINDOW]; /* of the clusters of the window */
    int is_telling_clusters;
    uint64_t next; /* the first cluster that was not told yet */
    uint64_t low;
    uint64_t high;
    uint64_t unknown;
} ledger;

static void note_window(void *user, uint64_t host, uint64_t length)
{
    (void)user;
    ledger.first = host >> ledger.cluster_bits;
    ledger.end = ledger.first + (length >> ledger.cluster_bits);
    FUZZ_ASSERT(ledger.first << ledger.cluster_bits == host);
    FUZZ_ASSERT(ledger.first >= ledger.next && ledger.end > ledger.first);
    FUZZ_ASSERT(ledger.end - ledger.first <= LEDGER_WINDOW);
    memset(ledger.counts, 0, (size_t)(ledger.end - ledger.first) * sizeof *ledger.counts);
    ledger.is_telling_clusters = 0;
}

static void note_reference(void *user, const refcow_reference *reference)
{
    (void)user;
    FUZZ_ASSERT(reference->role != REFCOW_ROLE_NONE && reference->role <= REFCOW_ROLE_BITMAP_DATA);
    FUZZ_ASSERT(reference->length > 0 && reference->times > 0);
    FUZZ_ASSERT(reference->active <= reference->times);
    FUZZ_ASSERT(!ledger.is_telling_clusters);
    uint64_t first = reference->offset >> ledger.cluster_bits;
    uint64_t end = ((reference->offset + reference->length - 1) >> ledger.cluster_bits) + 1;
    FUZZ_ASSERT(first < ledger.end && end > ledger.first);
    for (uint64_t cluster = first > ledger.first ? first : ledger.first; cluster < end && cluster < ledger.end;
         cluster++) {
        ledger.counts[cluster - ledger.first] += reference->times;
    }
}

static void note_clusters(void *user, const refcow_clusters *clusters)
{
    (void)user;
    uint64_t first = clusters->host >> ledger.cluster_bits;
    uint64_t count = clusters->length >> ledger.cluster_bits;
    uint64_t capped = clusters->counted < ledger.limit ? clusters->counted : ledger.limit;
    FUZZ_ASSERT(count > 0 && first << ledger.cluster_bits == clusters->host);
    FUZZ_ASSERT(count << ledger.cluster_bits == clusters->length);
    FUZZ_ASSERT(first >= ledger.first && first >= ledger.next && first + count <= ledger.end);
    FUZZ_ASSERT(clusters->is_known || clusters->stored == 0);
    for (uint64_t cluster = first; cluster < first + count; cluster++) {
        FUZZ_ASSERT(ledger.counts[cluster - ledger.first] == clusters->counted);
    }
    ledger.is_telling_clusters = 1;
    ledger.next = first + count;
    ledger.unknown += clusters->is_known ? 0 : count;
    ledger.low += clusters->is_known && clusters->stored < capped ? count : 0;
    ledger.high += clusters->is_known && clusters->stored > capped ? count : 0;
}

const refcow_observer *ledger_start(const refcow_image *image)
{
    static const refcow_observer observer = {note_window, note_reference, note_clusters, NULL};
    uint32_t order = image->header.refcount_order;
    memset(&ledger, 0, sizeof ledger);
    ledger.cluster_bits = image->header.cluster_bits;
    ledger.limit = order < 6 ? ((uint64_t)1 << (1u << order)) - 1 : UINT64_MAX;
    return &observer;
}

void ledger_expect(const refcow_result *result)
{
    if (result->verdict == REFCOW_VERDICT_REFUSED) {
        FUZZ_ASSERT(ledger.next == 0);
        return;
    }
    FUZZ_ASSERT(result->found[REFCOW_KIND_REFCOUNT_LOW] == ledger.low);
    FUZZ_ASSERT(result->found[REFCOW_KIND_REFCOUNT_HIGH] == ledger.high);
    FUZZ_ASSERT(result->found[REFCOW_KIND_REFCOUNT_UNREADABLE] == ledger.unknown);
}
