/*
 * gate_search.c - the signatures of other formats: where the gate looks for them, and what is checked beside them.
 *
 * The table is a copy of its own: a row that the library loses is missed here.
 */
#include "gate_run.h"
#include "suites.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define NOWHERE UINT64_MAX
#define TWICE (UINT64_MAX - 1)

enum { KIB = 1024, MIB = 1024 * 1024, PIECE = 16384, SECTOR = 512 };

/* ------------------------------------------------------------------- table */

/* What a format is: of a disk, which raw data may have; of what wraps an image; of any other file. */
enum sort { DISK, WRAPPER, OTHER };

/* Where a signature stands. The checked ones are tested one by one. */
enum place {
    AT,            /* at an offset from the start */
    IN_DESCRIPTOR, /* at an offset in a volume descriptor */
    IN_LOG,        /* at the start of a sector of the first 256 KiB */
    IN_LABEL,      /* in a label of a ZFS */
    IN_TAIL,       /* in so many last bytes */
    BEFORE_END,    /* so many bytes before the end, rounded down to the unit */
    AT_CHECKED,
    IN_TAIL_CHECKED,
    BEFORE_END_CHECKED,
    SHAPE /* no bytes, but the start has the form of the format */
};

typedef struct signature {
    const char *format;
    enum sort sort;
    enum place place;
    uint32_t unit;
    const char *bytes;
    uint32_t length;
    uint32_t count; /* of offsets */
    uint32_t offsets[13];
} signature;

#define BYTES(literal) literal, sizeof(literal) - 1

