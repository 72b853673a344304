#include "word_lines.h"

#include "complain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* No policy is as long, and no endless one is read to its end. */
#define FILE_MOST ((size_t)64 << 10)

/* The next word of a line, ended by a NUL; NULL if there is none. */
static char *next_word(char **rest)
{
    static const char blanks[] = " \t\r\n";
    char *word = *rest + strspn(*rest, blanks);

    if (*word == '\0' || *word == '#')
        return NULL;
    *rest = word + strcspn(word, blanks);
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

/* The value of "word=value", which ends the word; or NULL. */
static char *value_in(char *word)
{
    char *equals = strchr(word, '=');

    if (equals == NULL)
        return NULL;
    *equals = '\0';
    return equals + 1;
}

static bool take_line(char *line, const char *name, unsigned number, word_taker *take, void *user)
{
    char *word = next_word(&line);
    if (word == NULL)
        return true;
    char *value = value_in(word);
    if (value == NULL)
        value = next_word(&line);
    char *surplus = value == NULL ? NULL : next_word(&line);

    if (surplus != NULL) {
        complain_about_policy(name, number, "unexpected argument", surplus);
        return false;
    }
    const char *wrong = take(user, word, value);
    if (wrong != NULL)
        complain_about_policy(name, number, wrong, value == NULL ? word : value);
    return wrong == NULL;
}

bool word_lines_take(char *text, size_t length, const char *name, word_taker *take, void *user)
{
    unsigned number = 1;

    for (char *line = text, *next = NULL; line < text + length; line = next, number++) {
        char *end = line + strcspn(line, "\n");
        if (*end == '\0' && end < text + length) {
            complain_about_policy(name, number, "the line has a NUL byte", NULL);
            return false;
        }
        next = end + 1;
        *end = '\0';
        if (!take_line(line, name, number, take, user))
            return false;
    }
    return true;
}

bool word_lines_read(const char *path, word_taker *take, void *user)
{
    static char text[FILE_MOST + 2]; /* a byte more is too many, and a NUL stays behind it */
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        complain_about_policy(path, 0, strerror(errno), NULL);
        return false;
    }
    size_t length = fread(text, 1, FILE_MOST + 1, file);
    bool has_failed = ferror(file) != 0;
    int error = errno;
    bool is_whole = length <= FILE_MOST;
    fclose(file);
    text[length] = '\0';
    if (has_failed || !is_whole)
        complain_about_policy(path, 0, has_failed ? strerror(error) : "the policy is longer than 64 KiB", NULL);
    return !has_failed && is_whole && word_lines_take(text, length, path, take, user);
}
