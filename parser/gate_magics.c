#include "gate_magics.h"

#include "gate.h"

/*
 * The signatures by which libblkid, file(1), qemu and libvirt know formats, at all offsets at which they look. Formats
 * are left out whose signature overwrites the magic or the version of qcow2. Readers check more than a signature, a
 * checksum for example, but readers differ in that: here the signature is enough. A row has a check if its signature is
 * short and stands where a guest's data may be. The price: an image is refused in which a guest's data happens to have
 * a signature of this table at its offset.
 *
 * The backup of a GPT at the end is not among them: an honest image ends with it if its last cluster is the last one of
 * the disk. Readers use it only together with an MBR or the primary GPT.
 *
 * A row is X(id, "format", "bytes", place, unit_bits, check, flags, offsets...). Each id is there once. The NUL that
 * ends a string does not count.
 */
enum { MAGIC_IN_RAW = 1, MAGIC_WRAPS = 2 }; /* flags */

/* Formats that a raw disk does not have. */
#define MAGIC_AT(X, id, format, bytes, ...) X(id, format, bytes, MAGIC_AT_OFFSET, 0, MAGIC_IS_ENOUGH, 0, __VA_ARGS__)
#define MAGIC_WRAPPER(X, id, format, bytes, ...)                                                                       \
    X(id, format, bytes, MAGIC_AT_OFFSET, 0, MAGIC_IS_ENOUGH, MAGIC_WRAPS, __VA_ARGS__)
#define MAGIC_TAIL(X, id, format, bytes, check, flags, length)                                                         \
    X(id, format, bytes, MAGIC_IN_TAIL, 0, check, flags, length)
#define MAGIC_SHAPE(X, id, format, check, flags) X(id, format, "", MAGIC_AT_OFFSET, 0, check, flags, 0)

/* Formats of what a raw disk is or has: partition tables, file systems, volumes, members of a RAID. */
#define MAGIC_DISK_CHECKED(X, id, format, bytes, check, ...)                                                           \
    X(id, format, bytes, MAGIC_AT_OFFSET, 0, check, MAGIC_IN_RAW, __VA_ARGS__)
#define MAGIC_DISK(X, id, format, bytes, ...) MAGIC_DISK_CHECKED(X, id, format, bytes, MAGIC_IS_ENOUGH, __VA_ARGS__)
#define MAGIC_DISC(X, id, format, bytes, offset)                                                                       \
    X(id, format, bytes, MAGIC_IN_DESCRIPTOR, 0, MAGIC_IS_ENOUGH, MAGIC_IN_RAW, offset)
#define MAGIC_IN_LOG(X, id, format, bytes) X(id, format, bytes, MAGIC_IN_SECTOR, 0, MAGIC_IS_ENOUGH, MAGIC_IN_RAW, 0)
#define MAGIC_IN_LABELS(X, id, format, bytes)                                                                          \
    X(id, format, bytes, MAGIC_IN_LABEL, 0, MAGIC_IS_ENOUGH, MAGIC_IN_RAW, 0, 1, 2, 3)
#define MAGIC_END_CHECKED(X, id, format, bytes, unit_bits, check, ...)                                                 \
    X(id, format, bytes, MAGIC_BEFORE_END, unit_bits, check, MAGIC_IN_RAW, __VA_ARGS__)
#define MAGIC_END(X, id, format, bytes, unit_bits, ...)                                                                \
    MAGIC_END_CHECKED(X, id, format, bytes, unit_bits, MAGIC_IS_ENOUGH, __VA_ARGS__)

#define KIB 1024u

/* So many bytes before the end of the first page, in each size of page. */
#define MAGIC_PAGES_LESS(bytes)                                                                                        \
    4 * KIB - (bytes), 8 * KIB - (bytes), 16 * KIB - (bytes), 32 * KIB - (bytes), 64 * KIB - (bytes)