static const signature signatures[] = {
    {"qcow2 or qcow", OTHER, AT, 1, BYTES("QFI\xfb"), 1, {0}},
    {"qed", OTHER, AT, 1, BYTES("QED\0"), 1, {0}},
    {"cow", OTHER, AT, 1, BYTES("OOOM"), 1, {0}},
    {"vmdk", OTHER, AT, 1, BYTES("KDMV"), 1, {0}},
    {"vmdk", OTHER, AT, 1, BYTES("COWD"), 1, {0}},
    {"vmdk", OTHER, AT, 1, BYTES("# Disk DescriptorFile"), 1, {0}},
    {"vmdk", OTHER, SHAPE, 1, BYTES(""), 1, {0}},
    {"vpc", OTHER, AT, 1, BYTES("conectix"), 1, {0}},
    {"vhdx", OTHER, AT, 1, BYTES("vhdxfile"), 1, {0}},
    {"parallels", OTHER, AT, 1, BYTES("WithoutFreeSpace"), 1, {0}},
    {"parallels", OTHER, AT, 1, BYTES("WithouFreSpacExt"), 1, {0}},
    {"bochs", OTHER, AT, 1, BYTES("Bochs Virtual HD Image"), 1, {0}},
    {"cloop", OTHER, AT, 1, BYTES("#!/bin/sh\n#V2.0 Format\n"), 1, {0}},
    {"luks", OTHER, AT, 1, BYTES("LUKS\xba\xbe"), 1, {0}},
    {"vdi", OTHER, AT, 1, BYTES("\x7f\x10\xda\xbe"), 1, {64}},
    {"gzip", WRAPPER, AT, 1, BYTES("\x1f\x8b"), 1, {0}},
    {"bzip2", WRAPPER, AT, 1, BYTES("BZh"), 1, {0}},
    {"xz", WRAPPER, AT, 1, BYTES("\xfd\x37zXZ\0"), 1, {0}},
    {"zstd", WRAPPER, AT, 1, BYTES("(\xb5/\xfd"), 1, {0}},
    {"7z", WRAPPER, AT, 1, BYTES("7z\xbc\xaf'\x1c"), 1, {0}},
    {"zip", WRAPPER, AT, 1, BYTES("PK\x03\x04"), 1, {0}},
    {"lz4", WRAPPER, AT, 1, BYTES("\x04\x22M\x18"), 1, {0}},
    {"script", OTHER, AT, 1, BYTES("#!"), 1, {0}},
    {"html", OTHER, AT, 1, BYTES("<!DOCTYPE"), 1, {0}},
    {"html", OTHER, AT, 1, BYTES("<!doctype"), 1, {0}},
    {"html", OTHER, AT, 1, BYTES("<html"), 1, {0}},
    {"html", OTHER, AT, 1, BYTES("<HTML"), 1, {0}},
    {"xml", OTHER, AT, 1, BYTES("<?xml"), 1, {0}},
    {"tar", WRAPPER, AT, 1, BYTES("ustar"), 1, {257}},
    {"tar", WRAPPER, SHAPE, 1, BYTES(""), 1, {0}},
    {"vpc", OTHER, IN_TAIL, 1, BYTES("conectix"), 1, {512}},
    {"dmg", OTHER, IN_TAIL, 1, BYTES("koly"), 1, {1023}},
    {"zip", WRAPPER, IN_TAIL_CHECKED, 1, BYTES("PK\x05\x06"), 1, {65557}},
    {"hdf5",
     DISK,
     AT,
     1,
     BYTES("\x89HDF\r\n\x1a\n"),
     13,
     {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576, 2097152}},
    {"mbr", DISK, AT, 1, BYTES("U\xaa"), 1, {510}},
    {"gpt", DISK, AT, 1, BYTES("EFI PART"), 2, {512, 4096}},
    {"sun", DISK, AT, 1, BYTES("\xda\xbe"), 1, {508}},
    {"bsd", DISK, AT, 1, BYTES("WEV\x82"), 3, {64, 128, 512}},
    {"solaris", DISK, AT, 1, BYTES("\xee\xde\r`"), 1, {524}},
    {"unixware", DISK, AT, 1, BYTES("\xee\xde\r`"), 1, {15004}},
    {"ultrix", DISK, AT, 1, BYTES("W)\x03\0"), 1, {16312}},
    {"ultrix", DISK, AT, 1, BYTES("\0\x03)W"), 1, {16312}},
    {"dasd", DISK, AT, 1, BYTES("\xe5\xd6\xd3\xf1"), 4, {1028, 2052, 4100, 8196}},
    {"dasd", DISK, AT, 1, BYTES("\xd3\xd5\xe7\xf1"), 4, {1024, 2048, 4096, 8192}},
    {"dasd", DISK, AT, 1, BYTES("\xc3\xd4\xe2\xf1"), 4, {1024, 2048, 4096, 8192}},
    {"atari", DISK, SHAPE, 1, BYTES(""), 1, {0}},
    {"lvm", DISK, AT, 1, BYTES("LABELONE"), 3, {512, 1024, 1536}},
    {"stratis", DISK, AT, 1, BYTES("!Stra0tis\x86\xff\x02^Arh"), 2, {516, 4612}},
    {"core storage", DISK, AT, 1, BYTES("CS"), 1, {88}},
    {"bcache", DISK, AT, 1, BYTES("\xc6\x85s\xf6N\x1a\x45\xca\x82\x65\xf5\x7fH\xbam\x81"), 2, {4120, 2097176}},
    {"bcachefs", DISK, AT, 1, BYTES("\xc6\x85s\xf6\x66\xce\x90\xa9\xd9j`\xcf\x80=\xf7\xef"), 2, {4120, 2097176}},
    {"bcache", DISK, BEFORE_END, 1024, BYTES("\xc6\x85s\xf6N\x1a\x45\xca\x82\x65\xf5\x7fH\xbam\x81"), 1, {1048552}},
    {"bcachefs", DISK, BEFORE_END, 1024, BYTES("\xc6\x85s\xf6\x66\xce\x90\xa9\xd9j`\xcf\x80=\xf7\xef"), 1, {1048552}},
    {"vmfs", DISK, AT, 1, BYTES("\r\xd0\x01\xc0"), 1, {1048576}},
    {"vmfs", DISK, AT, 1, BYTES("^\xf1\xab/"), 1, {2097152}},
    {"luks",
     DISK,
     AT,
     1,
     BYTES("SKUL\xba\xbe"),
     9,
     {16384, 32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4194304}},
    {"swap", DISK, AT, 1, BYTES("SWAPSPACE2"), 10, {4086, 8182, 16374, 32758, 65526, 4076, 8172, 16364, 32748, 65516}},
    {"swap", DISK, AT, 1, BYTES("SWAP-SPACE"), 5, {4086, 8182, 16374, 32758, 65526}},
    {"swap", DISK, AT, 1, BYTES("S1SUSPEND"), 5, {4086, 8182, 16374, 32758, 65526}},
    {"swap", DISK, AT, 1, BYTES("S2SUSPEND"), 5, {4086, 8182, 16374, 32758, 65526}},
    {"swap", DISK, AT, 1, BYTES("ULSUSPEND"), 5, {4086, 8182, 16374, 32758, 65526}},
    {"swap", DISK, AT, 1, BYTES("LINHIB0001"), 5, {4086, 8182, 16374, 32758, 65526}},
    {"md raid", DISK, AT, 1, BYTES("\xfcN+\xa9"), 1, {4096}},
    {"md raid", DISK, BEFORE_END, 65536, BYTES("\xfcN+\xa9"), 1, {65536}},
    {"md raid", DISK, BEFORE_END, 65536, BYTES("\xa9+N\xfc"), 1, {65536}},
    {"md raid", DISK, BEFORE_END, 4096, BYTES("\xfcN+\xa9"), 1, {8192}},
    {"ddf raid", DISK, BEFORE_END, 512, BYTES("\xde\x11\xde\x11"), 2, {512, 131584}},
    {"ddf raid", DISK, BEFORE_END, 512, BYTES("\x11\xde\x11\xde"), 2, {512, 131584}},
    {"intel raid", DISK, BEFORE_END, 512, BYTES("Intel Raid ISM Cfg Sig. "), 1, {1024}},
    {"lsi raid", DISK, BEFORE_END, 512, BYTES("$XIDE$"), 1, {512}},
    {"via raid", DISK, BEFORE_END, 512, BYTES("U\xaa\0"), 1, {512}},
    {"via raid", DISK, BEFORE_END, 512, BYTES("U\xaa\x01"), 1, {512}},
    {"via raid", DISK, BEFORE_END, 512, BYTES("U\xaa\x02"), 1, {512}},
    {"silicon raid", DISK, BEFORE_END_CHECKED, 512, BYTES("\0\0\0/"), 1, {416}},
    {"nvidia raid", DISK, BEFORE_END, 512, BYTES("NVIDIA"), 1, {1024}},
    {"promise raid",
     DISK,
     BEFORE_END,
     512,
     BYTES("Promise Technology, Inc."),
     13,
     {8192, 32256, 130560, 131072, 204288, 302592, 345600, 376320, 466432, 486912, 498688, 507392, 1580544}},
    {"highpoint raid", DISK, BEFORE_END, 512, BYTES("\xf3\x16xZ"), 1, {5632}},
    {"highpoint raid", DISK, BEFORE_END, 512, BYTES("\xfd\x16xZ"), 1, {5632}},
    {"highpoint raid", DISK, AT, 1, BYTES("\xf0\x16xZ"), 1, {4640}},
    {"highpoint raid", DISK, AT, 1, BYTES("\xfd\x16xZ"), 1, {4640}},
    {"adaptec raid", DISK, BEFORE_END, 512, BYTES("7\xfcM\x1e"), 1, {512}},
    {"jmicron raid", DISK, BEFORE_END_CHECKED, 512, BYTES("JM"), 1, {512}},
    {"drbd", DISK, BEFORE_END, 1, BYTES("\x83t\x02k"), 1, {4036}},
    {"drbd", DISK, BEFORE_END, 1, BYTES("\x83t\x02l"), 1, {4036}},
    {"drbd", DISK, BEFORE_END, 1, BYTES("\x83t\x02m"), 1, {4036}},
    {"fat", DISK, AT, 1, BYTES("MSDOS"), 1, {54}},
    {"fat", DISK, AT, 1, BYTES("FAT12   "), 1, {54}},
    {"fat", DISK, AT, 1, BYTES("FAT16   "), 1, {54}},
    {"fat", DISK, AT, 1, BYTES("FAT     "), 1, {54}},
    {"fat", DISK, AT, 1, BYTES("FAT32   "), 1, {82}},
    {"fat", DISK, AT, 1, BYTES("MSWIN"), 1, {82}},
    {"ext", DISK, AT, 1, BYTES("S\xef"), 1, {1080}},
    {"f2fs", DISK, AT, 1, BYTES("\x10 \xf5\xf2"), 2, {1024, 4096}},
    {"erofs", DISK, AT, 1, BYTES("\xe2\xe1\xf5\xe0"), 1, {1024}},
    {"nilfs2", DISK, AT_CHECKED, 1, BYTES("44"), 1, {1030}},
    {"nilfs2", DISK, BEFORE_END_CHECKED, 512, BYTES("44"), 1, {4090}},
    {"btrfs", DISK, AT, 1, BYTES("_BHRfS_M"), 1, {65600}},
    {"xfs log", DISK, IN_LOG, 1, BYTES("\xfe\xed\xba\xbe"), 1, {0}},
    {"zfs", DISK, IN_LABEL, 1, BYTES("\x0c\xb1\xba\0\0\0\0\0"), 4, {0, 1, 2, 3}},
    {"zfs", DISK, IN_LABEL, 1, BYTES("\0\0\0\0\0\xba\xb1\x0c"), 4, {0, 1, 2, 3}},
    {"jfs", DISK, AT, 1, BYTES("JFS1"), 1, {32768}},
    {"reiserfs", DISK, AT, 1, BYTES("ReIsEr"), 4, {8212, 8244, 65536, 65588}},
    {"gfs", DISK, AT, 1, BYTES("\x01\x16\x19p"), 1, {65536}},
    {"scoutfs", DISK, AT, 1, BYTES("\x8b\x42<\x10"), 1, {65540}},
    {"ocfs", DISK, AT, 1, BYTES("OracleCFS"), 1, {8192}},
    {"ocfs2", DISK, AT, 1, BYTES("OCFSV2"), 4, {1024, 2048, 4096, 8192}},
    {"cramfs", DISK, AT, 1, BYTES("E=\xcd("), 1, {512}},
    {"cramfs", DISK, AT, 1, BYTES("(\xcd=E"), 1, {512}},
    {"hfs", DISK, AT, 1, BYTES("BD"), 1, {1024}},
    {"hfs+", DISK, AT, 1, BYTES("H+"), 1, {1024}},
    {"hfs+", DISK, AT, 1, BYTES("HX"), 1, {1024}},
    {"mfs", DISK, AT, 1, BYTES("\xd2\xd7"), 1, {1024}},
    {"befs", DISK, AT, 1, BYTES("BFS1"), 1, {544}},
    {"befs", DISK, AT, 1, BYTES("1SFB"), 1, {544}},
    {"hpfs", DISK, AT, 1, BYTES("I\xe8\x95\xf9"), 1, {8192}},
    {"files-11", DISK, AT, 1, BYTES("DECFILE11"), 1, {1008}},
    {"nss", DISK, AT, 1, BYTES("SPB5"), 1, {4096}},
    {"vxfs", DISK, AT, 1, BYTES("\xf5\xfc\x01\xa5"), 2, {1024, 8192}},
    {"vxfs", DISK, AT, 1, BYTES("\xa5\x01\xfc\xf5"), 2, {1024, 8192}},
    {"minix", DISK, AT, 1, BYTES("\x7f\x13"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("\x13\x7f"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("\x8f\x13"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("\x13\x8f"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("h$"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("$h"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("x$"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("$x"), 1, {1040}},
    {"minix", DISK, AT, 1, BYTES("ZM"), 1, {1048}},
    {"minix", DISK, AT, 1, BYTES("MZ"), 1, {1048}},
    {"sysv", DISK, AT, 1, BYTES(" ~\x18\xfd"), 4, {1016, 10232, 16376, 19448}},
    {"sysv", DISK, AT, 1, BYTES("\xfd\x18~ "), 4, {1016, 10232, 16376, 19448}},
    {"xenix", DISK, AT, 1, BYTES("DU+"), 2, {2040, 2048}},
    {"xenix", DISK, AT, 1, BYTES("+UD"), 2, {2041, 2048}},
    {"ufs", DISK, AT, 1, BYTES("T\x19\x01\0"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\0\x01\x19T"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x19\x01T\x19"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x19T\x01\x19"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("8 \x01\x19"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x19\x01 8"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x12V\x19\0"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\0\x19V\x12"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x14P\x09\0"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\0\x09P\x14"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x95!a\0"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\0a!\x95"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x94\x19#\x05"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"ufs", DISK, AT, 1, BYTES("\x05#\x19\x94"), 5, {1372, 9564, 42332, 66908, 263516}},
    {"iso9660", DISK, IN_DESCRIPTOR, 1, BYTES("CD001"), 1, {1}},
    {"iso9660", DISK, AT, 1, BYTES("CD001"), 2, {37633, 339969}},
    {"udf", DISK, IN_DESCRIPTOR, 1, BYTES("BEA01"), 1, {1}},
    {"udf", DISK, IN_DESCRIPTOR, 1, BYTES("BOOT2"), 1, {1}},
    {"udf", DISK, IN_DESCRIPTOR, 1, BYTES("CDW02"), 1, {1}},
    {"udf", DISK, IN_DESCRIPTOR, 1, BYTES("NSR0"), 1, {1}},
    {"udf", DISK, IN_DESCRIPTOR, 1, BYTES("TEA01"), 1, {1}},
    {"high sierra", DISK, IN_DESCRIPTOR, 1, BYTES("CDROM"), 1, {9}},
};

/* ----------------------------------------------------------------- helpers */

/* How the end of the file is treated. */
enum ends { GOES_ON, ENDS };

static gate_answer answer;

/* A policy that reads the header only does not look at the end either. */
static void look(const file_extent *extents, size_t count, uint64_t size, enum ends ends)
{
    memory_source source = source_of_extents(extents, count, size);
    refcow_policy policy = refcow_policy_strict();
    policy.header_only = ends == GOES_ON;
    answer = judge_source(&source, &policy);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
}

static int is_of(const refcow_breach *breach, const char *format)
{
    return breach->magic != REFCOW_NO_MAGIC && strcmp(refcow_magic_format(breach->magic), format) == 0;
}

/* Where the answer says that the format is. */
static uint64_t place_of(const char *format)
{
    uint64_t place = NOWHERE;
    for (size_t i = 0; i < answer.result.breaches_count; i++) {
        const refcow_breach *breach = &answer.breaches[i];
        if (is_of(breach, format)) {
            place = place == NOWHERE ? breach->offset : TWICE;
            CHECK_EQUAL(breach->value, 0);
            CHECK_EQUAL(breach->limit, REFCOW_NO_LIMIT);
            CHECK_EQUAL(breach->snapshot, REFCOW_NO_SNAPSHOT);
            CHECK_EQUAL(breach->name.offset, 0);
        }
    }
    return place;
}

/* The same, with these bytes there and zeros everywhere else. */
static uint64_t look_for(const char *format, uint64_t at, const void *bytes, uint64_t length, uint64_t size,
                         enum ends ends)
{
    file_extent extent = {at, length, bytes};
    look(&extent, 1, size, ends);
    return place_of(format);
}

static uint64_t look_for_row(const signature *row, uint64_t at, uint64_t size, enum ends ends)
{
    return look_for(row->format, at, row->bytes, row->length, size, ends);
}

/* The row with its last byte changed. */
static uint64_t look_for_other(const signature *row, uint64_t at, uint64_t size, enum ends ends)
{
    uint8_t bytes[32];
    memcpy(bytes, row->bytes, row->length);
    bytes[row->length - 1] ^= 0x40;
    return look_for(row->format, at, bytes, row->length, size, ends);
}

static void expect_rule(const char *format, refcow_rule rule)
{
    for (size_t i = 0; i < answer.result.breaches_count; i++) {
        if (is_of(&answer.breaches[i], format)) {
            CHECK_STRING(refcow_rule_name(answer.breaches[i].rule), refcow_rule_name(rule));
        }
    }
}

static void for_each_row(enum place place, void (*test)(const signature *row))
{
    for (size_t i = 0; i < LENGTH(signatures); i++) {
        if (signatures[i].place == place) {
            test(&signatures[i]);
        }
    }
}

/* ------------------------------------------------------------------- names */

static unsigned rows_of(const char *format)
{
    unsigned rows = 0;
    for (size_t i = 0; i < LENGTH(signatures); i++) {
        rows += strcmp(signatures[i].format, format) == 0;
    }
    return rows;
}

static unsigned numbers_of(const char *format)
{
    unsigned numbers = 0;
    for (uint32_t number = 0; number < LENGTH(signatures); number++) {
        numbers += strcmp(refcow_magic_format(number), format) == 0;
    }
    return numbers;
}

/* Numbers are dense. */
static void numbers_have_formats(void)
{
    for (size_t i = 0; i < LENGTH(signatures); i++) {
        CHECK_EQUAL(numbers_of(signatures[i].format), rows_of(signatures[i].format));
    }
    CHECK_STRING(refcow_magic_format(LENGTH(signatures)), "unknown");
    CHECK_STRING(refcow_magic_format(REFCOW_NO_MAGIC), "unknown");
    CHECK_EQUAL(refcow_magic_wraps(LENGTH(signatures)), 0);
    CHECK_EQUAL(refcow_magic_wraps(REFCOW_NO_MAGIC), 0);
    CHECK_EQUAL(refcow_magic_in_raw(LENGTH(signatures)), 0);
    CHECK_EQUAL(refcow_magic_in_raw(REFCOW_NO_MAGIC), 0);
}

/* A format may have rows of two sorts: LUKS is one. The rows of the library stand in the order of the table. */
static void rows_are_of_a_sort(void)
{
    for (uint32_t number = 0; number < LENGTH(signatures); number++) {
        CHECK_STRING(refcow_magic_format(number), signatures[number].format);
        CHECK_EQUAL(refcow_magic_wraps(number), signatures[number].sort == WRAPPER);
        CHECK_EQUAL(refcow_magic_in_raw(number), signatures[number].sort == DISK);
    }
}

/* ------------------------------------------------------- offsets of the start */

static void expect_at_offset(const signature *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        uint64_t offset = row->offsets[i];
        int is_judged = offset == 0 && strcmp(row->format, "qcow2 or qcow") == 0;
        uint64_t place = is_judged ? NOWHERE : offset;
        /* A vpc may also begin in the tail. */
        enum ends ends = strcmp(row->format, "vpc") == 0 ? GOES_ON : ENDS;
        CHECK_EQUAL(look_for_row(row, offset, offset + row->length, ends), place);
        expect_rule(row->format, REFCOW_RULE_OTHER_MAGIC);
        CHECK_EQUAL(look_for_row(row, offset, 8 * MIB, GOES_ON), place);
        CHECK_EQUAL(look_for_row(row, offset + 1, 8 * MIB, GOES_ON), NOWHERE);
        CHECK_EQUAL(look_for_other(row, offset, offset + 2 * SECTOR, ENDS), NOWHERE);
    }
}

static void signatures_stand_at_offsets(void)
{
    for_each_row(AT, expect_at_offset);
}

/* Of several places, the lowest. */
static void expect_first(const signature *row)
{
    for (uint32_t i = 1; i < row->count; i++) {
        file_extent both[2] = {{row->offsets[i - 1], row->length, (const uint8_t *)row->bytes},
                               {row->offsets[i], row->length, (const uint8_t *)row->bytes}};
        if (both[0].offset < both[1].offset) {
            look(both, 2, 8 * MIB, GOES_ON);
            CHECK_EQUAL(place_of(row->format), both[0].offset);
        }
    }
}

static void first_place_counts(void)
{
    for_each_row(AT, expect_first);
}

static void zeros_have_no_signature(void)
{
    static const uint64_t sizes[] = {0, 1, 71, 72, 511, 512, PIECE, PIECE + 1, 8 * MIB};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int ends = GOES_ON; ends <= ENDS; ends++) {
            look(NULL, 0, sizes[i], (enum ends)ends);
            CHECK_KEPT(&answer, OTHER_MAGIC);
            CHECK_KEPT(&answer, OTHER_MAGIC_AT_END);
        }
    }
}

/* Each piece is read once, however large the file is. */
static void searching_has_a_bound(void)
{
    static const uint64_t sizes[] = {100, PIECE, 8 * MIB, (uint64_t)1 << 50, ((uint64_t)1 << 63) - ((uint64_t)1 << 30)};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        memory_source source = source_of_extents(NULL, 0, sizes[i]);
        answer = judge_source(&source, NULL);
        CHECK(source.reads < 128);
        CHECK(answer.result.bytes_read < 3 * MIB);
    }
}

/* ------------------------------------------------------------------- areas */

static void expect_in_descriptor(const signature *row)
{
    enum { DESCRIPTORS = 84 };
    uint64_t start = 32 * KIB + row->offsets[0];
    for (uint64_t i = 0; i < DESCRIPTORS + 2; i++) {
        uint64_t at = start + 2 * KIB * i;
        CHECK_EQUAL(look_for_row(row, at, at + row->length, i % 2 == 0 ? ENDS : GOES_ON),
                    i < DESCRIPTORS ? at : NOWHERE);
        if (i % 16 == 7) {
            CHECK_EQUAL(look_for_row(row, at + 1, at + KIB, ENDS), NOWHERE);
            CHECK_EQUAL(look_for_other(row, at, at + KIB, ENDS), NOWHERE);
        }
    }
    CHECK_EQUAL(look_for_row(row, start - 2 * KIB, MIB, ENDS), NOWHERE);
}

static void signatures_stand_in_descriptors(void)
{
    for_each_row(IN_DESCRIPTOR, expect_in_descriptor);
}

static void expect_in_log(const signature *row)
{
    static const uint64_t sectors[] = {0, 1, 2, 31, 32, 33, 100, 510, 511, 512, 513};
    enum { LOG_FILE_MIN = 10 * MIB };
    for (size_t i = 0; i < LENGTH(sectors); i++) {
        uint64_t at = SECTOR * sectors[i];
        CHECK_EQUAL(look_for_row(row, at, LOG_FILE_MIN, ENDS), sectors[i] < 512 ? at : NOWHERE);
        CHECK_EQUAL(look_for_row(row, at, LOG_FILE_MIN - 1, ENDS), NOWHERE);
        CHECK_EQUAL(look_for_row(row, at, LOG_FILE_MIN - 1, GOES_ON), sectors[i] < 512 ? at : NOWHERE);
        CHECK_EQUAL(look_for_row(row, at + 1, LOG_FILE_MIN, ENDS), NOWHERE);
        CHECK_EQUAL(look_for_other(row, at, LOG_FILE_MIN, ENDS), NOWHERE);
    }
}

static void signatures_stand_in_sectors(void)
{
    for_each_row(IN_LOG, expect_in_log);
}

enum { LABEL = 256 * KIB, UBERBLOCKS = 128 * KIB, LABELLED_FILE_MIN = 64 * MIB };

/* Two labels at the start; two at the end, which is rounded down to whole labels. */
static uint64_t start_of_label(uint64_t label, uint64_t size)
{
    return label < 2 ? label * LABEL : size / LABEL * LABEL - (4 - label) * LABEL;
}

static void expect_in_label(const signature *row)
{
    static const uint64_t sizes[] = {LABELLED_FILE_MIN, LABELLED_FILE_MIN + LABEL - 1, LABELLED_FILE_MIN + LABEL,
                                     (uint64_t)1 << 40};
    static const int blocks[] = {-1, 0, 1, 15, 16, 126, 127, 128};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (uint64_t label = 0; label < 4; label++) {
            for (size_t block = 0; block < LENGTH(blocks); block++) {
                uint64_t at = start_of_label(label, sizes[i]) + UBERBLOCKS + (uint64_t)(KIB * blocks[block]);
                uint64_t place = blocks[block] >= 0 && blocks[block] < 128 ? at : NOWHERE;
                CHECK_EQUAL(look_for_row(row, at, sizes[i], ENDS), place);
                expect_rule(row->format, REFCOW_RULE_OTHER_MAGIC);
                CHECK_EQUAL(look_for_row(row, at, sizes[i], GOES_ON), label < 2 ? place : NOWHERE);
            }
            uint64_t first = start_of_label(label, sizes[i]) + UBERBLOCKS;
            CHECK_EQUAL(look_for_row(row, first + 1, sizes[i], ENDS), NOWHERE);
            CHECK_EQUAL(look_for_other(row, first, sizes[i], ENDS), NOWHERE);
        }
    }
    CHECK_EQUAL(look_for_row(row, UBERBLOCKS, LABELLED_FILE_MIN - 1, ENDS), NOWHERE);
    CHECK_EQUAL(look_for_row(row, UBERBLOCKS, LABELLED_FILE_MIN - 1, GOES_ON), UBERBLOCKS);
}

static void signatures_stand_in_labels(void)
{
    for_each_row(IN_LABEL, expect_in_label);
}

/* --------------------------------------------------------------------- end */

/* All of the signature is in the file, and begins in its last bytes. */
static void expect_in_tail_of(const signature *row, uint64_t size)
{
    uint64_t tail = row->offsets[0];
    uint64_t backs[] = {1,    row->length - 1, row->length, row->length + 1, 20, 100, 300, tail - 1,
                        tail, tail + 1,        tail + 9,    size % PIECE,    0};
    for (size_t i = 0; i < LENGTH(backs); i++) {
        for (uint64_t back = backs[i]; back > 0 && back < backs[i] + row->length && back < size; back++) {
            uint64_t at = size - back;
            uint64_t length = row->length < back ? row->length : back;
            uint64_t place = back >= row->length && back <= tail ? at : NOWHERE;
            CHECK_EQUAL(look_for(row->format, at, row->bytes, length, size, ENDS), place);
            expect_rule(row->format, REFCOW_RULE_OTHER_MAGIC_AT_END);
        }
    }
}

static void expect_in_tail(const signature *row)
{
    static const uint64_t sizes[] = {2000, PIECE + 300, PIECE + 2, 2 * PIECE + 100, MIB, ((uint64_t)1 << 40) + 5};
    uint8_t twice[100] = {0};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        expect_in_tail_of(row, sizes[i]);
        CHECK_EQUAL(look_for_other(row, sizes[i] - 20, sizes[i], ENDS), NOWHERE);
        CHECK_EQUAL(look_for_row(row, sizes[i] - 20, sizes[i], GOES_ON), NOWHERE);
    }
    CHECK_EQUAL(look_for(row->format, 1, row->bytes, row->length - 1, row->length - 1, ENDS), NOWHERE);
    CHECK_EQUAL(look_for_row(row, 1, row->length + 1, ENDS), 1);
    memcpy(twice + 3, row->bytes, row->length);
    memcpy(twice + 50, row->bytes, row->length);
    CHECK_EQUAL(look_for(row->format, 0, twice, sizeof twice, sizeof twice, ENDS), 3);
    /* Over the border of two pieces. */
    for (uint64_t cut = 1; cut < row->length; cut++) {
        CHECK_EQUAL(look_for_row(row, 2 * PIECE - cut, 2 * PIECE + 20, ENDS), 2 * PIECE - cut);
        CHECK_EQUAL(look_for_other(row, 2 * PIECE - cut, 2 * PIECE + 20, ENDS), NOWHERE);
    }
}

static void signatures_stand_in_the_tail(void)
{
    for_each_row(IN_TAIL, expect_in_tail);
}

static void expect_before_end_of(const signature *row, uint64_t distance, uint64_t size)
{
    uint64_t at = size - size % row->unit - distance;
    if (at == 4 * KIB) {
        return; /* from the start, one of the RAIDs stands there */
    }
    CHECK_EQUAL(look_for_row(row, at, size, ENDS), at);
    expect_rule(row->format, REFCOW_RULE_OTHER_MAGIC_AT_END);
    CHECK_EQUAL(look_for_row(row, at, size, GOES_ON), NOWHERE);
    CHECK_EQUAL(look_for_row(row, at + 1, size + (uint64_t)2 * row->unit, ENDS), NOWHERE);
    CHECK_EQUAL(look_for_other(row, at, size, ENDS), NOWHERE);
}

static void expect_before_end(const signature *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        uint64_t distance = row->offsets[i];
        uint64_t smallest = (distance + row->unit - 1) / row->unit * row->unit;
        uint64_t sizes[] = {smallest, smallest + row->unit - 1, smallest + row->unit, ((uint64_t)1 << 50) + 12345};
        for (size_t size = 0; size < LENGTH(sizes); size++) {
            expect_before_end_of(row, distance, sizes[size]);
        }
        if (i > 0) { /* of several places, the last one */
            file_extent both[2] = {{4 * MIB - distance, row->length, (const uint8_t *)row->bytes},
                                   {4 * MIB - row->offsets[i - 1], row->length, (const uint8_t *)row->bytes}};
            look(both, 2, 4 * MIB, ENDS);
            CHECK_EQUAL(place_of(row->format), both[1].offset);
        }
    }
    if (row->offsets[0] > 1) {
        uint64_t smallest = ((uint64_t)row->offsets[0] + row->unit - 1) / row->unit * row->unit;
        CHECK_EQUAL(look_for_row(row, 0, smallest - 1, ENDS), NOWHERE);
    }
}

static void signatures_stand_before_the_end(void)
{
    for_each_row(BEFORE_END, expect_before_end);
}

/* --------------------------------------------------------------------- zip */

enum { ZIP_END = 22 };

/* A record at `at`, with the length of its directory, whose head is at `head_at`, and that of its comment. */
static uint64_t look_for_zip(uint64_t at, uint64_t size, uint32_t directory, unsigned comment, uint64_t head_at)
{
    uint8_t end[ZIP_END] = "PK\5\6";
    for (unsigned i = 0; i < 4; i++) {
        end[12 + i] = (uint8_t)(directory >> 8 * i);
    }
    end[20] = (uint8_t)comment;
    end[21] = (uint8_t)(comment >> 8);
    file_extent extents[2] = {{head_at, 4, (const uint8_t *)"PK\1\2"},
                              {at, size - at < sizeof end ? size - at : sizeof end, end}};
    int has_head = head_at != NOWHERE;
    look(has_head ? extents : extents + 1, has_head ? 2 : 1, size, ENDS);
    expect_rule("zip", REFCOW_RULE_OTHER_MAGIC_AT_END);
    return place_of("zip");
}

static const uint64_t zip_sizes[] = {ZIP_END, 100, PIECE, PIECE + 6, PIECE + 21, PIECE + 22, 200000, (uint64_t)1 << 33};

/* What ends with its record, or with a comment of the right length, is one, whatever else it says. */
static void zip_ends_with_its_record(void)
{
    for (size_t i = 0; i < LENGTH(zip_sizes); i++) {
        uint64_t size = zip_sizes[i];
        uint64_t end = size - ZIP_END;
        CHECK_EQUAL(look_for_zip(end, size, 0, 0, NOWHERE), end);
        CHECK_EQUAL(look_for_zip(end, size, 7, 9, NOWHERE), end);
        CHECK_EQUAL(look_for_row(&(signature){.format = "zip", .bytes = "PK\5\6", .length = 4}, end, size, GOES_ON),
                    NOWHERE);
        for (uint64_t comment = 1; comment < 4 && comment <= end; comment++) {
            CHECK_EQUAL(look_for_zip(end - comment, size, 0, (unsigned)comment, NOWHERE), end - comment);
            CHECK_EQUAL(look_for_zip(end - comment, size, 0, (unsigned)comment + 1, NOWHERE), NOWHERE);
            CHECK_EQUAL(look_for_zip(end - comment, size, 0, 0, NOWHERE), NOWHERE);
        }
        for (uint64_t cut = 1; cut < ZIP_END && cut < size; cut += 4) {
            CHECK_EQUAL(look_for_zip(size - cut, size, 0, 0, NOWHERE), NOWHERE);
        }
    }
}

/* Else its directory stands before it. */
static void zip_has_a_directory(void)
{
    for (size_t i = 1; i < LENGTH(zip_sizes); i++) {
        uint64_t at = zip_sizes[i] - 40;
        uint64_t before = at < UINT32_MAX ? at + 1 : UINT32_MAX;
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], 50, 3, at - 50), at);
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], 50, 3, at - 51), NOWHERE);
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], 4, 3, at - 4), at);
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], 0, 3, at - 4), NOWHERE);
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], (uint32_t)before, 3, 0), NOWHERE);
        CHECK_EQUAL(look_for_zip(at, zip_sizes[i], 0x12, 0x1234, NOWHERE), NOWHERE);
    }
    CHECK_EQUAL(look_for_zip(60, 100, 60, 3, 0), 60); /* the directory begins with the file */
    CHECK_EQUAL(look_for_zip(0x1ff000000, 0x1ff000100, 0xff000000, 0, 0x100000000), 0x1ff000000);
}

