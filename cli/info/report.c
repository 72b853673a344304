#include "report.h"

#include "../process/stop.h"
#include "../process/terminal.h"

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

bool info_next_snapshot(info_report *report, refcow_snapshot *snapshot)
{
    if (snapshot->next >= report->image.header.nb_snapshots || snapshot->next >= REFCOW_SNAPSHOTS_MAX ||
        !is_read(report, refcow_next_snapshot(&report->image, snapshot)))
        return false;
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
