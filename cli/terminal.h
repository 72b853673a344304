/*
 * terminal.h - where standard output goes: how wide and high it is, and whether it shows colours.
 */
#ifndef REFCOW_CLI_TERMINAL_H
#define REFCOW_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct terminal {
    uint32_t columns; /* 80 if nobody knows */
    uint32_t lines;   /* 24 if nobody knows */
    bool has_colors;
} terminal;

/* From COLUMNS and LINES, the terminal itself, NO_COLOR and TERM. */
terminal terminal_of_output(void);

#endif
