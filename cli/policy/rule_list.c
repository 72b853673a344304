#include "rule_list.h"

const char *rule_option(char text[OPTION_LENGTH], refcow_rule rule)
{
    refcow_means means = refcow_rule_means(rule);
    snprintf(text, OPTION_LENGTH, "%s%s", means == REFCOW_MEANS_NOTHING ? "" : "--", refcow_means_name(means));
    return text;
}

static const char *need_name(refcow_need need)
{
    static const char *const names[] = {"header", "size", "check", "caller"};
    return names[need];
}

void rule_list_print(FILE *out)
{
    char option[OPTION_LENGTH];

    fputs("rule\tseverity\taccepted by\tneeds\tsentence\twhy\n", out);
    for (unsigned number = 0; number < REFCOW_RULES_END; number++) {
        refcow_rule rule = (refcow_rule)number;
        if (refcow_rule_exists(rule))
            fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", refcow_rule_name(rule),
                    refcow_danger_name(refcow_rule_danger(rule)), rule_option(option, rule),
                    need_name(refcow_rule_need(rule)), refcow_rule_text(rule), refcow_rule_reason(rule));
    }
}
