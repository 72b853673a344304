#include "naive_magics.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 72 };

/* Whether a raw disk may have the signature: disks have partition tables and file systems. */
typedef enum magic_sort { OF_IMAGE, OF_CONTENT } magic_sort;

typedef struct magic_row {
    const char *format;
    magic_sort sort;
    naive_magic is;
} magic_row;

static const magic_row ROWS[] = {
    {"iso9660", OF_CONTENT, {32769, 0, 5, "CD001"}},
    {"gpt", OF_CONTENT, {512, 0, 8, "EFI PART"}},
    {"gpt", OF_CONTENT, {4096, 0, 8, "EFI PART"}},
    {"btrfs", OF_CONTENT, {65600, 0, 8, "_BHRfS_M"}},
    {"ext", OF_CONTENT, {1080, 0, 2, "\x53\xef"}},
    {"vmdk", OF_IMAGE, {0, 0, 4, "KDMV"}},
    {"vpc", OF_IMAGE, {0, 0, 8, "conectix"}},
    {"vhdx", OF_IMAGE, {0, 0, 8, "vhdxfile"}},
    {"qed", OF_IMAGE, {0, 0, 4, "QED\0"}},
    {"luks", OF_IMAGE, {0, 0, 6, "LUKS\xba\xbe"}},
    {"vdi", OF_IMAGE, {64, 0, 4, "\x7f\x10\xda\xbe"}},
    {"vpc", OF_CONTENT, {512, 1, 8, "conectix"}},
    {"zip", OF_CONTENT, {22, 1, 22, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}},
};

naive_magic naive_pick_magic(uint64_t random)
{
    return ROWS[random % (sizeof ROWS / sizeof *ROWS)].is;
}

/* Where a row's signature would be; REFCOW_NO_OFFSET: the file has no such place. */
static uint64_t place_of(const naive_question *asked, const magic_row *row)
{
    uint64_t size = asked->file->size;
    if (row->is.is_at_end) {
        return size >= row->is.offset ? size - row->is.offset : REFCOW_NO_OFFSET;
    }
    return size >= row->is.offset + row->is.length ? row->is.offset : REFCOW_NO_OFFSET;
}

static int is_there(const naive_question *asked, const magic_row *row)
{
    uint64_t place = place_of(asked, row);
    for (size_t i = 0; i < row->is.length && place != REFCOW_NO_OFFSET; i++) {
        if (input_number(asked->file, place + i, 1) != (uint8_t)row->is.bytes[i]) {
            return 0;
        }
    }
    return place != REFCOW_NO_OFFSET;
}

static refcow_rule rule_of(const magic_row *row)
{
    return row->is.is_at_end ? REFCOW_RULE_OTHER_MAGIC_AT_END : REFCOW_RULE_OTHER_MAGIC;
}

static int is_about(const refcow_breach *breach, const magic_row *row, uint64_t place)
{
    return breach->rule == rule_of(row) && breach->offset == place &&
           strcmp(refcow_magic_format(breach->magic), row->format) == 0;
}

static int is_found(const naive_question *asked, const magic_row *row, const refcow_breach *breaches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_about(&breaches[i], row, place_of(asked, row))) {
            return 1;
        }
    }
    return 0;
}

/* Of a file that is too short to be an image nothing else need be said. Of the head of a stream nobody knows the end.
 */
static int is_judged(const naive_question *asked, const magic_row *row)
{
    int is_raw = asked->policy->expects_raw;
    int has_end = asked->is_size_known && (is_raw || !asked->policy->header_only);
    return (is_raw || asked->file->size >= HEADER_BYTES) && (has_end || !row->is.is_at_end) &&
           !(is_raw && row->sort == OF_CONTENT);
}

/* QEMU goes by this suffix, in any case. */
static int ends_with_dmg(const naive_question *asked)
{
    static const char suffix[] = ".dmg";
    size_t length = sizeof suffix - 1;
    for (size_t i = 0; i < length && asked->name != NULL && asked->name_length >= length; i++) {
        int character = (unsigned char)asked->name[asked->name_length - length + i];
        int lower = character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
        if (lower != suffix[i]) {
            return 0;
        }
    }
    return asked->name != NULL && asked->name_length >= length;
}

static const char *judge_places(const naive_question *asked, const refcow_breach *breaches, size_t count)
{
    int is_dmg = asked->policy->expects_raw && ends_with_dmg(asked);
    for (size_t i = 0; i < count; i++) {
        const refcow_breach *breach = &breaches[i];
        int is_magic = breach->rule == REFCOW_RULE_OTHER_MAGIC || breach->rule == REFCOW_RULE_OTHER_MAGIC_AT_END;
        int is_of_name = is_dmg && strcmp(refcow_magic_format(breach->magic), "dmg") == 0;
        if (is_magic && !is_of_name && breach->offset >= asked->file->size) {
            return "gate: a signature is in the file";
        }
        is_dmg = is_dmg && !is_of_name;
    }
    return is_dmg ? "gate: a name that ends in .dmg is the signature of one" : NULL;
}

const char *naive_magic_difference(const naive_question *asked, const refcow_breach *breaches, size_t count,
                                   int is_complete)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int is = is_there(asked, &ROWS[i]);
        int found = is_found(asked, &ROWS[i], breaches, count);
        if (found && !is) {
            fprintf(stderr, "%s at %llu\n", ROWS[i].format, (unsigned long long)ROWS[i].is.offset);
            return "gate: a signature that is not there";
        }
        if (is_complete && is && !found && is_judged(asked, &ROWS[i])) {
            fprintf(stderr, "%s at %llu\n", ROWS[i].format, (unsigned long long)ROWS[i].is.offset);
            return "gate: it lacks a signature";
        }
    }
    return is_complete ? judge_places(asked, breaches, count) : NULL;
}
