#include "naive_state.h"

#include <string.h>

enum { MOST_WORK = 1 << 17 };

/* ------------------------------------------------------------------ counting */

static void count_cluster(naive_state *naive, uint64_t cluster)
{
    uint64_t count = naive_counts_add(&naive->counts, cluster);
    naive->work = count == 0 ? 0 : naive->work;
    naive->most = count > naive->most ? count : naive->most;
    naive_defect(naive, count > naive->limit, REFCOW_KIND_TOO_MANY_REFERENCES);
}

/* What the image counts was once in the file. */
static void note_missing(naive_state *naive, uint64_t end)
{
    uint64_t refcount = 0;
    if (naive_look_up(naive, (end - 1) / naive->cluster, &refcount) && refcount != 0 && end > naive->missing_end) {
        naive->missing_end = end;
        naive->answer.found[REFCOW_KIND_TRUNCATED] = 1;
    }
}

static void count(naive_state *naive, uint64_t offset, uint64_t size)
{
    if (size == 0) {
        return;
    }
    if (offset + size >= naive->file_length + naive->cluster) {
        naive_defect(naive, 1, REFCOW_KIND_OUT_OF_FILE);
        note_missing(naive, offset + size);
        return;
    }
    uint64_t last = (offset + size - 1) / naive->cluster;
    naive->clusters = last < naive->clusters ? naive->clusters : last + 1;
    for (uint64_t at = offset / naive->cluster; at <= last && naive_has_work(naive); at++) {
        count_cluster(naive, at);
    }
}

static uint64_t refcount_table_entries(const naive_state *naive)
{
    uint64_t entries = naive->header.refcount_table_clusters * naive->cluster / 8;
    return entries < 1 << 20 ? entries : 1 << 20;
}

static int is_refcount_table_usable(const naive_state *naive)
{
    const refcow_header *header = &naive->header;
    return header->refcount_order <= 6 &&
           naive_readable(header->refcount_table_offset, header->refcount_table_clusters * naive->cluster);
}

static int is_block_readable(const naive_state *naive, uint64_t block)
{
    return naive_aligned(naive, block) && naive_readable(block, naive->cluster);
}

int naive_look_up(const naive_state *naive, uint64_t cluster, uint64_t *refcount)
{
    *refcount = 0;
    if (!is_refcount_table_usable(naive)) {
        return 0;
    }
    uint32_t width = 1u << naive->header.refcount_order;
    if (cluster / naive->per_block >= refcount_table_entries(naive)) {
        return 1;
    }
    uint64_t block = naive_number(naive, naive->header.refcount_table_offset + cluster / naive->per_block * 8, 8);
    block -= block % 512;
    if (block == 0) {
        return 1;
    }
    if (!is_block_readable(naive, block)) {
        return 0;
    }
    uint64_t index = cluster % naive->per_block;
    if (width >= 8) {
        *refcount = naive_number(naive, block + index * width / 8, width / 8);
    } else {
        uint64_t byte = naive_number(naive, block + index * width / 8, 1);
        *refcount = byte >> (index * width % 8) & ((1u << width) - 1);
    }
    return 1;
}

/* ----------------------------------------------------------------- L2 tables */

static int names_cluster(const naive_state *naive, uint64_t entry)
{
    if ((entry & NAIVE_COMPRESSED) != 0) {
        return 0;
    }
    int is_zero = (entry & 1) != 0 && !naive->is_extended;
    return (entry & NAIVE_OFFSET) != 0 || (!is_zero && naive->has_data_file && (entry & NAIVE_COPIED) != 0);
}

/* One guest cluster that a reader would look for data in. */
static void count_guest_data(naive_state *naive, int is_active)
{
    naive->answer.data_clusters += is_active ? 1 : 0;
    naive->answer.snapshot_data_clusters += is_active ? 0 : 1;
}

