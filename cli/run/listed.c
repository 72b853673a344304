#include "listed.h"

#include "../process/stop.h"

/* 256 MiB of the disk, in clusters of 64 KiB. A kind that has so many findings takes 320 KiB; sorting them takes a
 * hostile image an eighth more work in 1 MiB of memory, and none in the default. */
#define LEAST_ROOM 4096

uint64_t listed_room(uint64_t ranges)
{
    return ranges != 0 && ranges < LEAST_ROOM ? LEAST_ROOM : ranges;
}

/* What a compressed entry takes up: from its offset to the end of the last of its sectors. */
static uint64_t compressed_length(uint64_t entry, uint32_t cluster_bits)
{
    uint32_t offset_bits = 70 - cluster_bits;
    uint64_t sectors = (entry >> offset_bits & ((UINT64_C(1) << (cluster_bits - 8)) - 1)) + 1;
    return 512 * sectors - (entry & 511);
}

/* A range is made of entries that name one place after the other, each as long as the first. */
static uint64_t count_entries(const refcow_header *header, const refcow_finding *finding)
{
    if (finding->table == REFCOW_NO_TABLE)
        return 0;
    switch (finding->role) {
    case REFCOW_ROLE_L1_TABLE: /* of snapshots, which count once each */
    case REFCOW_ROLE_BITMAP_TABLE:
        return finding->times;
    case REFCOW_ROLE_COMPRESSED:
        return finding->length / compressed_length(finding->found, header->cluster_bits);
    default:
        return finding->length >> header->cluster_bits;
    }
}

/* What an entry of the table stands for on the virtual disk. */
static uint64_t guest_span(const refcow_header *header, refcow_role role)
{
    uint32_t entry_bits = header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2 ? 4 : 3;
    uint32_t table_bits = role == REFCOW_ROLE_L2_TABLE ? header->cluster_bits - entry_bits : 0;
    return UINT64_C(1) << (header->cluster_bits + table_bits);
}

/* What an entry says of the disk, or a second look. */
static void note_whereabouts(listed_finding *next, const refcow_header *header, whereabouts where)
{
    const refcow_finding *finding = next->finding;
    guest_range guest = where.users != 0 ? where.guest : GUEST_RANGE_NONE;

    if (finding->guest != REFCOW_NO_GUEST)
        guest = (guest_range){finding->guest, finding->guest + next->entries * guest_span(header, finding->role)};
    next->users = where.users;
    next->guest = guest.offset;
    next->guest_length = guest_range_length(header, &guest);
}

#define OWN_NOTES (sizeof((check_report *)0)->own_notes / sizeof(refcow_finding))

/* Findings, then room for each note of the command, then orphans, then overlaps: the one with this number. */
static void take(listed_finding *next, const check_report *report, size_t at)
{
    size_t notes = report->result.findings_count;
    size_t orphans = notes + OWN_NOTES;
    size_t overlaps = orphans + report->orphans.count;

    *next = (listed_finding){.image = &report->image};
    if (at < notes) {
        next->finding = &report->findings[at];
        next->kind = next->finding->kind;
        next->is_stored = next->kind == REFCOW_KIND_REFCOUNT_LOW || next->kind == REFCOW_KIND_REFCOUNT_HIGH;
    } else if (at < orphans) {
        next->finding = &report->own_notes[at - notes];
        next->kind = REFCOW_KINDS + (unsigned)(at - notes);
    } else if (at < overlaps) {
        next->finding = &report->orphans.ranges[at - orphans];
        next->kind = KIND_ORPHAN;
    } else {
        next->finding = &report->look.overlaps[at - overlaps].finding;
        next->kind = KIND_OVERLAPPING;
        next->is_stored = report->look.overlaps[at - overlaps].is_known;
    }
}

static whereabouts where_is(const check_report *report, size_t at)
{
    size_t overlaps = report->result.findings_count + OWN_NOTES + report->orphans.count;

    if (at < report->result.findings_count)
        return whereabouts_of(report, at);
    if (at >= overlaps)
        return report->look.overlaps[at - overlaps].where;
    return (whereabouts){.guest = GUEST_RANGE_NONE};
}

/* What takes a search, for the one that is to be listed. */
static void complete(listed_finding *next, const check_report *report, size_t at)
{
    const refcow_header *header = &report->image.header;

    next->entries = count_entries(header, next->finding);
    next->snapshot = disks_snapshot_of(report, next->finding);
    note_whereabouts(next, header, where_is(report, at));
}

static bool is_there(const check_report *report, unsigned kind)
{
    return kind < REFCOW_KINDS || kind >= KIND_ORPHAN || kind_set_has(report->own, kind);
}

/* Whether a kind has enough ranges before this one: ranges are sorted by kind. */
static bool is_too_far(const check_report *report, size_t at, unsigned kind)
{
    listed_finding before;

    if (at < report->max_listed)
        return false;
    take(&before, report, at - (size_t)report->max_listed);
    return before.kind == kind;
}

bool listed_next(const check_report *report, kind_set kinds, size_t *at, listed_finding *next)
{
    size_t end = report->result.findings_count + OWN_NOTES + report->orphans.count + report->look.overlaps_count;

    for (; *at < end; ++*at) {
        take(next, report, *at);
        if (!kind_set_has(kinds & report->listed, next->kind) || !is_there(report, next->kind) ||
            is_too_far(report, *at, next->kind))
            continue;
        complete(next, report, (*at)++);
        return !stop_cuts_list();
    }
    return false;
}

uint64_t listed_found(const check_report *report, unsigned kind)
{
    if (kind < REFCOW_KINDS)
        return report->result.found[kind];
    if (kind == KIND_ORPHAN)
        return report->result.refcounts.orphan_clusters;
    return kind == KIND_OVERLAPPING ? report->look.overlapping : kind_set_has(report->own, kind);
}

uint64_t listed_defects(const check_report *report)
{
    uint64_t defects = 0;

    for (unsigned kind = 0; kind < KINDS; kind++)
        defects += kind_set_has(report->listed, kind) ? listed_found(report, kind) : 0;
    return defects;
}
