#include "unread.h"

#include "../text/escape.h"
#include "../text/reason.h"

void unread_print_human(FILE *out, const char *path, refcow_verdict verdict, const failure *why)
{
    escape_print(out, path);
    fputs(verdict == REFCOW_VERDICT_REFUSED ? ": Refused: " : ": Incomplete: ", out);
    reason_print(out, why, escape_print);
    fputs(".\n", out);
    if (why->advice != NULL)
        fprintf(out, "%s\n", why->advice);
}
