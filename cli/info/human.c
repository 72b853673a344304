#define _POSIX_C_SOURCE 200809L /* gmtime_r() */

#include "../image/extensions.h"
#include "../process/clock.h"
#include "../run/mapped.h"
#include "../text/escape.h"
#include "../text/reason.h"
#include "../text/sizes.h"
#include "bit_names.h"
#include "report.h"

#include <inttypes.h>
#include <time.h>

/* ------------------------------------------------------------------ words */

static void print_label(FILE *out, const char *label)
{
    fprintf(out, "  %-17s", label);
}

/* "8.38 MiB (8781824 bytes)" */
static void print_exact_size(FILE *out, uint64_t size)
{
    size_print(out, size);
    if (size >= 1024)
        fprintf(out, " (%" PRIu64 " bytes)", size);
}

/* The zone is UTC: the local one would say where the reader is, not where the image was. */
static void print_date(FILE *out, const refcow_snapshot *snapshot)
{
    time_t seconds = (time_t)snapshot->date_seconds;
    struct tm date;
    char text[32];

    if (gmtime_r(&seconds, &date) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &date) == 0)
        fprintf(out, "%" PRIu32 " s since 1970", snapshot->date_seconds);
    else
        fputs(text, out);
}

static void print_omitted(FILE *out, const info_report *report, uint64_t count, uint64_t listed)
{
    if (listed >= count)
        return;
    if (info_may_list(report, listed))
        fprintf(out, "    %" PRIu64 " cannot be listed\n", count - listed);
    else
        fprintf(out, "    and %" PRIu64 " more (see --max-listed)\n", count - listed);
}

static void print_name(FILE *out, info_report *report, refcow_span span)
{
    image_name name;

    info_read_name(report, span, &name);
    name_print(out, &name);
}

/* ------------------------------------------------------------------ the header */

static void print_geometry(FILE *out, const info_report *report)
{
    const refcow_header *header = &report->image.header;

    print_label(out, "Virtual size");
    print_exact_size(out, header->virtual_size);
    fputc('\n', out);
    print_label(out, "File");
    print_exact_size(out, report->file->size);
    if (info_knows_disk(report)) {
        fputs(", ", out);
        size_print(out, report->file->allocated);
        fputs(" on the disk", out);
    }
    fputc('\n', out);
    print_label(out, "Clusters");
    size_print(out, UINT64_C(1) << header->cluster_bits);
    if (header->refcount_order <= 6) /* a refused image may have any number here */
        fprintf(out, ", %u-bit refcounts", 1u << header->refcount_order);
    if (header->compression_type <= 1)
        fprintf(out, ", %s compression", header->compression_type == 0 ? "zlib" : "zstd");
    else
        fprintf(out, ", unknown compression %" PRIu32, header->compression_type);
    fputc('\n', out);
}

static void print_tables(FILE *out, const refcow_header *header)
{
    print_label(out, "L1 table");
    fprintf(out, "%" PRIu32 " %s at 0x%" PRIx64 "\n", header->l1_size, header->l1_size == 1 ? "entry" : "entries",
            header->l1_table_offset);
    print_label(out, "Refcount table");
    count_print(out, header->refcount_table_clusters, "cluster");
    fprintf(out, " at 0x%" PRIx64 "\n", header->refcount_table_offset);
}

static void print_encryption(FILE *out, const refcow_header *header)
{
    static const char *const methods[] = {"none", "AES", "LUKS"};

    if (header->crypt_method == 0)
        return;
    print_label(out, "Encryption");
    if (header->crypt_method <= 2)
        fputs(methods[header->crypt_method], out);
    else
        fprintf(out, "unknown method %" PRIu32, header->crypt_method);
    if (header->encryption_header.length > 0) {
        fputs(", header of ", out);
        size_print(out, header->encryption_header.length);
        fprintf(out, " at 0x%" PRIx64, header->encryption_header.offset);
    }
    fputc('\n', out);
}

static void print_known_features(FILE *out, feature_word word, uint64_t value)
{
    const char *separator = "";
    unsigned unknown = 0;

    for (unsigned bit = 0; bit < FEATURE_BITS; bit++) {
        const char *name = feature_name(feature_of(word, bit));
        if ((value >> bit & 1) == 0)
            continue;
        if (name == NULL) {
            unknown++;
            continue;
        }
        fprintf(out, "%s%s", separator, name);
        separator = ", ";
    }
    if (unknown > 0) {
        fputs(separator, out);
        count_print(out, unknown, "unknown bit");
    }
    fputc('\n', out);
}

