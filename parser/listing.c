/*
 * listing.c - what an image has besides its tables, for callers: extensions, snapshots, bitmaps, and the bytes of
 * names.
 */
#include "bitmaps.h"
#include "extensions.h"
#include "header.h"
#include "snapshots.h"

refcow_status refcow_read_bytes(const refcow_image *image, uint64_t offset, void *buffer, size_t length)
{
    if (image == NULL || !refcow_is_usable(image) || buffer == NULL)
        return REFCOW_STATUS_BAD_ARGUMENT;
    struct reader reader;
    refcow_reader_start(&reader, &image->source);
    refcow_read(&reader, offset, buffer, length);
    return reader.error.status;
}

refcow_status refcow_next_extension(const refcow_image *image, refcow_extension *extension)
{
    if (image == NULL || !refcow_is_usable(image) || extension == NULL || extension->next >= image->header.extensions)
        return REFCOW_STATUS_BAD_ARGUMENT;
    struct reader reader;
    refcow_reader_start(&reader, &image->source);
    if (extension->next == 0)
        *extension = refcow_extensions_start(&image->header);
    uint8_t head[EXTENSION_HEAD_SIZE] = {0};
    if (!refcow_read(&reader, extension->end, head, sizeof head))
        return reader.error.status;
    bool is_inside = refcow_extension_decode(&image->header, extension, head);
    return is_inside ? REFCOW_STATUS_OK : REFCOW_STATUS_EXTENSION_LENGTH;
}

refcow_status refcow_next_snapshot(const refcow_image *image, refcow_snapshot *snapshot)
{
    uint8_t bytes[SNAPSHOT_FIELDS_SIZE] = {0};
    if (image == NULL || !refcow_is_usable(image) || snapshot == NULL ||
        snapshot->next >= least(image->header.nb_snapshots, REFCOW_SNAPSHOTS_MAX))
        return REFCOW_STATUS_BAD_ARGUMENT;
    if (snapshot->next == 0)
        *snapshot = refcow_snapshots_start(&image->header);
    if (!refcow_readable(snapshot->end, SNAPSHOT_FIELDS_SIZE))
        return REFCOW_STATUS_SNAPSHOTS_OFFSET;
    refcow_status status = refcow_read_bytes(image, refcow_snapshot_after(snapshot), bytes, sizeof bytes);
    if (status == REFCOW_STATUS_OK)
        refcow_snapshot_decode(snapshot, bytes);
    return status;
}

refcow_status refcow_next_bitmap(const refcow_image *image, refcow_bitmap *bitmap)
{
    uint8_t bytes[BITMAP_HEAD_SIZE] = {0};
    if (image == NULL || !refcow_is_usable(image) || bitmap == NULL || bitmap->next >= image->header.nb_bitmaps)
        return REFCOW_STATUS_BAD_ARGUMENT;
    if (bitmap->next == 0)
        *bitmap = refcow_bitmaps_start(&image->header);
    refcow_status status = refcow_read_bytes(image, bitmap->end, bytes, sizeof bytes);
    if (status == REFCOW_STATUS_OK)
        refcow_bitmap_decode(bitmap, bytes);
    return status;
}
