#include "situation.h"

/* ------------------------------------------------------------------ what was found */

static bool has_found(const check_report *report, refcow_kind kind)
{
    return report->result.found[kind] > 0;
}

static bool has_any(const check_report *report, const refcow_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has_found(report, kinds[i]))
            return true;
    }
    return false;
}

/* No program makes such a refcount. Snapshots are taken one by one, and what a crash leaves behind is one reference for
 * each; many compressed clusters in one host cluster are all of them referred to, or nearly none, and then at the end
 * of a table only. Narrow refcounts never show it. */
#define MOST_TOO_HIGH 255u
#define FACTOR_TOO_HIGH 16u

static bool is_implausible(const refcow_finding *leak)
{
    uint64_t excess = leak->found - leak->expected;

    return leak->expected != 0 && excess > MOST_TOO_HIGH && leak->found / FACTOR_TOO_HIGH > leak->expected;
}

/* At least half of the leaked clusters that were listed, and several. */
#define LEAST_IMPLAUSIBLE 4u

static bool has_implausible_refcounts(const check_report *report)
{
    uint64_t leaks = 0;
    uint64_t implausible = 0;

    for (size_t i = 0; i < report->result.findings_count; i++) {
        const refcow_finding *finding = &report->findings[i];
        if (finding->kind != REFCOW_KIND_REFCOUNT_HIGH)
            continue;
        leaks += finding->times;
        implausible += is_implausible(finding) ? finding->times : 0;
    }
    return implausible >= LEAST_IMPLAUSIBLE && implausible >= leaks - implausible;
}

static bool has_defects(const check_report *report)
{
    const refcow_result *result = &report->result;

    return result->corruptions > 0 || result->leaks > 0 || result->check_errors > 0;
}

/* ------------------------------------------------------------------ the situations */

static bool has_changed(const check_report *report)
{
    return live_has_changed(&report->live);
}

static bool is_stale_in_use(const check_report *report)
{
    return check_is_in_use(report) && has_found(report, REFCOW_KIND_MARKED_DIRTY);
}

static bool was_refused(const check_report *report)
{
    return report->verdict == REFCOW_VERDICT_REFUSED;
}

/* Nothing but the snapshots is known to be wrong. */
static bool has_unreadable_snapshots(const check_report *report)
{
    static const refcow_status statuses[] = {REFCOW_STATUS_NB_SNAPSHOTS, REFCOW_STATUS_SNAPSHOTS_OFFSET,
                                             REFCOW_STATUS_SNAPSHOT_EXTRA_SIZE, REFCOW_STATUS_SNAPSHOT_TABLE_SIZE,
                                             REFCOW_STATUS_SNAPSHOT_L1_OFFSET};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (was_refused(report) && report->result.error.status == statuses[i])
            return true;
    }
    return false;
}

static bool has_stopped(const check_report *report)
{
    return !check_is_finished(report);
}

static bool is_truncated(const check_report *report)
{
    return has_found(report, REFCOW_KIND_TRUNCATED);
}

static bool lacks_compressed_data(const check_report *report)
{
    return has_found(report, REFCOW_KIND_COMPRESSED_PAST_END);
}

static bool names_itself(const check_report *report)
{
    return report->backing.state == BACKING_ITSELF;
}

/* Entries that no writer makes. */
static bool is_overwritten(const check_report *report)
{
    static const refcow_kind kinds[] = {
        REFCOW_KIND_OUT_OF_FILE,
        REFCOW_KIND_L1_RESERVED,
        REFCOW_KIND_L2_UNALIGNED,
        REFCOW_KIND_L2_RESERVED,
        REFCOW_KIND_DATA_UNALIGNED,
        REFCOW_KIND_SUBCLUSTERS_UNALLOCATED,
        REFCOW_KIND_SUBCLUSTERS_CLASH,
        REFCOW_KIND_COMPRESSED_COPIED,
        REFCOW_KIND_COMPRESSED_IN_DATA_FILE,
        REFCOW_KIND_BLOCK_SHARED,
        REFCOW_KIND_COMPRESSED_SUBCLUSTERS,
    };

    return has_any(report, kinds, sizeof kinds / sizeof kinds[0]);
}

static bool has_bad_refcount_table(const check_report *report)
{
    static const refcow_kind kinds[] = {REFCOW_KIND_BLOCK_RESERVED, REFCOW_KIND_BLOCK_UNALIGNED,
                                        REFCOW_KIND_BLOCK_OUT_OF_FILE, REFCOW_KIND_REFCOUNT_UNREADABLE};

    return has_any(report, kinds, sizeof kinds / sizeof kinds[0]);
}