static void zip_has_a_longest_comment(void)
{
    static const uint64_t sizes[] = {65557, 65558, 70000, 200000};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        uint64_t at = sizes[i] - 65557;
        CHECK_EQUAL(look_for_zip(at, sizes[i], 0, 65535, NOWHERE), at);
        CHECK_EQUAL(look_for_zip(at, sizes[i], 0, 65534, NOWHERE), NOWHERE);
        CHECK(at == 0 || look_for_zip(at - 1, sizes[i], 0, 65535, NOWHERE) == NOWHERE);
        CHECK(at < 65540 || look_for_zip(at, sizes[i], 65540, 0, at - 65540) == at);
        CHECK(at < 65540 || look_for_zip(at - 1, sizes[i], 65540, 0, at - 1 - 65540) == NOWHERE);
    }
}

/* As many records as the tail holds, each with a directory to be looked at. */
static void many_zip_records_have_a_bound(void)
{
    static uint8_t records[65557];
    static const char head[4] = "PK\5\6";
    enum { RECORDS = sizeof records / ZIP_END };
    for (size_t i = 0; i < RECORDS; i++) {
        memcpy(records + ZIP_END * i, head, sizeof head);
        records[ZIP_END * i + 12] = 9;
        records[ZIP_END * i + 20] = 1;
    }
    file_extent extent = {MIB, sizeof records, records};
    memory_source source = source_of_extents(&extent, 1, MIB + sizeof records + 1);
    answer = judge_source(&source, NULL);
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
    CHECK_EQUAL(place_of("zip"), NOWHERE);
    CHECK(source.reads > RECORDS);
    CHECK(source.reads < RECORDS + 128);
}

