#include "magics.h"

/* Bytes of a string, its NUL not counted. */
#define AT(place, format, bytes, is_disk) {format, bytes, sizeof(bytes) - 1, place, false, is_disk}
#define BEFORE_END(place, format, bytes, is_disk) {format, bytes, sizeof(bytes) - 1, place, true, is_disk}

/* The backup of a GPT at the end is not among them: an honest image ends with it, if its last cluster is the last one
 * of the disk. */
const magic magics[] = {
    AT(0, "qcow2 or qcow", "QFI\xfb", true),
    AT(0, "qed", "QED\0", true),
    AT(0, "vmdk", "KDMV", true),
    AT(0, "vmdk", "COWD", true),
    AT(0, "vmdk", "# Disk DescriptorFile", true),
    AT(0, "vpc", "conectix", true),
    AT(0, "vhdx", "vhdxfile", true),
    AT(0, "parallels", "WithoutFreeSpace", true),
    AT(0, "parallels", "WithouFreSpacExt", true),
    AT(0, "bochs", "Bochs Virtual HD Image", true),
    AT(0, "cloop", "#!/bin/sh\n#V2.0 Format\n", true),
    AT(0, "luks", "LUKS\xba\xbe", true),
    AT(64, "vdi", "\x7f\x10\xda\xbe", true),
    AT(257, "tar", "ustar", false),
    AT(510, "mbr", "\x55\xaa", false),
    AT(512, "gpt", "EFI PART", false),
    AT(1080, "ext", "\x53\xef", false),
    AT(4096, "gpt", "EFI PART", false),
    AT(32769, "iso9660", "CD001", false),
    AT(32769, "udf", "BEA01", false),
    AT(32769, "udf", "BOOT2", false),
    AT(32769, "udf", "CDW02", false),
    AT(32769, "udf", "NSR0", false),
    AT(32769, "udf", "TEA01", false),
    AT(32777, "high sierra", "CDROM", false),
    AT(4086, "swap", "SWAPSPACE2", false),
    AT(512, "lvm", "LABELONE", false),
    AT(65600, "btrfs", "_BHRfS_M", false),
    AT(4096, "md raid", "\xfc\x4e\x2b\xa9", false),
    AT(1024, "f2fs", "\x10\x20\xf5\xf2", false),
    BEFORE_END(22, "zip", "PK\x05\x06", false),
    BEFORE_END(512, "vpc", "conectix", true),
    BEFORE_END(512, "dmg", "koly", true),
    {NULL, NULL, 0, 0, false, false},
};

_Static_assert(sizeof magics / sizeof magics[0] <= MAGICS_MAX + 1, "MAGICS_MAX");