static void count_compressed(naive_state *naive, uint64_t entry, uint64_t bitmap, int is_active)
{
    uint32_t shift = 62 - (naive->header.cluster_bits - 8);
    uint64_t offset = entry & (((uint64_t)1 << shift) - 1);
    uint64_t sectors = (entry >> shift & (((uint64_t)1 << (naive->header.cluster_bits - 8)) - 1)) + 1;
    int is_wrong = naive->has_data_file || bitmap != 0;
    count_guest_data(naive, is_active);
    naive_defect(naive, (entry & NAIVE_COPIED) != 0, REFCOW_KIND_COMPRESSED_COPIED);
    naive_defect(naive, naive->has_data_file, REFCOW_KIND_COMPRESSED_IN_DATA_FILE);
    naive_defect(naive, is_wrong && !naive->has_data_file, REFCOW_KIND_COMPRESSED_SUBCLUSTERS);
    if (!is_wrong) {
        uint64_t end = offset - offset % 512 + 512 * sectors;
        naive->answer.compressed_end = end > naive->answer.compressed_end ? end : naive->answer.compressed_end;
        count(naive, offset, 512 * sectors - offset % 512);
        naive_defect(naive, end > naive->file_length && end < naive->file_length + naive->cluster,
                     REFCOW_KIND_COMPRESSED_PAST_END);
        naive->answer.allocated_clusters += is_active ? 1 : 0;
        naive->answer.compressed_clusters += is_active ? 1 : 0;
        naive->answer.fragmented_clusters += is_active ? 1 : 0;
    }
}

/* next: where the cluster would be that is not fragmented; 0: anywhere. */
static void count_data(naive_state *naive, uint64_t entry, uint64_t bitmap, int is_active, uint64_t *next)
{
    uint64_t offset = entry & NAIVE_OFFSET;
    int is_zero = (entry & 1) != 0 && !naive->is_extended;
    naive_defect(naive, (entry & 0x3f000000000001feu) != 0, REFCOW_KIND_L2_RESERVED);
    int claims_data = !is_zero && bitmap % ((uint64_t)1 << 32) != 0;
    if (names_cluster(naive, entry) || claims_data) {
        count_guest_data(naive, is_active);
    }
    if (!names_cluster(naive, entry)) {
        naive_defect(naive, claims_data, REFCOW_KIND_SUBCLUSTERS_UNALLOCATED);
        return;
    }
    naive_defect(naive, (bitmap >> 32 & bitmap) != 0, REFCOW_KIND_SUBCLUSTERS_CLASH);
    naive_defect(naive, !naive_aligned(naive, offset), REFCOW_KIND_DATA_UNALIGNED);
    naive->answer.allocated_clusters += is_active ? 1 : 0;
    naive->answer.fragmented_clusters += is_active && *next != 0 && offset != *next ? 1 : 0;
    *next = offset + naive->cluster;
    if (!naive->has_data_file) {
        count(naive, offset, naive->cluster);
    }
}

/* What was found so far that is wrong with entries of L2 tables. */
static uint64_t wrong_entries(const naive_state *naive)
{
    static const refcow_kind kinds[] = {
        REFCOW_KIND_OUT_OF_FILE,
        REFCOW_KIND_L2_RESERVED,
        REFCOW_KIND_SUBCLUSTERS_UNALLOCATED,
        REFCOW_KIND_SUBCLUSTERS_CLASH,
        REFCOW_KIND_DATA_UNALIGNED,
        REFCOW_KIND_COMPRESSED_COPIED,
        REFCOW_KIND_COMPRESSED_PAST_END,
        REFCOW_KIND_COMPRESSED_IN_DATA_FILE,
        REFCOW_KIND_COMPRESSED_SUBCLUSTERS,
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sum += naive->answer.found[kinds[i]];
    }
    return sum;
}

/* Something is wrong with what stands for this guest range. */
static void note_guest_range(naive_state *naive, uint64_t guest, uint64_t length)
{
    refcow_damage *damage = &naive->answer.damage;
    damage->guest = damage->guest_end == 0 || guest < damage->guest ? guest : damage->guest;
    damage->guest_end = guest + length > damage->guest_end ? guest + length : damage->guest_end;
}