/* ----------------------------------------------------- checks of other rows */

static void nilfs_says_how_long_it_is(void)
{
    static const uint64_t sizes[] = {MIB, MIB + 1, MIB - 1, MIB + PIECE - SECTOR, 20 * MIB};
    static const unsigned lengths[] = {23, 24, 256, 1024, 1025, 65535};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t length = 0; length < LENGTH(lengths); length++) {
            uint8_t bytes[4] = {0x34, 0x34, (uint8_t)lengths[length], (uint8_t)(lengths[length] >> 8)};
            int is_right = lengths[length] >= 24 && lengths[length] <= 1024;
            uint64_t end = sizes[i] / SECTOR * SECTOR - 8 * SECTOR + 6;
            CHECK_EQUAL(look_for("nilfs2", 1030, bytes, 4, sizes[i], GOES_ON), is_right ? 1030 : NOWHERE);
            CHECK_EQUAL(look_for("nilfs2", 1030, bytes, 4, sizes[i], ENDS),
                        is_right && sizes[i] >= MIB ? 1030 : NOWHERE);
            expect_rule("nilfs2", REFCOW_RULE_OTHER_MAGIC);
            CHECK_EQUAL(look_for("nilfs2", end, bytes, 4, sizes[i], ENDS), is_right && sizes[i] >= MIB ? end : NOWHERE);
            expect_rule("nilfs2", REFCOW_RULE_OTHER_MAGIC_AT_END);
            CHECK_EQUAL(look_for("nilfs2", end, bytes, 4, sizes[i], GOES_ON), NOWHERE);
            CHECK_EQUAL(look_for("nilfs2", end + 1, bytes, 4, sizes[i], ENDS), NOWHERE);
        }
    }
    CHECK_EQUAL(look_for("nilfs2", 1030, "\x34\x35\0\1", 4, MIB, ENDS), NOWHERE);
}

