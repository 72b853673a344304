#include "../image/extensions.h"
#include "../process/clock.h"
#include "../run/json_parts.h"
#include "../run/mapped.h"
#include "bit_names.h"
#include "report.h"

#define DISK_SECTOR 512u /* QEMU counts a disk in these */
#define COMPATIBLE_LAZY_REFCOUNTS 1u

/* A name up to its first NUL, which is as far as qemu reads. */
static void print_c_name(json_writer *json, info_report *report, const char *key, refcow_span span)
{
    image_name name;

    info_read_name(report, span, &name);
    json_string(json, key, name.bytes);
}

/* ------------------------------------------------------------------ the keys of qemu-img */

static void print_backing_names(json_writer *json, info_report *report)
{
    const refcow_header *header = &report->image.header;
    image_name name;

    if (!info_backing_file(report, &name) || name.bytes[0] == '\0')
        return;
    json_string(json, "backing-filename", name.bytes);
    if (header->backing_format.length > 0)
        print_c_name(json, report, "backing-filename-format", header->backing_format);
}

/* What qemu-img does not say. */
static void print_own_key_of_snapshot(json_writer *json, const refcow_snapshot *snapshot)
{
    json_open_object(json, "refcow");
    json_number(json, "offset", snapshot->offset);
    json_number(json, "l1-offset", snapshot->l1_offset);
    json_number(json, "l1-size", snapshot->l1_size);
    json_number(json, "disk-size", snapshot->disk_size);
    json_number(json, "extra-size", snapshot->extra_size);
    json_number(json, "id-length", snapshot->id.length);
    json_number(json, "name-length", snapshot->name.length);
    json_close_object(json);
}

static void print_snapshot(json_writer *json, info_report *report, const refcow_snapshot *snapshot)
{
    json_open_object(json, NULL);
    if (snapshot->icount != REFCOW_NO_ICOUNT)
        json_number(json, "icount", snapshot->icount);
    json_number(json, "vm-clock-nsec", snapshot->vm_clock % NANOSECONDS_PER_SECOND);
    print_c_name(json, report, "name", snapshot->name);
    json_number(json, "date-sec", snapshot->date_seconds);
    json_number(json, "date-nsec", snapshot->date_nanoseconds);
    json_number(json, "vm-clock-sec", snapshot->vm_clock / NANOSECONDS_PER_SECOND);
    print_c_name(json, report, "id", snapshot->id);
    json_number(json, "vm-state-size", snapshot->vm_state_size);
    print_own_key_of_snapshot(json, snapshot);
    json_close_object(json);
}

/* Returns how many were listed. */
static uint64_t print_snapshots(json_writer *json, info_report *report)
{
    refcow_snapshot snapshot = {0};

    if (report->image.header.nb_snapshots == 0)
        return 0;
    json_open_array(json, "snapshots");
    while (info_may_list(report, snapshot.next) && info_next_snapshot(report, &snapshot))
        print_snapshot(json, report, &snapshot);
    json_close_array(json);
    return snapshot.next;
}

static void print_bitmap(json_writer *json, info_report *report, const refcow_bitmap *bitmap)
{
    json_open_object(json, NULL);
    json_open_array(json, "flags");
    if (bitmap->flags & REFCOW_BITMAP_IN_USE)
        json_string(json, NULL, "in-use");
    if (bitmap->flags & REFCOW_BITMAP_AUTO)
        json_string(json, NULL, "auto");
    json_close_array(json);
    print_c_name(json, report, "name", bitmap->name);
    if (bitmap->granularity < 64)
        json_number(json, "granularity", UINT64_C(1) << bitmap->granularity);
    json_open_object(json, "refcow");
    json_number(json, "offset", bitmap->offset);
    json_number(json, "table-offset", bitmap->table_offset);
    json_number(json, "table-entries", bitmap->table_entries);
    json_number(json, "flags", bitmap->flags);
    json_number(json, "type", bitmap->type);
    json_number(json, "granularity-bits", bitmap->granularity);
    json_number(json, "extra-size", bitmap->extra_size);
    json_number(json, "name-length", bitmap->name.length);
    json_close_object(json);
    json_close_object(json);
}

static uint64_t print_bitmaps(json_writer *json, info_report *report)
{
    refcow_bitmap bitmap = {0};

    if (report->image.header.nb_bitmaps == 0)
        return 0;
    json_open_array(json, "bitmaps");
    while (info_may_list(report, bitmap.next) && info_next_bitmap(report, &bitmap))
        print_bitmap(json, report, &bitmap);
    json_close_array(json);
    return bitmap.next;
}

