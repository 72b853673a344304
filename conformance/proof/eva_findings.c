/*
 * eva_findings.c - the beginning and the end of findings.c, with any list and any findings in any order.
 */
#include "../../parser/findings.h"
#include "any.h"

#define ROOM 2 /* of each kind, if all are listed */
#define WAITING 3

static refcow_finding room[ROOM * REFCOW_KINDS];
static refcow_finding waiting[WAITING];

static refcow_finding any_finding(void)
{
    refcow_finding finding;
    Frama_C_make_unknown((char *)&finding, sizeof finding);
    finding.kind = (refcow_kind)Frama_C_interval(0, REFCOW_KINDS - 1);
    return finding;
}

/* Findings as a check may have them. The list is one that this many kinds share; which ones is not said. */
static void use(struct findings *findings, uint64_t *owed)
{
    refcow_result result;
    Frama_C_make_unknown((char *)&result, sizeof result);
    findings->owed = owed;
    findings->kinds = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    Frama_C_make_unknown((char *)findings->ranks, sizeof findings->ranks);
    Frama_C_make_unknown((char *)room, sizeof room);
    Frama_C_make_unknown((char *)waiting, sizeof waiting);
    Frama_C_make_unknown((char *)findings->kept, sizeof findings->kept);
    Frama_C_make_unknown((char *)findings->found, sizeof findings->found);
    findings->waiting_count = Frama_C_size_t_interval(0, WAITING);
    refcow_finding finding = any_finding();
    refcow_findings_add(findings, &finding);
    refcow_findings_finish(findings, &result);
}

int main(void)
{
    struct findings findings = {0};
    refcow_options options = {0};
    uint64_t owed = any64();
    findings.waiting = waiting;
    findings.waiting_room = WAITING;
    /* All kinds; no list, and one that is too short. */
    refcow_findings_start(&findings, &options);
    use(&findings, &owed);
    options.findings = room;
    options.findings_capacity = REFCOW_KINDS - 1;
    refcow_findings_start(&findings, &options);
    use(&findings, &owed);
    /* Kinds that nobody knows, and any number of known ones. */
    options.findings_capacity = ROOM * REFCOW_KINDS;
    options.findings_kinds = (uint32_t)1 << 31;
    refcow_findings_start(&findings, &options);
    use(&findings, &owed);
    //@ loop unroll REFCOW_KINDS;
    for (uint32_t listed = 1; listed <= REFCOW_KINDS; listed++) {
        options.findings_kinds = (uint32_t)low_bits(listed);
        refcow_findings_start(&findings, &options);
        use(&findings, &owed);
    }
    return 0;
}
