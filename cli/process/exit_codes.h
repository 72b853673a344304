/*
 * exit_codes.h - what the command's exit code says; the same numbers as `qemu-img check`.
 */
#ifndef REFCOW_CLI_PROCESS_EXIT_CODES_H
#define REFCOW_CLI_PROCESS_EXIT_CODES_H

typedef enum exit_code {
    EXIT_CODE_CLEAN = 0,
    EXIT_CODE_FAILED = 1, /* not judged to the end: usage, I/O, limit, refused, refcounts that cannot be looked up */
    EXIT_CODE_CORRUPT = 2,
    EXIT_CODE_LEAKS = 3, /* leaks and nothing worse */
    EXIT_CODE_NOT_QCOW2 = 63
} exit_code;

/*
 * The worse of the exit codes of two images, in the order 0, 3, 2, 63, 1. An image that was not judged may be worse
 * than any that was: as a file with corruptions and an unknown rest is 1 and not 2, so is a set of files. Who sees 0, 3
 * or 2 knows that every image was judged to the end.
 */
exit_code worse_exit_code(exit_code one, exit_code other);

#endif