static void print_encryption(json_writer *json, uint32_t method)
{
    if (method != 1 && method != 2)
        return;
    json_open_object(json, "encrypt");
    json_string(json, "format", method == 1 ? "aes" : "luks");
    json_close_object(json);
}

static void print_compression(json_writer *json, uint32_t type)
{
    if (type <= 1)
        json_string(json, "compression-type", type == 0 ? "zlib" : "zstd");
}

/* What version 2 has not qemu-img does not say either. Returns how many bitmaps were listed. */
static uint64_t print_newer_facts(json_writer *json, info_report *report)
{
    const refcow_header *header = &report->image.header;

    if (header->version < 3)
        return 0;
    json_boolean(json, "lazy-refcounts", (header->compatible_features & COMPATIBLE_LAZY_REFCOUNTS) != 0);
    json_boolean(json, "corrupt", (header->incompatible_features & REFCOW_INCOMPATIBLE_CORRUPT) != 0);
    json_boolean(json, "extended-l2", (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0);
    if (header->data_file.length > 0)
        print_c_name(json, report, "data-file", header->data_file);
    if (header->incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE)
        json_boolean(json, "data-file-raw", (header->autoclear_features & REFCOW_AUTOCLEAR_DATA_FILE_RAW) != 0);
    return print_bitmaps(json, report);
}

static uint64_t print_format_specific(json_writer *json, info_report *report)
{
    const refcow_header *header = &report->image.header;

    json_open_object(json, "format-specific");
    json_string(json, "type", "qcow2");
    json_open_object(json, "data");
    json_string(json, "compat", header->version < 3 ? "0.10" : "1.1");
    print_compression(json, header->compression_type);
    if (header->refcount_order <= 6) /* a refused image may have any number here */
        json_number(json, "refcount-bits", UINT64_C(1) << header->refcount_order);
    print_encryption(json, header->crypt_method);
    uint64_t bitmaps = print_newer_facts(json, report);
    json_close_object(json);
    json_close_object(json);
    return bitmaps;
}

/* ------------------------------------------------------------------ the key "refcow" */

static void print_header(json_writer *json, const refcow_header *header)
{
    json_open_object(json, "header");
    json_number(json, "version", header->version);
    json_number(json, "header-length", header->header_length);
    json_number(json, "cluster-bits", header->cluster_bits);
    json_number(json, "size", header->virtual_size);
    json_number(json, "crypt-method", header->crypt_method);
    json_number(json, "compression-type", header->compression_type);
    json_number(json, "l1-size", header->l1_size);
    json_number(json, "l1-table-offset", header->l1_table_offset);
    json_number(json, "refcount-order", header->refcount_order);
    json_number(json, "refcount-table-offset", header->refcount_table_offset);
    json_number(json, "refcount-table-clusters", header->refcount_table_clusters);
    json_number(json, "nb-snapshots", header->nb_snapshots);
    json_number(json, "snapshots-offset", header->snapshots_offset);
    json_number(json, "nb-bitmaps", header->nb_bitmaps);
    json_close_object(json);
}

static void print_feature(json_writer *json, info_report *report, feature_word word, unsigned bit)
{
    const char *name = feature_name(feature_of(word, bit));
    image_name in_image;

    json_open_object(json, NULL);
    json_number(json, "bit", bit);
    if (name != NULL)
        json_string(json, "name", name);
    else
        json_null(json, "name");
    if (name == NULL && feature_name_in_image(report, word, bit, &in_image))
        json_string(json, "name-in-image", in_image.bytes);
    json_close_object(json);
}

static void print_features(json_writer *json, info_report *report)
{
    json_open_object(json, "features");
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        uint64_t value = feature_word_value(&report->image.header, (feature_word)word);
        json_open_array(json, feature_word_name((feature_word)word));
        for (unsigned bit = 0; bit < FEATURE_BITS; bit++) {
            if (value >> bit & 1)
                print_feature(json, report, (feature_word)word, bit);
        }
        json_close_array(json);
    }
    json_close_object(json);
}