/* The superblock of a UFS is at 0, 8, 40, 64, or 256 KiB; in the machine's order of bytes. */
#define MAGIC_AT_UFS 1372u
#define MAGIC_UFS(X, id, little, big)                                                                                  \
    MAGIC_DISK(X, id##_LITTLE, "ufs", little, MAGIC_AT_UFS, 8 * KIB + MAGIC_AT_UFS, 40 * KIB + MAGIC_AT_UFS,           \
               64 * KIB + MAGIC_AT_UFS, 256 * KIB + MAGIC_AT_UFS)                                                      \
    MAGIC_DISK(X, id##_BIG, "ufs", big, MAGIC_AT_UFS, 8 * KIB + MAGIC_AT_UFS, 40 * KIB + MAGIC_AT_UFS,                 \
               64 * KIB + MAGIC_AT_UFS, 256 * KIB + MAGIC_AT_UFS)

/* The superblock of a System V file system ends in a block of 1 KiB. */
#define MAGIC_SYSV(X, id, bytes)                                                                                       \
    MAGIC_DISK(X, id, "sysv", bytes, 1016, 9 * KIB + 1016, 15 * KIB + 1016, 18 * KIB + 1016)

#define MAGIC_PROMISE(sectors) ((sectors) * SECTOR_SIZE)

#define MAGIC_BCACHE "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"
#define MAGIC_BCACHEFS "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"

/* Disk images, archives, and what else a file may be. The first row is the format that is judged. */
#define MAGIC_IMAGE_ROWS(X)                                                                                            \
    MAGIC_AT(X, QCOW, "qcow2 or qcow", "QFI\xfb", 0)                                                                   \
    MAGIC_AT(X, QED, "qed", "QED\0", 0)                                                                                \
    MAGIC_AT(X, COW, "cow", "OOOM", 0)                                                                                 \
    MAGIC_AT(X, VMDK_1, "vmdk", "KDMV", 0)                                                                             \
    MAGIC_AT(X, VMDK_2, "vmdk", "COWD", 0)                                                                             \
    MAGIC_AT(X, VMDK_3, "vmdk", "# Disk DescriptorFile", 0)                                                            \
    MAGIC_SHAPE(X, VMDK_4, "vmdk", MAGIC_SHAPE_OF_VMDK_TEXT, 0)                                                        \
    MAGIC_AT(X, VPC_1, "vpc", "conectix", 0)                                                                           \
    MAGIC_AT(X, VHDX, "vhdx", "vhdxfile", 0)                                                                           \
    MAGIC_AT(X, PARALLELS_1, "parallels", "WithoutFreeSpace", 0)                                                       \
    MAGIC_AT(X, PARALLELS_2, "parallels", "WithouFreSpacExt", 0)                                                       \
    MAGIC_AT(X, BOCHS, "bochs", "Bochs Virtual HD Image", 0)                                                           \
    MAGIC_AT(X, CLOOP, "cloop", "#!/bin/sh\n#V2.0 Format\n", 0)                                                        \
    MAGIC_AT(X, LUKS_1, "luks", "LUKS\xba\xbe", 0)                                                                     \
    MAGIC_AT(X, VDI, "vdi", "\x7f\x10\xda\xbe", 64)                                                                    \
    MAGIC_WRAPPER(X, GZIP, "gzip", "\x1f\x8b", 0)                                                                      \
    MAGIC_WRAPPER(X, BZIP2, "bzip2", "BZh", 0)                                                                         \
    MAGIC_WRAPPER(X, XZ, "xz", "\xfd\x37zXZ\0", 0)                                                                     \
    MAGIC_WRAPPER(X, ZSTD, "zstd", "\x28\xb5\x2f\xfd", 0)                                                              \
    MAGIC_WRAPPER(X, SEVEN_ZIP, "7z", "7z\xbc\xaf\x27\x1c", 0)                                                         \
    MAGIC_WRAPPER(X, ZIP_1, "zip", "PK\x03\x04", 0)                                                                    \
    MAGIC_WRAPPER(X, LZ4, "lz4", "\x04\x22\x4d\x18", 0)                                                                \
    MAGIC_AT(X, SCRIPT, "script", "#!", 0)                                                                             \
    MAGIC_AT(X, HTML_1, "html", "<!DOCTYPE", 0)                                                                        \
    MAGIC_AT(X, HTML_2, "html", "<!doctype", 0)                                                                        \
    MAGIC_AT(X, HTML_3, "html", "<html", 0)                                                                            \
    MAGIC_AT(X, HTML_4, "html", "<HTML", 0)                                                                            \
    MAGIC_AT(X, XML, "xml", "<?xml", 0)                                                                                \
    MAGIC_WRAPPER(X, TAR_1, "tar", "ustar", 257)                                                                       \
    MAGIC_SHAPE(X, TAR_2, "tar", MAGIC_SHAPE_OF_TAR, MAGIC_WRAPS)                                                      \
    MAGIC_TAIL(X, VPC_2, "vpc", "conectix", MAGIC_IS_ENOUGH, 0, 512)                                                   \
    MAGIC_TAIL(X, DMG, "dmg", "koly", MAGIC_IS_ENOUGH, 0, 1023)                                                        \
    MAGIC_TAIL(X, ZIP_2, "zip", "PK\x05\x06", MAGIC_OF_ZIP, MAGIC_WRAPS, 22 + 65535)                                   \
    MAGIC_DISK(X, HDF5, "hdf5", "\x89HDF\r\n\x1a\n", 512, 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB,      \
               64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, 1024 * KIB, 2048 * KIB)

