/*
 * json_parts.h - what the JSON forms of a report have in common: members of an object.
 */
#ifndef REFCOW_CLI_RUN_JSON_PARTS_H
#define REFCOW_CLI_RUN_JSON_PARTS_H

#include "../text/json.h"
#include "check_report.h"
#include "listed.h"

/* The version of the schemas, which are in conformance/schemas/. It goes up when a member of an answer changes its
 * meaning, its type or its name, or goes away; not when a member is added. */
#define SCHEMA_VERSION 1

/* A line of JSON Lines: every record says what it is and about which image, so that lines can be filtered one by one.
 */
void json_begin_record(json_writer *json, FILE *out, const char *type, const check_report *report);

/* "status": why there is no more. */
void json_status(json_writer *json, const failure *why);

/* "second-look": whether guest ranges and owners are known, and what it took; left out if there was none. */
void json_second_look(json_writer *json, const second_look *look);

/* "situation": what the answer means and what to do next; left out if there is nothing to say beyond the verdict. */
void json_situation(json_writer *json, const check_report *report);

/* "damage": where entries are wrong. */
void json_damage(json_writer *json, const check_report *report);

/* "refcount-report" */
void json_refcount_report(json_writer *json, const refcow_refcount_report *refcounts);

/* What it took. */
void json_work(json_writer *json, const refcow_result *result);

/* "refcow-version" or "version", and "schema": what made this answer, and how to read it. */
void json_versions(json_writer *json, const char *key);

/* The roles of those who refer to clusters, as a list of words. */
void json_roles(json_writer *json, const char *key, user_set users);

/* The members of a finding. */
void json_finding(json_writer *json, const listed_finding *listed);

/* "found": how many of each kind. */
void json_found(json_writer *json, const check_report *report);

/* "not-followed": files that the header names. */
void json_not_followed(json_writer *json, const refcow_header *header);

/* Who holds the image, and whether it has changed. */
void json_live(json_writer *json, const live_facts *live);

#endif
