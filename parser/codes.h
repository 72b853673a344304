/*
 * codes.h - every status and every finding of refcow, one row each.
 *
 * The enums of refcow.h, the names and the sentences of status.c are all made from these rows, so they cannot drift
 * apart. Numbers are stable: a row is never renumbered, new rows take new numbers.
 */
#ifndef REFCOW_CODES_H
#define REFCOW_CODES_H

/*
 * REFCOW_STATUS_ROW(name, number, class, slug, sentence)
 *
 * class: what the caller can conclude.
 *   OK          the answer is complete
 *   USAGE       the call is wrong; the image was not judged
 *   IO          the source failed; the image was not judged to the end
 *   LIMIT       a limit of the caller was reached, or that on opening; the image was not judged to the end
 *   FOREIGN     this is not an image that refcow knows; nothing about it is known
 *   REFUSED     the image breaks a rule that a reader must insist on; only the refcount report is given
 * The sentence names the field; refcow_error has the offending value and where it stands.
 */
#define REFCOW_STATUS_ROWS(X)                                                                                          \
    X(OK, 0, OK, "ok", "no error")                                                                                     \
    X(BAD_ARGUMENT, 1, USAGE, "bad-argument", "a required argument is missing or out of range")                        \
    X(BAD_VERSION_OF_HEADER, 2, USAGE, "bad-version-of-header",                                                        \
      "the caller was compiled with another version of refcow.h")                                                      \
    X(MEMORY_TOO_SMALL, 3, USAGE, "memory-too-small", "the memory block is smaller than REFCOW_MEMORY_MIN")            \
    X(READ_FAILED, 10, IO, "read-failed", "the source could not be read")                                              \
    X(SOURCE_TOO_LARGE, 11, IO, "source-too-large", "the source is larger than 2^63 - 2^30 bytes")                     \
    X(READ_LIMIT, 20, LIMIT, "read-limit", "the limit on bytes read was reached")                                      \
    X(WORK_LIMIT, 21, LIMIT, "work-limit", "the limit on work was reached")                                            \
    X(CANCELLED, 22, LIMIT, "cancelled", "the caller cancelled the check")                                             \
    X(OPEN_LIMIT, 23, LIMIT, "open-limit",                                                                             \
      "opening the image takes too much work: the header refers to too many LUKS headers")                             \
    X(MAGIC, 30, FOREIGN, "magic", "not a QCOW2 image: magic is not 0x514649fb (\"QFI\\xfb\")")                        \
    X(VERSION, 31, FOREIGN, "version", "version is not 2 or 3")                                                        \
    X(CLUSTER_BITS, 32, FOREIGN, "cluster-bits", "cluster_bits is outside 9..21")                                      \
    X(HEADER_LENGTH_SMALL, 40, REFUSED, "header-length-small", "header_length is less than 104")                       \
    X(HEADER_LENGTH_LARGE, 41, REFUSED, "header-length-large", "header_length is greater than the cluster size")       \
    X(BACKING_FILE_OFFSET, 42, REFUSED, "backing-file-offset", "backing_file_offset is greater than the cluster size") \
    X(BACKING_FILE_SIZE, 43, REFUSED, "backing-file-size",                                                             \
      "backing_file_size is greater than 1023 or reaches beyond the first cluster")                                    \
    X(INCOMPATIBLE_FEATURES, 44, REFUSED, "incompatible-features", "incompatible_features has bits beyond 0..4")       \
    X(COMPRESSION_TYPE, 45, REFUSED, "compression-type", "compression_type is not 0 (zlib) or 1 (zstd)")               \
    X(COMPRESSION_BIT, 46, REFUSED, "compression-bit", "compression_type contradicts bit 3 of incompatible_features")  \
    X(EXTENDED_L2_CLUSTER, 47, REFUSED, "extended-l2-cluster",                                                         \
      "extended L2 entries need clusters of 16 KiB or more (cluster_bits 14)")                                         \
    X(REFCOUNT_ORDER, 48, REFUSED, "refcount-order", "refcount_order is greater than 6")                               \
    X(REFCOUNT_TABLE_SIZE, 49, REFUSED, "refcount-table-size",                                                         \
      "refcount_table_clusters makes a table of more than 8 MiB")                                                      \
    X(REFCOUNT_TABLE_OFFSET, 50, REFUSED, "refcount-table-offset",                                                     \
      "refcount_table_offset is unaligned or out of range")                                                            \
    X(L1_SIZE_LARGE, 51, REFUSED, "l1-size-large", "l1_size is greater than 4194304 entries")                          \
    X(L1_TABLE_OFFSET, 52, REFUSED, "l1-table-offset", "l1_table_offset is unaligned or out of range")                 \
    X(L1_SIZE_SMALL, 53, REFUSED, "l1-size-small", "l1_size is smaller than the virtual size needs")                   \
    X(VIRTUAL_SIZE, 54, REFUSED, "virtual-size", "the virtual size is greater than 2^63 - 2^30 bytes")                 \
    X(CRYPT_METHOD, 55, REFUSED, "crypt-method", "crypt_method is not 0 (none), 1 (AES) or 2 (LUKS)")                  \
    X(NB_SNAPSHOTS, 56, REFUSED, "nb-snapshots", "nb_snapshots is greater than 65536")                                 \
    X(SNAPSHOTS_OFFSET, 57, REFUSED, "snapshots-offset", "snapshots_offset is unaligned or out of range")              \
    X(DATA_FILE_NAME, 58, REFUSED, "data-file-name", "the image needs an external data file but does not name one")    \
    X(DATA_FILE_RAW, 59, REFUSED, "data-file-raw",                                                                     \
      "autoclear_features says raw external data, incompatible_features says no data file")                            \
    X(EXTENSION_LENGTH, 60, REFUSED, "extension-length", "a header extension reaches beyond the header area")          \
    X(BACKING_FORMAT_LENGTH, 61, REFUSED, "backing-format-length",                                                     \
      "the backing format extension is longer than 15 bytes")                                                          \
    X(ENCRYPTION_UNEXPECTED, 62, REFUSED, "encryption-unexpected",                                                     \
      "the header has an encryption extension, but crypt_method is not 2 (LUKS)")                                      \
    X(ENCRYPTION_MISSING, 63, REFUSED, "encryption-missing",                                                           \
      "crypt_method is 2 (LUKS), but the header has no encryption extension")                                          \
    X(ENCRYPTION_LENGTH, 64, REFUSED, "encryption-length", "the encryption extension is not 16 bytes long")            \
    X(ENCRYPTION_OFFSET, 65, REFUSED, "encryption-offset", "the LUKS header is unaligned or out of range")             \
    X(ENCRYPTION_HEADER, 66, REFUSED, "encryption-header",                                                             \
      "the LUKS header does not begin with the magic and version 1 of LUKS")                                           \
    X(BITMAPS_LENGTH, 70, REFUSED, "bitmaps-length", "the bitmaps extension is not 24 bytes long")                     \
    X(BITMAPS_RESERVED, 71, REFUSED, "bitmaps-reserved", "the reserved field of the bitmaps extension is not 0")       \
    X(NB_BITMAPS, 72, REFUSED, "nb-bitmaps", "nb_bitmaps is outside 1..65535")                                         \
    X(BITMAP_DIRECTORY_OFFSET, 73, REFUSED, "bitmap-directory-offset",                                                 \
      "bitmap_directory_offset is unaligned or out of range")                                                          \
    X(BITMAP_DIRECTORY_SIZE, 74, REFUSED, "bitmap-directory-size",                                                     \
      "bitmap_directory_size is 0, too large, or not the size of the entries")                                         \
    X(BITMAP_TABLE_OFFSET, 75, REFUSED, "bitmap-table-offset",                                                         \
      "the offset of a bitmap table is 0, unaligned or out of range")                                                  \
    X(BITMAP_TABLE_SIZE, 76, REFUSED, "bitmap-table-size",                                                             \
      "the size of a bitmap table is out of range or does not fit the virtual size")                                   \
    X(BITMAP_FLAGS, 77, REFUSED, "bitmap-flags", "the flags of a bitmap have bits beyond 0 and 1")                     \
    X(BITMAP_TYPE, 78, REFUSED, "bitmap-type", "the type of a bitmap is not 1")                                        \
    X(BITMAP_GRANULARITY, 79, REFUSED, "bitmap-granularity", "the granularity of a bitmap is outside 9..31 bits")      \
    X(BITMAP_NAME_SIZE, 80, REFUSED, "bitmap-name-size", "the name of a bitmap is longer than 1023 bytes")             \
    X(BITMAP_EXTRA_SIZE, 81, REFUSED, "bitmap-extra-size", "a bitmap has extra data")                                  \
    X(BITMAP_NAME_REPEATED, 82, REFUSED, "bitmap-name-repeated",                                                       \
      "two bitmaps in the bitmap directory have the same name")                                                        \
    X(BITMAP_TABLE_ENTRY, 83, REFUSED, "bitmap-table-entry",                                                           \
      "an entry of a bitmap table has reserved bits or an unaligned offset")                                           \
    X(SNAPSHOT_EXTRA_SIZE, 84, REFUSED, "snapshot-extra-size",                                                         \
      "the extra data of a snapshot is longer than 1024 bytes")                                                        \
    X(SNAPSHOT_TABLE_SIZE, 85, REFUSED, "snapshot-table-size",                                                         \
      "with this snapshot, the snapshot table is longer than 64 MiB or out of range")                                  \
    X(SNAPSHOT_L1_OFFSET, 86, REFUSED, "snapshot-l1-offset", "the L1 table of a snapshot is out of range")