/* Partition tables. */
#define MAGIC_TABLE_ROWS(X)                                                                                            \
    MAGIC_DISK(X, MBR, "mbr", "\x55\xaa", 510)                                                                         \
    MAGIC_DISK(X, GPT, "gpt", "EFI PART", 512, 4096)                                                                   \
    MAGIC_DISK(X, SUN, "sun", "\xda\xbe", 508)                                                                         \
    MAGIC_DISK(X, BSD, "bsd", "\x57\x45\x56\x82", 64, 128, 512)                                                        \
    MAGIC_DISK(X, SOLARIS, "solaris", "\xee\xde\x0d\x60", 524)                                                         \
    MAGIC_DISK(X, UNIXWARE, "unixware", "\xee\xde\x0d\x60", 29 * SECTOR_SIZE + 156)                                    \
    MAGIC_DISK(X, ULTRIX_1, "ultrix", "\x57\x29\x03\0", 16 * KIB - 72)                                                 \
    MAGIC_DISK(X, ULTRIX_2, "ultrix", "\0\x03\x29\x57", 16 * KIB - 72)                                                 \
    MAGIC_DISK(X, DASD_1, "dasd", "\xe5\xd6\xd3\xf1", 1 * KIB + 4, 2 * KIB + 4, 4 * KIB + 4, 8 * KIB + 4)              \
    MAGIC_DISK(X, DASD_2, "dasd", "\xd3\xd5\xe7\xf1", 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB)                              \
    MAGIC_DISK(X, DASD_3, "dasd", "\xc3\xd4\xe2\xf1", 1 * KIB, 2 * KIB, 4 * KIB, 8 * KIB)                              \
    MAGIC_SHAPE(X, ATARI, "atari", MAGIC_SHAPE_OF_ATARI, MAGIC_IN_RAW)

/* Volumes, encryption, caches, swap. LVM: in one of four sectors; the first would be no qcow2. LUKS 2 has a second
 * header; where, depends on the length of the first. blkid is content with the second. */