/* The active disk has no table with wrong entries, but snapshots do. */
static bool is_overwritten_in_snapshots(const check_report *report)
{
    return has_found(report, REFCOW_KIND_L2_TABLE_DAMAGED) && !disks_active_is_damaged(report);
}

/* Two guest clusters in one host cluster, or guest data in a table. Only snapshots and compressed clusters share. */
static bool have_clashing_owners(const check_report *report)
{
    if (report->image.header.nb_snapshots > 0 || report->result.compressed_end > 0)
        return false;
    for (size_t i = 0; i < report->result.findings_count; i++) {
        const refcow_finding *finding = &report->findings[i];
        bool is_low = finding->kind == REFCOW_KIND_REFCOUNT_LOW || finding->kind == REFCOW_KIND_TOO_MANY_REFERENCES;
        if (is_low && finding->expected > 1)
            return true;
    }
    return false;
}

static bool has_bad_snapshots(const check_report *report)
{
    static const refcow_kind kinds[] = {REFCOW_KIND_SNAPSHOT_L1_UNALIGNED, REFCOW_KIND_SNAPSHOT_L1_LARGE,
                                        REFCOW_KIND_SNAPSHOTS_AND_DATA_FILE};

    return has_any(report, kinds, sizeof kinds / sizeof kinds[0]);
}

static bool is_dirty(const check_report *report)
{
    return has_found(report, REFCOW_KIND_MARKED_DIRTY) && has_defects(report);
}

/* Clusters of the file that are in use, or were, while the tables of the disk lead to none. A writer that was killed
 * early leaves the same behind. A sound image has no such clusters, whatever its guest has discarded. */
#define LEAST_LOST 2u

static bool is_disk_empty(const check_report *report)
{
    const refcow_result *result = &report->result;
    uint64_t lost = result->leaks;

    if (!has_defects(report) || result->allocated_clusters > 0 || report->image.header.nb_snapshots > 0)
        return false;
    if (report->file_size > result->image_end_offset)
        lost += (report->file_size - result->image_end_offset) >> report->image.header.cluster_bits;
    return lost >= LEAST_LOST;
}

static bool is_corrupt(const check_report *report)
{
    return report->result.corruptions > 0;
}

static bool has_empty_table(const check_report *report)
{
    return has_found(report, REFCOW_KIND_L2_TABLE_EMPTY);
}

static bool has_leaks(const check_report *report)
{
    return report->result.leaks > 0;
}

static bool is_marked_corrupt(const check_report *report)
{
    return has_found(report, REFCOW_KIND_MARKED_CORRUPT);
}

static bool is_marked_dirty(const check_report *report)
{
    return has_found(report, REFCOW_KIND_MARKED_DIRTY);
}

static bool has_bitmap_in_use(const check_report *report)
{
    return has_found(report, REFCOW_KIND_BITMAP_IN_USE);
}

#define REPAIR "qemu-img check -r all IMAGE"
#define COPY "qemu-img convert -O qcow2 IMAGE NEW"
#define SALVAGE "qemu-img convert --salvage -O qcow2 IMAGE NEW"
#define COPY_AGAIN "Copy or download the file again. Do not repair this one: a repair forgets what is missing."

