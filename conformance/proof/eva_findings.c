/*
 * eva_findings.c - findings.c with any findings in any order, for the contract of refcow_findings_add().
 */
#include "../../parser/findings.h"
#include "any.h"

#define ROOM 2 /* of each kind */

static refcow_finding room[ROOM * REFCOW_KINDS];

static refcow_finding any_finding(void)
{
    refcow_finding finding;
    Frama_C_make_unknown((char *)&finding, sizeof finding);
    finding.kind = (refcow_kind)Frama_C_interval(0, REFCOW_KINDS - 1);
    return finding;
}

int main(void)
{
    struct findings findings;
    refcow_result result;
    Frama_C_make_unknown((char *)&result, sizeof result);
    /* A caller may give no list, one that is too short for all kinds, or a long one. */
    refcow_findings_start(&findings, Frama_C_interval(0, 1) ? room : NULL, REFCOW_KINDS - 1);
    refcow_finding finding = any_finding();
    refcow_findings_add(&findings, &finding);
    refcow_findings_finish(&findings, &result);

    refcow_findings_start(&findings, room, ROOM * REFCOW_KINDS);
    Frama_C_make_unknown((char *)room, sizeof room);
    Frama_C_make_unknown((char *)findings.kept, sizeof findings.kept);
    Frama_C_make_unknown((char *)findings.found, sizeof findings.found);
    finding = any_finding();
    refcow_findings_add(&findings, &finding);
    refcow_findings_finish(&findings, &result);
    return 0;
}
