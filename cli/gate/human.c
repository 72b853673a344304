#include "report.h"

#include "../text/escape.h"

#include <inttypes.h>

static void print_evidence(FILE *out, const gate_breach *breach)
{
    if (breach->format != NULL) {
        fprintf(out, "%s at offset %" PRIu64, breach->format, breach->offset);
        return;
    }
    if (breach->name != NULL) {
        fputc('"', out);
        name_print(out, breach->name);
        fputs("\" (", out);
        name_print_traits(out, breach->name);
        fputs("), ", out);
    }
    if (breach->snapshot != NULL) {
        fprintf(out, "snapshot %" PRIu32 " \"", breach->snapshot->entry.index);
        name_print(out, &breach->snapshot->name);
        fprintf(out, "\", %s, ", breach->field);
    }
    if (breach->offset != 0 || gate_rules[breach->rule].need != GATE_NEED_CHECK)
        fprintf(out, "offset %" PRIu64 ": ", breach->offset);
    else
        fputs("found: ", out); /* in tables all over the file */
    if (breach->value < 10)
        fprintf(out, "%" PRIu64, breach->value);
    else
        fprintf(out, "%" PRIu64 " = 0x%" PRIx64, breach->value, breach->value);
}

/* A limit can be another one; all other rules are known by their ids. */
static void print_means(FILE *out, const gate_policy *policy, gate_means means)
{
    const uint64_t limits[] = {[GATE_MEANS_MAX_VIRTUAL_SIZE] = policy->max_virtual_size,
                               [GATE_MEANS_MAX_AMPLIFICATION] = policy->max_amplification,
                               [GATE_MEANS_MAX_SHARING] = policy->max_sharing};

    if (means != GATE_MEANS_NOTHING && means != GATE_MEANS_ALLOW)
        fprintf(out, ", limit %" PRIu64 " (see %s)", limits[means], gate_means_name(means));
}

static void print_breaches(FILE *out, const gate_report *report, bool allowed)
{
    for (size_t i = 0; i < report->breaches_count; i++) {
        const gate_breach *breach = &report->breaches[i];
        const gate_rule_facts *rule = &gate_rules[breach->rule];
        if (gate_is_allowed(report, breach->rule) != allowed)
            continue;
        fprintf(out, "  %-8s  %s: %s\n            ", allowed ? "allowed" : rule->severity, rule->id, rule->text);
        print_evidence(out, breach);
        print_means(out, report->policy, rule->means);
        fputc('\n', out);
    }
}

static void print_undecided(FILE *out, const gate_report *report)
{
    const char *separator = "  not judged: ";

    for (unsigned rule = 0; rule < GATE_RULES; rule++) {
        if (!report->undecided[rule])
            continue;
        fprintf(out, "%s%s", separator, gate_rules[rule].id);
        separator = ", ";
    }
    if (separator[0] != ',')
        return;
    if (report->undecided[GATE_WRITER])
        fputs(" (it is not known who else has the image open: see --allow writer)", out);
    else if (!report->facts.knows_size)
        fputs(" (standard input goes on after 2 MiB: see --header-only)", out);
    fputc('\n', out);
}

/* What has not been looked at is said, too: an image can be accepted and be nothing but damage. */
static const char *sentence_of(const gate_report *report)
{
    const gate_policy *policy = report->policy;

    switch (report->verdict) {
    case GATE_ACCEPT:
        if (policy->header_only)
            return "accepted, by its header only";
        return policy->wants_check || policy->expects_raw ? "accepted"
                                                          : "accepted, its tables not checked (see --check)";
    case GATE_REFUSE:
        return "refused";
    case GATE_UNDECIDED:
        break;
    }
    return "not decided";
}

void gate_print_human(FILE *out, const gate_report *report)
{
    escape_print(out, report->path);
    fprintf(out, ": %s\n", sentence_of(report));
    print_breaches(out, report, false);
    print_breaches(out, report, true);
    if (report->facts.failure.name == NULL)
        print_undecided(out, report);
}
