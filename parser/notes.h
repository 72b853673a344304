/*
 * notes.h - notes: what a user should know of an image, and what is no defect for `qemu-img check`. They are findings
 * of severity NOTE and add to no other counter.
 */
#ifndef REFCOW_NOTES_H
#define REFCOW_NOTES_H

#include "count.h"

/* The flags of the header. */
void refcow_note_marks(struct check *check);

/* A reference reaches past the end of the file by a cluster or more. If the image counts the last one, it was
 * once there. */
void refcow_note_missing(struct check *check, const struct reference *reference);

/* An L2 table without an entry. QEMU leaves such tables behind, too: the note stays only if clusters are leaked. */
void refcow_note_empty_table(struct check *check, const struct table_name *table);

/* The clusters first .. end - 1 are in use and lie in a hole of the file; they come in ascending order. */
void refcow_note_in_hole(struct check *check, uint64_t first, uint64_t end);

/* The directory entry of a bitmap. */
void refcow_note_bitmap(struct check *check, const refcow_bitmap *bitmap);

/* All is counted and compared: add the note about a file that is cut short, and drop the notes that did not hold. */
void refcow_notes_finish(struct check *check);

#endif