/* The table at this offset; what lies past the end of the file is zeros, and means nothing. It stands for the guest
 * range that begins at `guest`, or for none. */
static void count_l2_table(naive_state *naive, uint64_t table, int is_active, uint64_t guest)
{
    uint64_t next = 0;
    uint64_t step = naive->is_extended ? 16 : 8;
    uint64_t end = table + naive->cluster;
    uint64_t at = naive_next_entry(naive, table, end, step);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + step, end, step)) {
        uint64_t entry = naive_number(naive, at, 8);
        uint64_t bitmap = naive->is_extended ? naive_number(naive, at + 8, 8) : 0;
        uint64_t wrong = wrong_entries(naive);
        if ((entry & NAIVE_COMPRESSED) != 0) {
            count_compressed(naive, entry, bitmap, is_active);
        } else {
            count_data(naive, entry, bitmap, is_active, &next);
        }
        if (guest != REFCOW_NO_GUEST && wrong_entries(naive) != wrong) {
            note_guest_range(naive, guest + (at - table) / step * naive->cluster, naive->cluster);
        }
    }
}

/* Every time that a table is named; returns whether it is damaged. The first time it is named by the lowest entry of
 * the active disk, if by any. */
static int count_named_table(naive_state *naive, uint64_t table, int is_active, uint64_t guest)
{
    uint64_t wrong = wrong_entries(naive);
    int is_in_file = table < naive->file_length;
    uint64_t times = is_in_file ? naive_counts_add(&naive->tables, table) : 1;
    int has_guest = is_active && times == 1 && naive_aligned(naive, table);
    naive->work = times == 0 ? 0 : naive->work;
    count_l2_table(naive, table, is_active, has_guest ? guest : REFCOW_NO_GUEST);
    int is_damaged = is_in_file && naive_aligned(naive, table) && wrong_entries(naive) != wrong;
    if (is_damaged) {
        naive_counts_add(&naive->damaged, table);
    }
    return is_damaged;
}

/* A table past the end of the file is missing, and not empty. */
static int is_empty_table(const naive_state *naive, uint64_t table)
{
    uint64_t end = table + naive->cluster;
    return naive_aligned(naive, table) && table < naive->file_length && naive_next_entry(naive, table, end, 8) >= end;
}

static void count_tree(naive_state *naive, uint64_t l1, uint64_t size, int is_active)
{
    uint64_t span = naive->cluster / (naive->is_extended ? 16 : 8) * naive->cluster;
    uint64_t end = l1 + 8 * size;
    uint64_t at = naive_next_entry(naive, l1, end, 8);
    uint64_t past = naive->answer.found[REFCOW_KIND_OUT_OF_FILE];
    count(naive, l1, 8 * size);
    if (is_active && naive->answer.found[REFCOW_KIND_OUT_OF_FILE] != past) {
        note_guest_range(naive, 0, size * span);
    }
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, end, 8)) {
        uint64_t entry = naive_number(naive, at, 8);
        uint64_t table = entry & NAIVE_OFFSET;
        uint64_t guest = (at - l1) / 8 * span;
        uint64_t wrong = naive->answer.found[REFCOW_KIND_OUT_OF_FILE];
        if (entry != 0) {
            naive_defect(naive, (entry & 0x7f000000000001ffu) != 0, REFCOW_KIND_L1_RESERVED);
            count(naive, table, naive->cluster);
            naive_defect(naive, !naive_aligned(naive, table), REFCOW_KIND_L2_UNALIGNED);
            naive_defect(naive, is_empty_table(naive, table), REFCOW_KIND_L2_TABLE_EMPTY);
            int is_wrong = (entry & 0x7f000000000001ffu) != 0 || !naive_aligned(naive, table) ||
                           naive->answer.found[REFCOW_KIND_OUT_OF_FILE] != wrong;
            if (is_active && is_wrong) {
                note_guest_range(naive, guest, span);
            }
            int is_damaged = count_named_table(naive, table, is_active, guest);
            naive_defect(naive, is_wrong || is_damaged, REFCOW_KIND_L2_TABLE_DAMAGED);
        }
    }
}

