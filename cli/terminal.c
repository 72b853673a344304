#define _DEFAULT_SOURCE /* isatty(), TIOCGWINSZ */

#include "terminal.h"

#include "numbers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST 4096

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

/* What the user says, what the terminal says, or what is usual. */
static uint32_t extent(const char *name, uint32_t told, uint32_t usual)
{
    const char *value = getenv(name);
    uint64_t number = 0;

    if (value != NULL && parse_number(value, &number) && number > 0 && number <= MOST)
        return (uint32_t)number;
    return told > 0 && told <= MOST ? told : usual;
}

terminal terminal_of_output(void)
{
    struct winsize size = {0};
    bool is_terminal = isatty(STDOUT_FILENO) == 1;
    const char *kind = getenv("TERM");
    bool is_dumb = kind == NULL || strcmp(kind, "") == 0 || strcmp(kind, "dumb") == 0;

    if (!is_terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    return (terminal){
        .columns = extent("COLUMNS", size.ws_col, 80),
        .lines = extent("LINES", size.ws_row, 24),
        .has_colors = is_terminal && !is_dumb && !is_set("NO_COLOR"),
    };
}
