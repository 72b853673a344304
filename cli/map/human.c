#include "../text/sizes.h"
#include "palette.h"
#include "report.h"

#include <inttypes.h>

static uint64_t last_offset(const map_report *report)
{
    return picture_offset(&report->picture, picture_cells(&report->picture) - 1);
}

/* ------------------------------------------------------------------ letters */

/* Letters on a colour say the same to those who see no colours. What was begun must be ended. */
static void begin_color(FILE *out, owner who)
{
    if (who != OWNER_FREE)
        fprintf(out, "\033[48;5;%u;38;5;%dm", palette_color(who), palette_is_light(who) ? 16 : 231);
}

static void end_color(FILE *out)
{
    fputs("\033[0m", out);
}

/* In the legend. In a picture with colours damage has no letter: the letter of a cell is its owner's. */
static void print_key(FILE *out, owner who, bool has_colors)
{
    if (!has_colors) {
        fputc(owner_letter(who), out);
        return;
    }
    begin_color(out, who);
    fputc(owner_is_damage(who) ? ' ' : owner_letter(who), out);
    end_color(out);
}

/* ------------------------------------------------------------------ the picture */

static void print_cells(FILE *out, const picture *grid, uint64_t first, uint64_t end, bool has_colors)
{
    owner shown = OWNERS;

    for (uint64_t cell = first; cell < end; cell++) {
        owner who = picture_owner(&grid->cells[cell]);
        if (has_colors && who != shown) {
            if (shown != OWNERS)
                end_color(out);
            begin_color(out, who);
            shown = who;
        }
        fputc(has_colors ? picture_letter(&grid->cells[cell]) : owner_letter(who), out);
    }
    if (has_colors)
        end_color(out);
}

static void print_picture(FILE *out, const map_report *report, bool has_colors)
{
    const picture *grid = &report->picture;
    uint64_t cells = picture_cells(grid);
    int digits = snprintf(NULL, 0, "%" PRIx64, last_offset(report));

    for (uint64_t first = 0; first < cells; first += grid->columns) {
        uint64_t end = first + grid->columns < cells ? first + grid->columns : cells;
        fprintf(out, "  0x%0*" PRIx64 "  ", digits, picture_offset(grid, first));
        print_cells(out, grid, first, end, has_colors);
        fputc('\n', out);
    }
}

/* ------------------------------------------------------------------ the legend */

static void print_scale(FILE *out, const map_report *report, bool has_colors)
{
    char text[SIZE_TEXT_LENGTH];
    uint64_t per_cell = report->picture.per_cell;

    size_text(text, per_cell * map_cluster_size(report));
    if (per_cell == 1)
        fprintf(out, "  A letter is a cluster of %s.\n", text);
    else
        fprintf(out, "  A letter is %" PRIu64 " clusters, %s: damage if any, else what most are.\n", per_cell, text);
    if (has_colors && report->damaged > 0)
        fputs("  Damage has a bright colour; the letter is that of the owner.\n", out);
}

static void print_owner(FILE *out, const map_report *report, owner who, bool has_colors)
{
    char size[SIZE_TEXT_LENGTH];
    char percent[PERCENT_TEXT_LENGTH];
    uint64_t clusters = report->clusters[who];

    fputs("  ", out);
    print_key(out, who, has_colors);
    fprintf(out, "  %-12s %9" PRIu64 " %11s %7s  %s\n", owner_word(who), clusters,
            size_text(size, clusters * map_cluster_size(report)), map_percent_text(percent, report, who),
            owner_meaning(who));
}

static void print_legend(FILE *out, const map_report *report, bool has_colors)
{
    for (owner who = 0; who < OWNERS; who++) {
        if (report->clusters[who] > 0)
            print_owner(out, report, who, has_colors);
    }
}

/* ------------------------------------------------------------------ damage */

/* ", guest 0x10000", ", guest 0x10000..0x2ffff": only the lowest offset of a cluster. */
static void print_guest(FILE *out, const map_report *report, const guest_range *guest)
{
    uint64_t length = guest_range_length(&report->check.image.header, guest);

    if (length == 0)
        return;
    fprintf(out, ", guest 0x%" PRIx64, guest->offset);
    if (length > map_cluster_size(report))
        fprintf(out, "..0x%" PRIx64, guest->offset + (length - 1));
}

static void print_run(FILE *out, const map_report *report, const owned_run *run)
{
    const refcow_clusters *clusters = &run->clusters;

    fprintf(out, "    host 0x%" PRIx64, clusters->host);
    if (clusters->length > map_cluster_size(report))
        fprintf(out, "..0x%" PRIx64, clusters->host + (clusters->length - 1));
    fprintf(out, ": %s", owner_word(owner_of(run)));
    if (run->users != 0) {
        fputs(", ", out);
        users_print(out, run->users);
    }
    print_guest(out, report, &run->guest);
    if (clusters->is_known)
        fprintf(out, "; refcount %" PRIu64, clusters->stored);
    fprintf(out, ", %" PRIu64 " reference%s\n", clusters->counted, clusters->counted == 1 ? "" : "s");
}

static void print_damage(FILE *out, const map_report *report)
{
    uint64_t kept = map_damage_kept(report);

    if (report->damaged == 0)
        return;
    fputs("\n  Damage\n", out);
    for (uint64_t i = 0; i < kept; i++)
        print_run(out, report, &report->damage[i]);
    if (report->damaged > kept)
        fprintf(out, "    and %" PRIu64 " more (see --max-runs)\n", report->damaged - kept);
}

void map_print_human(FILE *out, const map_report *report, bool has_colors)
{
    check_print_human_heading(out, &report->check);
    if (report->runs > 0) {
        fputc('\n', out);
        print_picture(out, report, has_colors);
        fputc('\n', out);
        print_scale(out, report, has_colors);
        print_legend(out, report, has_colors);
    }
    print_damage(out, report);
    check_print_human_findings(out, &report->check);
}