#define MAGIC_VOLUME_ROWS(X)                                                                                           \
    MAGIC_DISK(X, LVM, "lvm", "LABELONE", 512, 1024, 1536)                                                             \
    MAGIC_DISK(X, STRATIS, "stratis", "!Stra0tis\x86\xff\x02^\x41rh", 516, 4612)                                       \
    MAGIC_DISK(X, CORE_STORAGE, "core storage", "CS", 88)                                                              \
    MAGIC_DISK(X, BCACHE_1, "bcache", MAGIC_BCACHE, 4120, 2048 * KIB + 24)                                             \
    MAGIC_DISK(X, BCACHEFS_1, "bcachefs", MAGIC_BCACHEFS, 4120, 2048 * KIB + 24)                                       \
    MAGIC_END(X, BCACHE_2, "bcache", MAGIC_BCACHE, 10, 1024 * KIB - 24)                                                \
    MAGIC_END(X, BCACHEFS_2, "bcachefs", MAGIC_BCACHEFS, 10, 1024 * KIB - 24)                                          \
    MAGIC_DISK(X, VMFS_1, "vmfs", "\x0d\xd0\x01\xc0", 1024 * KIB)                                                      \
    MAGIC_DISK(X, VMFS_2, "vmfs", "\x5e\xf1\xab\x2f", 2048 * KIB)                                                      \
    MAGIC_DISK(X, LUKS_2, "luks", "SKUL\xba\xbe", 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB,       \
               1024 * KIB, 2048 * KIB, 4096 * KIB)                                                                     \
    MAGIC_DISK(X, SWAP_1, "swap", "SWAPSPACE2", MAGIC_PAGES_LESS(10), MAGIC_PAGES_LESS(20))                            \
    MAGIC_DISK(X, SWAP_2, "swap", "SWAP-SPACE", MAGIC_PAGES_LESS(10))                                                  \
    MAGIC_DISK(X, SWAP_3, "swap", "S1SUSPEND", MAGIC_PAGES_LESS(10))                                                   \
    MAGIC_DISK(X, SWAP_4, "swap", "S2SUSPEND", MAGIC_PAGES_LESS(10))                                                   \
    MAGIC_DISK(X, SWAP_5, "swap", "ULSUSPEND", MAGIC_PAGES_LESS(10))                                                   \
    MAGIC_DISK(X, SWAP_6, "swap", "LINHIB0001", MAGIC_PAGES_LESS(10))

/* Members of a RAID, and replicas. VIA: with a version. */
#define MAGIC_RAID_ROWS(X)                                                                                             \
    MAGIC_DISK(X, MD_RAID_1, "md raid", "\xfc\x4e\x2b\xa9", 4096)                                                      \
    MAGIC_END(X, MD_RAID_2, "md raid", "\xfc\x4e\x2b\xa9", 16, 65536)                                                  \
    MAGIC_END(X, MD_RAID_3, "md raid", "\xa9\x2b\x4e\xfc", 16, 65536)                                                  \
    MAGIC_END(X, MD_RAID_4, "md raid", "\xfc\x4e\x2b\xa9", 12, 8192)                                                   \
    MAGIC_END(X, DDF_RAID_1, "ddf raid", "\xde\x11\xde\x11", 9, 1 * SECTOR_SIZE, 257 * SECTOR_SIZE)                    \
    MAGIC_END(X, DDF_RAID_2, "ddf raid", "\x11\xde\x11\xde", 9, 1 * SECTOR_SIZE, 257 * SECTOR_SIZE)                    \
    MAGIC_END(X, INTEL_RAID, "intel raid", "Intel Raid ISM Cfg Sig. ", 9, 2 * SECTOR_SIZE)                             \
    MAGIC_END(X, LSI_RAID, "lsi raid", "$XIDE$", 9, 1 * SECTOR_SIZE)                                                   \
    MAGIC_END(X, VIA_RAID_1, "via raid", "\x55\xaa\0", 9, 1 * SECTOR_SIZE)                                             \
    MAGIC_END(X, VIA_RAID_2, "via raid", "\x55\xaa\1", 9, 1 * SECTOR_SIZE)                                             \
    MAGIC_END(X, VIA_RAID_3, "via raid", "\x55\xaa\2", 9, 1 * SECTOR_SIZE)                                             \
    MAGIC_END_CHECKED(X, SILICON_RAID, "silicon raid", "\0\0\0\x2f", 9, MAGIC_OF_SILICON, 1 * SECTOR_SIZE - 96)        \
    MAGIC_END(X, NVIDIA_RAID, "nvidia raid", "NVIDIA", 9, 2 * SECTOR_SIZE)                                             \
    MAGIC_END(X, PROMISE_RAID, "promise raid", "Promise Technology, Inc.", 9, MAGIC_PROMISE(16), MAGIC_PROMISE(63),    \
              MAGIC_PROMISE(255), MAGIC_PROMISE(256), MAGIC_PROMISE(399), MAGIC_PROMISE(591), MAGIC_PROMISE(675),      \
              MAGIC_PROMISE(735), MAGIC_PROMISE(911), MAGIC_PROMISE(951), MAGIC_PROMISE(974), MAGIC_PROMISE(991),      \
              MAGIC_PROMISE(3087))                                                                                     \
    MAGIC_END(X, HIGHPOINT_RAID_1, "highpoint raid", "\xf3\x16\x78\x5a", 9, 11 * SECTOR_SIZE)                          \
    MAGIC_END(X, HIGHPOINT_RAID_2, "highpoint raid", "\xfd\x16\x78\x5a", 9, 11 * SECTOR_SIZE)                          \
    MAGIC_DISK(X, HIGHPOINT_RAID_3, "highpoint raid", "\xf0\x16\x78\x5a", 9 * SECTOR_SIZE + 32)                        \
    MAGIC_DISK(X, HIGHPOINT_RAID_4, "highpoint raid", "\xfd\x16\x78\x5a", 9 * SECTOR_SIZE + 32)                        \
    MAGIC_END(X, ADAPTEC_RAID, "adaptec raid", "\x37\xfc\x4d\x1e", 9, 1 * SECTOR_SIZE)                                 \
    MAGIC_END_CHECKED(X, JMICRON_RAID, "jmicron raid", "JM", 9, MAGIC_OF_JMICRON, 1 * SECTOR_SIZE)                     \
    MAGIC_END(X, DRBD_1, "drbd", "\x83\x74\x02\x6b", 0, 4096 - 60)                                                     \
    MAGIC_END(X, DRBD_2, "drbd", "\x83\x74\x02\x6c", 0, 4096 - 60)                                                     \
    MAGIC_END(X, DRBD_3, "drbd", "\x83\x74\x02\x6d", 0, 4096 - 60)

