#include "magics.h"

/* Bytes of a string, its NUL not counted. */
#define ROW(place, offset, format, bytes, in_raw) {format, bytes, sizeof(bytes) - 1, offset, place, in_raw}
#define AT(offset, format, bytes) ROW(MAGIC_AT_OFFSET, offset, format, bytes, false)
#define IN_TAIL(offset, format, bytes) ROW(MAGIC_IN_TAIL, offset, format, bytes, false)
#define ON_DISK(offset, format, bytes) ROW(MAGIC_AT_OFFSET, offset, format, bytes, true)
#define ON_DISC(offset, format, bytes) ROW(MAGIC_IN_DESCRIPTOR, offset, format, bytes, true)

/* LUKS 2 has a second header; where, depends on the length of the first. blkid is content with the second. */
#define LUKS_SECOND "SKUL\xba\xbe"

/* The backup of a GPT at the end is not among them: an honest image ends with it, if its last cluster is the last one
 * of the disk. Where a footer is expected depends on how the size of the file is rounded. */
const magic magics[] = {
    AT(0, "qcow2 or qcow", "QFI\xfb"),
    AT(0, "qed", "QED\0"),
    AT(0, "vmdk", "KDMV"),
    AT(0, "vmdk", "COWD"),
    AT(0, "vmdk", "# Disk DescriptorFile"),
    AT(0, "vpc", "conectix"),
    AT(0, "vhdx", "vhdxfile"),
    AT(0, "parallels", "WithoutFreeSpace"),
    AT(0, "parallels", "WithouFreSpacExt"),
    AT(0, "bochs", "Bochs Virtual HD Image"),
    AT(0, "cloop", "#!/bin/sh\n#V2.0 Format\n"),
    AT(0, "luks", "LUKS\xba\xbe"),
    AT(64, "vdi", "\x7f\x10\xda\xbe"),
    AT(257, "tar", "ustar"),
    IN_TAIL(512, "vpc", "conectix"),
    IN_TAIL(1023, "dmg", "koly"),
    IN_TAIL(22 + 65535, "zip", MAGIC_ZIP_END),
    ON_DISK(510, "mbr", "\x55\xaa"),
    ON_DISK(512, "gpt", "EFI PART"),
    /* in one of four sectors; the first would be no qcow2 */
    ON_DISK(512, "lvm", "LABELONE"),
    ON_DISK(1024, "lvm", "LABELONE"),
    ON_DISK(1536, "lvm", "LABELONE"),
    ON_DISK(1024, "f2fs", "\x10\x20\xf5\xf2"),
    ON_DISK(1080, "ext", "\x53\xef"),
    ON_DISK(4086, "swap", "SWAPSPACE2"),
    ON_DISK(4096, "gpt", "EFI PART"),
    ON_DISK(4096, "md raid", "\xfc\x4e\x2b\xa9"),
    ON_DISK(65600, "btrfs", "_BHRfS_M"),
    ON_DISK(16384, "luks", LUKS_SECOND),
    ON_DISK(32768, "luks", LUKS_SECOND),
    ON_DISK(65536, "luks", LUKS_SECOND),
    ON_DISK(131072, "luks", LUKS_SECOND),
    ON_DISK(262144, "luks", LUKS_SECOND),
    ON_DISK(524288, "luks", LUKS_SECOND),
    ON_DISK(1048576, "luks", LUKS_SECOND),
    ON_DISK(2097152, "luks", LUKS_SECOND),
    ON_DISK(4194304, "luks", LUKS_SECOND),
    ON_DISC(1, "iso9660", "CD001"),
    ON_DISC(1, "udf", "BEA01"),
    ON_DISC(1, "udf", "BOOT2"),
    ON_DISC(1, "udf", "CDW02"),
    ON_DISC(1, "udf", "NSR0"),
    ON_DISC(1, "udf", "TEA01"),
    ON_DISC(9, "high sierra", "CDROM"),
    {NULL, NULL, 0, 0, MAGIC_AT_OFFSET, false},
};

_Static_assert(sizeof magics / sizeof magics[0] <= MAGICS_MAX + 1, "MAGICS_MAX");