/* The last sector has the signature of a RAID, and its first words have this sum. */
static uint64_t look_for_sum(const signature *row, unsigned words, unsigned wanted, uint8_t fill, uint64_t size)
{
    uint8_t sector[SECTOR];
    uint64_t start = size / SECTOR * SECTOR - SECTOR;
    file_extent extent = {start, SECTOR, sector};
    unsigned sum = 0;
    memset(sector, fill, sizeof sector);
    memcpy(sector + SECTOR - row->offsets[0], row->bytes, row->length);
    for (size_t word = 0; word + 1 < words; word++) {
        sum += sector[2 * word] + 256u * sector[2 * word + 1];
    }
    sector[2 * words - 2] = (uint8_t)(wanted - sum);
    sector[2 * words - 1] = (uint8_t)((wanted - sum) >> 8);
    look(&extent, 1, size, ENDS);
    expect_rule(row->format, REFCOW_RULE_OTHER_MAGIC_AT_END);
    return place_of(row->format);
}

static void expect_sum(const signature *row)
{
    static const uint64_t sizes[] = {SECTOR, 2 * SECTOR - 1, PIECE, PIECE + SECTOR, 70000};
    int is_jmicron = strcmp(row->format, "jmicron raid") == 0;
    unsigned words = is_jmicron ? 64 : 160;
    if (strcmp(row->format, "nilfs2") == 0) {
        return;
    }
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        uint64_t at = sizes[i] / SECTOR * SECTOR - row->offsets[0];
        for (int fill = 0; fill <= 0xfe; fill += 0xfe) {
            CHECK_EQUAL(look_for_sum(row, words, 0, (uint8_t)fill, sizes[i]), at);
            CHECK_EQUAL(look_for_sum(row, words, 1, (uint8_t)fill, sizes[i]), is_jmicron ? at : NOWHERE);
            CHECK_EQUAL(look_for_sum(row, words, 2, (uint8_t)fill, sizes[i]), NOWHERE);
            CHECK_EQUAL(look_for_sum(row, words, 256, (uint8_t)fill, sizes[i]), NOWHERE);
        }
    }
}

