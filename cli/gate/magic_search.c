#include "magic_search.h"

#include <string.h>

#define SECTOR_SIZE 512u

/* Volume descriptors have a sector each. Readers differ in whether one may be missing: Linux looks through so many
 * sectors for the one that it wants. The price: the disk of a guest that is a CD is refused in clusters of 2 to 32 KiB,
 * which begin in these sectors, too. */
#define DESCRIPTORS_START UINT64_C(32768)
#define DESCRIPTORS UINT64_C(84)
#define DESCRIPTOR_SIZE 2048u

/* blkid looks for the external log of an XFS in the first 256 KiB of a file of 10 MiB or more. The price: an image with
 * small clusters is refused that has the log of a guest's XFS there. */
#define LOG_AREA UINT64_C(262144)
#define LOG_FILE_MIN UINT64_C(10485760)

/* A ZFS has two labels at the start of the device and two at its end. One uberblock is enough to open it; blkid wants
 * four. No ZFS is smaller than 64 MiB. The price: the image of a guest's disk that is a ZFS without partitions is
 * refused where its labels overlap with those that the file would have. */
#define LABEL_SIZE UINT64_C(262144)
#define LABEL_UBERBLOCKS UINT64_C(131072) /* where they begin in a label, and how long they are */
#define UBERBLOCK_SIZE 1024u
#define LABELLED_FILE_MIN UINT64_C(67108864)

/* The file is read in pieces, which are whole sectors. */
#define PIECE_SIZE 16384u

/* The end record of a zip archive, without the comment that may follow. Numbers in it are little-endian. */
#define ZIP_END_SIZE 22u
#define AT_ZIP_DIRECTORY_SIZE 12u /* 4 bytes: of the directory before the record */
#define AT_ZIP_COMMENT_LENGTH 20u /* 2 bytes */
#define ZIP_DIRECTORY_MAGIC "PK\x01\x02"

/* The superblock of a NILFS says how many of its bytes the checksum covers. No NILFS is smaller than 1 MiB. */
#define AT_NILFS_BYTES 2u /* after the magic, 2 bytes, little-endian */
#define NILFS_BYTES_MIN 24u
#define NILFS_BYTES_MAX 1024u
#define NILFS_FILE_MIN UINT64_C(1048576)

/* Two kinds of RAID store a sector of little-endian words whose sum is 0, or 0 or 1. */
#define JMICRON_WORDS 64u
#define SILICON_WORDS 160u
#define AT_SILICON_MAGIC 96u

/* The header of a tar archive stores the sum of its bytes as an octal number. In the sum the number counts as blanks.
 */
#define TAR_HEADER_SIZE 512u
#define AT_TAR_SUM 148u
#define TAR_SUM_SIZE 8u

/* The partition table of an Atari has four entries: a flag, three letters, two big-endian numbers of sectors. */
#define AT_ATARI_ENTRIES 454u
#define ATARI_ENTRIES 4u
#define ATARI_ENTRY_SIZE 12u

/* QEMU guesses the format by the first 512 bytes, before version 2.2 by the first 2048. */
#define VMDK_TEXT_READ 2048u

/* The file, and what was found in it so far. */
typedef struct search {
    gate_magics *magics;
    const refcow_source *source;
    uint64_t size;
    bool ends_there;
} search;

static size_t least(uint64_t one, size_t other)
{
    return one < other ? (size_t)one : other;
}

/* Behind the end of the file readers see zeros, which are part of some magics. */
static bool read_padded(const search *in, uint64_t offset, void *bytes, size_t length)
{
    size_t there = offset < in->size ? least(in->size - offset, length) : 0;

    memset(bytes, 0, length);
    if (there == 0 || in->source->read(in->source->user, offset, bytes, there) == 0)
        return true;
    in->magics->failed_at = offset;
    return false;
}

/* A file whose size is not known may be large. */
static bool may_be_as_large(const search *in, uint64_t size)
{
    return !in->ends_there || in->size >= size;
}

static void note_found(const search *in, size_t which, uint64_t offset)
{
    found_magic *found = &in->magics->found[which];

    if (!found->is_there)
        *found = (found_magic){true, offset};
}

/* ------------------------------------------------------------------ checks of what stands beside a magic */

/* Four bytes are somewhere in the data of a disk. An archive has its directory before them, or, if it is empty, ends
 * with the record or with a comment of the length that the record says. What follows does not matter to readers. The
 * price: an image is refused in whose last 64 KiB a guest's archive ends. */
