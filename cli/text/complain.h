/*
 * complain.h - every line that the command writes to stderr. Names and words are escaped; what was printed on stdout
 * before is flushed first, so that the two stay in order.
 */
#ifndef REFCOW_CLI_TEXT_COMPLAIN_H
#define REFCOW_CLI_TEXT_COMPLAIN_H

#include "failure.h"

#include <stdint.h>
#include <stdio.h>

/* "refcow: IMAGE: version is not 2 or 3: 4 (field at offset 4)" */
void complain_about_image(const char *path, const failure *why);

/* The same line, into a text that is kept for later. */
void complain_into(FILE *out, const char *path, const failure *why);

/* "refcow: IMAGE: ", the begin of a line that the caller ends. */
void complain_begin(const char *path);

/* The check was finished, but not all refcounts could be looked up. */
void complain_about_lookups(const char *path, uint64_t clusters);

/* Where the file has holes is not known. */
void complain_about_holes(const char *path);

/* The list of findings has ended before its end, because the time is over. */
void complain_about_cut_list(const char *path);

/* Snapshots that are not listed where there is no place to say so. */
void complain_about_omitted(const char *path, uint64_t snapshots);

/* "refcow check: unknown option: '--foo' (see refcow check --help)"; command is "refcow" or "refcow VERB", word the
 * one that is wrong or NULL. */
void complain_about_usage(const char *command, const char *sentence, const char *word);

/* The same about the option that getopt_long() has just stumbled over, for which it has returned ':' or '?'. The values
 * of options without a letter begin at FIRST_LONG_OPTION. */
#define FIRST_LONG_OPTION 256
void complain_about_option(const char *command, int answer, char **argv);

/* "refcow gate: FILE:3: there is no such rule: 'backing'"; line 0: about the whole file; word may be NULL. */
void complain_about_policy(const char *path, unsigned line, const char *sentence, const char *word);

/* The system does not give the memory for the lists that are asked for. */
void complain_about_memory(void);

/* A check does not survive the sandbox on this system. signal: that ended it; 0: none, it ended with status. */
void complain_about_sandbox(int signal, int status);

/* A check of a test image fails on this system, and not because of the sandbox. */
void complain_about_trial(void);

/* Images are read without a filter of system calls. */
void complain_about_filter(void);

/* Stdout could not be written; error is an errno or 0 if the reason is not known. */
void complain_about_output(int error);

#endif
