#include "listed.h"

#include "../process/stop.h"

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

#define OWN_NOTES (sizeof((check_report *)0)->own_notes / sizeof(refcow_finding))

/* Findings, then room for each note of the command, then orphans: the one with this number and its kind. */
static const refcow_finding *finding_at(const check_report *report, size_t at, unsigned *kind)
{
    if (at < report->result.findings_count) {
        *kind = report->findings[at].kind;
        return &report->findings[at];
    }
    at -= report->result.findings_count;
    if (at < OWN_NOTES) {
        *kind = REFCOW_KINDS + (unsigned)at;
        return &report->own_notes[at];
    }
    *kind = KIND_ORPHAN;
    return &report->orphans.ranges[at - OWN_NOTES];
}

static bool is_there(const check_report *report, unsigned kind)
{
    return kind < REFCOW_KINDS || kind == KIND_ORPHAN || kind_set_has(report->own, kind);
}

bool listed_next(const check_report *report, kind_set kinds, size_t *at, listed_finding *next)
{
    size_t end = report->result.findings_count + OWN_NOTES + report->orphans.count;

    while (*at < end) {
        next->finding = finding_at(report, (*at)++, &next->kind);
        if (!kind_set_has(kinds & report->listed, next->kind) || !is_there(report, next->kind))
            continue;
        next->entries = count_entries(&report->image.header, next->finding);
        next->guest_length = guest_length(&report->image.header, next->finding, next->entries);
        next->image = &report->image;
        next->snapshot = disks_snapshot_of(report, next->finding);
        return !stop_cuts_list();
    }
    return false;
}

uint64_t listed_found(const check_report *report, unsigned kind)
{
    if (kind < REFCOW_KINDS)
        return report->result.found[kind];
    return kind == KIND_ORPHAN ? report->result.refcounts.orphan_clusters : kind_set_has(report->own, kind);
}

uint64_t listed_defects(const check_report *report)
{
    uint64_t defects = 0;

    for (unsigned kind = 0; kind < KINDS; kind++)
        defects += kind_set_has(report->listed, kind) ? listed_found(report, kind) : 0;
    return defects;
}
