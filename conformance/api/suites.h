/*
 * suites.h - the parts of api_test, one file each.
 */
#ifndef REFCOW_CONFORMANCE_API_SUITES_H
#define REFCOW_CONFORMANCE_API_SUITES_H

void run_code_tests(void);      /* codes.c: names, sentences, numbers */
void run_argument_tests(void);  /* arguments.c: what the caller gives */
void run_header_tests(void);    /* header.c: refcow_open() */
void run_counting_tests(void);  /* counting.c: what a check finds */
void run_report_tests(void);    /* report.c: the refcount report */
void run_snapshot_tests(void);  /* snapshots.c: internal snapshots */
void run_bitmap_tests(void);    /* bitmaps.c: persistent bitmaps */
void run_note_tests(void);      /* notes.c: findings that are no defects */
void run_damage_tests(void);    /* damage.c: where wrong entries are */
void run_list_tests(void);      /* lists.c: extensions, snapshots, bitmaps one by one */
void run_observer_tests(void);  /* observer.c: what someone who looks on is told */
void run_early_end_tests(void); /* early_ends.c: failing and lying sources, cancellation, limits */
void run_sparse_tests(void);    /* sparse.c: holes, huge sizes, bounded work */
void run_gate_tests(void);      /* gate.c: refcow_gate() */
void run_search_tests(void);    /* gate_search.c: signatures of other formats */
void run_name_tests(void);      /* gate_names.c: traits of names, UTF-8 */

#endif
