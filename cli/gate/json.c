#include "../run/json_parts.h"
#include "features.h"
#include "report.h"

static void print_snapshot(json_writer *json, const gate_breach *breach)
{
    const gate_snapshot *snapshot = breach->snapshot;

    json_open_object(json, "snapshot");
    json_number(json, "index", snapshot->entry.index);
    json_bytes(json, "name", snapshot->name.bytes, snapshot->name.kept);
    json_string(json, "field", breach->field);
    json_close_object(json);
}

static void print_name(json_writer *json, const image_name *name)
{
    json_open_object(json, "name");
    name_print_json(json, name);
    json_close_object(json);
}

static void print_breach(json_writer *json, const gate_breach *breach)
{
    const gate_rule_facts *rule = &gate_rules[breach->rule];

    json_open_object(json, NULL);
    json_string(json, "rule", rule->id);
    json_string(json, "severity", rule->severity);
    json_string(json, "text", rule->text);
    json_string(json, "accepted-by", gate_means_name(rule->means));
    json_number(json, "offset", breach->offset);
    json_number(json, "value", breach->value);
    if (breach->format != NULL)
        json_string(json, "format", breach->format);
    if (breach->name != NULL)
        print_name(json, breach->name);
    if (breach->snapshot != NULL)
        print_snapshot(json, breach);
    json_close_object(json);
}

static void print_breaches(json_writer *json, const char *key, const gate_report *report, bool allowed)
{
    json_open_array(json, key);
    for (size_t i = 0; i < report->breaches_count; i++) {
        if (gate_is_allowed(report, report->breaches[i].rule) == allowed)
            print_breach(json, &report->breaches[i]);
    }
    json_close_array(json);
}

/* Ids of the rules in a set. */
static void print_rules(json_writer *json, const char *key, const bool rules[GATE_RULES])
{
    json_open_array(json, key);
    for (unsigned rule = 0; rule < GATE_RULES; rule++) {
        if (rules[rule])
            json_string(json, NULL, gate_rules[rule].id);
    }
    json_close_array(json);
}

static void print_limit(json_writer *json, const char *key, uint64_t limit)
{
    if (limit == GATE_NO_LIMIT)
        json_null(json, key);
    else
        json_number(json, key, limit);
}

static void print_policy(json_writer *json, const gate_policy *policy)
{
    json_open_object(json, "policy");
    json_string(json, "expect", policy->expects_raw ? "raw" : "qcow2");
    json_boolean(json, "check", policy->wants_check);
    json_boolean(json, "header-only", policy->header_only);
    print_rules(json, "allow", policy->allowed);
    print_limit(json, "max-virtual-size", policy->max_virtual_size);
    print_limit(json, "max-amplification", policy->max_amplification);
    print_limit(json, "max-sharing", policy->max_sharing);
    json_close_object(json);
}

static void print_sizes(json_writer *json, const gate_report *report)
{
    const gate_facts *facts = &report->facts;

    if (facts->knows_size)
        json_number(json, "file-size", facts->size);
    else
        json_null(json, "file-size");
    if (facts->has_header)
        json_number(json, "virtual-size", facts->image.header.virtual_size);
    else
        json_null(json, "virtual-size");
}

void gate_print_json(FILE *out, const gate_report *report)
{
    const gate_facts *facts = &report->facts;
    json_writer json;

    json_begin(&json, out);
    json_string(&json, "filename", report->path);
    json_string(&json, "refcow-version", REFCOW_VERSION_TEXT);
    json_string(&json, "verdict", gate_verdict_name(report->verdict));
    json_number(&json, "exit-code", gate_exit_code(report->verdict));
    if (facts->failure.name != NULL)
        json_status(&json, &facts->failure);
    print_breaches(&json, "broken", report, false);
    print_breaches(&json, "allowed", report, true);
    print_rules(&json, "undecided", report->undecided);
    print_sizes(&json, report);
    json_number(&json, "bytes-read", report->bytes_read);
    json_open_object(&json, "features");
    gate_print_features(&json, report->policy, facts->has_header ? &facts->image.header : NULL);
    json_close_object(&json);
    print_policy(&json, report->policy);
    json_end(&json);
}
