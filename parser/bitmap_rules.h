/*
 * bitmap_rules.h - what the oracle insists on before it counts bitmaps: most damage in them is a refusal.
 */
#ifndef REFCOW_BITMAP_RULES_H
#define REFCOW_BITMAP_RULES_H

#include "check.h"

/* Validate the directory and the tables. What breaks a rule that the oracle insists on is a refusal. */
bool refcow_bitmaps_validate(struct check *check, refcow_error *refusal);

#endif
