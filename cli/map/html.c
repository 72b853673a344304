/*
 * One page without scripts, that asks for nothing from elsewhere, and whose policy forbids both: the name of the image
 * is in it, and others may have chosen that.
 */
#include "../text/html.h"
#include "../run/listed.h"
#include "../text/sizes.h"
#include "palette.h"
#include "report.h"

#include <inttypes.h>

/* The picture, in pixels before it is fitted to the window. */
#define CELL 14
#define CELL_SHOWN (CELL - 1)
#define MARGIN 120 /* for offsets */
#define OFFSETS_END (MARGIN - 8)

static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'";

static const char style[] =
    ":root { color-scheme: light dark; --ink: #1c1c1c; --faint: #5f5f5f; --paper: #fff; --line: #d0d0d0;\n"
    "  --free: #e6e6e6; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --ink: #e6e6e6; --faint: #a8a8a8; --paper: #16181a; --line: #3f4347; --free: #33373b; } }\n"
    "body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0; }\n"
    "main { max-width: 1000px; margin: 0 auto; padding: 20px 24px 40px; }\n"
    "h1 { font-size: 22px; margin: 0 0 4px; overflow-wrap: anywhere; }\n"
    "h2 { font-size: 17px; margin: 28px 0 6px; }\n"
    "p { margin: 4px 0; } .faint, footer { color: var(--faint); } footer { margin-top: 28px; font-size: 13px; }\n"
    ".verdict { white-space: pre-line; border-left: 4px solid var(--line); padding-left: 10px; margin: 10px 0; }\n"
    ".clean { border-color: #005faf; } .leaks { border-color: #ffaf00; } .corrupt { border-color: #ff875f; }\n"
    ".map { display: block; width: 100%; height: auto; margin: 18px 0 6px; }\n"
    ".map rect { width: 13px; height: 13px; }\n"
    ".map text { font: 10px ui-monospace, monospace; fill: var(--faint); text-anchor: end; }\n"
    ".map text.mark { font-weight: bold; fill: #000; text-anchor: middle; pointer-events: none; }\n"
    ".scroll { overflow-x: auto; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line);\n"
    "  white-space: nowrap; }\n"
    "th { font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "td.place { font-family: ui-monospace, monospace; }\n"
    ".key { display: inline-block; width: 20px; line-height: 20px; text-align: center; border-radius: 3px;\n"
    "  font: bold 12px/20px ui-monospace, monospace; }\n"
    ".bar { display: block; height: 10px; min-width: 1px; border-radius: 2px; }\n"
    "td.share { width: 120px; }\n"
    ".free { fill: var(--free); background: var(--free); color: var(--ink); }\n";

/* ------------------------------------------------------------------ the beginning */

static void print_colors(FILE *out)
{
    for (owner who = 0; who < OWNER_FREE; who++)
        fprintf(out, ".%s { fill: #%06x; background: #%06x; color: %s; }\n", owner_word(who), palette_rgb(who),
                palette_rgb(who), palette_is_light(who) ? "#000" : "#fff");
}

static void print_head(FILE *out, const map_report *report)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Map of ",
            policy);
    html_print(out, report->check.path);
    fprintf(out, "</title>\n<style>\n%s", style);
    print_colors(out);
    fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void print_heading(FILE *out, const map_report *report)
{
    fputs("<h1>", out);
    html_print(out, report->check.path);
    fputs("</h1>\n<p class=\"faint\">", out);
    check_print_human_facts(out, &report->check);
    fputs(", a file of ", out);
    size_print(out, report->check.file_size);
    fprintf(out, "</p>\n<p class=\"verdict %s\">", refcow_verdict_name(report->check.verdict));
    check_print_human_verdict(out, &report->check, html_print);
    fputs("</p>\n", out);
}

/* ------------------------------------------------------------------ the picture */

/* "0x10000..0x1ffff: 3 data, 1 l2-table" */
static void print_cell_title(FILE *out, const map_report *report, uint64_t index)
{
    const picture *grid = &report->picture;
    const picture_cell *cell = &grid->cells[index];
    const char *separator = ": ";

    fprintf(out, "<title>0x%" PRIx64 "..0x%" PRIx64, picture_offset(grid, index), picture_offset(grid, index + 1) - 1);
    for (owner who = 0; who < OWNERS; who++) {
        if (cell->clusters[who] == 0)
            continue;
        fputs(separator, out);
        if (grid->per_cell > 1)
            fprintf(out, "%" PRIu64 " ", cell->clusters[who]);
        fputs(owner_word(who), out);
        separator = ", ";
    }
    fputs("</title>", out);
}

