/*
 * palette.h - the colours of the owners, in terminals and in pages. What is free has none: it looks like the
 * background.
 */
#ifndef REFCOW_CLI_MAP_PALETTE_H
#define REFCOW_CLI_MAP_PALETTE_H

#include "owners.h"

/* An index into the 256 colours of a terminal, none of the first 16: those are the user's. */
unsigned palette_color(owner who);

/* The same as 0xrrggbb. */
unsigned palette_rgb(owner who);

/* What is written on it is black or white, whichever can be read. */
bool palette_is_light(owner who);

#endif
