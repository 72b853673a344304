#include "gate_search.h"

/* Volume descriptors have a sector each. Readers differ in whether one may be missing: Linux looks through so many
 * sectors for the one that it wants. The price: the disk of a guest that is a CD is refused in clusters of 2 to 32 KiB,
 * which begin in these sectors, too. */
#define DESCRIPTORS_START 32768u
#define VOLUME_DESCRIPTORS 84u
#define DESCRIPTOR_SIZE 2048u

/* blkid looks for the external log of an XFS in the first 256 KiB of a file of 10 MiB or more. The price: an image with
 * small clusters is refused that has the log of a guest's XFS there. */
#define LOG_AREA 262144u
#define LOG_FILE_MIN 10485760u

/* A ZFS has two labels at the start of the device and two at its end. One uberblock is enough to open it; blkid wants
 * four. No ZFS is smaller than 64 MiB. The price: the image of a guest's disk that is a ZFS without partitions is
 * refused where its labels overlap with those that the file would have. */
#define LABEL_SIZE 262144u
#define LABELS 4u
#define LABELS_AT_START 2u
#define LABEL_UBERBLOCKS 131072u /* where they begin in a label, and how long they are */
#define UBERBLOCK_SIZE 1024u
#define LABELLED_FILE_MIN 67108864u

/* The end record of a zip archive, without the comment that may follow. Numbers in it are little-endian. */
#define ZIP_END_SIZE 22u
#define AT_ZIP_DIRECTORY_SIZE 12u       /* 4 bytes: of the directory before the record */
#define AT_ZIP_COMMENT_LENGTH 20u       /* 2 bytes */
#define ZIP_DIRECTORY_MAGIC 0x504b0102u /* "PK\1\2" */

/* The superblock of a NILFS says how many of its bytes the checksum covers. No NILFS is smaller than 1 MiB. */
#define AT_NILFS_BYTES 2u /* after the signature, 2 bytes, little-endian */
#define NILFS_BYTES_MIN 24u
#define NILFS_BYTES_MAX 1024u
#define NILFS_FILE_MIN 1048576u

/* Two kinds of RAID have a sector of little-endian words whose sum is 0 or 1, or 0. */
#define JMICRON_WORDS 64u
#define JMICRON_SUM_MAX 1u
#define SILICON_WORDS 160u

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
#define VMDK_WORD_LENGTH 7u

/* Places of a signature that are compared in a unit of work. */
#define WORK_COMPARED 4u

/* The file, piece by piece, and what was found in it so far. */
struct magic_search {
    struct reader *reader;
    struct found_magics *found;
    uint8_t *piece;    /* GATE_PIECE_SIZE bytes of the file; zeros past its end, as readers see them */
    uint64_t start;    /* offset of the piece */
    uint64_t next;     /* offset of the next piece in which a signature may begin; UINT64_MAX: none */
    uint64_t compared; /* places of signatures in this piece */
    uint64_t size;     /* of the file, if it ends there; else the file may be larger */
    bool ends_there;
};

/* Where a signature may begin: first, first + step ... below end. The step is a power of two. */
struct magic_places {
    uint64_t first;
    uint64_t end;
    uint64_t step;
};

