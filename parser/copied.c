#include "copied.h"

bool refcow_stored_refcount(struct check *check, uint64_t cluster, uint8_t *refcount)
{
    if (cluster < check->clusters) {
        if (!refcow_window_holds(&check->window, cluster))
            return false;
        *refcount = refcow_window_stored(&check->window, cluster);
        return true;
    }
    uint64_t exact = 0;
    bool known = false;
    if (!check->first_pass || !refcow_refcounts_look_up(&check->refcounts, cluster, &exact, &known))
        return false;
    *refcount = known ? refcow_refcount_byte(exact) : REFCOUNT_UNKNOWN;
    return true;
}

void refcow_check_copied_flag(struct check *check, refcow_kind kind, uint8_t refcount,
                              const struct reference *reference, const struct origin *origin)
{
    bool is_copied = (origin->entry & ENTRY_COPIED) != 0;
    if (refcount == REFCOUNT_UNKNOWN || (refcount == 1) == is_copied)
        return;
    refcow_finding finding = refcow_finding_at(kind, reference, origin);
    finding.expected = refcount == 1;
    refcow_findings_add(&check->findings, &finding);
}
