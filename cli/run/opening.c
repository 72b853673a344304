#include "opening.h"

#include "../process/memory.h"
#include "../process/stop.h"
#include "gate.h"
#include "progress.h"

#include <stddef.h>
#include <string.h>

#define QCOW_VERSION_1 1u

/* What people are told about a file in another format. */
typedef struct other_format {
    const char *format; /* as refcow_magic_format() has it */
    const char *text;
    const char *advice;
} other_format;

/* In the commands IMAGE and NEW stand for names of files. The name of the image itself would have to be quoted for a
 * shell and escaped for a terminal, and no text is both: the command would name another file. The name of the format is
 * given to qemu-img so that it does not guess. It opens files that an image names: who converts has to trust the image.
 */
#define IT_IS "not a QCOW2 image: it is "
#define UNPACK(command) "Unpack it: " command
#define UNPACK_OR_SERVE(command, served)                                                                               \
    UNPACK(command) "; or check it in place: nbdkit -U - -r --filter=" served " --run 'refcow check \"$uri\"'"
#define CONVERT(format) "If you trust it, convert it: qemu-img convert -f " format " -O qcow2 IMAGE NEW"
#define RAW_ADVICE                                                                                                     \
    "It has no refcounts to check. To make a QCOW2 image of it: qemu-img convert -f raw -O qcow2 IMAGE NEW"
#define NO_ADVICE "refcow checks QCOW2 images only"

/* A file with several signatures is what comes first: a hybrid CD also has a partition table, and a page may have a
 * line that a VMDK descriptor has. */
static const other_format other_formats[] = {
    {"gzip", IT_IS "a gzip file", UNPACK_OR_SERVE("gunzip <IMAGE >NEW", "gzip file IMAGE")},
    {"xz", IT_IS "an xz file", UNPACK_OR_SERVE("unxz <IMAGE >NEW", "xz file IMAGE")},
    {"zstd", IT_IS "a zstd file", UNPACK("unzstd <IMAGE >NEW")},
    {"bzip2", IT_IS "a bzip2 file", UNPACK("bunzip2 <IMAGE >NEW")},
    {"lz4", IT_IS "an lz4 file", UNPACK("unlz4 <IMAGE >NEW")},
    {"tar", IT_IS "a tar archive, as an OVA is", UNPACK_OR_SERVE("tar -xf IMAGE", "tar file IMAGE tar-entry=NAME")},
    {"7z", IT_IS "a 7z archive", UNPACK("7z x IMAGE")},
    {"zip", IT_IS "a zip archive", UNPACK("unzip IMAGE")},
    {"html", IT_IS "an HTML page",
     "It is probably an error page of the download server. Read it, and download the image again"},
    {"xml", IT_IS "an XML document",
     "It may be an error message of the download server. Read it, and download the image again"},
    {"cloop", IT_IS "a cloop image", CONVERT("cloop")},
    {"script", IT_IS "a script", NO_ADVICE},
    {"vmdk", IT_IS "a VMDK image", CONVERT("vmdk")},
    {"vhdx", IT_IS "a VHDX image", CONVERT("vhdx")},
    {"vpc", IT_IS "a VHD image", CONVERT("vpc")},
    {"vdi", IT_IS "a VDI image", CONVERT("vdi")},
    {"qed", IT_IS "a QED image", CONVERT("qed")},
    {"parallels", IT_IS "a Parallels image", CONVERT("parallels")},
    {"bochs", IT_IS "a Bochs image", CONVERT("bochs")},
    {"dmg", IT_IS "a DMG image", CONVERT("dmg")},
    {"luks", IT_IS "a LUKS volume", "It has no refcounts to check"},
    {"iso9660", IT_IS "an image of a CD or DVD", RAW_ADVICE},
    {"udf", IT_IS "an image of a CD or DVD", RAW_ADVICE},
    {"gpt", IT_IS "a raw disk image", RAW_ADVICE},
};

#define OTHER_FORMATS (sizeof other_formats / sizeof other_formats[0])

/* All others. */
static const other_format raw_data = {NULL, IT_IS "a raw disk image", RAW_ADVICE};
static const other_format any_format = {NULL, "not a QCOW2 image: it is in another format", NO_ADVICE};

static const other_format qcow_1 = {"qcow", "a QCOW version 1 image: refcow reads versions 2 and 3", CONVERT("qcow")};

static void note_format(failure *why, const other_format *is, const char *format, uint64_t offset)
{
    why->text = is->text;
    why->advice = is->advice;
    why->found_format = format;
    why->found_offset = offset;
}

/* ------------------------------------------------------------------ signatures */