static uint32_t load_le16(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t load_le32(const uint8_t *bytes)
{
    return load_le16(bytes) | load_le16(bytes + 2) << 16;
}

/* A file whose size is not known may be large. */
static bool may_be_as_large(const struct magic_search *in, uint64_t size)
{
    return !in->ends_there || in->size >= size;
}

/* ------------------------------------------------------------------ checks of what stands beside a signature */

/* Four bytes are somewhere in the data of a disk. An archive has its directory before them, or, if it is empty, ends
 * with the record or with a comment of the length that the record says. What follows does not matter to readers. The
 * price: an image is refused in whose last 64 KiB a guest's archive ends. */
static bool ends_zip(const struct magic_search *in, const uint8_t *end, uint64_t offset)
{
    uint8_t head[4] = {0};
    if (in->size - offset < ZIP_END_SIZE)
        return false;
    uint64_t after = in->size - offset - ZIP_END_SIZE;
    uint64_t directory = load_le32(end + AT_ZIP_DIRECTORY_SIZE);
    if (after == 0 || after == load_le16(end + AT_ZIP_COMMENT_LENGTH))
        return true;
    return directory != 0 && directory <= offset && refcow_read(in->reader, offset - directory, head, sizeof head) &&
           load_be32(head) == ZIP_DIRECTORY_MAGIC;
}

/* The price: an image is refused if its last 4 KiB are the last 4 KiB of a guest's NILFS. */
static bool begins_nilfs(const struct magic_search *in, const uint8_t *signature)
{
    uint32_t length = load_le16(signature + AT_NILFS_BYTES);
    return length >= NILFS_BYTES_MIN && length <= NILFS_BYTES_MAX && may_be_as_large(in, NILFS_FILE_MIN);
}

/* The sum of the first words of a sector, modulo 65536. Bound: the words of a sector. */
static uint32_t sum_words(const uint8_t *sector, uint32_t words)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < words; i++)
        sum += load_le16(sector + 2 * (size_t)i);
    return sum & 0xffffu;
}

/* ------------------------------------------------------------------ shapes of the start */

/* The number that the header stores: blanks, then octal digits. Bound: TAR_SUM_SIZE. */
static uint32_t tar_sum_said(const uint8_t *header)
{
    const uint8_t *at = header + AT_TAR_SUM;
    const uint8_t *end = at + TAR_SUM_SIZE;
    uint32_t said = 0;
    while (at < end && *at == ' ')
        at++;
    for (; at < end && *at >= '0' && *at <= '7'; at++)
        said = 8 * said + (*at - (uint32_t)'0');
    return said;
}

/* An archive without the signature of newer ones: the sum is right. Old writers added signed bytes. Bound:
 * TAR_HEADER_SIZE. */
static bool is_tar(const uint8_t *header)
{
    uint32_t sum = ' ' * TAR_SUM_SIZE;
    uint32_t high = 0;
    for (size_t i = 0; i < TAR_HEADER_SIZE; i++) {
        if (i < AT_TAR_SUM || i >= AT_TAR_SUM + TAR_SUM_SIZE) {
            sum += header[i];
            high += header[i] >> 7;
        }
    }
    uint32_t said = tar_sum_said(header);
    return said == sum || said + 256u * high == sum;
}

static bool is_between(uint8_t byte, uint8_t lowest, uint8_t highest)
{
    return byte >= lowest && byte <= highest;
}

/* Letters and digits of Latin-1, and two signs among them. */
static bool is_letter(uint8_t byte)
{
    return is_between(byte, '0', '9') || is_between(byte, 'A', 'Z') || is_between(byte, 'a', 'z') || byte >= 0xc0;
}

static bool is_atari_entry(const uint8_t *entry, uint64_t sectors)
{
    return (entry[0] & 1) != 0 && is_letter(entry[1]) && is_letter(entry[2]) && is_letter(entry[3]) &&
           load_be32(entry + 4) <= sectors;
}

/* Bound: ATARI_ENTRIES. */
static bool is_atari(const struct magic_search *in)
{
    uint64_t sectors = in->ends_there ? in->size / SECTOR_SIZE : UINT64_MAX;
    for (size_t i = 0; i < ATARI_ENTRIES; i++) {
        if (is_atari_entry(in->piece + AT_ATARI_ENTRIES + i * ATARI_ENTRY_SIZE, sectors))
            return true;
    }
    return false;
}

/* The first byte from `at` on that is no blank, VMDK_TEXT_READ if all are. Some readers take NULs and carriage returns
 * for blanks. Bound: VMDK_TEXT_READ. */
