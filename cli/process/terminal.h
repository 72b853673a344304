/*
 * terminal.h - where standard output and standard error go: whether they are terminals, how wide and high stdout is,
 * and whether it shows colours.
 *
 * All of it is asked once, when the command starts. Later the sandbox is closed, and it lets no terminal be asked:
 * which system calls ask is the choice of the C library, and changes with its version. Nothing needs a later answer:
 * the picture of `refcow map` has its width before an image is read, and a line of progress has a fixed length.
 */
#ifndef REFCOW_CLI_PROCESS_TERMINAL_H
#define REFCOW_CLI_PROCESS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of stdout, whatever it is. Most answers fit: nothing of them is written before all of it is known. What is not
 * touched costs nothing. */
#define TERMINAL_BUFFER ((size_t)2 << 20)

typedef struct terminal {
    uint32_t columns; /* 80 if unknown */
    uint32_t lines;   /* 24 if unknown */
    bool has_colors;
} terminal;

/* Ask the terminals, and settle how stdout is buffered. Call it first, before anything is printed. */
void terminal_ask(void);

/* Write what stdout has buffered, if it is as much as a pipe holds: a reader that takes it slowly is waited for then,
 * and not for the whole buffer. Returns the nanoseconds that it took. */
uint64_t terminal_flush_much(void);

bool terminal_is_stderr(void);

/* From COLUMNS and LINES, the answers of the terminal, NO_COLOR and TERM. */
terminal terminal_of_output(void);

#endif
