#include "source.h"

/* Work between two calls of the progress callback: bytes, or units that count as 8 of them. */
#define REPORT_INTERVAL ((uint64_t)1 << 20)

/* Bytes read between two questions for holes: on some file systems the answer takes as long as to read as much. */
#define HINT_INTERVAL ((uint64_t)64 << 10)

/* What is all zeros on so many bytes may not even be on the disk, and earns nothing. */
#define EARNING_PAGE ((size_t)4 << 10)

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
    return length == 0 || (length <= REFCOW_SOURCE_SIZE_MAX && offset <= REFCOW_SOURCE_SIZE_MAX - length);
}

bool refcow_call_progress(struct reader *reader)
{
    if (reader->progress != NULL && reader->progress(reader->user, &reader->at) != 0)
        return fail(reader, REFCOW_STATUS_CANCELLED, 0);
    return true;
}

/* Call progress when enough work was done since the last call. */
static bool call_at_intervals(struct reader *reader)
{
    uint64_t done = reader->at.bytes_read + 8 * reader->at.work;
    if (done < reader->next_call)
        return true;
    reader->next_call = done + REPORT_INTERVAL;
    return refcow_call_progress(reader);
}

/* Add to one of the counts, up to its limit. */
static bool account(struct reader *reader, uint64_t *count, uint64_t more, uint64_t limit, refcow_status over_limit)
{
    if (reader->error.status != REFCOW_STATUS_OK)
        return false;
    if (more > limit - least(*count, limit))
        return fail(reader, over_limit, limit);
    *count += more;
    return call_at_intervals(reader);
}

/* What the source has taken, beyond local reads, since it was asked last. More than REFCOW_WORK_MAX makes no
 * difference, and does not overflow. */
static uint64_t ask_for_work(struct reader *reader)
{
    const refcow_source *source = reader->source;
    if (source->work == NULL)
        return 0;
    uint64_t before = reader->source_work;
    reader->source_work = source->work(source->user);
    return least(reader->source_work - least(before, reader->source_work), REFCOW_WORK_MAX);
}

void refcow_reader_start(struct reader *reader, const refcow_source *source)
{
    memset(reader, 0, sizeof *reader);
    reader->source = source;
    ask_for_work(reader);
    reader->most_read = UINT64_MAX;
    reader->most_work = UINT64_MAX;
}

void refcow_reader_limit(struct reader *reader, const refcow_limits *limits)
{
    if (limits->max_read != 0)
        reader->most_read = limits->max_read;
    reader->is_earning = limits->max_work == 0;
    reader->most_work = reader->is_earning ? REFCOW_WORK_FREE : limits->max_work;
}

bool refcow_charge(struct reader *reader, uint64_t units)
{
    uint64_t owed = reader->owed;
    reader->owed = 0;
    return account(reader, &reader->at.work, units + owed, reader->most_work, REFCOW_STATUS_WORK_LIMIT);
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && are_repeated(bytes, 0, length, 1);
}

/* Bound: the pages of the chunk. */
void refcow_earn(struct reader *reader, uint64_t units)
{
    if (reader->is_earning)
        reader->most_work = least(reader->most_work + units, REFCOW_WORK_MAX);
}

void refcow_earn_table(struct reader *reader, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at < length; at += EARNING_PAGE) {
        size_t page = (size_t)least(length - at, EARNING_PAGE);
        if (!all_zeros(bytes + at, page))
            refcow_earn(reader, REFCOW_WORK_PER_BYTE * page);
    }
    refcow_earn(reader, reader->read_work);
}

/* Only a run of zeros makes it worth a call to ask how far the zeros reach: dense files never pay for it. */
static void look_for_hole(struct reader *reader, uint64_t offset, const uint8_t *bytes, size_t length)
{
    const refcow_source *source = reader->source;
    if (source->next_data == NULL || reader->at.bytes_read < reader->next_hint || !all_zeros(bytes, length))
        return;
    reader->next_hint = reader->at.bytes_read + HINT_INTERVAL;
    reader->owed += WORK_READ;
    reader->hole_start = offset + length;
    reader->hole_end = source->next_data(source->user, reader->hole_start);
}

static uint64_t owe_question(struct reader *reader, uint64_t answer)
{
    reader->owed += WORK_READ + ask_for_work(reader);
    return answer;
}

uint64_t refcow_ask_for_data(struct reader *reader, uint64_t offset)
{
    return owe_question(reader, reader->source->next_data(reader->source->user, offset));
}

uint64_t refcow_ask_for_hole(struct reader *reader, uint64_t offset)
{
    return owe_question(reader, reader->source->next_hole(reader->source->user, offset));
}

bool refcow_read(struct reader *reader, uint64_t offset, uint8_t *buffer, size_t length)
{
    const refcow_source *source = reader->source;
    size_t inside = offset >= source->size ? 0 : (size_t)least(length, source->size - offset);
    bool in_hole = offset >= reader->hole_start && offset + inside <= reader->hole_end;
    bool is_zeros = inside == 0 || in_hole;
    if (!refcow_charge(reader, length / WORK_READ_BYTES + (is_zeros ? 0 : WORK_READ)) ||
        !account(reader, &reader->at.bytes_read, length, reader->most_read, REFCOW_STATUS_READ_LIMIT))
        return false;
    if (is_zeros) {
        memset(buffer, 0, length);
        return true;
    }
    set_bytes(buffer, inside, length, 0);
    if (source->read(source->user, offset, buffer, inside) != 0)
        return fail(reader, REFCOW_STATUS_READ_FAILED, offset);
    look_for_hole(reader, offset, buffer, inside);
    reader->read_work = ask_for_work(reader);
    reader->owed += reader->read_work;
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

/* Where the next chunk is. Entries are 8 or 16 bytes. Past the end of the file there are only zeros. */
static void find_next_chunk(const struct reader *reader, struct extent *extent, size_t size)
{
    uint64_t zeros = least(skip_zeros(reader, extent->next), extent->end) - extent->next;
    extent->start = extent->next + round_down(zeros, 16);
    uint64_t data = round_up(greatest(extent->start, reader->source->size) - extent->start, 16);
    extent->bytes = (size_t)least(least(extent->end - extent->start, data), size);
    extent->next = extent->start + extent->bytes;
}

bool refcow_next_chunk(struct reader *reader, struct extent *extent, uint8_t *buffer, size_t size)
{
    while (extent->next < extent->end) {
        find_next_chunk(reader, extent, size);
        if (extent->bytes == 0 || !refcow_read(reader, extent->start, buffer, extent->bytes))
            return false;
        if (!all_zeros(buffer, extent->bytes))
            return refcow_charge(reader, extent->bytes / 8);
    }
    return false;
}
