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

/* The last cluster, or what the last L2 table stands for, may reach past the end of the disk. */
static uint64_t guest_length(const refcow_header *header, const refcow_finding *finding, uint64_t entries)
{
    if (finding->guest == REFCOW_NO_GUEST)
        return 0;
    uint64_t length = entries * guest_span(header, finding->role);
    uint64_t rest = header->virtual_size - finding->guest;
    return finding->guest < header->virtual_size && rest < length ? rest : length;
}

/* Findings, then orphans: the one with this number and its kind. */
static const refcow_finding *finding_at(const check_report *report, size_t at, unsigned *kind)
{
    if (at < report->result.findings_count) {
        *kind = report->findings[at].kind;
        return &report->findings[at];
    }
    *kind = KIND_ORPHAN;
    return &report->orphans.ranges[at - report->result.findings_count];
}

/* Whether a kind has enough ranges before this one: ranges are sorted by kind. */
static bool is_too_far(const check_report *report, size_t at, unsigned kind)
{
    unsigned before = kind;

    if (at < report->max_listed)
        return false;
    (void)finding_at(report, at - (size_t)report->max_listed, &before);
    return before == kind;
}

bool listed_next(const check_report *report, kind_set kinds, size_t *at, listed_finding *next)
{
    size_t end = report->result.findings_count + report->orphans.count;

    while (*at < end) {
        size_t here = (*at)++;
        next->finding = finding_at(report, here, &next->kind);
        if (!kind_set_has(kinds & report->listed, next->kind) || is_too_far(report, here, next->kind))
            continue;
        next->entries = count_entries(&report->image.header, next->finding);
        next->guest_length = guest_length(&report->image.header, next->finding, next->entries);
        return !stop_cuts_list();
    }
    return false;
}

uint64_t listed_defects(const check_report *report)
{
    uint64_t defects = 0;

    for (unsigned kind = 0; kind < REFCOW_KINDS; kind++)
        defects += kind_set_has(report->listed, kind) ? report->result.found[kind] : 0;
    if (kind_set_has(report->listed, KIND_ORPHAN))
        defects += report->result.refcounts.orphan_clusters;
    return defects;
}
