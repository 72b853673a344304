/*
 * naive.h - the check as it is defined, with none of the parser's cleverness: no windows, no weights, no runs.
 *
 * A second reading of the format, to hold the parser against. It shares no code with the parser and is slow on purpose:
 * one counter per cluster, every table walked as often as it is named, one read per entry. It gives up on images that
 * are too large for that.
 */
#ifndef REFCOW_FUZZ_NAIVE_H
#define REFCOW_FUZZ_NAIVE_H

#include "input.h"

/* Fill the answer's verdict, error, counts and refcount report; the rest of it is 0. The image is read anew, header
 * included. 0: given up. */
int naive_check(const input_file *file, refcow_result *answer);

#endif