/* File systems. */
#define MAGIC_FILE_SYSTEM_ROWS(X)                                                                                      \
    MAGIC_DISK(X, FAT_1, "fat", "MSDOS", 54)                                                                           \
    MAGIC_DISK(X, FAT_2, "fat", "FAT12   ", 54)                                                                        \
    MAGIC_DISK(X, FAT_3, "fat", "FAT16   ", 54)                                                                        \
    MAGIC_DISK(X, FAT_4, "fat", "FAT     ", 54)                                                                        \
    MAGIC_DISK(X, FAT_5, "fat", "FAT32   ", 82)                                                                        \
    MAGIC_DISK(X, FAT_6, "fat", "MSWIN", 82)                                                                           \
    MAGIC_DISK(X, EXT, "ext", "\x53\xef", 1080)                                                                        \
    MAGIC_DISK(X, F2FS, "f2fs", "\x10\x20\xf5\xf2", 1024, 4096)                                                        \
    MAGIC_DISK(X, EROFS, "erofs", "\xe2\xe1\xf5\xe0", 1024)                                                            \
    MAGIC_DISK_CHECKED(X, NILFS2_1, "nilfs2", "\x34\x34", MAGIC_OF_NILFS, 1030)                                        \
    MAGIC_END_CHECKED(X, NILFS2_2, "nilfs2", "\x34\x34", 9, MAGIC_OF_NILFS, 8 * SECTOR_SIZE - 6)                       \
    MAGIC_DISK(X, BTRFS, "btrfs", "_BHRfS_M", 65600)                                                                   \
    MAGIC_IN_LOG(X, XFS_LOG, "xfs log", "\xfe\xed\xba\xbe")                                                            \
    MAGIC_IN_LABELS(X, ZFS_1, "zfs", "\x0c\xb1\xba\0\0\0\0\0")                                                         \
    MAGIC_IN_LABELS(X, ZFS_2, "zfs", "\0\0\0\0\0\xba\xb1\x0c")                                                         \
    MAGIC_DISK(X, JFS, "jfs", "JFS1", 32768)                                                                           \
    MAGIC_DISK(X, REISERFS, "reiserfs", "ReIsEr", 8212, 8244, 65536, 65588)                                            \
    MAGIC_DISK(X, GFS, "gfs", "\x01\x16\x19\x70", 65536)                                                               \
    MAGIC_DISK(X, SCOUTFS, "scoutfs", "\x8b\x42\x3c\x10", 65540)                                                       \
    MAGIC_DISK(X, OCFS, "ocfs", "OracleCFS", 8192)                                                                     \
    MAGIC_DISK(X, OCFS2, "ocfs2", "OCFSV2", 1024, 2048, 4096, 8192)                                                    \
    MAGIC_DISK(X, CRAMFS_1, "cramfs", "\x45\x3d\xcd\x28", 512)                                                         \
    MAGIC_DISK(X, CRAMFS_2, "cramfs", "\x28\xcd\x3d\x45", 512)                                                         \
    MAGIC_DISK(X, HFS, "hfs", "BD", 1024)                                                                              \
    MAGIC_DISK(X, HFSPLUS_1, "hfs+", "H+", 1024)                                                                       \
    MAGIC_DISK(X, HFSPLUS_2, "hfs+", "HX", 1024)                                                                       \
    MAGIC_DISK(X, MFS, "mfs", "\xd2\xd7", 1024)                                                                        \
    MAGIC_DISK(X, BEFS_1, "befs", "BFS1", 544)                                                                         \
    MAGIC_DISK(X, BEFS_2, "befs", "1SFB", 544)                                                                         \
    MAGIC_DISK(X, HPFS, "hpfs", "\x49\xe8\x95\xf9", 8192)                                                              \
    MAGIC_DISK(X, FILES_11, "files-11", "DECFILE11", 1008)                                                             \
    MAGIC_DISK(X, NSS, "nss", "SPB5", 4096)                                                                            \
    MAGIC_DISK(X, VXFS_1, "vxfs", "\xf5\xfc\x01\xa5", 1024, 8192)                                                      \
    MAGIC_DISK(X, VXFS_2, "vxfs", "\xa5\x01\xfc\xf5", 1024, 8192)                                                      \
    MAGIC_DISK(X, MINIX_1, "minix", "\x7f\x13", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_2, "minix", "\x13\x7f", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_3, "minix", "\x8f\x13", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_4, "minix", "\x13\x8f", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_5, "minix", "\x68\x24", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_6, "minix", "\x24\x68", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_7, "minix", "\x78\x24", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_8, "minix", "\x24\x78", 1040)                                                                  \
    MAGIC_DISK(X, MINIX_9, "minix", "\x5a\x4d", 1048)                                                                  \
    MAGIC_DISK(X, MINIX_10, "minix", "\x4d\x5a", 1048)                                                                 \
    MAGIC_SYSV(X, SYSV_1, "\x20\x7e\x18\xfd")                                                                          \
    MAGIC_SYSV(X, SYSV_2, "\xfd\x18\x7e\x20")                                                                          \
    MAGIC_DISK(X, XENIX_1, "xenix", "\x44\x55\x2b", 2040, 2048)                                                        \
    MAGIC_DISK(X, XENIX_2, "xenix", "\x2b\x55\x44", 2041, 2048)                                                        \
    MAGIC_UFS(X, UFS_1, "\x54\x19\x01\0", "\0\x01\x19\x54")                                                            \
    MAGIC_UFS(X, UFS_2, "\x19\x01\x54\x19", "\x19\x54\x01\x19")                                                        \
    MAGIC_UFS(X, UFS_3, "\x38\x20\x01\x19", "\x19\x01\x20\x38")                                                        \
    MAGIC_UFS(X, UFS_4, "\x12\x56\x19\0", "\0\x19\x56\x12")                                                            \
    MAGIC_UFS(X, UFS_5, "\x14\x50\x09\0", "\0\x09\x50\x14")                                                            \
    MAGIC_UFS(X, UFS_6, "\x95\x21\x61\0", "\0\x61\x21\x95")                                                            \
    MAGIC_UFS(X, UFS_7, "\x94\x19\x23\x05", "\x05\x23\x19\x94")

