/*
 * check_run.h - the other way to make a check, besides refcow_check().
 */
#ifndef REFCOW_CHECK_RUN_H
#define REFCOW_CHECK_RUN_H

#include "refcow.h"

/* The same, and result->most_references is found out. That takes as much memory as an observer. */
refcow_status refcow_check_sharing(const refcow_image *image, const refcow_options *options, refcow_result *result);

#endif
