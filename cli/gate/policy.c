#include "policy.h"

#include "../../build/policies.h"
#include "../run/common_options.h"
#include "../text/complain.h"
#include "../text/numbers.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* No policy is as long, and no endless one is read to its end. */
#define POLICY_MOST ((size_t)64 << 10)

gate_policy gate_policy_strict(void)
{
    return (gate_policy){.accepts = refcow_policy_strict()};
}

/* ------------------------------------------------------------------ values */

static const char *set_allow(gate_policy *policy, const char *id)
{
    for (unsigned number = 0; number < REFCOW_RULES_END; number++) {
        refcow_rule rule = (refcow_rule)number;
        if (!refcow_rule_exists(rule) || strcmp(refcow_rule_name(rule), id) != 0)
            continue;
        if (refcow_policy_allow(&policy->accepts, rule) == 0)
            return NULL;
        if (refcow_rule_means(rule) == REFCOW_MEANS_NOTHING)
            return "this rule cannot be allowed, because refcow cannot judge such an image";
        return "this rule is a limit; set the limit instead";
    }
    return "there is no such rule";
}

static const char *set_size(uint64_t *limit, const char *text)
{
    if (strcmp(text, "none") == 0)
        *limit = REFCOW_NO_LIMIT;
    else if (!parse_size(text, limit))
        return "the limit must be a size such as 10G, or none";
    return NULL;
}

static const char *set_number(uint64_t *limit, const char *text)
{
    if (strcmp(text, "none") == 0)
        *limit = REFCOW_NO_LIMIT;
    else if (!parse_number(text, limit) || *limit == 0)
        return "the limit must be a number from 1, or none";
    return NULL;
}

static const char *set_max_file_size(gate_policy *policy, const char *value)
{
    return set_size(&policy->accepts.max_file_size, value);
}

static const char *set_max_virtual_size(gate_policy *policy, const char *value)
{
    return set_size(&policy->accepts.max_virtual_size, value);
}

static const char *set_max_amplification(gate_policy *policy, const char *value)
{
    return set_number(&policy->accepts.max_amplification, value);
}

static const char *set_max_sharing(gate_policy *policy, const char *value)
{
    return set_number(&policy->accepts.max_sharing, value);
}

static const char *set_max_snapshots(gate_policy *policy, const char *value)
{
    return set_number(&policy->accepts.max_snapshots, value);
}

static const char *add_feature(uint32_t *features, const char *name)
{
    for (unsigned feature = 0; feature < REFCOW_FEATURES; feature++) {
        if (strcmp(refcow_feature_name((refcow_feature)feature), name) == 0) {
            *features |= UINT32_C(1) << feature;
            return NULL;
        }
    }
    return "there is no such feature (see --help)";
}

static const char *set_refuse(gate_policy *policy, const char *value)
{
    return add_feature(&policy->accepts.refused_features, value);
}

static const char *set_require(gate_policy *policy, const char *value)
{
    return add_feature(&policy->accepts.required_features, value);
}

static const char *set_cluster_size(gate_policy *policy, const char *value)
{
    uint64_t size = 0;
    for (unsigned bits = REFCOW_CLUSTER_BITS_MIN; parse_size(value, &size) && bits <= REFCOW_CLUSTER_BITS_MAX; bits++) {
        if (size == UINT64_C(1) << bits) {
            policy->accepts.cluster_sizes |= UINT32_C(1) << bits;
            return NULL;
        }
    }
    return "the cluster size must be a power of two from 512 to 2M";
}

static const char *set_refcount_bits(gate_policy *policy, const char *value)
{
    uint64_t width = 0;
    for (unsigned order = 0; parse_number(value, &width) && order <= REFCOW_REFCOUNT_ORDER_MAX; order++) {
        if (width == UINT64_C(1) << order) {
            policy->accepts.refcount_widths |= UINT32_C(1) << order;
            return NULL;
        }
    }
    return "the width of refcounts must be 1, 2, 4, 8, 16, 32 or 64";
}

static const char *set_expect(gate_policy *policy, const char *format)
{
    policy->accepts.expects_raw = strcmp(format, "raw") == 0;
    return policy->accepts.expects_raw || strcmp(format, "qcow2") == 0 ? NULL
                                                                       : "the expected format must be qcow2 or raw";
}

static const char *set_output(gate_policy *policy, const char *form)
{
    policy->wants_json = strcmp(form, "json") == 0;
    return policy->wants_json || strcmp(form, "human") == 0 ? NULL : "the output must be human or json";
}

static const char *set_timeout(gate_policy *policy, const char *seconds)
{
    return timeout_parse(&policy->timeout, seconds);
}

