#include "../run/check_report.h"

#include "../run/json_parts.h"
#include "../run/listed.h"

static void print_header(json_writer *json, const refcow_header *header)
{
    json_number(json, "qcow2-version", header->version);
    json_number(json, "virtual-size", header->virtual_size);
    json_number(json, "cluster-size", UINT64_C(1) << header->cluster_bits);
    json_number(json, "refcount-order", header->refcount_order);
    json_number(json, "snapshots", header->nb_snapshots);
    json_number(json, "bitmaps", header->nb_bitmaps);
    json_not_followed(json, header);
}

void check_print_jsonl_image(FILE *out, const check_report *report)
{
    json_writer json;

    json_begin_record(&json, out, "image", report);
    json_versions(&json, "refcow-version");
    if (report->opened)
        json_number(&json, "file-size", report->file_size);
    if (report->has_header)
        print_header(&json, &report->image.header);
    json_end(&json);
}

uint64_t check_print_jsonl_findings(FILE *out, const check_report *report)
{
    uint64_t omitted = report->checked ? listed_defects(report) : 0;
    listed_finding next;
    json_writer json;

    for (size_t at = 0; report->checked && listed_next(report, ALL_KINDS, &at, &next);) {
        json_begin_record(&json, out, "finding", report);
        json_finding(&json, &next);
        json_end(&json);
        omitted -= next.finding->times;
    }
    return omitted;
}

static void print_counts(json_writer *json, const refcow_result *result)
{
    json_number(json, "corruptions", result->corruptions);
    json_number(json, "leaks", result->leaks);
    json_number(json, "check-errors", result->check_errors);
    json_number(json, "image-end-offset", result->image_end_offset);
    json_number(json, "total-clusters", result->total_clusters);
    json_number(json, "allocated-clusters", result->allocated_clusters);
    json_number(json, "fragmented-clusters", result->fragmented_clusters);
    json_number(json, "compressed-clusters", result->compressed_clusters);
}

/* What was not judged is left out. Of a check that was stopped there are lower bounds. */
static void print_summary(FILE *out, const check_report *report, uint64_t omitted)
{
    json_writer json;

    json_begin_record(&json, out, "summary", report);
    json_boolean(&json, "complete", check_is_complete(report));
    json_string(&json, "verdict", refcow_verdict_name(report->verdict));
    json_number(&json, "exit-code", report->code);
    json_status(&json, &report->failure);
    if (report->checked && report->verdict != REFCOW_VERDICT_REFUSED) {
        print_counts(&json, &report->result);
        json_damage(&json, report);
    }
    if (report->checked) {
        json_situation(&json, report);
        json_found(&json, report);
        json_number(&json, "omitted", omitted);
        json_refcount_report(&json, &report->result.refcounts);
        json_work(&json, &report->result);
        json_second_look(&json, &report->look);
    }
    if (report->opened)
        json_live(&json, &report->live);
    json_end(&json);
}

void check_print_jsonl(FILE *out, const check_report *report)
{
    check_print_jsonl_image(out, report);
    print_summary(out, report, check_print_jsonl_findings(out, report));
}