static void print_extensions(json_writer *json, info_report *report)
{
    refcow_extension extension = {0};

    json_open_array(json, "extensions");
    while (info_may_list(report, extension.next) && info_next_extension(report, &extension)) {
        json_open_object(json, NULL);
        json_number(json, "type", extension.type);
        if (extension_name(extension_of_type(extension.type)) != NULL)
            json_string(json, "name", extension_name(extension_of_type(extension.type)));
        else
            json_null(json, "name");
        json_number(json, "offset", extension.contents.offset);
        json_number(json, "length", extension.contents.length);
        json_close_object(json);
    }
    json_close_array(json);
    json_number(json, "extensions-omitted", report->image.header.extensions - extension.next);
}

static void print_name(json_writer *json, const char *key, const image_name *name)
{
    json_open_object(json, key);
    name_print_json(json, name);
    json_close_object(json);
}

/* Not opened. */
static void print_names(json_writer *json, info_report *report)
{
    image_name name;

    if (info_backing_file(report, &name))
        print_name(json, "backing-file", &name);
    if (report->image.header.data_file.length > 0) {
        info_read_name(report, report->image.header.data_file, &name);
        print_name(json, "data-file", &name);
    }
}

static void print_span(json_writer *json, const char *key, refcow_span span)
{
    if (span.length == 0)
        return;
    json_open_object(json, key);
    json_number(json, "offset", span.offset);
    json_number(json, "length", span.length);
    json_close_object(json);
}

/* How much there is for each byte of the file, and for each that it takes up on the disk. */
static void print_ratio(json_writer *json, const char *key, uint64_t size, const info_report *report)
{
    json_open_object(json, key);
    json_number(json, "size", size);
    json_decimal(json, "per-byte", info_per_byte(size, report->file->size));
    if (info_knows_disk(report))
        json_decimal(json, "per-actual-byte", info_per_byte(size, report->file->allocated));
    json_close_object(json);
}

static void print_amplification(json_writer *json, const info_report *report)
{
    json_open_object(json, "amplification");
    json_number(json, "file-size", report->file->size);
    print_ratio(json, "virtual-disk", report->image.header.virtual_size, report);
    print_ratio(json, "l1-tables", report->l1_bytes, report);
    if (report->counted)
        print_ratio(json, "mapped", mapped_size(&report->image.header, &report->result), report);
    json_close_object(json);
}

static void print_counts(json_writer *json, const info_report *report)
{
    json_string(json, "verdict", refcow_verdict_name(report->result.verdict));
    json_number(json, "corruptions", report->result.corruptions);
    json_number(json, "leaks", report->result.leaks);
    json_number(json, "check-errors", report->result.check_errors);
    json_refcount_report(json, &report->result.refcounts);
}

static void print_live(json_writer *json, const info_report *report)
{
    live_facts live = info_live(report);
    json_live(json, &live);
}

static void print_facts(json_writer *json, info_report *report, uint64_t snapshots, uint64_t bitmaps)
{
    const refcow_header *header = &report->image.header;

    print_header(json, header);
    print_features(json, report);
    print_extensions(json, report);
    print_names(json, report);
    print_span(json, "encryption-header", header->encryption_header);
    print_span(json, "bitmap-directory", header->bitmap_directory);
    json_number(json, "snapshots-omitted", header->nb_snapshots - snapshots);
    json_number(json, "bitmaps-omitted", header->nb_bitmaps - bitmaps);
    print_amplification(json, report);
    if (report->counted)
        print_counts(json, report);
    print_live(json, report);
}

void info_print_json(json_writer *json, info_report *report)
{
    const refcow_header *header = &report->image.header;
    uint64_t snapshots = 0;
    uint64_t bitmaps = 0;

    json_string(json, "filename", report->path);
    if (report->has_header) {
        json_string(json, "format", "qcow2");
        json_number(json, "virtual-size", header->virtual_size / DISK_SECTOR * DISK_SECTOR);
        json_number(json, "cluster-size", UINT64_C(1) << header->cluster_bits);
        if (info_knows_disk(report))
            json_number(json, "actual-size", report->file->allocated);
        json_boolean(json, "dirty-flag", (header->incompatible_features & REFCOW_INCOMPATIBLE_DIRTY) != 0);
        if (header->crypt_method != 0)
            json_boolean(json, "encrypted", true);
        print_backing_names(json, report);
        snapshots = print_snapshots(json, report);
        bitmaps = print_format_specific(json, report);
    }
    json_open_object(json, "refcow");
    json_versions(json, "version");
    if (report->has_header)
        print_facts(json, report, snapshots, bitmaps);
    json_boolean(json, "complete", !report->failed); /* in the end: what is listed is read while it is printed */
    json_status(json, &report->failure);
    json_close_object(json);
}