static bool ends_zip(const search *in, uint64_t offset, bool *ends)
{
    unsigned char end[ZIP_END_SIZE];
    char head[sizeof ZIP_DIRECTORY_MAGIC - 1];

    if (!read_padded(in, offset, end, sizeof end))
        return false;
    const unsigned char *size = end + AT_ZIP_DIRECTORY_SIZE;
    const unsigned char *comment = end + AT_ZIP_COMMENT_LENGTH;
    uint64_t directory = size[0] | (uint64_t)size[1] << 8 | (uint64_t)size[2] << 16 | (uint64_t)size[3] << 24;
    uint64_t after = offset + sizeof end;
    *ends = after == in->size || after + comment[0] + UINT64_C(256) * comment[1] == in->size;
    if (after > in->size || directory == 0)
        return true;
    /* one that begins before the file is at a very high offset, where there are zeros */
    if (!read_padded(in, offset - directory, head, sizeof head))
        return false;
    *ends = *ends || memcmp(head, ZIP_DIRECTORY_MAGIC, sizeof head) == 0;
    return true;
}

/* The price: an image is refused if its last 4 KiB are the last 4 KiB of a guest's NILFS. */
static bool begins_nilfs(const search *in, uint64_t offset, bool *begins)
{
    unsigned char bytes[2];

    if (!read_padded(in, offset + AT_NILFS_BYTES, bytes, sizeof bytes))
        return false;
    unsigned length = bytes[0] + 256u * bytes[1];
    *begins = length >= NILFS_BYTES_MIN && length <= NILFS_BYTES_MAX && may_be_as_large(in, NILFS_FILE_MIN);
    return true;
}

/* The sum of so many words, modulo 65536. */
static bool sum_words(const search *in, uint64_t offset, size_t words, unsigned *sum)
{
    unsigned char sector[SECTOR_SIZE];

    if (!read_padded(in, offset, sector, sizeof sector))
        return false;
    *sum = 0;
    for (size_t i = 0; i < words; i++)
        *sum += sector[2 * i] + 256u * sector[2 * i + 1];
    *sum &= 0xffffu;
    return true;
}

/* The check of the row of a magic that is at the offset. */
static bool check_magic(const search *in, size_t which, uint64_t offset, bool *is_meant)
{
    unsigned sum = 0;

    *is_meant = true;
    switch (magics[which].check) {
    case MAGIC_OF_ZIP:
        return ends_zip(in, offset, is_meant);
    case MAGIC_OF_NILFS:
        return begins_nilfs(in, offset, is_meant);
    case MAGIC_OF_JMICRON:
        if (!sum_words(in, offset, JMICRON_WORDS, &sum))
            return false;
        *is_meant = sum <= 1;
        return true;
    case MAGIC_OF_SILICON:
        if (!sum_words(in, offset - AT_SILICON_MAGIC, SILICON_WORDS, &sum))
            return false;
        *is_meant = sum == 0;
        return true;
    case MAGIC_IS_ENOUGH:
    case SHAPE_OF_ATARI:
    case SHAPE_OF_TAR:
    case SHAPE_OF_VMDK_TEXT:
        break;
    }
    return true;
}

/* The magic is at the offset. */
static bool judge_magic(const search *in, size_t which, uint64_t offset)
{
    bool is_meant;

    if (!check_magic(in, which, offset, &is_meant))
        return false;
    if (is_meant)
        note_found(in, which, offset);
    return true;
}

/* ------------------------------------------------------------------ at known places */

static bool look_at(const search *in, size_t which, uint64_t offset)
{
    const magic *wanted = &magics[which];
    char bytes[MAGIC_LONGEST];

    if (!read_padded(in, offset, bytes, wanted->length))
        return false;
    return memcmp(bytes, wanted->bytes, wanted->length) != 0 || judge_magic(in, which, offset);
}

/* Compare a piece of the file with the magics of a row that begin in it. What lies behind it is for later: note the
 * piece that comes next. */
static bool compare_piece(const search *in, size_t which, uint64_t start, const char *piece, uint64_t *next)
{
    const magic *wanted = &magics[which];

    for (size_t i = 0; i < wanted->offsets_count; i++) {
        uint64_t offset = wanted->offsets[i];
        if (offset >= start + PIECE_SIZE && offset < *next)
            *next = offset - offset % PIECE_SIZE;
        if (offset < start || offset >= start + PIECE_SIZE)
            continue;
        uint64_t at = offset - start;
        if (at + wanted->length > PIECE_SIZE) {
            if (!look_at(in, which, offset))
                return false;
        } else if (memcmp(piece + at, wanted->bytes, wanted->length) == 0 && !judge_magic(in, which, offset)) {
            return false;
        }
    }
    return true;
}