/* What makes an answer worthless comes first, then what is worst for the data. */
static const struct {
    bool (*applies)(const check_report *report);
    situation is;
} rows[] = {
    {has_changed,
     {"changed", "The image changed while refcow read it. What was found may be wrong.",
      "Check the image again when nothing writes to it.", NULL}},
    {is_stale_in_use,
     {"in-use-dirty",
      "The image is in use and marked dirty: its writer stores the refcounts only when it closes the image. What was "
      "found is no damage yet.",
      "Check the image again when it is closed.", NULL}},
    {check_is_in_use,
     {"in-use", "Another process has the image open for writing. What was found may be a change that is not complete.",
      "Check the image again when it is closed.", NULL}},
    {has_unreadable_snapshots,
     {"snapshots-unreadable",
      "QEMU does not open this image, because it cannot read the snapshot table. The active disk does not need the "
      "table.",
      "Restore the image from a backup. If there is none, copy the file to NEW, and take the snapshots out of the "
      "header of NEW. That makes the snapshots unreachable, and the active disk readable:",
      "dd if=/dev/zero of=NEW bs=1 seek=60 count=12 conv=notrunc"}},
    {was_refused,
     {"refused", "QEMU does not open this image, for the same reason.",
      "Restore the image from a backup. If there is none, copy the file before anyone tries to mend it.", NULL}},
    {has_stopped, {"stopped", "What was not read may be damaged. All counts are lower bounds.", NULL, NULL}},
    {is_truncated,
     {"truncated", "The file is cut short: clusters that the image refers to and counts are missing.", COPY_AGAIN,
      NULL}},
    {lacks_compressed_data,
     {"compressed-past-end", "The file is cut short: some compressed clusters cannot be read.", COPY_AGAIN, NULL}},
    {names_itself,
     {"backing-file-itself",
      "The image names itself as its backing file. A program that opens it opens it again and again, or takes the "
      "bytes of the file for guest data.",
      "Find out which backing file is the right one, and name it. BASE stands for it:",
      "qemu-img rebase -u -F qcow2 -b BASE IMAGE"}},
    {is_overwritten_in_snapshots,
     {"snapshots-damaged", "Tables of snapshots are damaged. The active disk can be read without them.",
      "Stop every writer and copy the active disk to a new image, which snapshots and bitmaps are not copied to:",
      COPY}},
    {is_overwritten,
     {"overwritten", "Tables have entries that no program writes: something has overwritten them. Guest data is lost.",
      "Do not repair the image: restore it from a backup. If there is none, save what can be read:", SALVAGE}},
    {have_clashing_owners,
     {"owners-clash",
      "Clusters have several uses, and no snapshot shares them. Two programs wrote to the image at once, or an old "
      "table came back. Guest data is lost.",
      "Do not repair the image: restore it from a backup. If there is none, save what can be read:", SALVAGE}},
    {has_bad_refcount_table,
     {"refcounts-unreadable",
      "Refcounts are unreadable. Guest data is not damaged by that, but writing to the image may damage it.",
      "Stop every writer and copy the active disk to a new image, which snapshots and bitmaps are not copied to:",
      COPY}},
    {has_bad_snapshots,
     {"snapshots-damaged", "Snapshots are damaged. The active disk can be read without them.",
      "Copy the active disk to a new image:", COPY}},
    {has_implausible_refcounts,
     {"refcounts-overwritten",
      "Stored refcounts are numbers that no program writes: something has overwritten a refcount block. The leaked "
      "clusters are no wasted space, and guest data is not damaged by that.",
      "Stop every writer, copy the file, and compare the guest's disk with a backup: guest data may be overwritten, "
      "too. Then count all refcounts anew:",
      REPAIR}},
    {is_dirty,
     {"dirty",
      "The image is marked dirty: its writer stopped before it stored the refcounts. Guest data is not damaged by "
      "that.",
      "QEMU counts the refcounts when it next opens the image for writing. To do it now, stop every writer and run:",
      REPAIR}},
    {has_empty_table,
     {"l2-table-empty",
      "Space is wasted, and an L2 table is empty. If the table was overwritten with zeros, the leaked clusters are "
      "guest data that no longer can be reached.",
      "Compare the guest's disk with a backup before you repair anything: a repair frees the leaked clusters.", NULL}},
    {is_disk_empty,
     {"disk-empty",
      "The disk is empty: its tables lead to no data, but clusters of the file are or were in use. If zeros have "
      "overwritten the L1 table, or the writer was stopped before it stored its tables, they are guest data that no "
      "longer can be reached.",
      "Compare the guest's disk with a backup before you repair anything: a repair frees these clusters.", NULL}},
    {is_corrupt,
     {"corrupt", "Guest data can still be read, but the next write to the image may destroy it.",
      "Stop every writer, copy the file, then repair the image:", REPAIR}},
    {has_leaks,
     {"leaks",
      "Leaked clusters have a higher refcount than they have references: lost space. The data that the disk refers to "
      "is not affected.",
      "To get the space back, stop every writer and run:", "qemu-img check -r leaks IMAGE"}},
    {check_has_writer,
     {"in-use", "Another process has the image open for writing. This answer is of the moment when refcow read it.",
      "Check the image again when it is closed.", NULL}},
    {is_marked_corrupt,
     {"marked-corrupt", "The image is marked corrupt: QEMU once found damage and opens the image only for reading.",
      "Copy the file. To take the mark away, run:", REPAIR}},
    {is_marked_dirty,
     {"marked-dirty", "The image is marked dirty, but its refcounts are right.",
      "There is nothing to do: QEMU takes the mark away when it next opens the image for writing.", NULL}},
    {has_bitmap_in_use,
     {"bitmap-in-use", "The writer of a bitmap stopped before it stored the bitmap: nobody knows what has changed.",
      "Make the next backup a full one. To remove a bitmap, run:", "qemu-img bitmap --remove IMAGE NAME"}},
};

const situation *situation_of(const check_report *report)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].applies(report))
            return &rows[i].is;
    }
    return NULL;
}