/* CDs and DVDs. The second place is that of raw sectors, and that of Nero. */
#define MAGIC_DISC_ROWS(X)                                                                                             \
    MAGIC_DISC(X, ISO9660_1, "iso9660", "CD001", 1)                                                                    \
    MAGIC_DISK(X, ISO9660_2, "iso9660", "CD001", 16 * 2352 + 1, 300 * KIB + 32769)                                     \
    MAGIC_DISC(X, UDF_1, "udf", "BEA01", 1)                                                                            \
    MAGIC_DISC(X, UDF_2, "udf", "BOOT2", 1)                                                                            \
    MAGIC_DISC(X, UDF_3, "udf", "CDW02", 1)                                                                            \
    MAGIC_DISC(X, UDF_4, "udf", "NSR0", 1)                                                                             \
    MAGIC_DISC(X, UDF_5, "udf", "TEA01", 1)                                                                            \
    MAGIC_DISC(X, HIGH_SIERRA, "high sierra", "CDROM", 9)
#define MAGIC_ROWS(X)                                                                                                  \
    MAGIC_IMAGE_ROWS(X)                                                                                                \
    MAGIC_TABLE_ROWS(X) MAGIC_VOLUME_ROWS(X) MAGIC_RAID_ROWS(X) MAGIC_FILE_SYSTEM_ROWS(X) MAGIC_DISC_ROWS(X)

