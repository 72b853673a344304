#include "gate_magics.h"

#include <string.h>

/* As much as qemu looks at. */
#define VMDK_TEXT_READ 512u

/* Volume descriptors have a sector each. Readers differ in whether one may be missing: Linux looks through so many
 * sectors for the one that it wants. The price: the disk of a guest that is a CD is refused in clusters of 2 to 32 KiB,
 * which begin in these sectors, too. */
#define DESCRIPTORS_START UINT64_C(32768)
#define DESCRIPTORS 84u
#define SECTOR_SIZE UINT64_C(2048)
#define DESCRIPTOR_HEAD 14u /* all magics are in it */

/* The last bytes of a file are looked at in pieces. */
#define PIECE_SIZE 4096u

/* The end record of a zip archive, without the comment that may follow. Numbers in it are little-endian. */
#define ZIP_END_SIZE 22u
#define AT_ZIP_DIRECTORY_SIZE 12u /* 4 bytes: of the directory before the record */
#define AT_ZIP_COMMENT_LENGTH 20u /* 2 bytes */
#define ZIP_DIRECTORY_MAGIC "PK\x01\x02"

/* The file, and what was found in it so far. */
typedef struct search {
    gate_magics *magics;
    const refcow_source *source;
    uint64_t size;
} search;

static size_t least(uint64_t one, size_t other)
{
    return one < other ? (size_t)one : other;
}

/* Behind the end of the file readers see zeros, which are part of some magics. */
static bool read_padded(const search *in, uint64_t offset, char *bytes, size_t length)
{
    size_t there = offset < in->size ? least(in->size - offset, length) : 0;

    memset(bytes, 0, length);
    if (there == 0 || in->source->read(in->source->user, offset, bytes, there) == 0)
        return true;
    in->magics->failed_at = offset;
    return false;
}

static void note_found(const search *in, size_t which, uint64_t offset)
{
    found_magic *found = &in->magics->found[which];

    if (!found->is_there)
        *found = (found_magic){true, offset};
}

/* ------------------------------------------------------------------ at the start */

static bool look_at_offset(const search *in, size_t which)
{
    const magic *wanted = &magics[which];
    char bytes[MAGIC_LONGEST];

    if (!read_padded(in, wanted->offset, bytes, wanted->length))
        return false;
    if (memcmp(bytes, wanted->bytes, wanted->length) == 0)
        note_found(in, which, wanted->offset);
    return true;
}

static void compare_descriptor(const search *in, uint64_t offset, const char *head)
{
    for (size_t i = 0; magics[i].format != NULL; i++) {
        if (magics[i].place == MAGIC_IN_DESCRIPTOR &&
            memcmp(head + magics[i].offset, magics[i].bytes, magics[i].length) == 0)
            note_found(in, i, offset + magics[i].offset);
    }
}

static bool look_at_descriptors(const search *in)
{
    char head[DESCRIPTOR_HEAD];

    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        uint64_t offset = DESCRIPTORS_START + i * SECTOR_SIZE;
        if (!read_padded(in, offset, head, sizeof head))
            return false;
        compare_descriptor(in, offset, head);
    }
    return true;
}

/* qemu takes text for the descriptor of a vmdk, which names files of the host, if the first line that is neither blank
 * nor a comment is a version. */
static bool is_vmdk_text(const char *text)
{
    for (;; text++) {
        text += strspn(text, " \t\r");
        if (*text == '#')
            text += strcspn(text, "\n");
        if (*text != '\n')
            return strncmp(text, "version=", sizeof "version=" - 1) == 0;
    }
}

static bool look_for_vmdk_text(const search *in)
{
    char text[VMDK_TEXT_READ + 1] = {0};

    if (!read_padded(in, 0, text, VMDK_TEXT_READ))
        return false;
    in->magics->has_vmdk_text = is_vmdk_text(text);
    return true;
}

/* ------------------------------------------------------------------ at the end */

/* Four bytes are somewhere in the data of a disk. An archive has its directory before them, or, if it is empty, ends
 * with the record or with a comment of the length that the record says. What follows does not matter to readers. The
 * price: an image is refused in whose last 64 KiB a guest's archive ends. */
static bool ends_zip(const search *in, uint64_t offset, bool *ends)
{
    unsigned char end[ZIP_END_SIZE];
    char head[sizeof ZIP_DIRECTORY_MAGIC - 1];

    if (!read_padded(in, offset, (char *)end, sizeof end))
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

/* The magic is at the offset. */
static bool judge_tail(const search *in, size_t which, uint64_t offset)
{
    bool is_meant = true;

    if (strcmp(magics[which].bytes, MAGIC_ZIP_END) == 0 && !ends_zip(in, offset, &is_meant))
        return false;
    if (is_meant)
        note_found(in, which, offset);
    return true;
}

/* All places in a piece of the file where the whole magic is. */
static bool look_at_piece(const search *in, size_t which, uint64_t offset, const char *piece, size_t length)
{
    const magic *wanted = &magics[which];
    const char *end = piece + length - wanted->length + 1;

    for (const char *at = piece; (at = memchr(at, wanted->bytes[0], (size_t)(end - at))) != NULL; at++) {
        if (memcmp(at, wanted->bytes, wanted->length) == 0 && !judge_tail(in, which, offset + (uint64_t)(at - piece)))
            return false;
    }
    return true;
}

static bool look_at_tail(const search *in, size_t which)
{
    const magic *wanted = &magics[which];
    uint64_t offset = in->size > wanted->offset ? in->size - wanted->offset : 0;
    char piece[PIECE_SIZE];

    while (in->size - offset >= wanted->length) {
        size_t length = least(in->size - offset, sizeof piece);
        if (!read_padded(in, offset, piece, length) || !look_at_piece(in, which, offset, piece, length))
            return false;
        offset += length - wanted->length + 1; /* the magic may begin in one piece and end in the next */
    }
    return true;
}

/* ------------------------------------------------------------------ all */

bool gate_look_for_magics(gate_magics *found, const refcow_source *source, uint64_t size, bool ends_there)
{
    const search in = {found, source, size};

    for (size_t i = 0; magics[i].format != NULL; i++) {
        if (magics[i].place == MAGIC_AT_OFFSET && !look_at_offset(&in, i))
            return false;
        if (magics[i].place == MAGIC_IN_TAIL && ends_there && !look_at_tail(&in, i))
            return false;
    }
    return look_at_descriptors(&in) && look_for_vmdk_text(&in);
}
