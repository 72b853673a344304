#include "report.h"

uint64_t map_clusters(const map_report *report)
{
    uint64_t sum = 0;

    for (owner who = 0; who < OWNERS; who++)
        sum += report->clusters[who];
    return sum;
}

uint64_t map_damage_kept(const map_report *report)
{
    return report->damaged < report->max_runs ? report->damaged : report->max_runs;
}

double map_percent(const map_report *report, owner who)
{
    uint64_t all = map_clusters(report);

    return all == 0 ? 0.0 : 100.0 * (double)report->clusters[who] / (double)all;
}

const char *map_percent_text(char text[PERCENT_TEXT_LENGTH], const map_report *report, owner who)
{
    double percent = map_percent(report, who);

    if (report->clusters[who] > 0 && percent < 0.01)
        return "<0.01%";
    snprintf(text, PERCENT_TEXT_LENGTH, "%.2f%%", percent);
    return text;
}
