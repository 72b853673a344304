#include "../policy/policy_json.h"
#include "../policy/rule_list.h"
#include "../run/json_parts.h"
#include "report.h"

static void print_snapshot(json_writer *json, const refcow_breach *breach, const image_name *name)
{
    json_open_object(json, "snapshot");
    json_number(json, "index", breach->snapshot);
    json_bytes(json, "name", name != NULL ? name->bytes : "", name != NULL ? name->kept : 0);
    json_string(json, "field", gate_snapshot_field(breach));
    json_close_object(json);
}

static void print_name(json_writer *json, const image_name *name)
{
    json_open_object(json, "name");
    name_print_json(json, name);
    json_close_object(json);
}

static bool is_about_feature(const refcow_breach *breach)
{
    return breach->rule == REFCOW_RULE_FEATURE_REFUSED || breach->rule == REFCOW_RULE_FEATURE_MISSING;
}

/* What makes one breach different from another of the same rule. */
static void print_evidence(json_writer *json, const gate_report *report, const refcow_breach *breach)
{
    const image_name *name = gate_report_name(report, breach);

    if (breach->offset != REFCOW_NO_OFFSET)
        json_number(json, "offset", breach->offset);
    else
        json_null(json, "offset");
    json_number(json, "value", breach->value);
    if (breach->limit != REFCOW_NO_LIMIT)
        json_number(json, "limit", breach->limit);
    if (breach->magic != REFCOW_NO_MAGIC)
        json_string(json, "format", refcow_magic_format(breach->magic));
    if (is_about_feature(breach))
        json_string(json, "feature", refcow_feature_name(breach->feature));
    if (breach->snapshot != REFCOW_NO_SNAPSHOT)
        print_snapshot(json, breach, name);
    else if (name != NULL)
        print_name(json, name);
}

static void print_breach(json_writer *json, const gate_report *report, const refcow_breach *breach)
{
    char option[OPTION_LENGTH];

    json_open_object(json, NULL);
    json_string(json, "rule", refcow_rule_name(breach->rule));
    json_string(json, "severity", refcow_danger_name(refcow_rule_danger(breach->rule)));
    json_string(json, "text", refcow_rule_text(breach->rule));
    json_string(json, "reason", refcow_rule_reason(breach->rule));
    json_string(json, "accepted-by", rule_option(option, breach->rule));
    print_evidence(json, report, breach);
    json_close_object(json);
}

static void print_breaches(json_writer *json, const char *key, const gate_report *report, bool allowed)
{
    json_open_array(json, key);
    for (size_t i = 0; i < report->result.breaches_count; i++) {
        if ((report->breaches[i].is_allowed != 0) == allowed)
            print_breach(json, report, &report->breaches[i]);
    }
    json_close_array(json);
}

/* A raw disk is all of its file. */
static void print_sizes(json_writer *json, const gate_report *report)
{
    bool is_raw = report->policy->accepts.expects_raw != 0;

    if (report->knows_size)
        json_number(json, "file-size", report->file_size);
    else
        json_null(json, "file-size");
    if (is_raw && report->knows_size)
        json_number(json, "virtual-size", report->file_size);
    else if (!is_raw && gate_report_has_header(report))
        json_number(json, "virtual-size", report->result.image.header.virtual_size);
    else
        json_null(json, "virtual-size");
}

void gate_print_json(FILE *out, const gate_report *report)
{
    const refcow_gate_result *result = &report->result;
    json_writer json;

    json_begin(&json, out);
    json_string(&json, "filename", report->path);
    json_versions(&json, "refcow-version");
    json_string(&json, "verdict", refcow_decision_name(result->decision));
    json_number(&json, "exit-code", gate_exit_code(result->decision));
    if (report->failure.name != NULL)
        json_status(&json, &report->failure);
    print_breaches(&json, "broken", report, false);
    print_breaches(&json, "allowed", report, true);
    policy_print_rules(&json, "undecided", &result->undecided);
    print_sizes(&json, report);
    json_number(&json, "bytes-read", result->bytes_read);
    json_open_object(&json, "features");
    policy_print_features(&json, &report->policy->accepts,
                          gate_report_has_header(report) ? &result->image.header : NULL);
    json_close_object(&json);
    policy_print_json(&json, &report->policy->accepts);
    json_end(&json);
}
