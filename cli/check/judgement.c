#include "judgement.h"

#include "../text/escape.h"
#include "../text/reason.h"

#include <string.h>

static bool has_defects(const check_report *report)
{
    const refcow_result *result = &report->result;

    return report->checked && (result->corruptions > 0 || result->leaks > 0 || result->check_errors > 0);
}

static bool has_changed(const check_report *report)
{
    return report->opened && live_has_changed(&report->live);
}

judgement judgement_of(const check_report *report)
{
    if (has_changed(report) || (check_has_writer(report) && has_defects(report)))
        return JUDGEMENT_NOT_JUDGED;
    if (report->checked && report->result.corruptions > 0)
        return JUDGEMENT_CORRUPT;
    if (!check_is_complete(report))
        return JUDGEMENT_NOT_JUDGED;
    return report->verdict == REFCOW_VERDICT_LEAKS ? JUDGEMENT_LEAKS : JUDGEMENT_CLEAN;
}

const char *judgement_text(judgement which)
{
    static const char *const texts[JUDGEMENTS] = {"clean", "leaks", "corrupt", "not judged"};

    return texts[which];
}

/* Why the numbers may be wrong, or NULL. */
static const char *text_of_use(const check_report *report)
{
    if (has_changed(report))
        return "the image changed during the check";
    return check_has_writer(report) ? "another process has the image open for writing" : NULL;
}

void judgement_print(FILE *out, const check_report *report)
{
    const char *use = text_of_use(report);
    const char *separator = ": ";

    fputs(judgement_text(judgement_of(report)), out);
    if (use != NULL) {
        fprintf(out, "%s%s", separator, use);
        separator = "; ";
    }
    if (has_defects(report)) {
        fprintf(out, "%s%s", separator, check_is_finished(report) ? "" : "at least ");
        check_print_human_defects(out, report);
        separator = "; ";
    }
    if (!check_is_finished(report)) {
        fputs(separator, out);
        reason_print(out, &report->failure, escape_print);
    }
}

/* A word that ends at a comma or at the end of the text, as a bit; 0 if it names no problem. */
static judgement_set problem_of(const char *word, size_t length)
{
    static const char *const words[JUDGEMENTS] = {"", "leaks", "corrupt", "not-judged"};

    for (judgement which = JUDGEMENT_LEAKS; which < JUDGEMENTS; which++) {
        if (strlen(words[which]) == length && memcmp(words[which], word, length) == 0)
            return 1u << which;
    }
    return 0;
}

bool judgement_set_add(judgement_set *set, const char *words)
{
    for (;; words++) {
        size_t length = strcspn(words, ",");
        judgement_set problem = problem_of(words, length);

        if (problem == 0)
            return false;
        *set |= problem;
        words += length;
        if (*words == '\0')
            return true;
    }
}