static void print_unknown_features(FILE *out, info_report *report, feature_word word, uint64_t value)
{
    image_name name;

    for (unsigned bit = 0; bit < FEATURE_BITS; bit++) {
        if ((value >> bit & 1) == 0 || feature_name(feature_of(word, bit)) != NULL)
            continue;
        fprintf(out, "    bit %u", bit);
        if (feature_name_in_image(report, word, bit, &name)) {
            fputs(", which the image calls: ", out);
            name_print(out, &name);
        }
        fputc('\n', out);
    }
}

static void print_features(FILE *out, info_report *report)
{
    static const char *const labels[FEATURE_WORDS] = {"Incompatible", "Compatible", "Autoclear"};

    for (unsigned i = 0; i < FEATURE_WORDS; i++) {
        feature_word word = (feature_word)i;
        uint64_t value = feature_word_value(&report->image.header, word);
        if (value == 0)
            continue;
        print_label(out, labels[word]);
        print_known_features(out, word, value);
        print_unknown_features(out, report, word, value);
    }
}

/* ------------------------------------------------------------------ other files, which are not opened */

/* What the image chooses comes last in its line, here and below, so that it cannot stand for something else. */
static void print_file_name(FILE *out, const char *label, const image_name *name)
{
    print_label(out, label);
    name_print(out, name);
    fputs("\n    ", out);
    name_print_traits(out, name);
    fputs("; not opened", out);
}

static void print_backing_file(FILE *out, info_report *report)
{
    refcow_span format = report->image.header.backing_format;
    image_name name;

    if (!info_backing_file(report, &name))
        return;
    print_file_name(out, "Backing file", &name);
    if (format.length > 0) {
        fputs("; format ", out);
        print_name(out, report, format);
    } else {
        fputs("; no format is named", out);
    }
    fputc('\n', out);
}

static void print_data_file(FILE *out, info_report *report)
{
    image_name name;

    if (report->image.header.data_file.length == 0)
        return;
    info_read_name(report, report->image.header.data_file, &name);
    print_file_name(out, "Data file", &name);
    fputc('\n', out);
}

/* ------------------------------------------------------------------ lists */

static void print_extensions(FILE *out, info_report *report)
{
    uint32_t count = report->image.header.extensions;
    refcow_extension extension = {0};

    if (count == 0)
        return;
    print_label(out, "Extensions");
    fprintf(out, "%" PRIu32 "\n", count);
    while (info_may_list(report, extension.next) && info_next_extension(report, &extension)) {
        const char *name = extension_name(extension_of_type(extension.type));
        fprintf(out, "    0x%08" PRIx32 " %s, ", extension.type, name != NULL ? name : "unknown");
        count_print(out, extension.contents.length, "byte");
        fprintf(out, " at 0x%" PRIx64 "\n", extension.contents.offset);
    }
    print_omitted(out, report, count, extension.next);
}

static void print_clock(FILE *out, uint64_t nanoseconds)
{
    uint64_t seconds = nanoseconds / NANOSECONDS_PER_SECOND;

    fprintf(out, ", clock %02" PRIu64 ":%02u:%02u", seconds / 3600, (unsigned)(seconds / 60 % 60),
            (unsigned)(seconds % 60));
}

static void print_snapshot(FILE *out, info_report *report, const refcow_snapshot *snapshot)
{
    fputs("    ", out);
    print_date(out, snapshot);
    if (snapshot->disk_size > 0) {
        fputs(", disk ", out);
        size_print(out, snapshot->disk_size);
    }
    if (snapshot->vm_state_size > 0) {
        fputs(", VM state ", out);
        size_print(out, snapshot->vm_state_size);
        print_clock(out, snapshot->vm_clock);
    }
    fputs(", id ", out);
    print_name(out, report, snapshot->id);
    fputs(": ", out);
    print_name(out, report, snapshot->name);
    fputc('\n', out);
}

static void print_snapshots(FILE *out, info_report *report)
{
    const refcow_header *header = &report->image.header;
    refcow_snapshot snapshot = {0};

    if (header->nb_snapshots == 0)
        return;
    print_label(out, "Snapshots");
    fprintf(out, "%" PRIu32 ", table at 0x%" PRIx64 "\n", header->nb_snapshots, header->snapshots_offset);
    while (info_may_list(report, snapshot.next) && info_next_snapshot(report, &snapshot))
        print_snapshot(out, report, &snapshot);
    print_omitted(out, report, header->nb_snapshots, snapshot.next);
}

