/*
 * budget.h - how much work an image is worth when the user does not say.
 *
 * A sparse file of a few KiB can announce exabytes to look through. An honest image has its metadata on the disk: its
 * L2 tables and refcount blocks take some 10 bytes for each cluster that has to be visited. So the work that an image
 * may take is in proportion to what its file takes up on the disk, and all the rest of the file is a hole.
 */
#ifndef REFCOW_CLI_BUDGET_H
#define REFCOW_CLI_BUDGET_H

#include "common_options.h"
#include "image_file.h"

/* The limits that the user has set, and for those left open the default ones. */
refcow_limits budget_of(const common_options *options, const image_file *file);

#endif