static const char *set_check(gate_policy *policy, const char *none)
{
    (void)none;
    policy->accepts.wants_check = 1;
    return NULL;
}

static const char *set_header_only(gate_policy *policy, const char *none)
{
    (void)none;
    policy->accepts.header_only = 1;
    return NULL;
}

/* ------------------------------------------------------------------ words */

static const struct {
    const char *word;
    const char *(*set)(gate_policy *policy, const char *value);
    bool has_value;
} words[] = {
    {"allow", set_allow, true},
    {"check", set_check, false},
    {"cluster-size", set_cluster_size, true},
    {"expect", set_expect, true},
    {"header-only", set_header_only, false},
    {"max-amplification", set_max_amplification, true},
    {"max-file-size", set_max_file_size, true},
    {"max-sharing", set_max_sharing, true},
    {"max-snapshots", set_max_snapshots, true},
    {"max-virtual-size", set_max_virtual_size, true},
    {"output", set_output, true},
    {"refcount-bits", set_refcount_bits, true},
    {"refuse", set_refuse, true},
    {"require", set_require, true},
    {"timeout", set_timeout, true},
};

const char *gate_policy_set(gate_policy *policy, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0 && words[i].has_value == (value != NULL))
            return words[i].set(policy, value);
    }
    return value == NULL ? "unknown option, or its value is missing (a policy has no dashes)"
                         : "unknown option before this word, or an option without a value (a policy has no dashes)";
}

const char *gate_means_option(refcow_means means)
{
    static const char *const options[] = {
        [REFCOW_MEANS_NOTHING] = "nothing",
        [REFCOW_MEANS_ALLOW] = "--allow",
        [REFCOW_MEANS_MAX_FILE_SIZE] = "--max-file-size",
        [REFCOW_MEANS_MAX_VIRTUAL_SIZE] = "--max-virtual-size",
        [REFCOW_MEANS_MAX_AMPLIFICATION] = "--max-amplification",
        [REFCOW_MEANS_MAX_SHARING] = "--max-sharing",
        [REFCOW_MEANS_MAX_SNAPSHOTS] = "--max-snapshots",
        [REFCOW_MEANS_REFUSED_FEATURES] = "--refuse",
        [REFCOW_MEANS_REQUIRED_FEATURES] = "--require",
        [REFCOW_MEANS_CLUSTER_SIZES] = "--cluster-size",
        [REFCOW_MEANS_REFCOUNT_WIDTHS] = "--refcount-bits",
    };
    return options[means];
}

/* ------------------------------------------------------------------ lines */

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

/* "max-sharing=7", as on a command line: the value, or NULL. */
static char *value_in(char *word)
{
    char *equals = strchr(word, '=');

    if (equals == NULL)
        return NULL;
    *equals = '\0';
    return equals + 1;
}

static bool take_line(gate_policy *policy, char *line, const char *path, unsigned number)
{
    char *word = next_word(&line);
    if (word == NULL)
        return true;
    char *value = value_in(word);
    if (value == NULL)
        value = next_word(&line);
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

/* The text of a preset, or NULL. */
static const char *preset_text(const char *name)
{
    for (size_t i = 0; i < sizeof policy_files / sizeof policy_files[0]; i++) {
        if (strcmp(policy_files[i].name, name) == 0)
            return policy_files[i].text;
    }
    return NULL;
}

/* What the file has, with a NUL behind it. False: errno says why, or 0 if it is too long. */
static bool read_text(char text[POLICY_MOST + 2], size_t *length, const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return false;
    errno = 0;
    *length = fread(text, 1, POLICY_MOST + 1, file); /* a byte more is too many */
    bool has_failed = ferror(file) != 0;
    int error = errno;
    fclose(file);
    text[*length] = '\0';
    errno = has_failed ? error : 0;
    return !has_failed && *length <= POLICY_MOST;
}

bool gate_policy_read(gate_policy *policy, const char *name)
{
    static char text[POLICY_MOST + 2];
    const char *preset = preset_text(name);
    size_t length;

    if (preset != NULL) {
        length = strlen(preset);
        memcpy(text, preset, length + 1);
    } else if (!read_text(text, &length, name)) {
        complain_about_policy(name, 0, errno != 0 ? strerror(errno) : "the policy is longer than 64 KiB", NULL);
        return false;
    }
    return take_lines(policy, text, length, name);
}

void gate_policy_print_presets(FILE *out)
{
    for (size_t i = 0; i < sizeof policy_files / sizeof policy_files[0]; i++)
        fprintf(out, "%s%s", i == 0 ? "" : "\n", policy_files[i].text);
}
