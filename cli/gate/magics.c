#include "magics.h"

/* A row of the table. The NUL of a string does not count. */
#define LIST(...) (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define ROW(place, format, bytes, unit, check, in_raw, ...)                                                            \
    {format, bytes, sizeof(bytes) - 1, LIST(__VA_ARGS__), place, unit, check, in_raw}
#define ENOUGH MAGIC_IS_ENOUGH

/* Formats that a raw disk does not have. */
#define AT(format, bytes, ...) ROW(MAGIC_AT_OFFSET, format, bytes, 0, ENOUGH, false, __VA_ARGS__)
#define IN_TAIL(format, bytes, check, length) ROW(MAGIC_IN_TAIL, format, bytes, 0, check, false, length)
#define SHAPE(format, check, in_raw) ROW(MAGIC_SHAPE, format, "", 0, check, in_raw, 0)

/* Formats of what a raw disk is or has: partition tables, file systems, volumes, members of a RAID. */
#define DISK_CHECKED(format, bytes, check, ...) ROW(MAGIC_AT_OFFSET, format, bytes, 0, check, true, __VA_ARGS__)
#define DISK(format, bytes, ...) DISK_CHECKED(format, bytes, ENOUGH, __VA_ARGS__)
#define DISC(format, bytes, offset) ROW(MAGIC_IN_DESCRIPTOR, format, bytes, 0, ENOUGH, true, offset)
#define IN_PLACES(place, format, bytes) ROW(place, format, bytes, 0, ENOUGH, true, 0)
#define END_CHECKED(format, bytes, unit, check, ...)                                                                   \
    ROW(MAGIC_BEFORE_END, format, bytes, unit, check, true, __VA_ARGS__)
#define END(format, bytes, unit, ...) END_CHECKED(format, bytes, unit, ENOUGH, __VA_ARGS__)

#define KIB UINT64_C(1024)
#define SECTOR UINT64_C(512)

/* So many bytes before the end of the first page, in each size of page. */
#define PAGES_LESS(bytes)                                                                                              \
    4 * KIB - (bytes), 8 * KIB - (bytes), 16 * KIB - (bytes), 32 * KIB - (bytes), 64 * KIB - (bytes)

/* The superblock of a UFS is at 0, 8, 40, 64, or 256 KiB; in the machine's order of bytes. */
#define UFS_MAGIC UINT64_C(1372)
#define UFS(little, big)                                                                                               \
    DISK("ufs", little, UFS_MAGIC, 8 * KIB + UFS_MAGIC, 40 * KIB + UFS_MAGIC, 64 * KIB + UFS_MAGIC,                    \
         256 * KIB + UFS_MAGIC),                                                                                       \
        DISK("ufs", big, UFS_MAGIC, 8 * KIB + UFS_MAGIC, 40 * KIB + UFS_MAGIC, 64 * KIB + UFS_MAGIC,                   \
             256 * KIB + UFS_MAGIC)

/* The superblock of a System V file system ends in a block of 1 KiB. */
#define SYSV(bytes) DISK("sysv", bytes, 1016, 9 * KIB + 1016, 15 * KIB + 1016, 18 * KIB + 1016)

#define PROMISE(sectors) (UINT64_C(sectors) * SECTOR)

#define BCACHE "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"
#define BCACHEFS "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"

/*
 * The signatures by which libblkid, file(1), qemu and libvirt know formats, at all offsets at which they look. Formats
 * are left out whose signature overwrites the magic or the version of qcow2. Readers check more than a signature, a
 * checksum for example, but readers differ in that: here the signature is enough. A row has a check if its signature is
 * short and stands where a guest's data may be. The price: an image is refused in which a guest's data happens to have
 * a signature of this table at its offset.
 *
 * The backup of a GPT at the end is not among them: an honest image ends with it if its last cluster is the last one of
 * the disk. Readers use it only together with an MBR or the primary GPT.
 */
