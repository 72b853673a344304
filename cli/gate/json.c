#include "../run/json_parts.h"
#include "features.h"
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
    json_open_object(json, NULL);
    json_string(json, "rule", refcow_rule_name(breach->rule));
    json_string(json, "severity", refcow_danger_name(refcow_rule_danger(breach->rule)));
    json_string(json, "text", refcow_rule_text(breach->rule));
    json_string(json, "reason", refcow_rule_reason(breach->rule));
    json_string(json, "accepted-by", gate_means_option(refcow_rule_means(breach->rule)));
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

/* Ids of the rules in a set. */
static void print_rules(json_writer *json, const char *key, const refcow_rules *rules)
{
    json_open_array(json, key);
    for (unsigned rule = 0; rule < REFCOW_RULES_END; rule++) {
        if (refcow_rules_have(rules, (refcow_rule)rule))
            json_string(json, NULL, refcow_rule_name((refcow_rule)rule));
    }
    json_close_array(json);
}

static void print_feature_set(json_writer *json, const char *key, uint32_t set)
{
    json_open_array(json, key);
    for (unsigned feature = 0; feature < REFCOW_FEATURES; feature++) {
        if ((set >> feature & 1) != 0)
            json_string(json, NULL, refcow_feature_name((refcow_feature)feature));
    }
    json_close_array(json);
}

/* The powers of two in a set of exponents; an empty set stands for all of them. */
static void print_powers(json_writer *json, const char *key, uint32_t set)
{
    if (set == 0) {
        json_null(json, key);
        return;
    }
    json_open_array(json, key);
    for (unsigned exponent = 0; exponent < 32; exponent++) {
        if ((set >> exponent & 1) != 0)
            json_number(json, NULL, UINT64_C(1) << exponent);
    }
    json_close_array(json);
}

static void print_limit(json_writer *json, const char *key, uint64_t limit)
{
    if (limit == REFCOW_NO_LIMIT)
        json_null(json, key);
    else
        json_number(json, key, limit);
}

static void print_policy(json_writer *json, const refcow_policy *policy)
{
    json_open_object(json, "policy");
    json_string(json, "expect", policy->expects_raw ? "raw" : "qcow2");
    json_boolean(json, "check", policy->wants_check);
    json_boolean(json, "header-only", policy->header_only);
    print_rules(json, "allow", &policy->allowed);
    print_feature_set(json, "refuse", policy->refused_features);
    print_feature_set(json, "require", policy->required_features);
    print_powers(json, "cluster-sizes", policy->cluster_sizes);
    print_powers(json, "refcount-bits", policy->refcount_widths);
    print_limit(json, "max-file-size", policy->max_file_size);
    print_limit(json, "max-virtual-size", policy->max_virtual_size);
    print_limit(json, "max-amplification", policy->max_amplification);
    print_limit(json, "max-sharing", policy->max_sharing);
    print_limit(json, "max-snapshots", policy->max_snapshots);
    json_close_object(json);
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
    json_string(&json, "refcow-version", REFCOW_VERSION_TEXT);
    json_string(&json, "verdict", refcow_decision_name(result->decision));
    json_number(&json, "exit-code", gate_exit_code(result->decision));
    if (report->failure.name != NULL)
        json_status(&json, &report->failure);
    print_breaches(&json, "broken", report, false);
    print_breaches(&json, "allowed", report, true);
    print_rules(&json, "undecided", &result->undecided);
    print_sizes(&json, report);
    json_number(&json, "bytes-read", result->bytes_read);
    json_open_object(&json, "features");
    gate_print_features(&json, &report->policy->accepts, gate_report_has_header(report) ? &result->image.header : NULL);
    json_close_object(&json);
    print_policy(&json, &report->policy->accepts);
    json_end(&json);
}
