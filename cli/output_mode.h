/*
 * output_mode.h - the forms in which verbs answer: the values of --output.
 */
#ifndef REFCOW_CLI_OUTPUT_MODE_H
#define REFCOW_CLI_OUTPUT_MODE_H

#include <stdbool.h>

typedef enum output_mode {
    OUTPUT_HUMAN,
    OUTPUT_JSON,  /* one object, of one image */
    OUTPUT_JSONL, /* JSON Lines: a record in each line, of any number of images */
    OUTPUT_CSV    /* a table, of any number of images */
} output_mode;

/* False if no mode has this name. */
bool output_mode_of(const char *name, output_mode *mode);

#endif