static void print_cell(FILE *out, const map_report *report, uint64_t index)
{
    uint64_t x = MARGIN + index % report->picture.columns * CELL;
    const picture_cell *cell = &report->picture.cells[index];
    owner who = picture_owner(cell);

    fprintf(out, "<rect x=\"%" PRIu64 "\" class=\"%s\">", x, owner_word(who));
    print_cell_title(out, report, index);
    fputs("</rect>", out);
    if (owner_is_damage(who)) /* not by colour alone */
        fprintf(out, "<text class=\"mark\" x=\"%" PRIu64 "\" y=\"10\">%c</text>", x + CELL / 2, picture_letter(cell));
    fputc('\n', out);
}

static void print_row(FILE *out, const map_report *report, uint64_t first)
{
    const picture *grid = &report->picture;
    uint64_t cells = picture_cells(grid);

    fprintf(out, "<g transform=\"translate(0 %" PRIu64 ")\"><text x=\"%u\" y=\"10\">0x%" PRIx64 "</text>\n",
            first / grid->columns * CELL, (unsigned)OFFSETS_END, picture_offset(grid, first));
    for (uint64_t index = first; index < cells && index < first + grid->columns; index++)
        print_cell(out, report, index);
    fputs("</g>\n", out);
}

static void print_scale(FILE *out, const map_report *report)
{
    uint64_t per_cell = report->picture.per_cell;

    fputs("<p class=\"faint\">A cell is ", out);
    if (per_cell == 1)
        fputs("a cluster of ", out);
    else
        fprintf(out, "%" PRIu64 " clusters, ", per_cell);
    size_print(out, per_cell * map_cluster_size(report));
    fputs(per_cell == 1 ? "." : ": damage if there is any, else what most of them are.", out);
    fputs(report->damaged == 0
              ? "</p>\n"
              : " A cell with a letter is damaged: its colour is the damage, its letter the owner.</p>\n",
          out);
}

static void print_picture(FILE *out, const map_report *report)
{
    const picture *grid = &report->picture;
    uint64_t cells = picture_cells(grid);
    uint64_t rows = cells / grid->columns + (cells % grid->columns != 0);

    fprintf(out,
            "<svg class=\"map\" role=\"img\" aria-label=\"The clusters of the file in %" PRIu64
            " cells, row by row; the table below has the sums.\" viewBox=\"0 0 %u %" PRIu64 "\">\n",
            cells, (unsigned)(MARGIN + grid->columns * CELL), rows * CELL);
    for (uint64_t first = 0; first < cells; first += grid->columns)
        print_row(out, report, first);
    fputs("</svg>\n", out);
    print_scale(out, report);
}

/* ------------------------------------------------------------------ the tables */

static void print_owner(FILE *out, const map_report *report, owner who)
{
    char text[PERCENT_TEXT_LENGTH];

    fprintf(out,
            "<tr><td><span class=\"key %s\">%c</span></td><td>%s</td><td class=\"number\">%" PRIu64
            "</td><td class=\"number\">",
            owner_word(who), owner_is_damage(who) ? ' ' : owner_letter(who), owner_word(who), report->clusters[who]);
    size_print(out, report->clusters[who] * map_cluster_size(report));
    fputs("</td><td class=\"number\">", out);
    html_print(out, map_percent_text(text, report, who));
    fprintf(out,
            "</td><td class=\"share\"><span class=\"bar %s\" style=\"width: %.1f%%\"></span></td><td>%s</td></tr>\n",
            owner_word(who), map_percent(report, who), owner_meaning(who));
}

static void print_legend(FILE *out, const map_report *report)
{
    fputs("<h2>Owners</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th></th><th>owner</th>"
          "<th class=\"number\">clusters</th><th class=\"number\">size</th><th class=\"number\">share</th><th></th>"
          "<th>what it is</th></tr></thead>\n<tbody>\n",
          out);
    for (owner who = 0; who < OWNERS; who++) {
        if (report->clusters[who] > 0)
            print_owner(out, report, who);
    }
    fputs("</tbody></table></div>\n", out);
}

static void print_range(FILE *out, uint64_t offset, uint64_t length)
{
    uint64_t behind = length - 1;

    fprintf(out, "<td class=\"place\">0x%" PRIx64, offset);
    fprintf(out, "..0x%" PRIx64 "</td>", behind > UINT64_MAX - offset ? UINT64_MAX : offset + behind);
}

