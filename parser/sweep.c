#include "sweep.h"

void refcow_sweep_start(struct sweep *sweep)
{
    refcow_tables_start(&sweep->edges);
    sweep->next = 0;
    sweep->depth = 0;
    sweep->start = 0;
    sweep->table = 0;
    sweep->table_end = 0;
}

void refcow_sweep_add(struct sweep *sweep, uint64_t start, uint64_t end)
{
    struct table_name beginning = {start, 1, UINT64_MAX - end, 0, 0};
    struct table_name ending = {end, 0, UINT64_MAX, 1, 0};
    refcow_tables_add(&sweep->edges, &beginning);
    refcow_tables_add(&sweep->edges, &ending);
}

bool refcow_sweep_sort(struct sweep *sweep)
{
    return refcow_tables_finish(&sweep->edges);
}

/* As long as a table is open, so is the one that ends last. */
static void note_table(struct sweep *sweep, const struct table_name *edge)
{
    uint64_t end = UINT64_MAX - edge->guest;
    if (end <= sweep->table_end)
        return;
    sweep->table = edge->offset;
    sweep->table_end = end;
}

static bool next_segment(struct sweep *sweep, struct segment *segment)
{
    bool is_covered = false;
    while (!is_covered && sweep->next < sweep->edges.count) {
        const struct table_name *edge = &sweep->edges.names[sweep->next++];
        segment->start = sweep->start;
        segment->end = edge->offset;
        segment->depth = sweep->depth;
        segment->table = sweep->table;
        is_covered = sweep->depth > 0;
        sweep->start = edge->offset;
        /* A source that changes meanwhile may show ends without beginnings. */
        sweep->depth = sweep->depth + edge->weight - least(edge->active, sweep->depth + edge->weight);
        note_table(sweep, edge);
    }
    return is_covered;
}

bool refcow_sweep_next(struct sweep *sweep, struct piece *piece, uint8_t *buffer, size_t size)
{
    struct reader *reader = sweep->edges.reader;
    while (!refcow_next_chunk(reader, &piece->extent, buffer, size)) {
        if (reader->error.status != REFCOW_STATUS_OK || !next_segment(sweep, &piece->segment))
            return false;
        piece->extent.next = piece->segment.start;
        piece->extent.end = piece->segment.end;
    }
    return true;
}

bool refcow_sweep_continue(struct sweep *sweep)
{
    sweep->next = 0;
    return refcow_tables_continue(&sweep->edges);
}