const magic magics[] = {
    /* disk images and archives; the first row is the format that is judged */
    AT("qcow2 or qcow", "QFI\xfb", 0),
    AT("qed", "QED\0", 0),
    AT("cow", "OOOM", 0),
    AT("vmdk", "KDMV", 0),
    AT("vmdk", "COWD", 0),
    AT("vmdk", "# Disk DescriptorFile", 0),
    SHAPE("vmdk", SHAPE_OF_VMDK_TEXT, false),
    AT("vpc", "conectix", 0),
    AT("vhdx", "vhdxfile", 0),
    AT("parallels", "WithoutFreeSpace", 0),
    AT("parallels", "WithouFreSpacExt", 0),
    AT("bochs", "Bochs Virtual HD Image", 0),
    AT("cloop", "#!/bin/sh\n#V2.0 Format\n", 0),
    AT("luks", "LUKS\xba\xbe", 0),
    AT("vdi", "\x7f\x10\xda\xbe", 64),
    AT("tar", "ustar", 257),
    SHAPE("tar", SHAPE_OF_TAR, false),
    IN_TAIL("vpc", "conectix", ENOUGH, 512),
    IN_TAIL("dmg", "koly", ENOUGH, 1023),
    IN_TAIL("zip", "PK\x05\x06", MAGIC_OF_ZIP, 22 + 65535),
    DISK("hdf5", "\x89HDF\r\n\x1a\n", 512, 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB,
         256 * KIB, 512 * KIB, 1024 * KIB, 2048 * KIB),

    /* partition tables */
    DISK("mbr", "\x55\xaa", 510),
    DISK("gpt", "EFI PART", 512, 4096),
    DISK("sun", "\xda\xbe", 508),
    DISK("bsd", "\x57\x45\x56\x82", 64, 128, 512),
    DISK("solaris", "\xee\xde\x0d\x60", 524),
    DISK("unixware", "\xee\xde\x0d\x60", 29 * SECTOR + 156),
    DISK("ultrix", "\x57\x29\x03\0", 16 * KIB - 72),
    DISK("ultrix", "\0\x03\x29\x57", 16 * KIB - 72),
    DISK("dasd", "\xe5\xd6\xd3\xf1", 1 * KIB + 4, 2 * KIB + 4, 4 * KIB + 4, 8 * KIB + 4),
    DISK("dasd", "\xd3\xd5\xe7\xf1", 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB),
    DISK("dasd", "\xc3\xd4\xe2\xf1", 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB),
    SHAPE("atari", SHAPE_OF_ATARI, true),

    /* volumes, encryption, caches, swap */
    DISK("lvm", "LABELONE", 512, 1024, 1536), /* in one of four sectors; the first would be no qcow2 */
    DISK("stratis", "!Stra0tis\x86\xff\x02^\x41rh", 516, 4612),
    DISK("core storage", "CS", 88),
    DISK("bcache", BCACHE, 4120, 2048 * KIB + 24),
    DISK("bcachefs", BCACHEFS, 4120, 2048 * KIB + 24),
    END("bcache", BCACHE, 1024, 1024 * KIB - 24),
    END("bcachefs", BCACHEFS, 1024, 1024 * KIB - 24),
    DISK("vmfs", "\x0d\xd0\x01\xc0", 1024 * KIB),
    DISK("vmfs", "\x5e\xf1\xab\x2f", 2048 * KIB),
    /* LUKS 2 has a second header; where, depends on the length of the first. blkid is content with the second. */
    DISK("luks", "SKUL\xba\xbe", 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, 1024 * KIB, 2048 * KIB,
         4096 * KIB),
    DISK("swap", "SWAPSPACE2", PAGES_LESS(10), PAGES_LESS(20)),
    DISK("swap", "SWAP-SPACE", PAGES_LESS(10)),
    DISK("swap", "S1SUSPEND", PAGES_LESS(10)),
    DISK("swap", "S2SUSPEND", PAGES_LESS(10)),
    DISK("swap", "ULSUSPEND", PAGES_LESS(10)),
    DISK("swap", "LINHIB0001", PAGES_LESS(10)),

    /* members of a RAID, and replicas */
    DISK("md raid", "\xfc\x4e\x2b\xa9", 4096),
    END("md raid", "\xfc\x4e\x2b\xa9", 65536, 65536),
    END("md raid", "\xa9\x2b\x4e\xfc", 65536, 65536),
    END("md raid", "\xfc\x4e\x2b\xa9", 4096, 8192),
    END("ddf raid", "\xde\x11\xde\x11", SECTOR, 1 * SECTOR, 257 * SECTOR),
    END("ddf raid", "\x11\xde\x11\xde", SECTOR, 1 * SECTOR, 257 * SECTOR),
    END("intel raid", "Intel Raid ISM Cfg Sig. ", SECTOR, 2 * SECTOR),
    END("lsi raid", "$XIDE$", SECTOR, 1 * SECTOR),
    END("via raid", "\x55\xaa\0", SECTOR, 1 * SECTOR), /* and a version */
    END("via raid", "\x55\xaa\1", SECTOR, 1 * SECTOR),
    END("via raid", "\x55\xaa\2", SECTOR, 1 * SECTOR),
    END_CHECKED("silicon raid", "\0\0\0\x2f", SECTOR, MAGIC_OF_SILICON, 1 * SECTOR - 96),
    END("nvidia raid", "NVIDIA", SECTOR, 2 * SECTOR),
    END("promise raid", "Promise Technology, Inc.", SECTOR, PROMISE(16), PROMISE(63), PROMISE(255), PROMISE(256),
        PROMISE(399), PROMISE(591), PROMISE(675), PROMISE(735), PROMISE(911), PROMISE(951), PROMISE(974), PROMISE(991),
        PROMISE(3087)),
    END("highpoint raid", "\xf3\x16\x78\x5a", SECTOR, 11 * SECTOR),
    END("highpoint raid", "\xfd\x16\x78\x5a", SECTOR, 11 * SECTOR),
    DISK("highpoint raid", "\xf0\x16\x78\x5a", 9 * SECTOR + 32),
    DISK("highpoint raid", "\xfd\x16\x78\x5a", 9 * SECTOR + 32),
    END("adaptec raid", "\x37\xfc\x4d\x1e", SECTOR, 1 * SECTOR),
    END_CHECKED("jmicron raid", "JM", SECTOR, MAGIC_OF_JMICRON, 1 * SECTOR),
    END("drbd", "\x83\x74\x02\x6b", 1, 4096 - 60),
    END("drbd", "\x83\x74\x02\x6c", 1, 4096 - 60),
    END("drbd", "\x83\x74\x02\x6d", 1, 4096 - 60),

    /* file systems */
    DISK("fat", "MSDOS", 54),
    DISK("fat", "FAT12   ", 54),
    DISK("fat", "FAT16   ", 54),
    DISK("fat", "FAT     ", 54),
    DISK("fat", "FAT32   ", 82),
    DISK("fat", "MSWIN", 82),
    DISK("ext", "\x53\xef", 1080),
    DISK("f2fs", "\x10\x20\xf5\xf2", 1024, 4096),
    DISK("erofs", "\xe2\xe1\xf5\xe0", 1024),
    DISK_CHECKED("nilfs2", "\x34\x34", MAGIC_OF_NILFS, 1030),
    END_CHECKED("nilfs2", "\x34\x34", SECTOR, MAGIC_OF_NILFS, 8 * SECTOR - 6),
    DISK("btrfs", "_BHRfS_M", 65600),
    IN_PLACES(MAGIC_IN_SECTOR, "xfs log", "\xfe\xed\xba\xbe"),
    IN_PLACES(MAGIC_IN_LABEL, "zfs", "\x0c\xb1\xba\0\0\0\0\0"),
    IN_PLACES(MAGIC_IN_LABEL, "zfs", "\0\0\0\0\0\xba\xb1\x0c"),
    DISK("jfs", "JFS1", 32768),
    DISK("reiserfs", "ReIsEr", 8212, 8244, 65536, 65588),
    DISK("gfs", "\x01\x16\x19\x70", 65536),
    DISK("scoutfs", "\x8b\x42\x3c\x10", 65540),
    DISK("ocfs", "OracleCFS", 8192),
    DISK("ocfs2", "OCFSV2", 1024, 2048, 4096, 8192),
    DISK("cramfs", "\x45\x3d\xcd\x28", 512),
    DISK("cramfs", "\x28\xcd\x3d\x45", 512),
    DISK("hfs", "BD", 1024),
    DISK("hfs+", "H+", 1024),
    DISK("hfs+", "HX", 1024),
    DISK("mfs", "\xd2\xd7", 1024),
    DISK("befs", "BFS1", 544),
    DISK("befs", "1SFB", 544),
    DISK("hpfs", "\x49\xe8\x95\xf9", 8192),
    DISK("files-11", "DECFILE11", 1008),
    DISK("nss", "SPB5", 4096),
    DISK("vxfs", "\xf5\xfc\x01\xa5", 1024, 8192),
    DISK("vxfs", "\xa5\x01\xfc\xf5", 1024, 8192),
    DISK("minix", "\x7f\x13", 1040),
    DISK("minix", "\x13\x7f", 1040),
    DISK("minix", "\x8f\x13", 1040),
    DISK("minix", "\x13\x8f", 1040),
    DISK("minix", "\x68\x24", 1040),
    DISK("minix", "\x24\x68", 1040),
    DISK("minix", "\x78\x24", 1040),
    DISK("minix", "\x24\x78", 1040),
    DISK("minix", "\x5a\x4d", 1048),
    DISK("minix", "\x4d\x5a", 1048),
    SYSV("\x20\x7e\x18\xfd"),
    SYSV("\xfd\x18\x7e\x20"),
    DISK("xenix", "\x44\x55\x2b", 2040, 2048),
    DISK("xenix", "\x2b\x55\x44", 2041, 2048),
    UFS("\x54\x19\x01\0", "\0\x01\x19\x54"),
    UFS("\x19\x01\x54\x19", "\x19\x54\x01\x19"),
    UFS("\x38\x20\x01\x19", "\x19\x01\x20\x38"),
    UFS("\x12\x56\x19\0", "\0\x19\x56\x12"),
    UFS("\x14\x50\x09\0", "\0\x09\x50\x14"),
    UFS("\x95\x21\x61\0", "\0\x61\x21\x95"),
    UFS("\x94\x19\x23\x05", "\x05\x23\x19\x94"),

    /* CDs and DVDs */
    DISC("iso9660", "CD001", 1),
    DISK("iso9660", "CD001", 16 * 2352 + 1, 300 * KIB + 32769), /* with raw sectors; of Nero */
    DISC("udf", "BEA01", 1),
    DISC("udf", "BOOT2", 1),
    DISC("udf", "CDW02", 1),
    DISC("udf", "NSR0", 1),
    DISC("udf", "TEA01", 1),
    DISC("high sierra", "CDROM", 9),
    {.format = NULL},
};

_Static_assert(sizeof magics / sizeof magics[0] <= MAGICS_MAX + 1, "MAGICS_MAX");
