/*
 * info_features.h - what an image itself calls the bits of its feature words.
 */
#ifndef REFCOW_CLI_INFO_FEATURES_H
#define REFCOW_CLI_INFO_FEATURES_H

#include "features.h"
#include "info_report.h"

#include <stdbool.h>

/* What the image's own table of names says about a bit. False if it says nothing. */
bool feature_name_in_image(info_report *report, feature_word word, unsigned bit, image_name *name);

#endif
