#define _DEFAULT_SOURCE /* isatty(), TIOCGWINSZ */

#include "terminal.h"

#include "../text/numbers.h"
#include "../text/output.h"
#include "clock.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST 4096

/* What a pipe holds. */
#define MUCH ((size_t)64 << 10)

/* What the terminals have answered. */
static struct {
    bool is_stdout;
    bool is_stderr;
    struct winsize size; /* of stdout; zeros if it is unknown */
} answers;

/* A C library asks for itself whether stdout is a terminal: at the first write, which comes after the sandbox has
 * closed. It does not ask when it is told how to buffer, and where. Code that prints for a reader flushes. */
static void settle_stdout(void)
{
    static char buffer[TERMINAL_BUFFER];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

void terminal_ask(void)
{
    answers.is_stdout = isatty(STDOUT_FILENO) == 1;
    answers.is_stderr = isatty(STDERR_FILENO) == 1;
    if (!answers.is_stdout || ioctl(STDOUT_FILENO, TIOCGWINSZ, &answers.size) != 0)
        answers.size = (struct winsize){0};
    settle_stdout();
}

uint64_t terminal_flush_much(void)
{
    if (__fpending(stdout) < MUCH)
        return 0;
    uint64_t begun = clock_now();
    output_flush();
    return clock_now() - begun;
}

bool terminal_is_stderr(void)
{
    return answers.is_stderr;
}

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
    const char *kind = getenv("TERM");
    bool is_dumb = kind == NULL || strcmp(kind, "") == 0 || strcmp(kind, "dumb") == 0;

    return (terminal){
        .columns = extent("COLUMNS", answers.size.ws_col, 80),
        .lines = extent("LINES", answers.size.ws_row, 24),
        .has_colors = answers.is_stdout && !is_dumb && !is_set("NO_COLOR"),
    };
}