static void members_of_a_raid_have_a_sum(void)
{
    for_each_row(BEFORE_END_CHECKED, expect_sum);
}

/* ------------------------------------------------------------------ shapes */

enum { TAR_HEADER = 512, TAR_SUM = 148 };

static unsigned sum_of_tar(const uint8_t *header)
{
    unsigned sum = 8 * ' ';
    for (unsigned i = 0; i < TAR_HEADER; i++) {
        sum += i < TAR_SUM || i >= TAR_SUM + 8 ? header[i] : 0;
    }
    return sum;
}

/* How a sum is written: with blanks and zeros before it, and something behind. */
typedef struct tar_form {
    int width;
    int digits;
    const char *behind;
} tar_form;

/* The header with this sum, right or not, in this form. */
static void expect_tar(uint8_t *header, const tar_form *form, unsigned sum, int is_tar)
{
    char text[20];
    snprintf(text, sizeof text, "%*.*o%s", form->width, form->digits, sum, form->behind);
    memcpy(header + TAR_SUM, text, strlen(text) < 8 ? strlen(text) + 1 : 8);
    CHECK_EQUAL(look_for("tar", 0, header, TAR_HEADER, TAR_HEADER, ENDS), is_tar ? 0 : NOWHERE);
    CHECK_EQUAL(look_for("tar", 0, header, TAR_HEADER, 5000, GOES_ON), is_tar ? 0 : NOWHERE);
    CHECK_EQUAL(look_for("tar", 1, header, TAR_HEADER, 5000, ENDS), NOWHERE);
}

