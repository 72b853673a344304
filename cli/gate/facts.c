#include "facts.h"

#include "../run/common_options.h"

#include "../image/extensions.h"
#include "../image/live.h"
#include "../run/mapped.h"
#include "../run/progress.h"

#include <string.h>

#define EXTENSION_HEAD_SIZE 8u
#define AT_BACKING_FILE_SIZE 16u

static void note_error(gate_facts *facts, refcow_status status, uint64_t value, const gate_input *input)
{
    refcow_error error = {.status = status, .value = value};
    if (facts->failure.name == NULL)
        facts->failure = failure_of_library(&error, gate_input_detail(input));
}

/* ------------------------------------------------------------------ names and lists */

static void note_extension(gate_extensions *extensions, const refcow_extension *extension)
{
    if (extensions->count++ > 0)
        return;
    extensions->offset = extension->contents.offset - EXTENSION_HEAD_SIZE;
    extensions->type = extension->type;
}

static void sort_extension(gate_facts *facts, const refcow_extension *extension, bool seen[EXTENSIONS + 1])
{
    unsigned which = extension_of_type(extension->type);

    if (which == EXTENSIONS)
        note_extension(&facts->unknown_extensions, extension);
    else if (seen[which])
        note_extension(&facts->repeated_extensions, extension);
    seen[which] = true;
    if (which == EXTENSION_BITMAPS)
        note_extension(&facts->bitmap_extensions, extension);
    if (which == EXTENSION_DATA_FILE)
        note_extension(&facts->data_file_extensions, extension);
}

static void gather_extensions(gate_facts *facts, gate_input *input)
{
    refcow_extension extension = {0};
    bool seen[EXTENSIONS + 1] = {false};

    for (uint32_t i = 0; i < facts->image.header.extensions; i++) {
        refcow_status status = refcow_next_extension(&facts->image, &extension);
        if (status != REFCOW_STATUS_OK) {
            note_error(facts, status, extension.end, input);
            return;
        }
        sort_extension(facts, &extension, seen);
    }
}

static void gather_name(image_name *name, gate_facts *facts, refcow_span span, gate_input *input)
{
    refcow_status status = name_read(name, &facts->image, span);
    if (status != REFCOW_STATUS_OK)
        note_error(facts, status, span.offset, input);
}

/* qemu reads up to the first NUL. */
static void gather_backing_format(gate_facts *facts, gate_input *input)
{
    refcow_span format = facts->image.header.backing_format;
    char first = '\0';

    if (format.length > 0) {
        refcow_status status = refcow_read_bytes(&facts->image, format.offset, &first, sizeof first);
        if (status != REFCOW_STATUS_OK)
            note_error(facts, status, format.offset, input);
    }
    facts->has_backing_format = first != '\0';
}

