#include "../run/check_report.h"

#include "../run/listed.h"
#include "../run/situation.h"
#include "../text/escape.h"
#include "../text/sizes.h"

#include <inttypes.h>
#include <string.h>

#define LINE_LENGTH 80

/* ------------------------------------------------------------------ words */

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0.0 : 100.0 * (double)part / (double)whole;
}

static uint64_t cluster_size(const check_report *report)
{
    return UINT64_C(1) << report->image.header.cluster_bits;
}

/* Words on lines of at most 80 columns; the first line begins with a label. */
static void print_words(FILE *out, const char *label, const char *text)
{
    size_t column = strlen(label);

    fputs(label, out);
    for (const char *separator = ""; *text != '\0'; separator = " ") {
        size_t length = strcspn(text, " ");
        if (column + 1 + length > LINE_LENGTH) {
            separator = "\n";
            column = 0;
        }
        fprintf(out, "%s%.*s", separator, (int)length, text);
        column += strlen(separator) + length;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

/* ------------------------------------------------------------------ what the image is */

static void print_features(FILE *out, const refcow_header *header)
{
    if (has_backing_file(header))
        fputs(", backing file (not followed)", out);
    if (has_data_file(header))
        fputs(", external data file (not followed)", out);
    if (header->compression_type == 1)
        fputs(", zstd compression", out);
    if (header->incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2)
        fputs(", extended L2 entries", out);
    if (header->nb_snapshots != 0) {
        fputs(", ", out);
        count_print(out, header->nb_snapshots, "snapshot");
    }
    if (header->nb_bitmaps > 0)
        fputs(", bitmaps", out);
    if (header->crypt_method == 1)
        fputs(", AES encrypted", out);
    if (header->crypt_method == 2)
        fputs(", LUKS encrypted", out);
    if (header->incompatible_features & REFCOW_INCOMPATIBLE_DIRTY)
        fputs(", marked dirty", out);
    if (header->incompatible_features & REFCOW_INCOMPATIBLE_CORRUPT)
        fputs(", marked corrupt", out);
}

void check_print_human_facts(FILE *out, const check_report *report)
{
    const refcow_header *header = &report->image.header;

    fprintf(out, "qcow2 version %" PRIu32 ", ", header->version);
    size_print(out, header->virtual_size);
    fputs(" virtual size, ", out);
    size_print(out, cluster_size(report));
    fputs(" clusters", out);
    if (header->refcount_order <= 6) /* a refused image may have any number here */
        fprintf(out, ", %u-bit refcounts", 1u << header->refcount_order);
    print_features(out, header);
}

/* ------------------------------------------------------------------ the verdict */

void check_print_human_defects(FILE *out, const check_report *report)
{
    const refcow_result *result = &report->result;
    const char *separator = "";

    if (result->corruptions > 0) {
        count_print(out, result->corruptions, "corruption");
        separator = ", ";
    }
    if (result->leaks > 0) {
        fputs(separator, out);
        count_print(out, result->leaks, "leaked cluster");
        fputs(" (", out);
        size_print(out, result->leaks * cluster_size(report));
        fputc(')', out);
        separator = ", ";
    }
    if (result->check_errors > 0) {
        fputs(separator, out);
        count_print(out, result->check_errors, "cluster");
        fputs(" whose refcount cannot be looked up", out);
        separator = ", ";
    }
    if (separator[0] == '\0')
        fputs("nothing found so far", out);
}

static const char *verdict_word(const check_report *report)
{
    switch (report->verdict) {
    case REFCOW_VERDICT_CLEAN:
        return report->image.header.incompatible_features & REFCOW_INCOMPATIBLE_CORRUPT
                   ? "Clean, but marked corrupt: every stored refcount is the number of references"
                   : "Clean: every stored refcount is the number of references";
    case REFCOW_VERDICT_LEAKS:
        return "Leaks: ";
    case REFCOW_VERDICT_CORRUPT:
        return "Corrupt: ";
    case REFCOW_VERDICT_REFUSED:
        return "Refused, nothing is counted: ";
    case REFCOW_VERDICT_INCOMPLETE:
        return check_is_finished(report) ? "Incomplete: " : "Incomplete, stopped early: ";
    }
    return "Unknown: ";
}

static void print_why_it_stopped(FILE *out, const check_report *report, text_printer *print_detail)
{
    if (check_is_finished(report) || report->verdict != REFCOW_VERDICT_INCOMPLETE)
        return;
    fputs("The check stopped: ", out);
    reason_print(out, &report->failure, print_detail);
    fputs(".\n", out);
}

/* Lines of at most 80 columns, which a step and its command may follow. */
static void print_situation(FILE *out, const situation *is)
{
    print_words(out, "", is->meaning);
    if (is->step != NULL)
        print_words(out, "Next step: ", is->step);
    if (is->command != NULL)
        fprintf(out, "    %s\n", is->command);
}

void check_print_human_verdict(FILE *out, const check_report *report, text_printer *print_detail)
{
    const situation *is = situation_of(report);

    fputs(check_is_in_use(report) ? "In use, not judged: " : verdict_word(report), out);
    if (report->verdict == REFCOW_VERDICT_REFUSED)
        reason_print(out, &report->failure, print_detail);
    else if (report->verdict != REFCOW_VERDICT_CLEAN)
        check_print_human_defects(out, report);
    fputs(".\n", out);
    print_why_it_stopped(out, report, print_detail);
    check_print_human_damage(out, report);
    if (is != NULL)
        print_situation(out, is);
}

/* ------------------------------------------------------------------ the numbers */

/* Numbers stand below one another, and fit on 80 columns. */
#define NO_LABEL "                   "

static void print_allocation(FILE *out, const refcow_result *result)
{
    fprintf(out, "  Guest clusters   %" PRIu64 " of %" PRIu64 " allocated (%.2f%%)\n", result->allocated_clusters,
            result->total_clusters, percent(result->allocated_clusters, result->total_clusters));
    fprintf(out, NO_LABEL "%.2f%% fragmented, %.2f%% compressed\n",
            percent(result->fragmented_clusters, result->allocated_clusters),
            percent(result->compressed_clusters, result->allocated_clusters));
}

static void print_image_end(FILE *out, const check_report *report)
{
    fprintf(out, "  Image end        %" PRIu64 ", in a file of %" PRIu64 " bytes\n", report->result.image_end_offset,
            report->file_size);
}

static void print_refcount_report(FILE *out, const refcow_refcount_report *refcounts)
{
    fprintf(out, "  Refcount table   at 0x%" PRIx64 ", ", refcounts->refcount_table_offset);
    count_print(out, refcounts->refcount_table_clusters, "cluster");
    fprintf(out, "\n  Data clusters    %" PRIu64 " in active tables, %" PRIu64 " of them with refcount 0 (orphans)",
            refcounts->allocated_clusters, refcounts->orphan_clusters);
    if (refcounts->unknown_clusters > 0)
        fprintf(out, ", %" PRIu64 " with an unknown one", refcounts->unknown_clusters);
    if (!refcounts->complete)
        fputs("; there may be more", out);
    fputc('\n', out);
}

static void print_work(FILE *out, const refcow_result *result)
{
    fputs("  Work             ", out);
    fprintf(out, "%" PRIu64 " %s in ", result->passes, result->passes == 1 ? "pass" : "passes");
    size_print(out, result->memory_used);
    fputs(" of memory\n" NO_LABEL, out);
    size_print(out, result->bytes_read);
    fputs(" read, ", out);
    fprintf(out, "%" PRIu64 " units of work\n", result->work);
}

static void print_numbers(FILE *out, const check_report *report)
{
    if (check_is_finished(report)) {
        print_allocation(out, &report->result);
        print_image_end(out, report);
    }
    print_refcount_report(out, &report->result.refcounts);
    print_work(out, &report->result);
}

void check_print_human_heading(FILE *out, const check_report *report)
{
    escape_print(out, report->path);
    fputs(": ", out);
    check_print_human_facts(out, report);
    fputc('\n', out);
    check_print_human_verdict(out, report, escape_print);
}

/* Why findings have no guest ranges. */
static void print_unknown(FILE *out, const second_look *look)
{
    if (!look->is_taken || look->is_complete)
        return;
    fputs("\n  Guest ranges and owners of clusters are not known: ", out);
    reason_print(out, &look->why, escape_print);
    fputs(".\n", out);
}

/* Kinds that --list leaves out: a list without them looks as if there were none. */
static void print_kinds_not_listed(FILE *out, const check_report *report)
{
    const char *separator = "\n  Not listed: ";

    for (unsigned kind = 0; kind < KIND_ORPHAN; kind++) {
        if (listed_found(report, kind) == 0 || kind_set_has(report->listed, kind))
            continue;
        fprintf(out, "%s%s (%" PRIu64 ")", separator, kind_name(kind), listed_found(report, kind));
        separator = ", ";
    }
    if (separator[0] == ',')
        fputs(" (see --list all)\n", out);
}

void check_print_human(FILE *out, const check_report *report)
{
    check_print_human_heading(out, report);
    fputc('\n', out);
    print_numbers(out, report);
    check_print_human_findings(out, report);
    print_unknown(out, &report->look);
    print_kinds_not_listed(out, report);
}