static void print_bitmap(FILE *out, info_report *report, const refcow_bitmap *bitmap)
{
    fputs("    granularity ", out);
    if (bitmap->granularity < 64)
        size_print(out, UINT64_C(1) << bitmap->granularity);
    else
        fprintf(out, "2^%u", bitmap->granularity);
    if (bitmap->type != 1)
        fprintf(out, ", unknown type %u", bitmap->type);
    if (bitmap->flags & REFCOW_BITMAP_IN_USE)
        fputs(", in use", out);
    if (bitmap->flags & REFCOW_BITMAP_AUTO)
        fputs(", auto", out);
    fputs(": ", out);
    print_name(out, report, bitmap->name);
    fputc('\n', out);
}

static void print_bitmaps(FILE *out, info_report *report)
{
    const refcow_header *header = &report->image.header;
    refcow_bitmap bitmap = {0};

    if (header->nb_bitmaps == 0)
        return;
    print_label(out, "Bitmaps");
    fprintf(out, "%" PRIu32 ", directory at 0x%" PRIx64 "\n", header->nb_bitmaps, header->bitmap_directory.offset);
    while (info_may_list(report, bitmap.next) && info_next_bitmap(report, &bitmap))
        print_bitmap(out, report, &bitmap);
    print_omitted(out, report, header->nb_bitmaps, bitmap.next);
}

/* ------------------------------------------------------------------ figures */

/* The references were counted, but not to the end. */
static bool is_stopped(const info_report *report)
{
    return report->counted && report->result.error.status != REFCOW_STATUS_OK;
}

/* "the virtual disk: 1 GiB, 122.27 times the file" */
static void print_ratio(FILE *out, const char *what, uint64_t size, const info_report *report)
{
    fprintf(out, "    %s", what);
    size_print(out, size);
    fprintf(out, ", %.2f times the file", info_per_byte(size, report->file->size));
    if (info_knows_disk(report))
        fprintf(out, ", %.2f times its disk space", info_per_byte(size, report->file->allocated));
    fputc('\n', out);
}

static void print_amplification(FILE *out, const info_report *report)
{
    fputs("  Amplification\n", out);
    print_ratio(out, "virtual disk: ", report->image.header.virtual_size, report);
    print_ratio(out, "all L1 tables: ", report->l1_bytes, report);
    if (report->counted)
        print_ratio(out, is_stopped(report) ? "mapped clusters: at least " : "mapped clusters: ",
                    mapped_size(&report->image.header, &report->result), report);
}

static void print_refcounts(FILE *out, const info_report *report)
{
    const refcow_refcount_report *refcounts = &report->result.refcounts;

    if (!report->counted)
        return;
    print_label(out, "Refcounts");
    fprintf(out, "%s, %s", refcow_verdict_name(report->result.verdict), is_stopped(report) ? "at least " : "");
    count_print(out, report->result.corruptions, "corruption");
    fputs(", ", out);
    count_print(out, report->result.leaks, "leaked cluster");
    fputs(is_stopped(report) ? "\n" : " (see refcow check)\n", out);
    print_label(out, "Data clusters");
    fprintf(out, "%" PRIu64 " in active tables, %" PRIu64 " of them with refcount 0 (orphans)",
            refcounts->allocated_clusters, refcounts->orphan_clusters);
    if (refcounts->unknown_clusters > 0)
        fprintf(out, ", %" PRIu64 " with an unknown one", refcounts->unknown_clusters);
    fputs(refcounts->complete ? "\n" : "; there may be more\n", out);
}

void info_print_human(FILE *out, info_report *report)
{
    const refcow_header *header = &report->image.header;

    escape_print(out, report->path);
    fprintf(out, ": qcow2 version %" PRIu32 "%s\n", header->version, report->failed ? ", not all is known" : "");
    print_geometry(out, report);
    print_features(out, report);
    print_encryption(out, header);
    print_tables(out, header);
    print_extensions(out, report);
    print_backing_file(out, report);
    print_data_file(out, report);
    print_snapshots(out, report);
    print_bitmaps(out, report);
    print_amplification(out, report);
    print_refcounts(out, report);
    live_facts live = info_live(report);
    live_print(out, &live);
    if (!report->failed)
        return;
    fputs("Incomplete: ", out);
    reason_print(out, &report->failure, escape_print);
    fputs(".\n", out);
}
