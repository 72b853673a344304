#include "exit_codes.h"

static int badness(exit_code code)
{
    switch (code) {
    case EXIT_CODE_CLEAN:
        return 0;
    case EXIT_CODE_LEAKS:
        return 1;
    case EXIT_CODE_CORRUPT:
        return 2;
    case EXIT_CODE_NOT_QCOW2:
        return 3;
    case EXIT_CODE_FAILED:
        break;
    }
    return 4;
}

exit_code worse_exit_code(exit_code one, exit_code other)
{
    return badness(one) > badness(other) ? one : other;
}