/* The rows without pointers, which would make them writable data in position-independent code: a row has the places
 * where its format, its bytes and its offsets begin in the structures that hold them all. */
struct magic_texts {
#define MAGIC_TEXTS(id, format, bytes, ...)                                                                            \
    char format_##id[sizeof(format)];                                                                                  \
    uint8_t bytes_##id[sizeof(bytes)];
    MAGIC_ROWS(MAGIC_TEXTS)
};

static const struct magic_texts magic_texts = {
#define MAGIC_TEXT(id, format, bytes, ...) format, bytes,
    MAGIC_ROWS(MAGIC_TEXT)};

struct magic_offsets {
#define MAGIC_LISTS(id, format, bytes, place, unit_bits, check, flags, ...)                                            \
    uint32_t of_##id[sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)];
    MAGIC_ROWS(MAGIC_LISTS)
};

static const struct magic_offsets magic_offsets = {
#define MAGIC_LIST(id, format, bytes, place, unit_bits, check, flags, ...) {__VA_ARGS__},
    MAGIC_ROWS(MAGIC_LIST)};

struct magic_row {
    uint16_t format;
    uint16_t bytes;
    uint16_t offsets;
    uint8_t length;
    uint8_t offsets_count;
    uint8_t place;
    uint8_t check;
    uint8_t unit_bits;
    uint8_t flags;
};

/* One less than the size of the string. What is longer than MAGIC_LONGEST does not compile. */
#define MAGIC_LENGTH(bytes) (sizeof(bytes) - sizeof(char[sizeof(bytes) - 1 <= MAGIC_LONGEST ? 1 : -1]))

static const struct magic_row magic_rows[] = {
#define MAGIC_ROW(id, format, bytes, place, unit_bits, check, flags, ...)                                              \
    {offsetof(struct magic_texts, format_##id),                                                                        \
     offsetof(struct magic_texts, bytes_##id),                                                                         \
     offsetof(struct magic_offsets, of_##id),                                                                          \
     MAGIC_LENGTH(bytes),                                                                                              \
     sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                                                       \
     place,                                                                                                            \
     check,                                                                                                            \
     unit_bits,                                                                                                        \
     flags},
    MAGIC_ROWS(MAGIC_ROW)};

/* It does not compile if MAGICS is another number. */
typedef char magics_are_counted[sizeof magic_rows / sizeof magic_rows[0] == MAGICS ? 1 : -1];

struct magic refcow_magic(uint32_t index)
{
    const struct magic_row *row = &magic_rows[index];
    const void *offsets = (const uint8_t *)&magic_offsets + row->offsets;
    struct magic magic = {0};
    magic.format = (const char *)&magic_texts + row->format;
    magic.bytes = (const uint8_t *)&magic_texts + row->bytes;
    magic.offsets = offsets;
    magic.length = row->length;
    magic.offsets_count = row->offsets_count;
    magic.unit_bits = row->unit_bits;
    magic.place = (enum magic_place)row->place;
    magic.check = (enum magic_check)row->check;
    magic.in_raw = (row->flags & MAGIC_IN_RAW) != 0;
    magic.wraps = (row->flags & MAGIC_WRAPS) != 0;
    return magic;
}

const char *refcow_magic_format(uint32_t magic)
{
    return magic < MAGICS ? refcow_magic(magic).format : "unknown";
}

int refcow_magic_wraps(uint32_t magic)
{
    return magic < MAGICS && refcow_magic(magic).wraps;
}

int refcow_magic_in_raw(uint32_t magic)
{
    return magic < MAGICS && refcow_magic(magic).in_raw;
}
