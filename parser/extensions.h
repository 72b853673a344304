/*
 * extensions.h - the header extensions: decode, locate and validate them.
 */
#ifndef REFCOW_EXTENSIONS_H
#define REFCOW_EXTENSIONS_H

#include "opening.h"

#define CRYPT_LUKS 2u /* refcow_header.crypt_method */

/* Before the first extension. An extension also says where the next one begins. */
refcow_extension refcow_extensions_start(const refcow_header *header);

#define EXTENSION_HEAD_SIZE 8u

/* The next extension, from the bytes of its head. False: its contents do not end before the backing file's name or in
 * the first cluster. */
bool refcow_extension_decode(const refcow_header *header, refcow_extension *extension, const uint8_t *head);

/* Locate and validate the header extensions; false if they were not followed to the end. Bound: the first cluster. */
bool refcow_extensions_locate(struct opening *opening);

#endif
