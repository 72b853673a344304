/*
 * output.h - standard output: flush it, close it, and remember why it could not be written.
 */
#ifndef REFCOW_CLI_TEXT_OUTPUT_H
#define REFCOW_CLI_TEXT_OUTPUT_H

#include <stdbool.h>

/* Write what is buffered. Everything flushes stdout by this function: a C library may forget what it could not write,
 * and the reason with it. */
void output_flush(void);

/* Write the rest; nothing can be printed afterwards. False if the output is lost: error is an errno, or 0 if the reason
 * is not known. Output that its reader does not want, such as `head`, is not lost. */
bool output_close(int *error);

#endif