/* ------------------------------------------------------- snapshots and bitmaps */

static void count_snapshots(naive_state *naive)
{
    const refcow_header *header = &naive->header;
    uint64_t at = header->snapshots_offset;
    uint64_t end = at;
    naive_defect(naive, naive->has_data_file && header->nb_snapshots > 0, REFCOW_KIND_SNAPSHOTS_AND_DATA_FILE);
    for (uint32_t index = 0; index < header->nb_snapshots && naive_has_work(naive); index++) {
        uint64_t l1 = naive_number(naive, at, 8);
        uint64_t l1_size = naive_number(naive, at + 8, 4);
        int is_incomplete = header->version == 3 && naive_number(naive, at + 36, 4) < 16;
        naive_defect(naive, is_incomplete, REFCOW_KIND_SNAPSHOT_INCOMPLETE);
        if (!naive_aligned(naive, l1)) {
            naive_defect(naive, 1, REFCOW_KIND_SNAPSHOT_L1_UNALIGNED);
        } else if (l1_size > 4194304) {
            naive_defect(naive, 1, REFCOW_KIND_SNAPSHOT_L1_LARGE);
        } else {
            count_tree(naive, l1, l1_size, 0);
        }
        end = naive_snapshot_end(naive, at);
        at = (end + 7) / 8 * 8;
    }
    count(naive, header->snapshots_offset, end - header->snapshots_offset);
}

static void count_bitmap(naive_state *naive, uint64_t table, uint64_t size)
{
    uint64_t end = table + 8 * size;
    uint64_t at = naive_next_entry(naive, table, end, 8);
    count(naive, table, 8 * size);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, end, 8)) {
        uint64_t offset = naive_number(naive, at, 8) & NAIVE_OFFSET;
        if (offset != 0) {
            count(naive, offset, naive->cluster);
        }
    }
}

static void count_bitmaps(naive_state *naive)
{
    uint64_t at = naive->header.bitmap_directory.offset;
    count(naive, at, naive->header.bitmap_directory.length);
    for (uint32_t index = 0; index < naive->header.nb_bitmaps && naive_has_work(naive); index++) {
        count_bitmap(naive, naive_number(naive, at, 8), naive_number(naive, at + 8, 4));
        naive_defect(naive, (naive_number(naive, at + 12, 4) & REFCOW_BITMAP_IN_USE) != 0, REFCOW_KIND_BITMAP_IN_USE);
        at = naive_bitmap_end(naive, at);
    }
}

/* ------------------------------------------------------------- refcount blocks */

static void count_block(naive_state *naive, uint64_t entry)
{
    if (entry % 512 != 0) {
        naive_defect(naive, 1, REFCOW_KIND_BLOCK_RESERVED);
    } else if (!naive_aligned(naive, entry)) {
        naive_defect(naive, 1, REFCOW_KIND_BLOCK_UNALIGNED);
    } else if (entry / naive->cluster >= naive->clusters) {
        naive_defect(naive, 1, REFCOW_KIND_BLOCK_OUT_OF_FILE);
    } else {
        count(naive, entry, naive->cluster);
        naive_defect(naive, naive_counted(naive, entry / naive->cluster) != 1, REFCOW_KIND_BLOCK_SHARED);
    }
}

static void count_blocks(naive_state *naive)
{
    uint64_t table = naive->header.refcount_table_offset;
    uint64_t end = table + 8 * refcount_table_entries(naive);
    uint64_t at = naive_next_entry(naive, table, end, 8);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, end, 8)) {
        uint64_t entry = naive_number(naive, at, 8);
        if (entry != 0) {
            naive->blocks++;
            count_block(naive, entry);
        }
    }
}

