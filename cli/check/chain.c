#define _POSIX_C_SOURCE 200809L /* strdup() */

#include "chain.h"

#include "../text/escape.h"

#include <stdlib.h>
#include <string.h>

#define MOST_CHAINS 8

bool chains_begin(chains *all, const image_list *images)
{
    *all = (chains){.members = calloc((size_t)images->count, sizeof *all->members), .room = images->count};
    return all->members != NULL;
}

void chains_end(chains *all)
{
    for (int i = 0; i < all->count; i++)
        free(all->members[i].name);
    free(all->members);
    *all = (chains){NULL, 0, 0};
}

void chains_add(chains *all, const check_report *report)
{
    chain_member *member = &all->members[all->count++];

    member->is_known = report->has_header;
    member->needs = report->backing;
    if (member->needs.state == BACKING_ELSEWHERE)
        member->name = strdup(report->backing_name.bytes);
}

/* ------------------------------------------------------------------ walk */

static bool is_inside(const chain_member *member)
{
    return member->needs.state == BACKING_ITSELF || member->needs.state == BACKING_NEIGHBOR;
}

/* The image that this one needs, or NULL. An image that was not looked at any more needs nothing. */
static chain_member *next_of(const chains *all, const chain_member *member)
{
    return is_inside(member) && member->needs.neighbor < all->count ? &all->members[member->needs.neighbor] : NULL;
}

static void mark_needed(chains *all)
{
    for (int i = 0; i < all->count; i++) {
        chain_member *next = next_of(all, &all->members[i]);
        if (next != NULL)
            next->is_needed = true;
    }
}

static void print_path(FILE *out, const chains *all, const image_list *images, const chain_member *member)
{
    escape_print(out, images->paths[member - all->members]);
}

/* What is to be said behind the last image. */
static void print_end(FILE *out, const chain_member *last, const char *joint, bool is_clean)
{
    if (last->needs.state == BACKING_ELSEWHERE) {
        fprintf(out, "%s\"", joint);
        escape_print(out, last->name != NULL ? last->name : "");
        fputs("\": not found among these images\n", out);
    } else if (!last->is_known || is_inside(last)) {
        fputs(": not known what that needs\n", out);
    } else {
        fprintf(out, ": given in full, %s\n", is_clean ? "all clean" : "not all clean");
    }
}

/* Down from one image to the next. An image that is met again ends a loop. */
static void print_chain(FILE *out, const chains *all, const tally *judged, const image_list *images, chain_member *at,
                        int number)
{
    bool is_clean = true;

    for (const char *joint = " needs "; at->told != number; joint = ", which needs ") {
        const chain_member *last = at;
        print_path(out, all, images, at);
        is_clean = is_clean && judged->judgements[at - all->members] == JUDGEMENT_CLEAN;
        at->told = number;
        at = next_of(all, last);
        if (at == NULL) {
            print_end(out, last, joint, is_clean);
            return;
        }
        fputs(joint, out);
    }
    print_path(out, all, images, at);
    fputs(": a loop without an end\n", out);
}

/* First the images that no other one needs; what is left then are loops. */
static bool begins_chain(const chain_member *member, bool loops)
{
    if (member->told != 0 || member->needs.state == BACKING_NONE)
        return false;
    return loops ? is_inside(member) : !member->is_needed;
}

static int print_chains(FILE *out, chains *all, const tally *judged, const image_list *images, bool loops, int told)
{
    for (int i = 0; i < all->count; i++) {
        if (!begins_chain(&all->members[i], loops) || told++ >= MOST_CHAINS)
            continue;
        fprintf(out, "  %-10s  ", told == 1 ? "chain" : "");
        print_chain(out, all, judged, images, &all->members[i], told);
    }
    return told;
}

void chains_print(FILE *out, chains *all, const tally *judged, const image_list *images)
{
    mark_needed(all);
    int told = print_chains(out, all, judged, images, false, 0);
    if (told < MOST_CHAINS)
        told = print_chains(out, all, judged, images, true, told);
    if (told > MOST_CHAINS)
        fprintf(out, "              and %d more\n", told - MOST_CHAINS);
}
