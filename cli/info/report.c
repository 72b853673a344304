#include "report.h"

#include "../process/stop.h"
#include "../process/terminal.h"

#include <string.h>

void info_fail(info_report *report, failure why)
{
    if (report->failed)
        return;
    report->failed = true;
    report->failure = why;
}

failure info_failure(const info_report *report, const refcow_error *error)
{
    return stop_explains(error->status) ? stop_failure() : failure_of_library(error, report->file->read_detail);
}

/* A list tells no more than a status. */
static bool is_read(info_report *report, refcow_status status)
{
    if (report->most_names == UINT64_MAX) /* more is listed than the buffer holds */
        terminal_flush_much();
    if (status == REFCOW_STATUS_OK && stop_wanted())
        status = REFCOW_STATUS_CANCELLED;
    if (status == REFCOW_STATUS_OK)
        return true;
    failure why = info_failure(report, &(refcow_error){.status = status});
    why.has_value = why.value_is_place = why.has_offset = false;
    info_fail(report, why);
    return false;
}

bool info_next_extension(info_report *report, refcow_extension *extension)
{
    return extension->next < report->image.header.extensions &&
           is_read(report, refcow_next_extension(&report->image, extension));
}

/* A name of a list; the first entry has index 0. */
static void add_up_names(info_report *report, uint32_t index, refcow_span name)
{
    uint64_t kept = name.length < REFCOW_NAME_MAX ? name.length : REFCOW_NAME_MAX;
    report->names = index == 0 ? kept : report->names + kept;
}

static bool has_l1_table(const info_report *report, const refcow_snapshot *snapshot)
{
    uint64_t in_cluster = snapshot->l1_offset & ((UINT64_C(1) << report->image.header.cluster_bits) - 1);
    uint64_t length = snapshot->l1_size * (uint64_t)sizeof(uint64_t);
    uint64_t file_size = report->file->size;

    return snapshot->l1_offset != 0 && in_cluster == 0 && length != 0 && length <= file_size &&
           snapshot->l1_offset <= file_size - length;
}

static bool is_number(const image_name *name)
{
    return name->length > 0 && strspn(name->bytes, "0123456789") == name->length;
}

/* Writers number their snapshots. An entry with neither a number nor an L1 table is something else, where the header
 * says that the table is. One of the two is enough: a snapshot that is damaged, or whose file is cut, is listed. */
static bool is_snapshot(info_report *report, const refcow_snapshot *snapshot)
{
    image_name id;

    if (has_l1_table(report, snapshot))
        return true;
    info_read_name(report, snapshot->id, &id);
    if (is_number(&id))
        return true;
    info_fail(report, (failure){.name = "snapshot-table",
                                .text = "the snapshot table has an entry without a numeric ID and without an L1 table",
                                .value = snapshot->offset,
                                .has_value = true,
                                .value_is_place = true});
    return false;
}

bool info_next_snapshot(info_report *report, refcow_snapshot *snapshot)
{
    refcow_snapshot entry = *snapshot;

    if (entry.next >= report->image.header.nb_snapshots || entry.next >= REFCOW_SNAPSHOTS_MAX ||
        !is_read(report, refcow_next_snapshot(&report->image, &entry)) || !is_snapshot(report, &entry))
        return false;
    *snapshot = entry;
    add_up_names(report, snapshot->index, snapshot->id);
    add_up_names(report, snapshot->next, snapshot->name);
    return true;
}

bool info_next_bitmap(info_report *report, refcow_bitmap *bitmap)
{
    if (bitmap->next >= report->image.header.nb_bitmaps || !is_read(report, refcow_next_bitmap(&report->image, bitmap)))
        return false;
    add_up_names(report, bitmap->index, bitmap->name);
    return true;
}

bool info_may_list(const info_report *report, uint64_t listed)
{
    return listed < report->most_listed && (listed == 0 || report->names <= report->most_names);
}

void info_read_name(info_report *report, refcow_span span, image_name *name)
{
    if (!is_read(report, name_read(name, &report->image, span)))
        *name = (image_name){.length = span.length};
}

bool info_backing_file(info_report *report, image_name *name)
{
    refcow_span span = report->image.header.backing_file;

    if (span.offset == 0 || span.length == 0)
        return false;
    info_read_name(report, span, name);
    return true;
}

bool info_knows_disk(const info_report *report)
{
    return report->file->remote == NULL;
}

double info_per_byte(uint64_t size, uint64_t file_size)
{
    return file_size == 0 ? 0.0 : (double)size / (double)file_size;
}

live_facts info_live(const info_report *report)
{
    return live_end(&report->begun, report->file);
}
