#include "report.h"

#include "../policy/rule_list.h"
#include "../text/escape.h"
#include "../text/sizes.h"

#include <inttypes.h>

static const char indent[] = "            ";

/* ------------------------------------------------------------------ evidence */

static void print_number(FILE *out, uint64_t value)
{
    if (value < 10)
        fprintf(out, "%" PRIu64, value);
    else
        fprintf(out, "%" PRIu64 " = 0x%" PRIx64, value, value);
}

static void print_snapshot(FILE *out, const refcow_breach *breach, const image_name *name)
{
    fprintf(out, "snapshot %" PRIu32 " \"", breach->snapshot);
    if (name != NULL)
        name_print(out, name);
    fprintf(out, "\", %s, offset %" PRIu64 ": ", gate_snapshot_field(breach), breach->offset);
}

static void print_name(FILE *out, const gate_report *report, const refcow_breach *breach)
{
    const image_name *name = gate_report_name(report, breach);

    if (breach->snapshot != REFCOW_NO_SNAPSHOT) {
        print_snapshot(out, breach, name);
    } else if (name != NULL) {
        fputc('"', out);
        name_print(out, name);
        fputs("\" (", out);
        name_print_traits(out, name);
        fputs("), ", out);
    }
}

static void print_magic(FILE *out, const refcow_breach *breach)
{
    fputs(refcow_magic_format(breach->magic), out);
    if (breach->offset == REFCOW_NO_OFFSET)
        fputs(", by the name of the file", out);
    else
        fprintf(out, " at offset %" PRIu64, breach->offset);
    if (refcow_magic_wraps(breach->magic))
        fputs("; unpack the file, then judge what was in it", out);
}

/* Of a file that is too short for what it should be. */
static void print_length(FILE *out, const refcow_breach *breach)
{
    if (breach->value == 0)
        fputs("the file is empty", out);
    else
        fprintf(out, "the file is %" PRIu64 " byte%s long", breach->value, breach->value == 1 ? "" : "s");
    if (breach->rule == REFCOW_RULE_NO_HEADER)
        fprintf(out, ", a QCOW2 header has at least %u bytes", REFCOW_HEADER_LENGTH_MIN);
}

static void print_field(FILE *out, const refcow_breach *breach)
{
    if (breach->offset == REFCOW_NO_OFFSET)
        fputs("found: ", out); /* in tables all over the file */
    else
        fprintf(out, "offset %" PRIu64 ": ", breach->offset);
    if (breach->name.length != 0 && breach->offset == breach->name.offset)
        fprintf(out, "%" PRIu64 " bytes", breach->value);
    else
        print_number(out, breach->value);
}

/* ------------------------------------------------------------------ limits */

static bool is_in_bytes(const refcow_breach *breach)
{
    refcow_means means = refcow_rule_means(breach->rule);
    return means == REFCOW_MEANS_MAX_FILE_SIZE || means == REFCOW_MEANS_MAX_VIRTUAL_SIZE;
}

static const char *what_is_limited(refcow_rule rule)
{
    switch (refcow_rule_means(rule)) {
    case REFCOW_MEANS_MAX_FILE_SIZE:
        return "file size";
    case REFCOW_MEANS_MAX_VIRTUAL_SIZE:
        return "virtual size";
    case REFCOW_MEANS_MAX_AMPLIFICATION:
        return "guest data by file size";
    case REFCOW_MEANS_MAX_SHARING:
        return "references to one cluster";
    default:
        return "snapshots";
    }
}

/* The value that the option must have so that the breach is none: K, M, G or T if it is whole. */
static void print_accepting(FILE *out, const refcow_breach *breach)
{
    static const char units[] = "KMGT";
    uint64_t value = breach->value;
    size_t unit = 0;

    if (breach->rule == REFCOW_RULE_AMPLIFICATION_LIMIT && value != UINT64_MAX)
        value++; /* the rest counts */
    if (value == UINT64_MAX) {
        fputs(" none accepts it)\n", out);
        return;
    }
    while (is_in_bytes(breach) && unit < sizeof units - 1 && value != 0 && value % 1024 == 0) {
        value /= 1024;
        unit++;
    }
    fprintf(out, " %" PRIu64 "%.*s accepts it)\n", value, unit > 0, &units[unit > 0 ? unit - 1 : 0]);
}

static void print_amount(FILE *out, const refcow_breach *breach, uint64_t amount)
{
    char text[SIZE_TEXT_LENGTH];

    if (is_in_bytes(breach) && amount % 1024 == 0)
        fputs(size_text(text, amount), out);
    else
        fprintf(out, "%" PRIu64 "%s", amount, is_in_bytes(breach) ? " bytes" : "");
}