/*
 * REFCOW_FINDING_ROW(name, number, severity, slug, sentence, rule)
 *
 * severity: CORRUPTION (counts in corruptions), LEAK (counts in leaks), ERROR (counts in check_errors), NOTE (counts in
 * notes: worth knowing, and nothing for `qemu-img check`).
 * Numbers are dense, 0 up: they index refcow_result.found. The hundreds are not used so that arrays stay small.
 */
#define REFCOW_FINDING_ROWS(X)                                                                                         \
    X(OUT_OF_FILE, 0, CORRUPTION, "out-of-file", "a reference reaches past the end of the file",                       \
      "what an image refers to lies inside the file")                                                                  \
    X(TOO_MANY_REFERENCES, 1, CORRUPTION, "too-many-references",                                                       \
      "a cluster has more references than refcount_order can store", "refcounts have 2^refcount_order bits")           \
    X(L1_RESERVED, 2, CORRUPTION, "l1-reserved-bits", "an L1 entry has reserved bits set",                             \
      "bits 0..8 and 56..62 of an L1 entry are 0")                                                                     \
    X(L2_UNALIGNED, 3, CORRUPTION, "l2-table-unaligned", "an L1 entry refers to an L2 table at an unaligned offset",   \
      "L2 tables are cluster aligned")                                                                                 \
    X(L2_RESERVED, 4, CORRUPTION, "l2-reserved-bits", "an L2 entry has reserved bits set",                             \
      "bits 1..8 and 56..61 of a standard L2 entry are 0")                                                             \
    X(SUBCLUSTERS_UNALLOCATED, 5, CORRUPTION, "subclusters-without-cluster",                                           \
      "an extended L2 entry marks subclusters as allocated but has no host cluster",                                   \
      "allocation bits need a host cluster")                                                                           \
    X(SUBCLUSTERS_CLASH, 6, CORRUPTION, "subclusters-clash",                                                           \
      "an extended L2 entry marks a subcluster as both allocated and zero", "at most one of the two bits is set")      \
    X(DATA_UNALIGNED, 7, CORRUPTION, "data-unaligned", "an L2 entry refers to a host cluster at an unaligned offset",  \
      "host clusters are cluster aligned")                                                                             \
    X(COMPRESSED_COPIED, 8, CORRUPTION, "compressed-copied", "a compressed L2 entry has the copied flag set",          \
      "bit 63 of a compressed entry is 0")                                                                             \
    X(COMPRESSED_IN_DATA_FILE, 9, CORRUPTION, "compressed-in-data-file",                                               \
      "an image with an external data file has a compressed cluster", "an external data file has no compression")      \
    X(COMPRESSED_SUBCLUSTERS, 10, CORRUPTION, "compressed-subclusters",                                                \
      "a compressed extended L2 entry has a subcluster bitmap", "the bitmap of a compressed entry is 0")               \
    X(BLOCK_RESERVED, 11, CORRUPTION, "refcount-table-reserved-bits", "a refcount table entry has reserved bits set",  \
      "bits 0..8 of a refcount table entry are 0")                                                                     \
    X(BLOCK_UNALIGNED, 12, CORRUPTION, "refcount-block-unaligned",                                                     \
      "a refcount table entry refers to a block at an unaligned offset", "refcount blocks are cluster aligned")        \
    X(BLOCK_OUT_OF_FILE, 13, CORRUPTION, "refcount-block-out-of-file",                                                 \
      "a refcount table entry refers to a block past the end of the file", "refcount blocks lie inside the file")      \
    X(BLOCK_SHARED, 14, CORRUPTION, "refcount-block-shared", "a refcount block is also used for something else",       \
      "a refcount block is referenced once, by the refcount table")                                                    \
    X(REFCOUNT_LOW, 15, CORRUPTION, "refcount-too-low", "the stored refcount is below the number of references",       \
      "the stored refcount is the number of references")                                                               \
    X(REFCOUNT_HIGH, 16, LEAK, "leaked", "the stored refcount is above the number of references",                      \
      "the stored refcount is the number of references")                                                               \
    X(REFCOUNT_UNREADABLE, 17, ERROR, "refcount-unreadable", "the stored refcount of clusters cannot be read",         \
      "refcount blocks are cluster aligned and below 2^63 - 2^30")                                                     \
    X(L1_COPIED, 18, CORRUPTION, "l1-copied-flag", "an L1 entry's copied flag contradicts the L2 table's refcount",    \
      "bit 63 is set exactly when the stored refcount is 1")                                                           \
    X(L2_COPIED, 19, CORRUPTION, "l2-copied-flag", "an L2 entry's copied flag contradicts the cluster's refcount",     \
      "bit 63 is set exactly when the stored refcount is 1")                                                           \
    X(SNAPSHOT_INCOMPLETE, 20, CORRUPTION, "snapshot-incomplete",                                                      \
      "a snapshot has less extra data than version 3 wants",                                                           \
      "a snapshot in version 3 has at least 16 bytes of extra data")                                                   \
    X(SNAPSHOT_L1_UNALIGNED, 21, CORRUPTION, "snapshot-l1-unaligned",                                                  \
      "the L1 table of a snapshot is at an unaligned offset", "L1 tables are cluster aligned")                         \
    X(SNAPSHOT_L1_LARGE, 22, CORRUPTION, "snapshot-l1-large",                                                          \
      "the L1 table of a snapshot has more than 4194304 entries", "an L1 table is at most 32 MiB")                     \
    X(SNAPSHOTS_AND_DATA_FILE, 23, CORRUPTION, "snapshots-and-data-file",                                              \
      "an image with an external data file has internal snapshots", "an external data file has no internal snapshots") \
    X(TRUNCATED, 24, NOTE, "truncated", "the file ends before clusters that the image refers to and counts",           \
      "a file is as long as its clusters")                                                                             \
    X(COMPRESSED_PAST_END, 25, NOTE, "compressed-past-end", "compressed data reaches past the end of the file",        \
      "compressed data ends in the last sector of 512 bytes of the file, or before")                                   \
    X(L2_TABLE_EMPTY, 26, NOTE, "l2-table-empty", "an L2 table has no entry, while clusters are leaked",               \
      "an L2 table that is no longer needed may be empty; so is one that was overwritten with zeros")                  \
    X(MARKED_DIRTY, 27, NOTE, "marked-dirty", "the header says that the refcounts may be stale",                       \
      "bit 0 of incompatible_features is set while an image with lazy refcounts is written to")                        \
    X(MARKED_CORRUPT, 28, NOTE, "marked-corrupt", "the header says that the image is corrupt",                         \
      "QEMU sets bit 1 of incompatible_features when it finds damage, and then opens the image only to read")          \
    X(BITMAP_IN_USE, 29, NOTE, "bitmap-in-use",                                                                        \
      "the contents of a bitmap are unknown, because its writer did not store them",                                   \
      "bit 0 of the flags of a bitmap is set while a writer keeps the bitmap in memory")                               \
    X(L2_TABLE_DAMAGED, 30, NOTE, "l2-table-damaged", "an L1 entry is damaged, or entries of its L2 table are",        \
      "other findings say what is wrong with the entries; this one says which disk they belong to")                    \
    X(DATA_IN_HOLE, 31, NOTE, "data-in-hole", "clusters in use lie in holes of the file, and read as zeros",           \
      "preallocated clusters that were never written lie in holes; so do clusters that were punched out")

#endif