typedef struct signatures {
    refcow_gate_result result;
    refcow_breach breaches[REFCOW_BREACHES_MAX]; /* of all rules */
} signatures;

/* The strict policy allows no signature. */
static void find_signatures(signatures *found, const refcow_source *source, const refcow_limits *limits,
                            const memory_block *work)
{
    const refcow_gate_options options = {
        .check = {.memory = work->base, .memory_size = work->size, .limits = *limits, .progress = progress_or_stop},
        .breaches = found->breaches,
        .breaches_capacity = REFCOW_BREACHES_MAX,
    };

    refcow_gate(source, &options, &found->result, sizeof found->result, REFCOW_VERSION);
}

/* The first signature of this format, or, if it is NULL, of any. */
static const refcow_breach *signature_of(const signatures *found, const char *format)
{
    for (size_t i = 0; i < found->result.breaches_count; i++) {
        const refcow_breach *breach = &found->breaches[i];
        if (breach->magic != REFCOW_NO_MAGIC &&
            (format == NULL || strcmp(refcow_magic_format(breach->magic), format) == 0))
            return breach;
    }
    return NULL;
}

/* False if there is no signature. */
static bool note_signature(failure *why, const signatures *found)
{
    const refcow_breach *breach = NULL;
    const other_format *is = NULL;

    for (size_t i = 0; i < OTHER_FORMATS && breach == NULL; i++) {
        is = &other_formats[i];
        breach = signature_of(found, is->format);
    }
    if (breach == NULL) {
        breach = signature_of(found, NULL);
        if (breach == NULL)
            return false;
        is = refcow_magic_in_raw(breach->magic) ? &raw_data : &any_format;
    }
    note_format(why, is, refcow_magic_format(breach->magic), breach->offset);
    return true;
}

/* ------------------------------------------------------------------ files that are no images */

static void note_short_file(failure *why, uint64_t size, uint32_t version)
{
    *why = (failure){.name = refcow_rule_name(REFCOW_RULE_NO_HEADER), .advice = "Copy or download it again"};
    if (size == 0) {
        why->text = "the file is empty";
        return;
    }
    why->text = version == 3 ? "the file is too short: a QCOW2 header of version 3 has at least 104 bytes"
                             : "the file is too short: a QCOW2 header has at least 72 bytes";
    why->value = size;
    why->has_value = why->value_is_size = true;
}

/* A file without the magic. A search that was stopped has found no signature, and that says nothing. */
static void note_other_file(failure *why, image_file *file, const refcow_limits *limits)
{
    static signatures found;
    refcow_source source = image_file_source(file);
    memory_block work;

    if (!memory_map(&work, OPENING_MEMORY))
        return;
    find_signatures(&found, &source, limits, &work);
    memory_unmap(&work);
    if (note_signature(why, &found))
        return;
    if (file->size < REFCOW_HEADER_LENGTH_MIN)
        note_short_file(why, file->size, 0);
    else if (found.result.error.status == REFCOW_STATUS_OK)
        why->advice = "refcow finds no signature of another format either. A raw disk image has no refcounts to check. "
                      "To ask what the file is: file IMAGE. If it was a QCOW2 image, something has overwritten its "
                      "header: restore it from a backup. If there is none, try this on a copy of the file: make a new "
                      "image with the same options and the same size, and put its first cluster in the place "
                      "of the first cluster of the copy";
}

/* Whether the file ends before the header. What the library takes for the rest of it is zeros. */
static bool is_short(const refcow_image *image, const image_file *file)
{
    return file->size < (image->header.version == 3 ? REFCOW_HEADER_LENGTH_V3_MIN : REFCOW_HEADER_LENGTH_MIN);
}

bool opening_finds_header(refcow_image *image, image_file *file, const refcow_limits *limits, failure *why)
{
    refcow_source source = image_file_source(file);
    refcow_status status = refcow_open(image, sizeof *image, REFCOW_VERSION, &source);
    refcow_class class = refcow_status_class(status);
    refcow_error error = image->error;

    error.status = status; /* a library of another version leaves the image as it was */
    *why = stop_explains(status) ? stop_failure() : failure_of_library(&error, file->read_detail);
    if (class != REFCOW_CLASS_FOREIGN && class != REFCOW_CLASS_REFUSED)
        return class == REFCOW_CLASS_OK;
    if (status == REFCOW_STATUS_MAGIC)
        note_other_file(why, file, limits);
    else if (status == REFCOW_STATUS_VERSION && error.value == QCOW_VERSION_1)
        note_format(why, &qcow_1, qcow_1.format, 0);
    else if (is_short(image, file))
        note_short_file(why, file->size, image->header.version);
    else
        return class == REFCOW_CLASS_REFUSED;
    return false;
}
