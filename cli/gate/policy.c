#include "policy.h"

#include "../text/complain.h"
#include "../text/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* No policy is as long, and no endless one is read to its end. */
#define POLICY_MOST ((size_t)64 << 10)

#define DEFAULT_VIRTUAL_SIZE (UINT64_C(1) << 40)

/* An installed system has a gigabyte of data for some ten of disk, and may be compressed. */
#define DEFAULT_AMPLIFICATION 1000

/* As many compressed clusters as compress best fit into one: 2 MiB of one byte make a stream of 2 KiB. */
#define DEFAULT_SHARING 2048

gate_policy gate_policy_strict(void)
{
    return (gate_policy){.max_virtual_size = DEFAULT_VIRTUAL_SIZE,
                         .max_amplification = DEFAULT_AMPLIFICATION,
                         .max_sharing = DEFAULT_SHARING};
}

/* ------------------------------------------------------------------ words */

static const char *allow(gate_policy *policy, const char *id)
{
    for (unsigned rule = 0; rule < GATE_RULES; rule++) {
        if (gate_rules[rule].id == NULL || strcmp(gate_rules[rule].id, id) != 0)
            continue;
        if (gate_rules[rule].means == GATE_MEANS_NOTHING)
            return "this rule cannot be allowed, because refcow cannot judge such an image";
        if (gate_rules[rule].means != GATE_MEANS_ALLOW)
            return "this rule is a limit; set the limit instead";
        policy->allowed[rule] = true;
        return NULL;
    }
    return "there is no such rule";
}

static const char *set_size(uint64_t *limit, const char *text)
{
    if (strcmp(text, "none") == 0)
        *limit = GATE_NO_LIMIT;
    else if (!parse_size(text, limit))
        return "the limit must be a size such as 10G, or none";
    return NULL;
}

static const char *set_number(uint64_t *limit, const char *text)
{
    if (strcmp(text, "none") == 0)
        *limit = GATE_NO_LIMIT;
    else if (!parse_number(text, limit) || *limit == 0)
        return "the limit must be a number from 1, or none";
    return NULL;
}

static const char *expect(gate_policy *policy, const char *format)
{
    policy->expects_raw = strcmp(format, "raw") == 0;
    return policy->expects_raw || strcmp(format, "qcow2") == 0 ? NULL : "the expected format must be qcow2 or raw";
}

static const char *set_valued(gate_policy *policy, const char *word, const char *value)
{
    if (strcmp(word, "allow") == 0)
        return allow(policy, value);
    if (strcmp(word, "max-virtual-size") == 0)
        return set_size(&policy->max_virtual_size, value);
    if (strcmp(word, "max-amplification") == 0)
        return set_number(&policy->max_amplification, value);
    if (strcmp(word, "max-sharing") == 0)
        return set_number(&policy->max_sharing, value);
    if (strcmp(word, "expect") == 0)
        return expect(policy, value);
    return "unknown option before this word, or an option without a value (a policy has no dashes)";
}

static const char *set_bare(gate_policy *policy, const char *word)
{
    if (strcmp(word, "check") == 0)
        policy->wants_check = true;
    else if (strcmp(word, "header-only") == 0)
        policy->header_only = true;
    else
        return "unknown option, or its value is missing (a policy has no dashes)";
    return NULL;
}

const char *gate_policy_set(gate_policy *policy, const char *word, const char *value)
{
    return value == NULL ? set_bare(policy, word) : set_valued(policy, word, value);
}

const char *gate_policy_contradiction(const gate_policy *policy)
{
    if (policy->header_only && policy->wants_check)
        return "header-only and check cannot be combined";
    if (policy->expects_raw && (policy->wants_check || policy->header_only))
        return "check and header-only need the expected format qcow2";
    return NULL;
}

/* ------------------------------------------------------------------ files */

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

static bool take_line(gate_policy *policy, char *line, const char *path, unsigned number)
{
    char *word = next_word(&line);
    if (word == NULL)
        return true;
    char *value = next_word(&line);
    char *surplus = value == NULL ? NULL : next_word(&line);

    if (surplus != NULL) {
        complain_about_policy(path, number, "unexpected argument", surplus);
        return false;
    }
    const char *wrong = gate_policy_set(policy, word, value);
    if (wrong != NULL)
        complain_about_policy(path, number, wrong, value == NULL ? word : value);
    return wrong == NULL;
}

/* The end of a line, or of the text. */
static char *line_end(char *line)
{
    return line + strcspn(line, "\n");
}

static bool take_lines(gate_policy *policy, char *text, size_t length, const char *path)
{
    unsigned number = 1;

    for (char *line = text, *next = NULL; line < text + length; line = next, number++) {
        char *end = line_end(line);
        if (*end == '\0' && end < text + length) {
            complain_about_policy(path, number, "the line has a NUL byte", NULL);
            return false;
        }
        next = end + 1;
        *end = '\0';
        if (!take_line(policy, line, path, number))
            return false;
    }
    return true;
}

bool gate_policy_read(gate_policy *policy, const char *path)
{
    static char text[POLICY_MOST + 2]; /* a byte more is too many, and a NUL stays behind it */
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        complain_about_policy(path, 0, strerror(errno), NULL);
        return false;
    }
    size_t length = fread(text, 1, POLICY_MOST + 1, file);
    bool has_failed = ferror(file) != 0;
    int error = errno;
    bool is_whole = length <= POLICY_MOST;
    fclose(file);
    text[length] = '\0';
    if (has_failed || !is_whole)
        complain_about_policy(path, 0, has_failed ? strerror(error) : "the policy is longer than 64 KiB", NULL);
    return !has_failed && is_whole && take_lines(policy, text, length, path);
}