static void tar_has_a_sum(void)
{
    static const tar_form forms[] = {{6, 6, ""}, {6, 1, " "}, {8, 1, ""}, {8, 8, ""}, {6, 1, "8"}, {7, 1, "/"}};
    static const char slash_and_sevens[8] = "/7777777";
    for (unsigned high = 0; high < 3; high++) {
        uint8_t header[TAR_HEADER] = "some/name";
        header[100] = high > 0 ? 0xe4 : 0x64;
        header[TAR_SUM - 1] = high > 1 ? 0xff : 1;
        header[TAR_SUM + 8] = 1;
        header[TAR_HEADER - 1] = 1;
        unsigned sum = sum_of_tar(header);
        for (size_t form = 0; form < LENGTH(forms); form++) {
            expect_tar(header, &forms[form], sum, 1);
            expect_tar(header, &forms[form], sum - 1, 0);
            expect_tar(header, &forms[form], sum + 1, 0);
            expect_tar(header, &forms[form], sum - 256 * high, 1); /* bytes with a sign */
            expect_tar(header, &forms[form], sum - 256 * (high + 1), 0);
        }
        memset(header + TAR_SUM, ' ', 8);
        CHECK_EQUAL(look_for("tar", 0, header, TAR_HEADER, TAR_HEADER, ENDS), NOWHERE);
        memcpy(header + TAR_SUM, slash_and_sevens, sizeof slash_and_sevens);
        CHECK_EQUAL(look_for("tar", 0, header, TAR_HEADER, TAR_HEADER, ENDS), NOWHERE);
    }
}

static int is_letter_of_latin(int byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte >= 0xc0;
}

static const char gem_at_sector_16[8] = "\1GEM\0\0\0\x10";

/* An entry that begins at sector 16. */
static void atari_has_an_entry(void)
{
    enum { ENTRIES = 4, ENOUGH = SECTOR * 16 };
    for (unsigned entry = 0; entry <= ENTRIES; entry++) {
        uint8_t start[520] = {0};
        uint8_t *at = start + 454 + (size_t)12 * entry;
        uint64_t place = entry < ENTRIES ? 0 : NOWHERE;
        memcpy(at, gem_at_sector_16, sizeof gem_at_sector_16);
        CHECK_EQUAL(look_for("atari", 0, start, sizeof start, ENOUGH, ENDS), place);
        CHECK_EQUAL(look_for("atari", 0, start, sizeof start, ENOUGH - 1, ENDS), NOWHERE);
        CHECK_EQUAL(look_for("atari", 0, start, sizeof start, sizeof start, GOES_ON), place);
        at[0] = 2;
        CHECK_EQUAL(look_for("atari", 0, start, sizeof start, ENOUGH, ENDS), NOWHERE);
        at[0] = 0xff;
        CHECK_EQUAL(look_for("atari", 0, start, sizeof start, ENOUGH, ENDS), place);
        CHECK_EQUAL(look_for("atari", 1, start, sizeof start, ENOUGH, ENDS), NOWHERE);
    }
}

static void atari_has_three_letters(void)
{
    uint8_t start[520] = {0};
    for (unsigned letter = 1; letter <= 3; letter++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(start + 454, gem_at_sector_16, sizeof gem_at_sector_16);
            start[454 + letter] = (uint8_t)byte;
            CHECK_EQUAL(look_for("atari", 0, start, sizeof start, 16 * SECTOR, ENDS),
                        is_letter_of_latin(byte) ? 0 : NOWHERE);
        }
    }
}

static void vmdk_text_has_a_version(void)
{
    static const struct {
        const char *text;
        int is_vmdk;
    } texts[] = {{"version=1", 1},
                 {"# c\nVeRsIoN \t\r= 2", 1},
                 {"versio=", 0},
                 {" version 1=", 0},
                 {"xversion=", 0},
                 {"\n\n\n\tversion=", 1},
                 {"version", 0},
                 {"version\n=", 0},
                 {"VERSION", 0},
                 {"ver", 0},
                 {"a=b\nc=d\n version =", 1},
                 {"\xf6\xe5version=", 0},
                 {"a\n\r \tversion=", 1},
                 {"version:", 0},
                 {"a\rversion=", 0}};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        uint64_t place = texts[i].is_vmdk ? 0 : NOWHERE;
        size_t length = strlen(texts[i].text);
        CHECK_EQUAL(look_for("vmdk", 0, texts[i].text, length, length, ENDS), place);
        CHECK_EQUAL(look_for("vmdk", 0, texts[i].text, length, 99999, GOES_ON), place);
        /* Some readers take NULs for blanks. */
        CHECK_EQUAL(look_for("vmdk", 5, texts[i].text, length, 99999, ENDS), place);
    }
}