static void print_limit(FILE *out, const refcow_breach *breach)
{
    fprintf(out, "%s ", what_is_limited(breach->rule));
    print_amount(out, breach, breach->value);
    fputs(" is over the limit of ", out);
    print_amount(out, breach, breach->limit);
}

/* How the policy would have to be: a line of its own, so that lines stay short. */
static void print_means(FILE *out, const refcow_breach *breach)
{
    refcow_means means = refcow_rule_means(breach->rule);
    char option[OPTION_LENGTH];

    if (means == REFCOW_MEANS_NOTHING) {
        fprintf(out, "%s(no option accepts it)\n", indent);
        return;
    }
    fprintf(out, "%s(%s%s", indent,
            means == REFCOW_MEANS_ALLOW || breach->limit != REFCOW_NO_LIMIT ? "" : "because of ",
            rule_option(option, breach->rule));
    if (means == REFCOW_MEANS_ALLOW)
        fprintf(out, " %s accepts it)\n", refcow_rule_name(breach->rule));
    else if (breach->limit == REFCOW_NO_LIMIT)
        fputs(")\n", out);
    else
        print_accepting(out, breach);
}

/* ------------------------------------------------------------------ breaches */

static void print_evidence(FILE *out, const gate_report *report, const refcow_breach *breach)
{
    print_name(out, report, breach);
    if (breach->limit != REFCOW_NO_LIMIT)
        print_limit(out, breach);
    else if (breach->snapshot != REFCOW_NO_SNAPSHOT)
        print_number(out, breach->value);
    else if (breach->magic != REFCOW_NO_MAGIC)
        print_magic(out, breach);
    else if (breach->rule == REFCOW_RULE_SHORT_FILE || breach->rule == REFCOW_RULE_NO_HEADER ||
             breach->rule == REFCOW_RULE_RAW_SIZE)
        print_length(out, breach);
    else if (breach->rule == REFCOW_RULE_FEATURE_REFUSED || breach->rule == REFCOW_RULE_FEATURE_MISSING)
        fputs(refcow_feature_name(breach->feature), out);
    else if (breach->rule == REFCOW_RULE_WRITER)
        fputs("it holds locks on the file", out);
    else
        print_field(out, breach);
}

static void print_breaches(FILE *out, const gate_report *report)
{
    for (size_t i = 0; i < report->result.breaches_count; i++) {
        const refcow_breach *breach = &report->breaches[i];
        const char *danger = refcow_danger_name(refcow_rule_danger(breach->rule));
        fprintf(out, "  %-8s  %s: %s\n%s", breach->is_allowed ? "allowed" : danger, refcow_rule_name(breach->rule),
                refcow_rule_text(breach->rule), indent);
        print_evidence(out, report, breach);
        fputc('\n', out);
        if (!breach->is_allowed)
            print_means(out, breach);
    }
}

static void print_undecided(FILE *out, const gate_report *report)
{
    const char *separator = "  not judged: ";

    for (unsigned rule = 0; rule < REFCOW_RULES_END; rule++) {
        if (!refcow_rules_have(&report->result.undecided, (refcow_rule)rule))
            continue;
        fprintf(out, "%s%s", separator, refcow_rule_name((refcow_rule)rule));
        separator = ", ";
    }
    if (separator[0] != ',')
        return;
    if (refcow_rules_have(&report->result.undecided, REFCOW_RULE_WRITER))
        fputs(" (it is not known who else has the image open: see --allow writer)", out);
    else if (!report->knows_size)
        fputs(" (standard input goes on after 2 MiB: see --header-only)", out);
    fputc('\n', out);
}

/* What has not been looked at is said, too: an image can be accepted and be nothing but damage. */
static const char *sentence_of(const gate_report *report)
{
    const refcow_policy *policy = &report->policy->accepts;

    switch (report->result.decision) {
    case REFCOW_DECISION_ACCEPTED:
        if (policy->header_only)
            return "accepted, by its header only";
        return policy->wants_check || policy->expects_raw ? "accepted"
                                                          : "accepted, its tables not checked (see --check)";
    case REFCOW_DECISION_REFUSED:
        return "refused";
    case REFCOW_DECISION_UNDECIDED:
        break;
    }
    return "not decided";
}

void gate_print_human(FILE *out, const gate_report *report)
{
    escape_print(out, report->path);
    fprintf(out, ": %s\n", sentence_of(report));
    print_breaches(out, report);
    if (report->failure.name == NULL)
        print_undecided(out, report);
}