static void gather_backing_file_size(gate_facts *facts, gate_input *input)
{
    unsigned char bytes[4] = {0};
    refcow_status status = refcow_read_bytes(&facts->image, AT_BACKING_FILE_SIZE, bytes, sizeof bytes);

    if (status != REFCOW_STATUS_OK)
        note_error(facts, status, AT_BACKING_FILE_SIZE, input);
    facts->backing_file_size =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

bool gate_ends_in_file(const gate_facts *facts, uint64_t offset, uint64_t length)
{
    return offset <= facts->size && length <= facts->size - offset;
}

/* Where an entry does not say how large the disk was, readers give the snapshot the size of the active disk. And
 * qemu-img convert -l does so even where the entry says less. */
static uint64_t full_size(const gate_facts *facts, const refcow_snapshot *snapshot)
{
    uint64_t active = facts->image.header.virtual_size;
    uint64_t disk = snapshot->disk_size > active ? snapshot->disk_size : active;

    return snapshot->vm_state_size > UINT64_MAX - disk ? UINT64_MAX : disk + snapshot->vm_state_size;
}

static void note_largest(gate_facts *facts, const refcow_snapshot *snapshot)
{
    refcow_snapshot *disk = &facts->largest_disk.entry;
    refcow_snapshot *data = &facts->largest_data.entry;

    if (disk->end == 0 || snapshot->disk_size > disk->disk_size)
        *disk = *snapshot;
    if (data->end == 0 || full_size(facts, snapshot) > full_size(facts, data))
        *data = *snapshot;
}

static void gather_snapshots(gate_facts *facts, gate_input *input)
{
    uint32_t count = facts->image.header.nb_snapshots;
    uint64_t begin = facts->image.header.snapshots_offset;
    refcow_snapshot snapshot = {0};

    for (uint32_t i = 0; i < count && i < REFCOW_SNAPSHOTS_MAX; i++) {
        refcow_status status = refcow_next_snapshot(&facts->image, &snapshot);
        if (status == REFCOW_STATUS_SNAPSHOTS_OFFSET)
            return; /* the header is to blame, and has its rule */
        if (status != REFCOW_STATUS_OK) {
            note_error(facts, status, snapshot.end, input);
            return;
        }
        uint64_t length = 8 * (uint64_t)snapshot.l1_size;
        if (snapshot.extra_size > REFCOW_SNAPSHOT_EXTRA_MAX || snapshot.end - begin > REFCOW_SNAPSHOT_TABLE_BYTES_MAX) {
            facts->bad_snapshot = snapshot;
            return;
        }
        note_largest(facts, &snapshot);
        facts->snapshot_tables += length;
        if (facts->snapshot_past_end == 0 && !gate_ends_in_file(facts, snapshot.l1_offset, length))
            facts->snapshot_past_end = snapshot.offset;
    }
}

static void gather_snapshot_names(gate_facts *facts, gate_input *input)
{
    gather_name(&facts->largest_disk.name, facts, facts->largest_disk.entry.name, input);
    gather_name(&facts->largest_data.name, facts, facts->largest_data.entry.name, input);
}

/* ------------------------------------------------------------------ check */

static void ignore_window(void *user, uint64_t host, uint64_t length)
{
    (void)user;
    (void)host;
    (void)length;
}

static void ignore_reference(void *user, const refcow_reference *reference)
{
    (void)user;
    (void)reference;
}

static void note_clusters(void *user, const refcow_clusters *clusters)
{
    gate_facts *facts = user;
    if (clusters->counted > facts->most_shared)
        facts->most_shared = clusters->counted;
}

static void run_check(gate_facts *facts, gate_input *input, const memory_block *work)
{
    const refcow_observer observer = {ignore_window, ignore_reference, note_clusters, facts};
    const refcow_options options = {
        .memory = work->base, .memory_size = work->size, .progress = progress_or_stop, .observer = &observer};

    refcow_status status = refcow_check(&facts->image, &options, &facts->check);
    facts->checked = status == REFCOW_STATUS_OK;
    if (!facts->checked && refcow_status_class(status) != REFCOW_CLASS_REFUSED)
        note_error(facts, status, facts->check.error.value, input);
}

static void gather_check(gate_facts *facts, gate_input *input)
{
    memory_block work;

    if (!memory_map_between(&work, DEFAULT_MEMORY, REFCOW_MEMORY_MIN)) {
        facts->failure = failure_of_memory(REFCOW_MEMORY_MIN);
        return;
    }
    run_check(facts, input, &work);
    memory_unmap(&work);
}

/* ------------------------------------------------------------------ amplification */

uint64_t gate_active_data(const gate_facts *facts)
{
    const refcow_header *header = &facts->image.header;
    return facts->checked ? mapped_size(header, &facts->check) : header->virtual_size;
}

/* A check does not walk an L1 table that qemu would refuse to load. */
static bool are_snapshots_counted(const gate_facts *facts)
{
    return facts->checked && facts->check.found[REFCOW_KIND_SNAPSHOT_L1_UNALIGNED] == 0 &&
           facts->check.found[REFCOW_KIND_SNAPSHOT_L1_LARGE] == 0;
}

uint64_t gate_snapshot_data(const gate_facts *facts)
{
    const refcow_snapshot *largest = &facts->largest_data.entry;
    uint64_t size = largest->end == 0 ? 0 : full_size(facts, largest);
    uint64_t mapped = snapshots_mapped_size(&facts->image.header, &facts->check);

    return are_snapshots_counted(facts) && mapped < size ? mapped : size;
}

uint64_t gate_amplification(const gate_facts *facts, uint64_t data)
{
    if (data == 0)
        return 0;
    return facts->size == 0 ? UINT64_MAX : data / facts->size;
}

bool gate_is_amplified(const gate_facts *facts, const gate_policy *policy, uint64_t data)
{
    uint64_t times = gate_amplification(facts, data);
    uint64_t limit = policy->max_amplification;
    bool has_rest = facts->size != 0 && data % facts->size != 0;

    return limit != GATE_NO_LIMIT && (times > limit || (times == limit && has_rest));
}

/* ------------------------------------------------------------------ all */

static bool open_image(gate_facts *facts, const refcow_source *source, gate_input *input)
{
    refcow_status status = refcow_open(&facts->image, sizeof facts->image, REFCOW_VERSION, source);
    refcow_class class = refcow_status_class(status);

    if (class != REFCOW_CLASS_OK && class != REFCOW_CLASS_REFUSED && class != REFCOW_CLASS_FOREIGN)
        note_error(facts, status, facts->image.error.value, input);
    return class == REFCOW_CLASS_OK || class == REFCOW_CLASS_REFUSED;
}

/* A disk that is much larger than the file may be empty, or a bomb: only its tables can tell. */
static bool needs_check(const gate_facts *facts, const gate_policy *policy)
{
    return policy->wants_check || gate_is_amplified(facts, policy, gate_active_data(facts)) ||
           gate_is_amplified(facts, policy, gate_snapshot_data(facts));
}

static void gather_contents(gate_facts *facts, gate_input *input, const gate_policy *policy)
{
    refcow_source source = gate_input_source(input);

    if (!gate_look_for_magics(&facts->magics, &source, facts->size, facts->knows_size))
        note_error(facts, REFCOW_STATUS_READ_FAILED, facts->magics.failed_at, input);
    if (policy->expects_raw)
        return;
    facts->has_header = open_image(facts, &source, input);
    if (!facts->has_header)
        return;
    gather_backing_file_size(facts, input);
    gather_backing_format(facts, input);
    gather_name(&facts->backing_file, facts, facts->image.header.backing_file, input);
    gather_name(&facts->data_file, facts, facts->image.header.data_file, input);
    gather_extensions(facts, input);
    if (facts->knows_size) {
        gather_snapshots(facts, input);
        gather_snapshot_names(facts, input);
    }
    if (facts->knows_size && facts->image.error.status == REFCOW_STATUS_OK && needs_check(facts, policy))
        gather_check(facts, input);
}

/* Facts about a file that is not the same any more are none, whatever else has failed. */
static void gather_live(gate_facts *facts, const live_facts *live)
{
    facts->has_writer = lock_bytes_show_writer(live->locks);
    facts->hides_writer = !live->locks.is_known;
    if (live_has_changed(live))
        facts->failure = failure_of_change();
}

void gate_gather(gate_facts *facts, gate_input *input, const gate_policy *policy)
{
    *facts = (gate_facts){.knows_size = input->knows_size && !policy->header_only, .size = input->file.size};
    if (input->head.base != NULL) {
        gather_contents(facts, input, policy);
        return;
    }
    live_moment begun = live_begin(&input->file);
    gather_contents(facts, input, policy);
    live_facts live = live_end(&begun, &input->file);
    gather_live(facts, &live);
}