/* ------------------------------------------------------------------ comparison */

static void note_used(naive_state *naive, uint64_t cluster)
{
    uint64_t end = (cluster + 1) * naive->cluster;
    uint64_t *image_end = &naive->answer.image_end_offset;
    *image_end = end > *image_end ? end : *image_end;
}

/* What cannot be looked up is said of whole blocks. */
static void compare_counted(naive_state *naive)
{
    for (size_t i = 0; i < naive->counts.clusters; i++) {
        uint64_t stored = 0;
        uint64_t cluster = naive->counts.places[naive->counts.used[i]].cluster;
        uint64_t counted = naive_counted(naive, cluster);
        if (naive_look_up(naive, cluster, &stored)) {
            naive_defect(naive, stored < counted, REFCOW_KIND_REFCOUNT_LOW);
            naive_defect(naive, stored > counted, REFCOW_KIND_REFCOUNT_HIGH);
            note_used(naive, cluster);
        }
    }
}

/* Refcounts of clusters first .. end - 1, of which those that are not 0 and have no references are leaks. */
static void compare_stored(naive_state *naive, uint64_t block, uint64_t first, uint64_t end)
{
    uint64_t width = (uint64_t)1 << naive->header.refcount_order;
    uint64_t unit = width < 8 ? 1 : width / 8;
    uint64_t per_unit = unit * 8 / width;
    uint64_t stop = block + naive->cluster;
    uint64_t at = naive_next_entry(naive, block, stop, unit);
    for (; at < stop && naive_has_work(naive); at = naive_next_entry(naive, at + unit, stop, unit)) {
        uint64_t unit_first = first + (at - block) / unit * per_unit;
        for (uint64_t cluster = unit_first; cluster < unit_first + per_unit && cluster < end; cluster++) {
            uint64_t stored = 0;
            naive_look_up(naive, cluster, &stored);
            if (stored != 0 && naive_counted(naive, cluster) == 0) {
                naive_defect(naive, 1, REFCOW_KIND_REFCOUNT_HIGH);
                note_used(naive, cluster);
            }
        }
    }
}

/* Each block against the clusters that it has refcounts of. */
static void compare_blocks(naive_state *naive)
{
    uint64_t table = naive->header.refcount_table_offset;
    uint64_t table_end = table + 8 * refcount_table_entries(naive);
    uint64_t at = naive_next_entry(naive, table, table_end, 8);
    for (; at < table_end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, table_end, 8)) {
        uint64_t block = naive_number(naive, at, 8);
        uint64_t first = (at - table) / 8 * naive->per_block;
        uint64_t end = first + naive->per_block < naive->clusters ? first + naive->per_block : naive->clusters;
        block -= block % 512;
        if (block == 0 || first >= end) {
            continue;
        }
        if (is_block_readable(naive, block)) {
            compare_stored(naive, block, first, end);
        } else {
            naive->answer.found[REFCOW_KIND_REFCOUNT_UNREADABLE] += end - first;
        }
    }
}

static void compare(naive_state *naive)
{
    naive->answer.image_end_offset = naive->cluster;
    compare_counted(naive);
    compare_blocks(naive);
}

static int is_flag_wrong(uint64_t entry, uint64_t refcount)
{
    return (refcount == 1) != ((entry & NAIVE_COPIED) != 0);
}

/* -------------------------------------------------- flags and refcount report */

/* Of an entry that names a host cluster. */
static void judge_data(naive_state *naive, uint64_t entry, int are_flags_judged)
{
    refcow_refcount_report *report = &naive->answer.refcounts;
    int is_reported = (entry & 1) == 0 || naive->is_extended;
    uint64_t refcount = 1;
    int is_known = naive->has_data_file || naive_look_up(naive, (entry & NAIVE_OFFSET) / naive->cluster, &refcount);
    naive_defect(naive, are_flags_judged && is_known && is_flag_wrong(entry, refcount), REFCOW_KIND_L2_COPIED);
    report->allocated_clusters += is_reported ? 1 : 0;
    report->orphan_clusters += is_reported && is_known && refcount == 0 ? 1 : 0;
    report->unknown_clusters += is_reported && !is_known ? 1 : 0;
}

