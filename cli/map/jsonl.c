#include "../run/json_parts.h"
#include "../run/listed.h"
#include "report.h"

static void print_guest(json_writer *json, const map_report *report, const guest_range *guest)
{
    if (guest_range_is_none(guest)) {
        json_null(json, "guest-offset");
        json_null(json, "guest-length");
        return;
    }
    json_number(json, "guest-offset", guest->offset);
    json_number(json, "guest-length", guest_range_length(&report->check.image.header, guest));
}

void map_print_jsonl_run(FILE *out, const map_report *report, const owned_run *run)
{
    json_writer json;

    if (report->runs == 1)
        check_print_jsonl_image(out, &report->check);
    if (report->runs > report->max_runs)
        return;
    json_begin_record(&json, out, "run", &report->check);
    json_number(&json, "host-offset", run->clusters.host);
    json_number(&json, "length", run->clusters.length);
    print_guest(&json, report, &run->guest);
    json_string(&json, "owner", owner_word(owner_of(run)));
    json_roles(&json, "roles", run->users);
    json_boolean(&json, "active", (run->users & USER_ACTIVE) != 0);
    json_boolean(&json, "snapshots", (run->users & USER_SNAPSHOTS) != 0);
    if (run->clusters.is_known)
        json_number(&json, "stored", run->clusters.stored);
    else
        json_null(&json, "stored");
    json_number(&json, "counted", run->clusters.counted);
    json_end(&json);
}

static void print_owners(json_writer *json, const map_report *report)
{
    json_open_object(json, "owners");
    for (owner who = 0; who < OWNERS; who++) {
        json_open_object(json, owner_word(who));
        json_number(json, "clusters", report->clusters[who]);
        json_number(json, "bytes", report->clusters[who] * map_cluster_size(report));
        json_close_object(json);
    }
    json_close_object(json);
}

static void print_counts(json_writer *json, const map_report *report, uint64_t past_end_omitted)
{
    const refcow_result *result = &report->check.result;

    print_owners(json, report);
    json_number(json, "clusters", map_clusters(report));
    json_number(json, "runs", report->runs);
    json_number(json, "runs-omitted", map_runs_omitted(report));
    json_number(json, "past-end", map_past_end(report));
    json_number(json, "past-end-omitted", past_end_omitted);
    json_number(json, "corruptions", result->corruptions);
    json_number(json, "leaks", result->leaks);
    json_number(json, "check-errors", result->check_errors);
}

static void print_summary(FILE *out, const map_report *report, uint64_t past_end_omitted)
{
    const check_report *check = &report->check;
    json_writer json;

    json_begin_record(&json, out, "summary", check);
    json_boolean(&json, "complete", check_is_complete(check));
    json_string(&json, "verdict", refcow_verdict_name(check->verdict));
    json_number(&json, "exit-code", check->code);
    json_status(&json, &check->failure);
    if (check->checked && check->verdict != REFCOW_VERDICT_REFUSED)
        print_counts(&json, report, past_end_omitted);
    if (check->checked)
        json_work(&json, &check->result);
    if (check->opened)
        json_live(&json, &check->live);
    json_end(&json);
}

void map_print_jsonl_end(FILE *out, const map_report *report)
{
    if (report->runs == 0)
        check_print_jsonl_image(out, &report->check);
    print_summary(out, report, check_print_jsonl_findings(out, &report->check));
}
