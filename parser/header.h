/*
 * header.h - the parts of opening an image: header.c decodes and validates the header, extensions.c what follows it.
 */
#ifndef REFCOW_HEADER_H
#define REFCOW_HEADER_H

#include "source.h"

#define CRYPT_LUKS 2u

/* Remember a broken rule, unless one is known whose field stands before this one. Always false. */
bool refcow_refuse(refcow_image *image, refcow_status status, uint64_t value, uint64_t offset);

/* Whether an image was opened, or at least refused: then its header has a meaning. In an object that refcow_open() did
 * not fill, chance alone makes it so; nothing that follows is unsafe even then, but for the source's callbacks. */
bool refcow_is_usable(const refcow_image *image);

/* Before the first extension. An extension also says where the next one begins. */
refcow_extension refcow_extensions_start(const refcow_header *header);

#define EXTENSION_HEAD_SIZE 8u

/* The next extension, from the bytes of its head. False: its contents do not end before the backing file's name or in
 * the first cluster. */
bool refcow_extension_decode(const refcow_header *header, refcow_extension *extension, const uint8_t *head);

/* Locate and validate the header extensions; false if they were not followed to the end. Bound: the first cluster. */
bool refcow_extensions_locate(refcow_image *image, struct reader *reader);

#endif