static void judge_l2_table(naive_state *naive, uint64_t table, int are_flags_judged)
{
    uint64_t step = naive->is_extended ? 16 : 8;
    uint64_t end = table + naive->cluster;
    uint64_t at = naive_next_entry(naive, table, end, step);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + step, end, step)) {
        uint64_t entry = naive_number(naive, at, 8);
        if (names_cluster(naive, entry)) {
            judge_data(naive, entry, are_flags_judged);
        }
    }
}

/* The active tree against the stored refcounts. */
static void judge_tree(naive_state *naive, uint64_t l1, uint64_t size)
{
    uint64_t end = l1 + 8 * size;
    uint64_t at = naive_next_entry(naive, l1, end, 8);
    for (; at < end && naive_has_work(naive); at = naive_next_entry(naive, at + 8, end, 8)) {
        uint64_t entry = naive_number(naive, at, 8);
        uint64_t table = entry & NAIVE_OFFSET;
        uint64_t refcount = 0;
        if (table != 0) {
            int is_known = naive_look_up(naive, table / naive->cluster, &refcount);
            naive_defect(naive, is_known && is_flag_wrong(entry, refcount), REFCOW_KIND_L1_COPIED);
            judge_l2_table(naive, table, is_known);
        }
    }
}

/* Given for every image, as far as its tables are within the limits of the format. */
static void report_refcounts(naive_state *naive)
{
    const refcow_header *header = &naive->header;
    refcow_refcount_report *report = &naive->answer.refcounts;
    uint64_t size = header->l1_size < 4194304 ? header->l1_size : 4194304;
    int has_l1 = naive_readable(header->l1_table_offset, 8 * size);
    report->refcount_order = header->refcount_order;
    report->refcount_table_clusters = header->refcount_table_clusters;
    report->refcount_table_offset = header->refcount_table_offset;
    report->complete = is_refcount_table_usable(naive) && header->l1_size == size && has_l1 &&
                       header->refcount_table_clusters * naive->cluster <= 8 << 20;
    if (has_l1) {
        judge_tree(naive, header->l1_table_offset, size);
    }
}

/* ------------------------------------------------------------------ the answer */

/* What the header says, and what is only worth a note beside leaks. */
static void note_header(naive_state *naive)
{
    uint64_t features = naive->header.incompatible_features;
    naive_defect(naive, (features & REFCOW_INCOMPATIBLE_DIRTY) != 0, REFCOW_KIND_MARKED_DIRTY);
    naive_defect(naive, (features & REFCOW_INCOMPATIBLE_CORRUPT) != 0, REFCOW_KIND_MARKED_CORRUPT);
    if (naive->answer.found[REFCOW_KIND_REFCOUNT_HIGH] == 0) {
        naive->answer.found[REFCOW_KIND_L2_TABLE_EMPTY] = 0;
    }
}

void naive_note_holes(naive_state *naive)
{
    uint64_t *found = &naive->answer.found[REFCOW_KIND_DATA_IN_HOLE];
    for (size_t i = 0; i < naive->counts.clusters && naive->answer.verdict != REFCOW_VERDICT_REFUSED; i++) {
        *found += naive_is_in_hole(naive, naive->counts.places[naive->counts.used[i]].cluster) ? 1 : 0;
    }
    naive->answer.notes += *found;
}

