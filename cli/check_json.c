#include "check_report.h"

#include "json.h"

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

static void print_status(json_writer *json, const failure *why)
{
    json_open_object(json, "status");
    json_string(json, "name", why->name);
    json_string(json, "text", why->text);
    if (why->detail != NULL)
        json_string(json, "detail", why->detail);
    if (why->has_value)
        json_number(json, "value", why->value);
    if (why->has_offset)
        json_number(json, "offset", why->offset);
    json_close_object(json);
}

static void print_refcount_report(json_writer *json, const refcow_refcount_report *refcounts)
{
    json_open_object(json, "refcount-report");
    json_number(json, "refcount-order", refcounts->refcount_order);
    json_number(json, "refcount-table-offset", refcounts->refcount_table_offset);
    json_number(json, "refcount-table-clusters", refcounts->refcount_table_clusters);
    json_number(json, "allocated-clusters", refcounts->allocated_clusters);
    json_number(json, "orphan-clusters", refcounts->orphan_clusters);
    json_number(json, "unknown-clusters", refcounts->unknown_clusters);
    json_boolean(json, "complete", refcounts->complete != 0);
    json_close_object(json);
}

static void print_work(json_writer *json, const refcow_result *result)
{
    json_number(json, "passes", result->passes);
    json_number(json, "memory-used", result->memory_used);
    json_number(json, "bytes-read", result->bytes_read);
    json_number(json, "entries-visited", result->entries_visited);
}

static const char *severity_name(refcow_severity severity)
{
    switch (severity) {
    case REFCOW_SEVERITY_CORRUPTION:
        return "corruption";
    case REFCOW_SEVERITY_LEAK:
        return "leak";
    case REFCOW_SEVERITY_ERROR:
        return "check-error";
    }
    return "unknown";
}

static void print_entry_place(json_writer *json, const refcow_finding *finding)
{
    if (finding->table != REFCOW_NO_TABLE) {
        json_number(json, "table-offset", finding->table);
        json_number(json, "index", finding->index);
    } else {
        json_null(json, "table-offset");
        json_null(json, "index");
    }
}

static void print_finding(json_writer *json, const refcow_finding *finding)
{
    json_open_object(json, NULL);
    json_string(json, "kind", refcow_kind_name(finding->kind));
    json_string(json, "severity", severity_name(refcow_kind_severity(finding->kind)));
    json_string(json, "text", refcow_kind_text(finding->kind));
    json_string(json, "role", refcow_role_name(finding->role));
    json_number(json, "host-offset", finding->host);
    json_number(json, "length", finding->length);
    if (finding->guest != REFCOW_NO_GUEST)
        json_number(json, "guest-offset", finding->guest);
    else
        json_null(json, "guest-offset");
    print_entry_place(json, finding);
    json_number(json, "expected", finding->expected);
    json_number(json, "found", finding->found);
    json_number(json, "times", finding->times);
    json_close_object(json);
}

static void print_findings(json_writer *json, const check_report *report)
{
    json_open_array(json, "findings");
    for (size_t i = 0; i < report->result.findings_count; i++)
        print_finding(json, &report->findings[i]);
    json_close_array(json);
    json_number(json, "findings-omitted", report->result.findings_omitted);
}

static void print_found(json_writer *json, const refcow_result *result)
{
    json_open_object(json, "found");
    for (unsigned kind = 0; kind < REFCOW_KINDS; kind++)
        nonzero(json, refcow_kind_name((refcow_kind)kind), result->found[kind]);
    json_close_object(json);
}

static void print_not_followed(json_writer *json, const refcow_header *header)
{
    json_open_array(json, "not-followed");
    if (has_backing_file(header))
        json_string(json, NULL, "backing-file");
    if (has_data_file(header))
        json_string(json, NULL, "data-file");
    json_close_array(json);
}

/* What was not judged is left out: an empty list would look like a good sign. */
static void print_own_key(json_writer *json, const check_report *report)
{
    json_open_object(json, "refcow");
    json_string(json, "version", REFCOW_VERSION_TEXT);
    json_boolean(json, "complete", check_is_complete(report));
    json_string(json, "verdict", refcow_verdict_name(report->verdict));
    print_status(json, &report->failure);
    if (report->checked) {
        print_refcount_report(json, &report->result.refcounts);
        print_work(json, &report->result);
        print_findings(json, report);
        print_found(json, &report->result);
        print_not_followed(json, &report->image.header);
    }
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
