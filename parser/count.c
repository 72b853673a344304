#include "count.h"

#include "notes.h"

refcow_finding refcow_finding_at(refcow_kind kind, const struct reference *reference, const struct origin *origin)
{
    refcow_finding finding = {0};
    finding.kind = kind;
    finding.role = reference->role;
    finding.host = reference->offset;
    finding.length = reference->length;
    finding.guest = origin->guest;
    finding.table = origin->table;
    finding.index = origin->index;
    finding.found = origin->entry;
    finding.times = reference->weight;
    return finding;
}

void refcow_note_guest_range(struct check *check, uint64_t guest, uint64_t length)
{
    refcow_damage *damage = &check->result->damage;
    damage->guest = damage->guest_end != 0 ? least(damage->guest, guest) : guest;
    damage->guest_end = greatest(damage->guest_end, guest + length);
}

/* Bytes of the disk that an entry stands for. */
static uint64_t guest_length(const struct check *check, refcow_role role, uint64_t guest)
{
    if (guest == REFCOW_NO_GUEST)
        return 0;
    return role == REFCOW_ROLE_L2_TABLE ? (uint64_t)1 << check->l1_span_bits : check->cluster_size;
}

void refcow_add_entry_finding(struct check *check, refcow_kind kind, const struct reference *reference,
                              const struct origin *origin)
{
    if (!check->first_pass)
        return;
    refcow_finding finding = refcow_finding_at(kind, reference, origin);
    refcow_findings_add(&check->findings, &finding);
    check->wrong_entries++;
    if (origin->guest != REFCOW_NO_GUEST)
        refcow_note_guest_range(check, origin->guest, guest_length(check, reference->role, origin->guest));
}

/* Of start .. end - 1, indexes in the window. */
static uint64_t whole_pages(uint64_t start, uint64_t end)
{
    uint64_t first = units_of(start, PAGE_BITS);
    return greatest(end >> PAGE_BITS, first) - first;
}

/* The clusters first .. last are counted in the window: whole pages each at once, the rest one by one. If that is too
 * much, whatever needs the reader next fails. */
static void charge(struct check *check, uint64_t first, uint64_t last)
{
    const struct window *window = &check->window;
    if (last - first < WORK_CLUSTERS)
        return;
    uint64_t end = greatest(least(last + 1, window->end), window->first);
    uint64_t start = least(greatest(first, window->first), end);
    uint64_t pages = whole_pages(start - window->first, end - window->first);
    uint64_t rest = end - start - (pages << PAGE_BITS);
    refcow_charge(&check->reader, WORK_PAGE * pages + rest / WORK_COUNTED +
                                      (check->observer != NULL ? (end - start) / WORK_CLUSTERS : 0));
}

static void tell(struct check *check, const struct reference *reference, uint64_t guest, uint64_t first, uint64_t last)
{
    const struct window *window = &check->window;
    refcow_reference told = {reference->role,
                             reference->offset,
                             reference->length,
                             reference->weight,
                             reference->active,
                             guest,
                             guest_length(check, reference->role, guest)};
    if (first < window->end && last >= window->first)
        check->observer->reference(check->observer->user, &told);
}

void refcow_count(struct check *check, const struct reference *reference, const struct origin *origin)
{
    if (reference->length == 0)
        return;
    uint64_t end = reference->offset + reference->length;
    if (is_out_of_file(check, end)) {
        refcow_add_entry_finding(check, REFCOW_KIND_OUT_OF_FILE, reference, origin);
        if (check->first_pass)
            refcow_note_missing(check, reference);
        return;
    }
    uint32_t bits = check->header->cluster_bits;
    uint64_t first = reference->offset >> bits;
    uint64_t last = (end - 1) >> bits;
    if (last >= check->clusters)
        check->grown = 1;
    charge(check, first, last);
    if (check->observer != NULL)
        tell(check, reference, origin->guest, first, last);
    refcow_window_count(&check->window, first, last - first + 1, reference->weight);
}
