/*
 * bit_names.h - what an image itself calls the bits of its feature words.
 */
#ifndef REFCOW_CLI_INFO_BIT_NAMES_H
#define REFCOW_CLI_INFO_BIT_NAMES_H

#include "../image/features.h"
#include "report.h"

#include <stdbool.h>

/* What the image's own table of names says about a bit. False if it says nothing. */
bool feature_name_in_image(info_report *report, feature_word word, unsigned bit, image_name *name);

#endif
