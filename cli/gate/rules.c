#include "rules.h"

#define CRITICAL "critical"
#define HIGH "high"
#define MEDIUM "medium"

/* Only a check sees what is behind the first cluster. */
#define NEED_OF_STATUS(number) ((number) < REFCOW_STATUS_BITMAP_TABLE_OFFSET ? GATE_NEED_HEADER : GATE_NEED_CHECK)

#define STATUS_RULE(number, slug, text)                                                                                \
    {slug,                                                                                                             \
     HIGH,                                                                                                             \
     GATE_MEANS_NOTHING,                                                                                               \
     NEED_OF_STATUS(number),                                                                                           \
     text,                                                                                                             \
     "other readers refuse this image or read it differently"}
#define NO_RULE {NULL, NULL, GATE_MEANS_NOTHING, GATE_NEED_HEADER, NULL, NULL}

/* By the class of the status. */
#define RULE_OK(number, slug, text) NO_RULE
#define RULE_USAGE(number, slug, text) NO_RULE
#define RULE_IO(number, slug, text) NO_RULE
#define RULE_LIMIT(number, slug, text) NO_RULE
#define RULE_FOREIGN(number, slug, text) STATUS_RULE(number, slug, text)
#define RULE_REFUSED(number, slug, text) STATUS_RULE(number, slug, text)

const gate_rule_facts gate_rules[GATE_RULES] = {
#define GATE_RULE_ROW(name, id, severity, means, need, text, why)                                                      \
    {id, severity, GATE_MEANS_##means, GATE_NEED_##need, text, why},
    GATE_RULE_ROWS(GATE_RULE_ROW)
#undef GATE_RULE_ROW
#define GATE_STATUS_ROW(name, number, kind, slug, text) RULE_##kind(number, slug, text),
        REFCOW_STATUS_ROWS(GATE_STATUS_ROW)
#undef GATE_STATUS_ROW
};

gate_rule gate_rule_of_status(refcow_status status)
{
    switch (status) {
#define GATE_STATUS_CASE(name, number, kind, slug, text)                                                               \
    case REFCOW_STATUS_##name:                                                                                         \
        return GATE_STATUS_##name;
        REFCOW_STATUS_ROWS(GATE_STATUS_CASE)
#undef GATE_STATUS_CASE
    }
    return GATE_RULES;
}

const char *gate_means_name(gate_means means)
{
    static const char *const names[] = {"nothing", "--allow", "--max-virtual-size", "--max-amplification",
                                        "--max-sharing"};
    return names[means];
}

const char *gate_need_name(gate_need need)
{
    static const char *const names[] = {"header", "size", "check"};
    return names[need];
}

void gate_print_rules(FILE *out)
{
    fputs("rule\tseverity\taccepted by\tneeds\tsentence\twhy\n", out);
    for (unsigned rule = 0; rule < GATE_RULES; rule++) {
        const gate_rule_facts *facts = &gate_rules[rule];
        if (facts->id != NULL)
            fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", facts->id, facts->severity, gate_means_name(facts->means),
                    gate_need_name(facts->need), facts->text, facts->why);
    }
}
