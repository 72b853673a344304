#include "notes.h"

#include "header.h"

/* A note about this part of the file. */
static refcow_finding note_of(refcow_kind kind, uint64_t host, uint64_t length)
{
    refcow_finding note = {0};
    note.kind = kind;
    note.host = host;
    note.length = length;
    note.guest = REFCOW_NO_GUEST;
    note.table = REFCOW_NO_TABLE;
    note.times = 1;
    return note;
}

static void note_mark(struct check *check, refcow_kind kind, uint64_t mark)
{
    refcow_finding note = note_of(kind, AT_INCOMPATIBLE_FEATURES, 8);
    note.role = REFCOW_ROLE_HEADER;
    note.found = check->header->incompatible_features;
    if ((note.found & mark) != 0)
        refcow_findings_add(&check->findings, &note);
}

void refcow_note_marks(struct check *check)
{
    note_mark(check, REFCOW_KIND_MARKED_DIRTY, REFCOW_INCOMPATIBLE_DIRTY);
    note_mark(check, REFCOW_KIND_MARKED_CORRUPT, REFCOW_INCOMPATIBLE_CORRUPT);
}

void refcow_note_missing(struct check *check, const struct reference *reference)
{
    uint64_t end = reference->offset + reference->length;
    uint64_t cluster = (end - 1) >> check->header->cluster_bits;
    uint64_t refcount = 0;
    bool is_known = false;
    if (end > check->missing_end && refcow_refcounts_look_up(&check->refcounts, cluster, &refcount, &is_known) &&
        refcount != 0)
        check->missing_end = end;
}

void refcow_note_empty_table(struct check *check, const struct table_name *table)
{
    refcow_finding note = note_of(REFCOW_KIND_L2_TABLE_EMPTY, table->offset, check->cluster_size);
    note.role = REFCOW_ROLE_L2_TABLE;
    note.guest = table->guest;
    note.times = table->weight;
    refcow_findings_add(&check->findings, &note);
}

static void add_in_hole(struct check *check)
{
    uint32_t bits = check->header->cluster_bits;
    uint64_t count = check->in_hole.end - check->in_hole.start;
    refcow_finding note = note_of(REFCOW_KIND_DATA_IN_HOLE, check->in_hole.start << bits, count << bits);
    note.times = count;
    if (count != 0)
        refcow_findings_add(&check->findings, &note);
}

void refcow_note_in_hole(struct check *check, uint64_t first, uint64_t end)
{
    if (check->in_hole.end != first) {
        add_in_hole(check);
        check->in_hole.start = first;
    }
    check->in_hole.end = end;
}

void refcow_note_bitmap(struct check *check, const refcow_bitmap *bitmap)
{
    refcow_finding note = note_of(REFCOW_KIND_BITMAP_IN_USE, bitmap->offset, bitmap->end - bitmap->offset);
    note.role = REFCOW_ROLE_BITMAP_DIRECTORY;
    note.index = bitmap->index;
    note.found = bitmap->flags;
    if ((bitmap->flags & REFCOW_BITMAP_IN_USE) != 0)
        refcow_findings_add(&check->findings, &note);
}

static void note_truncation(struct check *check)
{
    uint64_t size = check->reader.source->size;
    if (check->missing_end == 0)
        return;
    refcow_finding note = note_of(REFCOW_KIND_TRUNCATED, size, check->missing_end - size);
    note.expected = check->missing_end;
    note.found = size;
    refcow_findings_add(&check->findings, &note);
}

void refcow_notes_finish(struct check *check)
{
    note_truncation(check);
    add_in_hole(check);
    if (check->findings.found[REFCOW_KIND_REFCOUNT_HIGH] == 0)
        refcow_findings_drop(&check->findings, REFCOW_KIND_L2_TABLE_EMPTY);
}