static void print_run(FILE *out, const map_report *report, const owned_run *run)
{
    owner who = owner_of(run);

    fprintf(out, "<tr><td><span class=\"key %s\">%c</span></td><td>%s</td>", owner_word(who),
            owner_letter(owner_beneath(run->users, run->clusters.counted)), owner_word(who));
    print_range(out, run->clusters.host, run->clusters.length);
    fputs("<td>", out);
    users_print(out, run->users);
    fputs("</td>", out);
    if (guest_range_is_none(&run->guest))
        fputs("<td></td>", out);
    else
        print_range(out, run->guest.offset, guest_range_length(&report->check.image.header, &run->guest));
    if (run->clusters.is_known)
        fprintf(out, "<td class=\"number\">%" PRIu64 "</td>", run->clusters.stored);
    else
        fputs("<td class=\"number\">?</td>", out);
    fprintf(out, "<td class=\"number\">%" PRIu64 "</td></tr>\n", run->clusters.counted);
}

static void print_damage(FILE *out, const map_report *report)
{
    uint64_t kept = map_damage_kept(report);

    if (report->damaged == 0)
        return;
    fputs("<h2>Damage</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th></th><th>owner</th><th>host offsets</th>"
          "<th>used by</th><th>guest offsets</th><th class=\"number\">refcount</th><th "
          "class=\"number\">references</th></tr></thead>\n"
          "<tbody>\n",
          out);
    for (uint64_t i = 0; i < kept; i++)
        print_run(out, report, &report->damage[i]);
    fputs("</tbody></table></div>\n", out);
    if (report->damaged > kept)
        fprintf(out, "<p class=\"faint\">And %" PRIu64 " more runs of clusters (see --max-runs).</p>\n",
                report->damaged - kept);
}

static void print_past_end(FILE *out, const map_report *report)
{
    uint64_t omitted = listed_defects(&report->check);
    listed_finding next;

    if (omitted == 0)
        return;
    fputs(
        "<h2>References past the end of the file</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>host offsets</th>"
        "<th>what should be there</th><th>guest offset</th><th>named by</th></tr></thead>\n<tbody>\n",
        out);
    for (size_t at = 0; listed_next(&report->check, ALL_KINDS, &at, &next);) {
        fputs("<tr>", out);
        print_range(out, next.finding->host, next.finding->length);
        fprintf(out, "<td>%s</td>", refcow_role_name(next.finding->role));
        if (next.finding->guest != REFCOW_NO_GUEST)
            fprintf(out, "<td class=\"place\">0x%" PRIx64 "</td>", next.finding->guest);
        else
            fputs("<td></td>", out);
        if (next.finding->table != REFCOW_NO_TABLE)
            fprintf(out, "<td class=\"place\">entry %" PRIu64 " of 0x%" PRIx64 "</td></tr>\n", next.finding->index,
                    next.finding->table);
        else
            fputs("<td></td></tr>\n", out);
        omitted -= next.finding->times;
    }
    fputs("</tbody></table></div>\n", out);
    if (omitted > 0)
        fprintf(out, "<p class=\"faint\">And %" PRIu64 " more (see --max-runs).</p>\n", omitted);
}

static void print_end(FILE *out)
{
    fputs("<footer>Made by refcow map, version " REFCOW_VERSION_TEXT ".</footer>\n</main>\n</body>\n</html>\n", out);
}

void map_print_html_late(FILE *out, const map_report *report)
{
    print_head(out, report);
    fputs("<h1>", out);
    html_print(out, report->check.path);
    fprintf(out, "</h1>\n<p class=\"verdict %s\">%s: ", refcow_verdict_name(report->check.verdict),
            report->check.verdict == REFCOW_VERDICT_REFUSED ? "Refused" : "Incomplete");
    reason_print(out, &report->check.failure, html_print);
    fputs(".</p>\n", out);
    if (report->check.failure.advice != NULL) {
        fputs("<p>", out);
        html_print(out, report->check.failure.advice);
        fputs("</p>\n", out);
    }
    print_end(out);
}

void map_print_html(FILE *out, const map_report *report)
{
    print_head(out, report);
    print_heading(out, report);
    if (report->runs > 0) {
        print_picture(out, report);
        print_legend(out, report);
    }
    print_damage(out, report);
    print_past_end(out, report);
    print_end(out);
}
