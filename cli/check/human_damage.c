/*
 * human_damage.c - for people: where wrong entries are, and which disks are not affected.
 */
#include "../run/check_report.h"
#include "../text/name.h"
#include "../text/sizes.h"

#include <inttypes.h>

#define MOST_SNAPSHOTS 8

static void print_guest_range(FILE *out, const check_report *report)
{
    const refcow_damage *damage = &report->result.damage;
    uint64_t disk = report->image.header.virtual_size;
    char start[SIZE_TEXT_LENGTH];
    char end[SIZE_TEXT_LENGTH];

    fprintf(out, "guest %s to %s of the active disk", size_text(start, damage->guest),
            size_text(end, damage->guest_end < disk || damage->guest >= disk ? damage->guest_end : disk));
}

static void print_places(FILE *out, const check_report *report)
{
    const refcow_damage *damage = &report->result.damage;
    const char *separator = "Damage: ";

    if (damage->damaged_l2_tables > 0) {
        fprintf(out, "%s%" PRIu64 " of %" PRIu64 " L2 tables", separator, damage->damaged_l2_tables, damage->l2_tables);
        separator = "; ";
    }
    if (disks_active_is_damaged(report)) {
        fputs(separator, out);
        print_guest_range(out, report);
    }
    fputs(disks_active_is_damaged(report) ? ".\n" : ". The active disk is not affected.\n", out);
}

void check_print_snapshot(FILE *out, const refcow_image *image, const refcow_snapshot *snapshot)
{
    image_name name;

    if (name_read(&name, image, snapshot->id) == REFCOW_STATUS_OK)
        name_print(out, &name);
    fputs(" \"", out);
    if (name_read(&name, image, snapshot->name) == REFCOW_STATUS_OK)
        name_print(out, &name);
    fputc('"', out);
}

static void print_snapshots(FILE *out, const char *label, const check_report *report, const snapshot_list *list)
{
    uint64_t named = list->count < MOST_SNAPSHOTS ? list->count : MOST_SNAPSHOTS;

    for (size_t i = 0; i < named; i++) {
        fputs(i == 0 ? label : ", ", out);
        check_print_snapshot(out, &report->image, &list->first[i]);
    }
    if (list->count > named)
        fprintf(out, " and %" PRIu64 " more", list->count - named);
    if (named > 0)
        fputs(".\n", out);
}

void check_print_human_damage(FILE *out, const check_report *report)
{
    if (report->result.damage.damaged_l2_tables > 0 || disks_active_is_damaged(report))
        print_places(out, report);
    if (!report->disks.is_known || report->disks.damaged.count == 0)
        return;
    print_snapshots(out, "Damaged snapshots: ", report, &report->disks.damaged);
    print_snapshots(out, "Snapshots without damaged tables: ", report, &report->disks.sound);
}