/* The magics of all rows are in few pieces: on a server each read may take long. */
static bool look_at_offsets(const search *in)
{
    char piece[PIECE_SIZE];
    uint64_t next = 0;

    for (uint64_t start = 0; start != UINT64_MAX; start = next) {
        next = UINT64_MAX;
        if (!read_padded(in, start, piece, sizeof piece))
            return false;
        for (size_t i = 0; magics[i].format != NULL; i++) {
            if (magics[i].place == MAGIC_AT_OFFSET && !compare_piece(in, i, start, piece, &next))
                return false;
        }
    }
    return true;
}

static bool look_before_end(const search *in, size_t which)
{
    uint64_t end = in->size - in->size % magics[which].unit;

    for (size_t i = 0; i < magics[which].offsets_count; i++) {
        uint64_t distance = magics[which].offsets[i];
        if (distance <= end && !look_at(in, which, end - distance))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ in the last bytes */

/* All places in a piece of the file where the whole magic is. */
static bool look_at_piece(const search *in, size_t which, uint64_t offset, const char *piece, size_t length)
{
    const magic *wanted = &magics[which];
    const char *end = piece + length - wanted->length + 1;

    for (const char *at = piece; (at = memchr(at, wanted->bytes[0], (size_t)(end - at))) != NULL; at++) {
        if (memcmp(at, wanted->bytes, wanted->length) == 0 && !judge_magic(in, which, offset + (uint64_t)(at - piece)))
            return false;
    }
    return true;
}

static bool look_at_tail(const search *in, size_t which)
{
    const magic *wanted = &magics[which];
    uint64_t offset = in->size > wanted->offsets[0] ? in->size - wanted->offsets[0] : 0;
    char piece[PIECE_SIZE];

    while (in->size - offset >= wanted->length) {
        size_t length = least(in->size - offset, sizeof piece);
        if (!read_padded(in, offset, piece, length) || !look_at_piece(in, which, offset, piece, length))
            return false;
        offset += length - wanted->length + 1; /* the magic may begin in one piece and end in the next */
    }
    return true;
}

/* ------------------------------------------------------------------ at the start of each of many blocks */

static void compare_block(const search *in, magic_place place, uint64_t offset, const char *block)
{
    for (size_t i = 0; magics[i].format != NULL; i++) {
        if (magics[i].place == place && memcmp(block + magics[i].offsets[0], magics[i].bytes, magics[i].length) == 0)
            note_found(in, i, offset + magics[i].offsets[0]);
    }
}

static bool look_at_blocks(const search *in, magic_place place, uint64_t start, uint64_t length, size_t block)
{
    char piece[PIECE_SIZE];

    for (uint64_t offset = start; offset < start + length; offset += sizeof piece) {
        size_t there = least(start + length - offset, sizeof piece);
        if (!read_padded(in, offset, piece, there))
            return false;
        for (size_t at = 0; at < there; at += block)
            compare_block(in, place, offset + at, piece + at);
    }
    return true;
}

static bool look_at_descriptors(const search *in)
{
    return look_at_blocks(in, MAGIC_IN_DESCRIPTOR, DESCRIPTORS_START, DESCRIPTORS * DESCRIPTOR_SIZE, DESCRIPTOR_SIZE);
}

static bool look_at_log(const search *in)
{
    return !may_be_as_large(in, LOG_FILE_MIN) || look_at_blocks(in, MAGIC_IN_SECTOR, 0, LOG_AREA, SECTOR_SIZE);
}

static bool look_at_label(const search *in, uint64_t label)
{
    return look_at_blocks(in, MAGIC_IN_LABEL, label + LABEL_UBERBLOCKS, LABEL_UBERBLOCKS, UBERBLOCK_SIZE);
}

static bool look_at_labels(const search *in)
{
    uint64_t end = in->size - in->size % LABEL_SIZE;

    if (!may_be_as_large(in, LABELLED_FILE_MIN))
        return true;
    if (!look_at_label(in, 0) || !look_at_label(in, LABEL_SIZE))
        return false;
    return !in->ends_there || (look_at_label(in, end - 2 * LABEL_SIZE) && look_at_label(in, end - LABEL_SIZE));
}

/* ------------------------------------------------------------------ shapes of the start */

/* The number that the header stores: blanks, then octal digits. */
static unsigned tar_sum_said(const unsigned char *header)
{
    const unsigned char *at = header + AT_TAR_SUM;
    const unsigned char *end = at + TAR_SUM_SIZE;
    unsigned said = 0;

    while (at < end && *at == ' ')
        at++;
    for (; at < end && *at >= '0' && *at <= '7'; at++)
        said = 8 * said + (unsigned)(*at - '0');
    return said;
}

/* An archive without the magic of newer ones: the sum is right. Old writers added signed bytes. */
static bool is_tar(const unsigned char *header)
{
    unsigned sum = ' ' * TAR_SUM_SIZE;
    unsigned high = 0;

    for (size_t i = 0; i < TAR_HEADER_SIZE; i++) {
        if (i < AT_TAR_SUM || i >= AT_TAR_SUM + TAR_SUM_SIZE) {
            sum += header[i];
            high += header[i] > 127;
        }
    }
    unsigned said = tar_sum_said(header);
    return said == sum || said + 256u * high == sum;
}

/* Letters and digits of Latin-1, and two signs among them. */
static bool is_letter(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte >= 0xc0;
}

static bool is_atari_entry(const unsigned char *entry, uint64_t sectors)
{
    uint64_t start = (uint64_t)entry[4] << 24 | (uint64_t)entry[5] << 16 | (uint64_t)entry[6] << 8 | entry[7];
    return (entry[0] & 1) != 0 && is_letter(entry[1]) && is_letter(entry[2]) && is_letter(entry[3]) && start <= sectors;
}

static bool is_atari(const search *in, const unsigned char *sector)
{
    uint64_t sectors = in->ends_there ? in->size / SECTOR_SIZE : UINT64_MAX;

    for (size_t i = 0; i < ATARI_ENTRIES; i++) {
        if (is_atari_entry(sector + AT_ATARI_ENTRIES + i * ATARI_ENTRY_SIZE, sectors))
            return true;
    }
    return false;
}

/* Some readers take NULs and carriage returns for blanks. */
static size_t count_blanks(const char *text, size_t length)
{
    size_t blanks = 0;

    while (blanks < length && memchr(" \t\r", text[blanks], sizeof " \t\r") != NULL)
        blanks++;
    return blanks;
}

static bool is_version(const char *line, size_t length)
{
    static const char word[] = "version";
    size_t at = count_blanks(line, length);

    for (size_t i = 0; i < sizeof word - 1; i++, at++) {
        if (at == length || (line[at] | 0x20) != word[i])
            return false;
    }
    at += count_blanks(line + at, length - at);
    return at < length && line[at] == '=';
}

/* The descriptor of a vmdk names files of the host. QEMU takes text for one if the first line that is neither blank nor
 * a comment has the version. Here any line may have it, because readers differ in what a comment or a blank line is.
 * The price: a text file with such a line is not accepted as raw data. */
static bool is_vmdk_text(const char *text, size_t length)
{
    for (const char *line = text; line != NULL;) {
        size_t rest = length - (size_t)(line - text);
        if (is_version(line, rest))
            return true;
        line = memchr(line, '\n', rest);
        line = line == NULL ? NULL : line + 1;
    }
    return false;
}

static bool has_shape(const search *in, magic_check shape, const char *start)
{
    const unsigned char *bytes = (const unsigned char *)start;

    switch (shape) {
    case SHAPE_OF_ATARI:
        return is_atari(in, bytes);
    case SHAPE_OF_TAR:
        return is_tar(bytes);
    case SHAPE_OF_VMDK_TEXT:
        return is_vmdk_text(start, VMDK_TEXT_READ);
    case MAGIC_IS_ENOUGH:
    case MAGIC_OF_JMICRON:
    case MAGIC_OF_NILFS:
    case MAGIC_OF_SILICON:
    case MAGIC_OF_ZIP:
        break;
    }
    return false;
}

static bool look_at_shapes(const search *in)
{
    char start[VMDK_TEXT_READ];

    if (!read_padded(in, 0, start, sizeof start))
        return false;
    for (size_t i = 0; magics[i].format != NULL; i++) {
        if (magics[i].place == MAGIC_SHAPE && has_shape(in, magics[i].check, start))
            note_found(in, i, 0);
    }
    return true;
}

/* ------------------------------------------------------------------ all */

bool gate_look_for_magics(gate_magics *found, const refcow_source *source, uint64_t size, bool ends_there)
{
    const search in = {found, source, size, ends_there};

    if (!look_at_offsets(&in))
        return false;
    for (size_t i = 0; magics[i].format != NULL; i++) {
        if (magics[i].place == MAGIC_IN_TAIL && ends_there && !look_at_tail(&in, i))
            return false;
        if (magics[i].place == MAGIC_BEFORE_END && ends_there && !look_before_end(&in, i))
            return false;
    }
    return look_at_descriptors(&in) && look_at_log(&in) && look_at_labels(&in) && look_at_shapes(&in);
}
