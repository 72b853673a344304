/*
 * failure.h - why an image was not judged to the end: a status of the library, or one of the few that only a command
 * can have.
 */
#ifndef REFCOW_CLI_TEXT_FAILURE_H
#define REFCOW_CLI_TEXT_FAILURE_H

#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct failure {
    const char *name;   /* for machines, "read-failed"; "ok" if there is no failure */
    const char *text;   /* for people, a sentence without its full stop */
    const char *detail; /* what the system says about it, or NULL */
    const char *advice; /* what to do, sentences without the last full stop, or NULL */
    uint64_t value;     /* as in refcow_error, or the size of the file */
    uint64_t offset;    /* as in refcow_error */
    bool has_value;
    bool value_is_place; /* value is where in the file it happened */
    bool value_is_size;  /* value is the number of bytes of the file */
    bool has_offset;
    const char *found_format; /* the file is in this other format: "gzip"; NULL: none is known */
    uint64_t found_offset;    /* of the signature of the other format */
} failure;

/* What a library call has returned; REFCOW_STATUS_OK gives no failure. detail may be NULL. */
failure failure_of_library(const refcow_error *error, const char *detail);

/* The file cannot be opened; detail says why. */
failure failure_of_opening(const char *detail);

/* The image on a server cannot be had; detail says why. */
failure failure_of_connecting(const char *detail);

/* The file is of a kind that no image is kept in; detail says which. */
failure failure_of_file_kind(const char *detail);

/* Not an image of this format, as qemu-img judges it: without the magic, or with the version number of the older qcow
 * format or none. */
bool failure_is_other_format(const refcow_error *error);

/* The system does not give as many bytes of memory. */
failure failure_of_memory(uint64_t bytes);

/* The file is no longer what it was when it was opened. */
failure failure_of_change(void);

#endif
