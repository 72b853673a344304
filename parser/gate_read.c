#include "gate_read.h"

#include "extensions.h"
#include "gate_header.h"
#include "gate_tables.h"
#include "header.h"

#define SHORTEST_FILE 512u

static void start_reading(struct gate_reading *in, const refcow_source *source)
{
    const struct gate *gate = &in->gate;
    const refcow_options *options = &gate->options->check;
    uint64_t head = gate->options->head_bytes;
    in->scratch = options->memory;
    refcow_reader_start(&in->reader, source);
    refcow_reader_limit(&in->reader, &options->limits);
    in->reader.progress = options->progress;
    in->reader.user = options->user;
    gate->notes->size = head != 0 ? head : source->size;
    gate->notes->knows_size = head == 0 && !refcow_gate_is_header_only(gate);
}

/* Whether the gate may read on. A source that has failed, or a caller who has cancelled, is not asked again. */
static bool can_read(const struct gate_reading *in)
{
    return in->reader.error.status == REFCOW_STATUS_OK;
}

/* ----------------------------------------------------------------- magics */

/* What begins as qcow2 and is expected to is no surprise; raw data may be a disk with all that a disk has. */
static void judge_magic(const struct gate *gate, uint32_t which, uint64_t offset)
{
    bool expects_raw = gate->policy->expects_raw != 0;
    struct magic magic = refcow_magic(which);
    bool is_at_end = magic.place == MAGIC_IN_TAIL || magic.place == MAGIC_BEFORE_END;
    refcow_breach breach = refcow_breach_of(REFCOW_RULE_OTHER_MAGIC, offset, 0);
    breach.magic = which;
    if (which == MAGIC_QCOW)
        breach.rule = REFCOW_RULE_DECLARED_RAW;
    else if (is_at_end)
        breach.rule = REFCOW_RULE_OTHER_MAGIC_AT_END;
    if (expects_raw ? !magic.in_raw : which != MAGIC_QCOW)
        refcow_gate_break(gate, &breach);
}

/* Of a stream only the head is looked at: a file that ends there has zeros behind it. Bound: MAGICS. */
static void look_for_magics(struct gate_reading *in, const refcow_source *source)
{
    const struct gate *gate = &in->gate;
    refcow_source head = *source;
    struct found_magics found;
    head.size = gate->notes->size;
    in->reader.source = &head;
    refcow_gate_search(&in->reader, gate->notes->knows_size != 0, in->scratch, &found);
    in->reader.source = source;
    for (uint32_t i = 0; i < MAGICS; i++)
        if (found.at[i] != MAGIC_NOWHERE)
            judge_magic(gate, i, found.at[i]);
}

/* ------------------------------------------------------------------ image */

static void note_header(const struct gate *gate, const struct opening *opening)
{
    const refcow_extension *bitmaps = &opening->first[EXTENSION_BITMAPS];
    gate->notes->has_header = 1;
    gate->notes->features = refcow_gate_features(opening);
    if (bitmaps->end != 0)
        gate->notes->bitmaps_extension = bitmaps->contents.offset - EXTENSION_HEAD_SIZE;
}

/* Open the image, and judge what its header says. What stands behind the end of the file is made up of zeros: a file
 * that is too short for a header has none. A stream may go on. */
static void judge_opening(struct gate_reading *in, const refcow_source *source)
{
    const struct gate *gate = &in->gate;
    refcow_image *image = &gate->result->image;
    uint64_t size = gate->notes->size;
    bool is_whole = gate->options->head_bytes == 0;
    bool has_header = !is_whole || size >= REFCOW_HEADER_LENGTH_MIN;
    struct opening opening;
    memset(&opening, 0, sizeof opening);
    opening.image = image;
    opening.refusals = gate->notes->refusals;
    opening.capacity = REFCOW_REFUSALS_MAX;
    refcow_open_image(&opening, source);
    gate->result->bytes_read += opening.reader.at.bytes_read;
    refcow_gate_note_error(gate, &image->error);
    refcow_gate_break_if(gate, is_whole && size < SHORTEST_FILE, REFCOW_RULE_SHORT_FILE, REFCOW_NO_OFFSET, size);
    refcow_gate_break_if(gate, !has_header, REFCOW_RULE_NO_HEADER, REFCOW_NO_OFFSET, size);
    if (has_header || refcow_status_class(image->error.status) == REFCOW_CLASS_FOREIGN)
        refcow_gate_judge_header(in, &opening);
    if (has_header && refcow_is_usable(image))
        note_header(gate, &opening);
    //@ split gate->notes->has_header;
}

static void read_image(struct gate_reading *in, const refcow_source *source)
{
    const struct gate *gate = &in->gate;
    if (!can_read(in))
        return;
    judge_opening(in, source);
    if (!gate->notes->has_header || !gate->notes->knows_size)
        return;
    refcow_gate_read_snapshots(in);
    bool is_sound = gate->result->image.error.status == REFCOW_STATUS_OK;
    gate->notes->wants_check = is_sound && can_read(in) && refcow_gate_needs_check(gate);
}

/* -------------------------------------------------------------------- raw */

/* Readers take raw data under a name that ends in .dmg, in any case, for a disk image of macOS. Bound: the suffix. */
static bool is_named_dmg(const refcow_gate_options *options)
{
    static const char suffix[] = {'.', 'd', 'm', 'g'};
    if (options->name == NULL || options->name_length < sizeof suffix)
        return false;
    const char *end = options->name + (options->name_length - sizeof suffix);
    for (size_t i = 0; i < sizeof suffix; i++)
        if ((end[i] | 0x20) != (suffix[i] | 0x20))
            return false;
    return true;
}

/* A raw disk is all of the file, and has whole sectors. */
static void judge_raw(const struct gate *gate)
{
    uint64_t size = gate->notes->size;
    refcow_breach dmg = refcow_breach_of(REFCOW_RULE_OTHER_MAGIC, REFCOW_NO_OFFSET, 0);
    dmg.magic = MAGIC_DMG;
    if (is_named_dmg(gate->options))
        refcow_gate_break(gate, &dmg);
    if (!gate->notes->knows_size)
        return;
    refcow_gate_break_if(gate, size == 0 || !is_aligned(size, SECTOR_SIZE), REFCOW_RULE_RAW_SIZE, REFCOW_NO_OFFSET,
                         size);
    refcow_gate_limit(gate, gate->policy->max_virtual_size, REFCOW_RULE_VIRTUAL_SIZE_LIMIT, REFCOW_NO_OFFSET, size);
}

/* ------------------------------------------------------------------- both */

void refcow_gate_read(const refcow_source *source, const refcow_gate_options *options, refcow_gate_result *result)
{
    struct gate_reading in;
    const struct gate *gate = &in.gate;
    in.gate = refcow_gate_of(options, result);
    start_reading(&in, source);
    look_for_magics(&in, source);
    refcow_gate_break_if(gate, gate->options->writer == REFCOW_WRITER_PRESENT, REFCOW_RULE_WRITER, REFCOW_NO_OFFSET, 0);
    if (gate->notes->knows_size)
        refcow_gate_limit(gate, gate->policy->max_file_size, REFCOW_RULE_FILE_SIZE_LIMIT, REFCOW_NO_OFFSET,
                          gate->notes->size);
    if (gate->policy->expects_raw)
        judge_raw(gate);
    else
        read_image(&in, source);
    gate->result->bytes_read += in.reader.at.bytes_read;
    refcow_gate_note_error(gate, &in.reader.error);
}
