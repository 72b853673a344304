#include "../run/check_report.h"

#include "../run/json_parts.h"
#include "../run/listed.h"

static void nonzero(json_writer *json, const char *key, uint64_t number)
{
    if (number != 0)
        json_number(json, key, number);
}

/* The keys of qemu-img, in the order in which it prints them. */
static void print_qemu_keys(json_writer *json, const char *path, const refcow_result *result)
{
    nonzero(json, "image-end-offset", result->image_end_offset);
    nonzero(json, "compressed-clusters", result->compressed_clusters);
    nonzero(json, "total-clusters", result->total_clusters);
    nonzero(json, "corruptions", result->corruptions);
    json_number(json, "check-errors", result->check_errors);
    nonzero(json, "leaks", result->leaks);
    nonzero(json, "allocated-clusters", result->allocated_clusters);
    json_string(json, "filename", path);
    json_string(json, "format", "qcow2");
    nonzero(json, "fragmented-clusters", result->fragmented_clusters);
}

static void print_findings(json_writer *json, const check_report *report)
{
    uint64_t omitted = listed_defects(report);
    listed_finding next;

    json_open_array(json, "findings");
    for (size_t at = 0; listed_next(report, ALL_KINDS, &at, &next);) {
        json_open_object(json, NULL);
        json_finding(json, &next);
        json_close_object(json);
        omitted -= next.finding->times;
    }
    json_close_array(json);
    json_number(json, "omitted", omitted);
}

/* What was not judged is left out: an empty list would look like a good sign. */
static void print_own_key(json_writer *json, const check_report *report)
{
    json_open_object(json, "refcow");
    json_versions(json, "version");
    json_boolean(json, "complete", check_is_complete(report));
    json_string(json, "verdict", refcow_verdict_name(report->verdict));
    json_status(json, &report->failure);
    if (report->checked) {
        json_situation(json, report);
        if (report->verdict != REFCOW_VERDICT_REFUSED)
            json_damage(json, report);
        json_refcount_report(json, &report->result.refcounts);
        json_work(json, &report->result);
        json_second_look(json, &report->look);
        print_findings(json, report);
        json_found(json, report);
        json_not_followed(json, &report->image.header);
    }
    if (report->opened)
        json_live(json, &report->live);
    json_close_object(json);
}

void check_print_json(FILE *out, const check_report *report)
{
    json_writer json;

    json_begin(&json, out);
    if (check_is_finished(report))
        print_qemu_keys(&json, report->path, &report->result);
    print_own_key(&json, report);
    json_end(&json);
}