static void vmdk_text_is_in_the_first_bytes(void)
{
    enum { READ = 2048 };
    static const char line[8] = "version=";
    static const char no_line[8] = "version ";
    for (size_t at = READ - 12; at <= READ + 1; at++) {
        for (int is_line = 0; is_line <= 1; is_line++) {
            uint8_t text[READ + 500];
            memset(text, is_line ? '\n' : ' ', sizeof text);
            memcpy(text + at, line, sizeof line);
            CHECK_EQUAL(look_for("vmdk", 0, text, sizeof text, sizeof text, ENDS), at + 8 <= READ ? 0 : NOWHERE);
            memcpy(text + at, no_line, sizeof no_line);
            CHECK_EQUAL(look_for("vmdk", 0, text, sizeof text, sizeof text, ENDS), NOWHERE);
        }
    }
}

/* ---------------------------------------------------------------- raw data */

/* The rule that raw data with this signature breaks. */
static refcow_rule rule_of(const signature *row)
{
    if (strcmp(row->format, "qcow2 or qcow") == 0) {
        return REFCOW_RULE_DECLARED_RAW;
    }
    return row->place == IN_TAIL ? REFCOW_RULE_OTHER_MAGIC_AT_END : REFCOW_RULE_OTHER_MAGIC;
}

/* Any raw disk may have what a disk has. What is no disk is taken for the other format, and qcow2 most of all. */
static void expect_in_raw_data(const signature *row)
{
    uint64_t at = row->place == IN_TAIL ? MIB - SECTOR : row->offsets[0];
    file_extent extent = {at, row->length, (const uint8_t *)row->bytes};
    memory_source source = source_of_extents(&extent, 1, MIB);
    refcow_policy policy = refcow_policy_strict();
    policy.expects_raw = 1;
    answer = judge_source(&source, &policy);
    CHECK_EQUAL(place_of(row->format), row->sort == DISK ? NOWHERE : at);
    expect_rule(row->format, rule_of(row));
    CHECK_DECISION(&answer, row->sort == DISK ? "accept" : "refuse");
}

static void raw_data_may_be_a_disk(void)
{
    for_each_row(AT, expect_in_raw_data);
    for_each_row(IN_TAIL, expect_in_raw_data);
}

/* ---------------------------------------------------------------- failures */

/* What a search that failed has found is there. */
static void fail_each_read(const file_extent *extent, size_t count, uint64_t size)
{
    memory_source source = source_of_extents(extent, count, size);
    uint64_t reads = judge_source(&source, NULL).result.breaches_count > 0 ? source.reads : 0;
    CHECK(reads > 1);
    for (source.fail_at = 1; source.fail_at <= reads; source.fail_at++) {
        answer = judge_source(&source, NULL);
        CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_READ_FAILED);
        CHECK_EQUAL(source.reads, source.fail_at);
    }
    source.fail_at = reads + 1;
    CHECK_EQUAL(judge_source(&source, NULL).result.error.status, REFCOW_STATUS_OK);
}

static void each_read_may_fail(void)
{
    uint8_t zip[ZIP_END] = "PK\5\6";
    zip[12] = 0xf0;
    zip[14] = 2; /* a directory far before */
    file_extent extents[] = {{MIB - 11, ZIP_END, zip}, {MIB - 2, 4, (const uint8_t *)"koly"}};
    fail_each_read(&extents[0], 1, MIB + 60);
    fail_each_read(&extents[1], 1, MIB + 100);
    fail_each_read(NULL, 0, 100);
    fail_each_read(NULL, 0, (uint64_t)1 << 40);
}

/* Whether so much work is enough to search a large file. */
static int is_enough(memory_source *source, uint64_t work)
{
    refcow_gate_options options = {.check.limits.max_work = work};
    answer = run_gate(source, &options);
    CHECK(answer.result.error.status == REFCOW_STATUS_OK ||
          (answer.result.error.status == REFCOW_STATUS_WORK_LIMIT && answer.result.error.value == work));
    return answer.result.error.status == REFCOW_STATUS_OK;
}

/* A unit for four places of a signature. In each piece, each row has one, and in the tail each byte. */
static void comparing_is_work(void)
{
    memory_source source = source_of_extents(NULL, 0, (uint64_t)1 << 40);
    uint64_t least = 0;
    uint64_t most = 1000000;
    while (least + 1 < most) {
        uint64_t middle = (least + most) / 2;
        if (is_enough(&source, middle)) {
            most = middle;
        } else {
            least = middle;
        }
    }
    CHECK(is_enough(&source, most));
    uint64_t pieces = source.reads - 1; /* without the header */
    uint64_t reading = pieces * (128 + (PIECE + SECTOR) / 64);
    CHECK(most > reading + (pieces * LENGTH(signatures) + 65557) / 4);
    CHECK(most < 100000);
}

static void limits_end_the_search(void)
{
    memory_source source = source_of_extents(NULL, 0, (uint64_t)1 << 40);
    refcow_gate_options options = {0};
    for (uint64_t limit = 1; limit < 2 * MIB; limit += 10007) {
        options.check.limits.max_read = limit;
        answer = run_gate(&source, &options);
        CHECK(answer.result.error.status == REFCOW_STATUS_OK ||
              (answer.result.error.status == REFCOW_STATUS_READ_LIMIT && answer.result.error.value == limit));
        CHECK(answer.result.error.status == REFCOW_STATUS_OK || answer.result.bytes_read <= limit);
    }
    CHECK_EQUAL(answer.result.error.status, REFCOW_STATUS_OK);
}

void run_search_tests(void)
{
    RUN(numbers_have_formats);
    RUN(rows_are_of_a_sort);
    RUN(signatures_stand_at_offsets);
    RUN(first_place_counts);
    RUN(zeros_have_no_signature);
    RUN(searching_has_a_bound);
    RUN(signatures_stand_in_descriptors);
    RUN(signatures_stand_in_sectors);
    RUN(signatures_stand_in_labels);
    RUN(signatures_stand_in_the_tail);
    RUN(signatures_stand_before_the_end);
    RUN(zip_ends_with_its_record);
    RUN(zip_has_a_directory);
    RUN(zip_has_a_longest_comment);
    RUN(many_zip_records_have_a_bound);
    RUN(nilfs_says_how_long_it_is);
    RUN(members_of_a_raid_have_a_sum);
    RUN(tar_has_a_sum);
    RUN(atari_has_an_entry);
    RUN(atari_has_three_letters);
    RUN(vmdk_text_has_a_version);
    RUN(vmdk_text_is_in_the_first_bytes);
    RUN(raw_data_may_be_a_disk);
    RUN(each_read_may_fail);
    RUN(comparing_is_work);
    RUN(limits_end_the_search);
}
