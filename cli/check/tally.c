#include "tally.h"

#include "../text/escape.h"

#include <stdlib.h>

bool tally_begin(tally *all, const image_list *images)
{
    *all = (tally){.judgements = calloc((size_t)images->count, sizeof *all->judgements)};
    return all->judgements != NULL;
}

void tally_end(tally *all)
{
    free(all->judgements);
    *all = (tally){NULL, 0};
}

void tally_add(tally *all, judgement which)
{
    all->judgements[all->count++] = which;
}

static int count_of(const tally *all, judgement which)
{
    int count = 0;

    for (int i = 0; i < all->count; i++)
        count += all->judgements[i] == which;
    return count;
}

void tally_print_counts(FILE *out, const tally *all)
{
    fprintf(out, "%d images: ", all->count);
    for (judgement which = JUDGEMENT_CLEAN; which < JUDGEMENTS; which++)
        fprintf(out, "%s%s %d", which == JUDGEMENT_CLEAN ? "" : ", ", judgement_text(which), count_of(all, which));
    fputc('\n', out);
}

static void print_names_of(FILE *out, const tally *all, const image_list *images, judgement which)
{
    const char *label = judgement_text(which);

    for (int i = 0; i < all->count; i++) {
        if (all->judgements[i] != which)
            continue;
        fprintf(out, "  %-10s  ", label);
        escape_print(out, images->paths[i]);
        fputc('\n', out);
        label = "";
    }
}

void tally_print_names(FILE *out, const tally *all, const image_list *images)
{
    for (judgement which = JUDGEMENT_LEAKS; which < JUDGEMENTS; which++)
        print_names_of(out, all, images, which);
}

/* Corruptions come first: an image that could not be judged must not hide them. */
exit_code tally_exit_code(const tally *all, judgement_set problems)
{
    static const struct {
        judgement which;
        exit_code code;
    } order[] = {
        {JUDGEMENT_CORRUPT, EXIT_CODE_CORRUPT},
        {JUDGEMENT_NOT_JUDGED, EXIT_CODE_FAILED},
        {JUDGEMENT_LEAKS, EXIT_CODE_LEAKS},
    };

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (judgement_set_has(problems, order[i].which) && count_of(all, order[i].which) > 0)
            return order[i].code;
    }
    return EXIT_CODE_CLEAN;
}
