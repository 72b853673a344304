#include "disks.h"

#include "../process/stop.h"
#include "check_report.h"

/* More snapshots than that are not looked at: each is a question to a server that may be far away. */
#define SNAPSHOTS_LOOKED_AT 4096

/* Notes in which a finding's table is searched for. */
#define NOTES_LOOKED_AT 1024

/* ------------------------------------------------------------------ findings */

/* The order in which the library writes findings. */
static bool is_before(const refcow_finding *finding, refcow_kind kind, uint64_t table, uint64_t index)
{
    if (finding->kind != kind)
        return finding->kind < kind;
    return finding->table < table || (finding->table == table && finding->index < index);
}

/* The first finding that is not before this place. */
static size_t first_from(const check_report *report, refcow_kind kind, uint64_t table, uint64_t index)
{
    size_t first = 0;
    size_t end = report->result.findings_count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (is_before(&report->findings[middle], kind, table, index))
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Whether one of the entries first .. last of the table has a finding of the kind. */
static bool has_finding(const check_report *report, refcow_kind kind, uint64_t table, uint64_t first, uint64_t last)
{
    size_t at = first_from(report, kind, table, first);
    const refcow_finding *finding = &report->findings[at];

    return at < report->result.findings_count && finding->kind == kind && finding->table == table &&
           finding->index <= last;
}

/* The L1 table reaches past the end of the file by a cluster or more. The finding about it may not have been kept. */
static bool is_l1_missing(const check_report *report, const refcow_snapshot *snapshot)
{
    uint64_t length = 8 * (uint64_t)snapshot->l1_size;
    uint64_t sectors = report->file_size / 512 + (report->file_size % 512 != 0); /* qemu-img reads whole ones */
    uint64_t most = 512 * sectors + (UINT64_C(1) << report->image.header.cluster_bits);

    return length != 0 && (snapshot->l1_offset >= most || length >= most - snapshot->l1_offset);
}

static bool is_damaged(const check_report *report, const refcow_snapshot *snapshot)
{
    uint64_t table = report->image.header.snapshots_offset;

    return is_l1_missing(report, snapshot) ||
           has_finding(report, REFCOW_KIND_L2_TABLE_DAMAGED, snapshot->l1_offset, 0, UINT64_MAX) ||
           has_finding(report, REFCOW_KIND_SNAPSHOT_L1_UNALIGNED, table, snapshot->index, snapshot->index) ||
           has_finding(report, REFCOW_KIND_SNAPSHOT_L1_LARGE, table, snapshot->index, snapshot->index);
}

/* ------------------------------------------------------------------ snapshots */

static void add_to_list(snapshot_list *list, const refcow_snapshot *snapshot)
{
    if (list->count < DISKS_NAMED)
        list->first[list->count] = *snapshot;
    list->count++;
}

size_t snapshot_list_named(const snapshot_list *list)
{
    return list->count < DISKS_NAMED ? (size_t)list->count : DISKS_NAMED;
}

static bool tells_of_disks(unsigned kind)
{
    return kind == REFCOW_KIND_L2_TABLE_DAMAGED || kind == REFCOW_KIND_SNAPSHOT_L1_UNALIGNED ||
           kind == REFCOW_KIND_SNAPSHOT_L1_LARGE;
}

/* Whether all was written that tells of disks. What was not may be about any snapshot. */
static bool is_all_written(const check_report *report)
{
    uint64_t found = 0;
    uint64_t written = 0;

    for (unsigned kind = 0; kind < REFCOW_KINDS; kind++)
        found += tells_of_disks(kind) ? report->result.found[kind] : 0;
    for (size_t i = 0; i < report->result.findings_count; i++)
        written += tells_of_disks(report->findings[i].kind) ? report->findings[i].times : 0;
    return written == found;
}

/* An L1 table that is not in the file is a reference that reaches out of it. */
static bool may_be_damaged(const check_report *report)
{
    uint64_t found = report->result.found[REFCOW_KIND_OUT_OF_FILE];

    for (unsigned kind = 0; kind < REFCOW_KINDS; kind++)
        found += tells_of_disks(kind) ? report->result.found[kind] : 0;
    return found != 0;
}

void disks_find(disk_damage *disks, const check_report *report)
{
    refcow_snapshot snapshot = {0};
    uint64_t count = report->image.header.nb_snapshots;

    *disks = (disk_damage){0};
    if (!check_is_finished(report) || count == 0 || count > SNAPSHOTS_LOOKED_AT || !may_be_damaged(report) ||
        !is_all_written(report))
        return;
    while (snapshot.next < count) {
        if (stop_wanted() || refcow_next_snapshot(&report->image, &snapshot) != REFCOW_STATUS_OK)
            return;
        add_to_list(is_damaged(report, &snapshot) ? &disks->damaged : &disks->sound, &snapshot);
    }
    disks->is_known = true;
}

bool disks_active_is_damaged(const check_report *report)
{
    return report->result.damage.guest_end != 0;
}

/* ------------------------------------------------------------------ findings and snapshots */

/* A finding about tables that no part of the active disk is in. */
static bool is_of_snapshots_only(const refcow_finding *finding)
{
    bool is_of_disk = finding->role == REFCOW_ROLE_L2_TABLE || finding->role == REFCOW_ROLE_DATA ||
                      finding->role == REFCOW_ROLE_COMPRESSED;

    return is_of_disk && finding->table != REFCOW_NO_TABLE && finding->guest == REFCOW_NO_GUEST;
}

static const refcow_snapshot *with_l1_table(const snapshot_list *list, uint64_t table)
{
    for (size_t i = 0; i < snapshot_list_named(list); i++) {
        if (list->first[i].l1_offset == table)
            return &list->first[i];
    }
    return NULL;
}

/* The L1 table that a note says has the L2 table; a range has tables that are adjacent. */
static const refcow_snapshot *with_l2_table(const check_report *report, uint64_t table)
{
    size_t at = first_from(report, REFCOW_KIND_L2_TABLE_DAMAGED, 0, 0);
    size_t end = at + NOTES_LOOKED_AT;

    for (; at < end && at < report->result.findings_count; at++) {
        const refcow_finding *note = &report->findings[at];
        if (note->kind != REFCOW_KIND_L2_TABLE_DAMAGED)
            break;
        if (table >= note->host && table - note->host < note->length)
            return with_l1_table(&report->disks.damaged, note->table);
    }
    return NULL;
}

const refcow_snapshot *disks_snapshot_of(const check_report *report, const refcow_finding *finding)
{
    if (!report->disks.is_known || !is_of_snapshots_only(finding))
        return NULL;
    if (finding->role == REFCOW_ROLE_L2_TABLE)
        return with_l1_table(&report->disks.damaged, finding->table);
    return with_l2_table(report, finding->table);
}
