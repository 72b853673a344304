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

/* A list of what is of these kinds. Returns how many defects it stands for. */
static uint64_t print_list(json_writer *json, const char *key, const check_report *report, kind_set kinds)
{
    listed_finding next;
    uint64_t times = 0;

    json_open_array(json, key);
    for (size_t at = 0; listed_next(report, kinds, &at, &next);) {
        json_open_object(json, NULL);
        json_finding(json, next.kind, next.finding);
        json_close_object(json);
        times += next.finding->times;
    }
    json_close_array(json);
    return times;
}

static uint64_t defects(const refcow_result *result)
{
    return result->corruptions + result->leaks + result->check_errors;
}

static void print_findings(json_writer *json, const check_report *report)
{
    uint64_t times = print_list(json, "findings", report, ALL_FINDINGS);
    json_number(json, "findings-omitted", defects(&report->result) - times);
}

/* Orphans are no findings; they are listed when they are asked for. */
static void print_orphans(json_writer *json, const check_report *report)
{
    if (!kind_set_has(report->listed, KIND_ORPHAN))
        return;
    uint64_t times = print_list(json, "orphans", report, ONLY_ORPHANS);
    json_number(json, "orphans-omitted", report->result.refcounts.orphan_clusters - times);
}

/* What was not judged is left out: an empty list would look like a good sign. */
static void print_own_key(json_writer *json, const check_report *report)
{
    json_open_object(json, "refcow");
    json_string(json, "version", REFCOW_VERSION_TEXT);
    json_boolean(json, "complete", check_is_complete(report));
    json_string(json, "verdict", refcow_verdict_name(report->verdict));
    json_status(json, &report->failure);
    if (report->checked) {
        json_refcount_report(json, &report->result.refcounts);
        json_work(json, &report->result);
        print_findings(json, report);
        print_orphans(json, report);
        json_found(json, &report->result);
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
