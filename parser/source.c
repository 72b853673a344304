#include "source.h"

/* The largest offset + length that the oracle reads: 2^63 - 2^30. */
#define READ_END 0x7fffffffc0000000u

/* Work between two calls of the progress callback: bytes, or entries of 8 bytes. */
#define REPORT_INTERVAL ((uint64_t)1 << 20)

/* Remember the failure: the first one, because after it nothing is done that could fail. Always false, to be returned.
 */
static bool fail(struct reader *reader, refcow_status status, uint64_t value)
{
    reader->error.status = status;
    reader->error.value = value;
    return false;
}

bool refcow_readable(uint64_t offset, uint64_t length)
{
    return length == 0 || (length <= READ_END && offset <= READ_END - length);
}

bool refcow_report(struct reader *reader)
{
    if (reader->progress != NULL && reader->progress(reader->user, &reader->at) != 0)
        return fail(reader, REFCOW_STATUS_CANCELLED, 0);
    return true;
}

/* Report when enough work was done since the last report. */
static bool report_at_intervals(struct reader *reader)
{
    uint64_t work = reader->at.bytes_read + 8 * reader->at.entries_visited;
    if (work < reader->next_report)
        return true;
    reader->next_report = work + REPORT_INTERVAL;
    return refcow_report(reader);
}

/* Add work to one of the counts, up to its limit; 0: there is none. */
static bool account(struct reader *reader, uint64_t *count, uint64_t work, uint64_t limit, refcow_status over_limit)
{
    if (reader->error.status != REFCOW_STATUS_OK)
        return false;
    if (limit != 0 && work > limit - *count)
        return fail(reader, over_limit, limit);
    *count += work;
    return report_at_intervals(reader);
}

bool refcow_visit(struct reader *reader, uint64_t entries)
{
    return account(reader, &reader->at.entries_visited, entries, reader->limits.max_entries, REFCOW_STATUS_ENTRY_LIMIT);
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && are_repeated(bytes, 0, length, 1);
}

/* Only a stretch of zeros makes it worth a call to ask how far the zeros reach: dense files never pay for it. */
static void look_for_hole(struct reader *reader, uint64_t offset, const uint8_t *bytes, size_t length)
{
    const refcow_source *source = reader->source;
    if (source->next_data == NULL || !all_zeros(bytes, length))
        return;
    reader->hole_start = offset + length;
    reader->hole_end = source->next_data(source->user, reader->hole_start);
}

bool refcow_read(struct reader *reader, uint64_t offset, uint8_t *buffer, size_t length)
{
    const refcow_source *source = reader->source;
    if (!account(reader, &reader->at.bytes_read, length, reader->limits.max_read, REFCOW_STATUS_READ_LIMIT))
        return false;
    size_t inside = offset >= source->size ? 0 : (size_t)least(length, source->size - offset);
    bool in_hole = offset >= reader->hole_start && offset + inside <= reader->hole_end;
    if (inside == 0 || in_hole) {
        memset(buffer, 0, length);
        return true;
    }
    set_bytes(buffer, inside, length, 0);
    if (source->read(source->user, offset, buffer, inside) != 0)
        return fail(reader, REFCOW_STATUS_READ_FAILED, offset);
    look_for_hole(reader, offset, buffer, inside);
    return true;
}

/* The first offset at or after this one where there may be something else than zeros. */
static uint64_t skip_zeros(const struct reader *reader, uint64_t offset)
{
    uint64_t next = offset;
    if (offset >= reader->hole_start && offset < reader->hole_end)
        next = reader->hole_end;
    return next < reader->source->size ? next : UINT64_MAX;
}

bool refcow_next_chunk(struct reader *reader, struct stretch *stretch, uint8_t *buffer, size_t size)
{
    if (stretch->next >= stretch->end)
        return false;
    /* Entries are 8 or 16 bytes. Past the end of the file there are only zeros. */
    uint64_t zeros = least(skip_zeros(reader, stretch->next), stretch->end) - stretch->next;
    stretch->start = stretch->next + round_down(zeros, 16);
    uint64_t data = round_up(greatest(stretch->start, reader->source->size) - stretch->start, 16);
    stretch->bytes = (size_t)least(least(stretch->end - stretch->start, data), size);
    stretch->next = stretch->start + stretch->bytes;
    return stretch->bytes != 0 && refcow_visit(reader, stretch->bytes / 8) &&
           refcow_read(reader, stretch->start, buffer, stretch->bytes);
}
