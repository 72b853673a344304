/*
 * json_parts.h - what the JSON forms of a report have in common: members of an object.
 */
#ifndef REFCOW_CLI_RUN_JSON_PARTS_H
#define REFCOW_CLI_RUN_JSON_PARTS_H

#include "../text/json.h"
#include "check_report.h"

/* A line of JSON Lines: every record says what it is and about which image, so that lines can be filtered one by one.
 */
void json_begin_record(json_writer *json, FILE *out, const char *type, const check_report *report);

/* "status": why there is no more. */
void json_status(json_writer *json, const failure *why);

/* "refcount-report" */
void json_refcount_report(json_writer *json, const refcow_refcount_report *refcounts);

/* What it took. */
void json_work(json_writer *json, const refcow_result *result);

/* The members of a finding, which is of a kind of kinds.h. */
void json_finding(json_writer *json, unsigned kind, const refcow_finding *finding);

/* "found": how many of each kind. */
void json_found(json_writer *json, const refcow_result *result);

/* "not-followed": files that the header names. */
void json_not_followed(json_writer *json, const refcow_header *header);

/* Who holds the image, and whether it has changed. */
void json_live(json_writer *json, const live_facts *live);

#endif