static size_t skip_blanks(const uint8_t *text, size_t at)
{
    size_t end = at;
    while (end < VMDK_TEXT_READ && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r' || text[end] == 0))
        end++;
    return end;
}

/* Whether the line says version = something. Bound: VMDK_WORD_LENGTH. */
static bool is_version(const uint8_t *text, size_t line)
{
    static const uint8_t word[] = "version";
    size_t at = skip_blanks(text, line);
    for (size_t i = 0; i < VMDK_WORD_LENGTH; i++) {
        if (at + i >= VMDK_TEXT_READ || (text[at + i] | 0x20) != word[i])
            return false;
    }
    at = skip_blanks(text, at + VMDK_WORD_LENGTH);
    return at < VMDK_TEXT_READ && text[at] == '=';
}

/* The descriptor of a vmdk names files of the host. QEMU takes text for one if the first line that is neither blank nor
 * a comment has the version. Here any line may have it, because readers differ in what a comment or a blank line is.
 * The price: a text file with such a line is not accepted as raw data. Bound: VMDK_TEXT_READ; blanks are not skipped
 * twice, because a line ends after them. */
static bool is_vmdk_text(const uint8_t *text)
{
    for (size_t at = 0; at < VMDK_TEXT_READ; at++) {
        if ((at == 0 || text[at - 1] == '\n') && is_version(text, at))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ where a signature may be */

static struct magic_places one_place(uint64_t offset)
{
    struct magic_places places = {offset, offset + 1, 1};
    return places;
}

static struct magic_places no_places(void)
{
    struct magic_places places = {0, 0, 1};
    return places;
}

static struct magic_places places_before_end(const struct magic_search *in, const struct magic *row, uint64_t distance)
{
    uint64_t end = round_down(in->size, (uint64_t)1 << row->unit_bits);
    if (!in->ends_there || distance > end)
        return no_places();
    return one_place(end - distance);
}

/* All of the signature is in the file. */
static struct magic_places places_in_tail(const struct magic_search *in, const struct magic *row, uint64_t tail)
{
    if (!in->ends_there || in->size < row->length)
        return no_places();
    struct magic_places places = {in->size - least(in->size, tail), in->size - row->length + 1, 1};
    return places;
}

static struct magic_places places_in_descriptors(uint64_t offset)
{
    struct magic_places places = {DESCRIPTORS_START + offset, DESCRIPTORS_START + VOLUME_DESCRIPTORS * DESCRIPTOR_SIZE,
                                  DESCRIPTOR_SIZE};
    return places;
}

static struct magic_places places_in_log(const struct magic_search *in)
{
    struct magic_places places = {0, may_be_as_large(in, LOG_FILE_MIN) ? LOG_AREA : 0, SECTOR_SIZE};
    return places;
}

static struct magic_places places_in_label(const struct magic_search *in, uint64_t label)
{
    bool is_at_start = label < LABELS_AT_START;
    bool is_known = is_at_start || in->ends_there;
    if (!is_known || !may_be_as_large(in, LABELLED_FILE_MIN))
        return no_places();
    uint64_t first_label = is_at_start ? 0 : round_down(in->size, LABEL_SIZE) - LABELS * (uint64_t)LABEL_SIZE;
    uint64_t start = first_label + label * LABEL_SIZE + LABEL_UBERBLOCKS;
    struct magic_places places = {start, start + LABEL_UBERBLOCKS, UBERBLOCK_SIZE};
    return places;
}

/* The places that belong to one of the row's offsets. */
static struct magic_places places_of(const struct magic_search *in, const struct magic *row, uint64_t offset)
{
    switch ((int)row->place) {
    case MAGIC_IN_DESCRIPTOR:
        return places_in_descriptors(offset);
    case MAGIC_IN_SECTOR:
        return places_in_log(in);
    case MAGIC_IN_LABEL:
        return places_in_label(in, offset);
    case MAGIC_IN_TAIL:
        return places_in_tail(in, row, offset);
    case MAGIC_BEFORE_END:
        return places_before_end(in, row, offset);
    default: /* MAGIC_AT_OFFSET */
        return one_place(offset);
    }
}

/* ------------------------------------------------------------------ the search */

/* Bound: MAGIC_LONGEST. */
static bool has_bytes(const struct magic *row, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < row->length; i++) {
        if (bytes[i] != row->bytes[i])
            return false;
    }
    return true;
}

/* The check of a row whose bytes begin at this byte of the piece. Where a RAID has its signature is known: in the same
 * sector. A read that fails is a check that fails; the reader remembers it. */
static bool is_meant(const struct magic_search *in, const struct magic *row, uint32_t at)
{
    const uint8_t *sector = in->piece + round_down(at, SECTOR_SIZE);
    switch ((int)row->check) {
    case MAGIC_OF_JMICRON:
        return sum_words(sector, JMICRON_WORDS) <= JMICRON_SUM_MAX;
    case MAGIC_OF_NILFS:
        return begins_nilfs(in, in->piece + at);
    case MAGIC_OF_SILICON:
        return sum_words(sector, SILICON_WORDS) == 0;
    case MAGIC_OF_ZIP:
        return ends_zip(in, in->piece + at, in->start + at);
    case MAGIC_SHAPE_OF_ATARI:
        return is_atari(in);
    case MAGIC_SHAPE_OF_TAR:
        return is_tar(in->piece);
    case MAGIC_SHAPE_OF_VMDK_TEXT:
        return is_vmdk_text(in->piece);
    default: /* MAGIC_IS_ENOUGH */
        return true;
    }
}

/* Of several places the first one counts, before the end the last one. */
static bool is_better(uint64_t found, const struct magic *row, uint64_t offset)
{
    return found == MAGIC_NOWHERE || (row->place == MAGIC_BEFORE_END && offset > found);
}

/* Look for a row at those of the places that are in the piece, and note where the next one is. Bound: the bytes of the
 * piece. */
static void look_at_places(struct magic_search *in, uint32_t index, const struct magic *row, struct magic_places places)
{
    uint64_t *found = &in->found->at[index];
    uint64_t first = places.first + round_up(greatest(places.first, in->start) - places.first, places.step);
    uint64_t at = first - in->start;
    for (; at < GATE_PIECE && in->start + at < places.end; at += places.step) {
        if (is_better(*found, row, in->start + at) && has_bytes(row, in->piece + at) && is_meant(in, row, (uint32_t)at))
            *found = in->start + at;
        in->compared++;
    }
    if (in->start + at < places.end)
        in->next = least(in->next, round_down(in->start + at, GATE_PIECE));
}

/* Bound: the offsets of all rows. */
static bool search_piece(struct magic_search *in, uint64_t start)
{
    in->start = start;
    in->next = UINT64_MAX;
    in->compared = MAGICS;
    if (!refcow_read(in->reader, start, in->piece, GATE_PIECE_SIZE))
        return false;
    for (uint32_t i = 0; i < MAGICS; i++) {
        struct magic row = refcow_magic(i);
        for (uint32_t offset = 0; offset < row.offsets_count; offset++)
            look_at_places(in, i, &row, places_of(in, &row, row.offsets[offset]));
    }
    return refcow_charge(in->reader, in->compared / WORK_COMPARED);
}

/* Each piece is read once, however many signatures may be in it: on a server each read may take long. Past the end of
 * the file there are only zeros, and no signature is all zeros. Bound: the pieces that have a place, fewer than 128. */
bool refcow_gate_search(struct reader *reader, bool ends_there, uint8_t *buffer, struct found_magics *found)
{
    struct magic_search in = {0};
    in.reader = reader;
    in.found = found;
    in.piece = buffer;
    in.size = reader->source->size;
    in.ends_there = ends_there;
    memset(found, 0xff, sizeof *found);
    bool goes_on = search_piece(&in, 0);
    while (goes_on && in.next < in.size)
        goes_on = search_piece(&in, in.next);
    return goes_on;
}
