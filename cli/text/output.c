#include "output.h"

#include <errno.h>
#include <stdio.h>

static int first_error; /* an errno; 0: none that is known */

static void note_error(int result)
{
    if (result != 0 && first_error == 0)
        first_error = errno;
}

void output_flush(void)
{
    note_error(fflush(stdout));
}

bool output_close(int *error)
{
    bool has_failed = ferror(stdout) != 0;
    int result = fclose(stdout);

    note_error(result);
    *error = first_error;
    return (!has_failed && result == 0) || first_error == EPIPE;
}