static void count_all(naive_state *naive)
{
    const refcow_header *header = &naive->header;
    uint64_t disk = header->virtual_size / 512 * 512;
    count(naive, 0, naive->cluster);
    count_tree(naive, header->l1_table_offset, header->l1_size, 1);
    count_snapshots(naive);
    count(naive, header->refcount_table_offset, header->refcount_table_clusters * naive->cluster);
    if (header->encryption_header.length >> 63 == 0) {
        count(naive, header->encryption_header.offset, header->encryption_header.length);
    }
    count_bitmaps(naive);
    count_blocks(naive);
    compare(naive);
    note_header(naive);
    naive->answer.damage.l2_tables = naive->tables.clusters;
    naive->answer.damage.damaged_l2_tables = naive->damaged.clusters;
    naive->answer.total_clusters = disk / naive->cluster + (disk % naive->cluster != 0 ? 1 : 0);
}

static void add_up(refcow_result *answer)
{
    static const refcow_severity severities[] = {
#define NAIVE_SEVERITY(name, number, severity, slug, text, rule) REFCOW_SEVERITY_##severity,
        REFCOW_FINDING_ROWS(NAIVE_SEVERITY)
#undef NAIVE_SEVERITY
    };
    uint64_t *sums[] = {&answer->corruptions, &answer->leaks, &answer->check_errors, &answer->notes};
    for (size_t kind = 0; kind < REFCOW_KINDS; kind++) {
        *sums[severities[kind]] += answer->found[kind];
    }
}

static void give_verdict(refcow_result *answer)
{
    if (answer->error.status != REFCOW_STATUS_OK) {
        memset(answer->found, 0, sizeof answer->found);
        answer->verdict = REFCOW_VERDICT_REFUSED;
        return;
    }
    add_up(answer);
    answer->verdict = answer->leaks > 0 ? REFCOW_VERDICT_LEAKS : REFCOW_VERDICT_CLEAN;
    answer->verdict = answer->corruptions > 0 ? REFCOW_VERDICT_CORRUPT : answer->verdict;
    answer->verdict = answer->check_errors > 0 ? REFCOW_VERDICT_INCOMPLETE : answer->verdict;
}

static void start(naive_state *naive, const input_file *file, const naive_header *header)
{
    naive_counts_clear(&naive->counts);
    naive_counts_clear(&naive->tables);
    naive_counts_clear(&naive->damaged);
    memset(&naive->answer, 0, sizeof naive->answer);
    naive->file = file;
    naive->header = header->fields;
    naive->answer.error = header->error;
    naive->cluster = (uint64_t)1 << header->fields.cluster_bits;
    naive->file_length = (file->size + 511) / 512 * 512;
    naive->clusters = (naive->file_length + naive->cluster - 1) / naive->cluster;
    naive->work = MOST_WORK;
    naive->most = 0;
    naive->missing_end = 0;
    naive->blocks = 0;
    naive->per_block = naive->cluster * 8 >> (header->fields.refcount_order % 7);
    naive->is_extended = (header->fields.incompatible_features & REFCOW_INCOMPATIBLE_EXTENDED_L2) != 0;
    naive->has_data_file = (header->fields.incompatible_features & REFCOW_INCOMPATIBLE_DATA_FILE) != 0;
    naive->limit = UINT64_MAX;
    if (header->fields.refcount_order < 6) {
        naive->limit >>= 64 - (1u << header->fields.refcount_order);
    }
}

static void check(naive_state *naive)
{
    if (naive->answer.error.status == REFCOW_STATUS_OK) {
        naive_judge_snapshots(naive);
    }
    if (naive->answer.error.status == REFCOW_STATUS_OK) {
        naive_judge_bitmaps(naive);
    }
    if (naive->answer.error.status == REFCOW_STATUS_OK) {
        count_all(naive);
    }
    report_refcounts(naive);
    give_verdict(&naive->answer);
}

int naive_check(naive_state *naive, const input_file *file)
{
    naive_header header = naive_open(file);
    refcow_class class_ = refcow_status_class(header.error.status);
    if ((class_ != REFCOW_CLASS_OK && class_ != REFCOW_CLASS_REFUSED) || !naive_readable(0, file->size)) {
        return 0;
    }
    start(naive, file, &header);
    check(naive);
    return naive->work > 0;
}
