#include "policy.h"

#include "../../build/policies.h"
#include "../run/common_options.h"
#include "../text/numbers.h"
#include "../text/word_lines.h"

#include <stddef.h>
#include <string.h>

/* No preset is as long. */
#define PRESET_MOST 4096u

gate_policy gate_policy_strict(void)
{
    return (gate_policy){.accepts = refcow_policy_strict()};
}

/* ------------------------------------------------------------------ values */

/* How the value of a word is read, and where it goes. */
typedef enum word_kind {
    WORD_FLAG,       /* no value */
    WORD_SIZE,       /* a limit in bytes */
    WORD_COUNT,      /* a limit that counts */
    WORD_FEATURE,    /* one more feature of a set */
    WORD_POWER_SIZE, /* one more power of two of a set, in bytes */
    WORD_POWER,      /* the same, a number */
    WORD_OTHER       /* see set_other() */
} word_kind;

typedef struct policy_word {
    const char *word;
    word_kind kind;
    size_t offset; /* of the member of refcow_policy */
} policy_word;

#define MEMBER(member) offsetof(refcow_policy, member)

static const policy_word words[] = {
    {"allow", WORD_OTHER, 0},
    {"check", WORD_FLAG, MEMBER(wants_check)},
    {"cluster-size", WORD_POWER_SIZE, MEMBER(cluster_sizes)},
    {"expect", WORD_OTHER, 0},
    {"header-only", WORD_FLAG, MEMBER(header_only)},
    {"max-amplification", WORD_COUNT, MEMBER(max_amplification)},
    {"max-file-size", WORD_SIZE, MEMBER(max_file_size)},
    {"max-sharing", WORD_COUNT, MEMBER(max_sharing)},
    {"max-snapshots", WORD_COUNT, MEMBER(max_snapshots)},
    {"max-virtual-size", WORD_SIZE, MEMBER(max_virtual_size)},
    {"output", WORD_OTHER, 0},
    {"refcount-bits", WORD_POWER, MEMBER(refcount_widths)},
    {"refuse", WORD_FEATURE, MEMBER(refused_features)},
    {"require", WORD_FEATURE, MEMBER(required_features)},
    {"timeout", WORD_OTHER, 0},
};

static const char *set_allow(refcow_policy *policy, const char *id)
{
    for (unsigned number = 0; number < REFCOW_RULES_END; number++) {
        refcow_rule rule = (refcow_rule)number;
        if (!refcow_rule_exists(rule) || strcmp(refcow_rule_name(rule), id) != 0)
            continue;
        if (refcow_policy_allow(policy, rule) == 0)
            return NULL;
        if (refcow_rule_means(rule) == REFCOW_MEANS_NOTHING)
            return "this rule cannot be allowed, because refcow cannot judge such an image";
        return "this rule is a limit; set the limit instead";
    }
    return "there is no such rule";
}

static const char *set_limit(uint64_t *limit, const char *text, bool is_size)
{
    if (strcmp(text, "none") == 0)
        *limit = REFCOW_NO_LIMIT;
    else if (is_size && !parse_size(text, limit))
        return "the limit must be a size such as 10G, or none";
    else if (!is_size && (!parse_number(text, limit) || *limit == 0))
        return "the limit must be a number from 1, or none";
    return NULL;
}

static const char *add_feature(uint32_t *set, const char *name)
{
    for (unsigned feature = 0; feature < REFCOW_FEATURES; feature++) {
        if (strcmp(refcow_feature_name((refcow_feature)feature), name) == 0) {
            *set |= UINT32_C(1) << feature;
            return NULL;
        }
    }
    return "there is no such feature (see --help)";
}

static bool add_power(uint32_t *set, uint64_t number, unsigned least, unsigned most)
{
    for (unsigned exponent = least; exponent <= most; exponent++) {
        if (number == UINT64_C(1) << exponent) {
            *set |= UINT32_C(1) << exponent;
            return true;
        }
    }
    return false;
}

static const char *add_cluster_size(uint32_t *set, const char *text)
{
    uint64_t size;
    bool is_good = parse_size(text, &size) && add_power(set, size, REFCOW_CLUSTER_BITS_MIN, REFCOW_CLUSTER_BITS_MAX);
    return is_good ? NULL : "the cluster size must be a power of two from 512 to 2M";
}

static const char *add_width(uint32_t *set, const char *text)
{
    uint64_t width;
    bool is_good = parse_number(text, &width) && add_power(set, width, 0, REFCOW_REFCOUNT_ORDER_MAX);
    return is_good ? NULL : "the width of refcounts must be 1, 2, 4, 8, 16, 32 or 64";
}

/* One of two words; whether it is the second. */
static const char *choose(int *is_second, const char *word, const char *first, const char *second, const char *wrong)
{
    *is_second = strcmp(word, second) == 0;
    return *is_second || strcmp(word, first) == 0 ? NULL : wrong;
}

static const char *set_other(gate_policy *policy, const char *word, const char *value)
{
    refcow_policy *accepts = &policy->accepts;

    if (strcmp(word, "allow") == 0)
        return set_allow(accepts, value);
    if (strcmp(word, "expect") == 0)
        return choose(&accepts->expects_raw, value, "qcow2", "raw", "the expected format must be qcow2 or raw");
    if (strcmp(word, "output") == 0)
        return choose(&policy->wants_json, value, "human", "json", "the output must be human or json");
    return timeout_parse(&policy->timeout, value) ? NULL : "the timeout must be " TIMEOUT_RULE;
}

/* ------------------------------------------------------------------ words */

static const char *set(gate_policy *policy, const policy_word *word, const char *value)
{
    void *member = (char *)&policy->accepts + word->offset;

    switch (word->kind) {
    case WORD_FLAG:
        *(int *)member = 1;
        return NULL;
    case WORD_SIZE:
    case WORD_COUNT:
        return set_limit(member, value, word->kind == WORD_SIZE);
    case WORD_FEATURE:
        return add_feature(member, value);
    case WORD_POWER_SIZE:
        return add_cluster_size(member, value);
    case WORD_POWER:
        return add_width(member, value);
    case WORD_OTHER:
        break;
    }
    return set_other(policy, word->word, value);
}

const char *gate_policy_set(gate_policy *policy, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        bool has_value = words[i].kind != WORD_FLAG;
        if (strcmp(words[i].word, word) == 0 && has_value == (value != NULL))
            return set(policy, &words[i], value);
    }
    return value == NULL ? "unknown option, or its value is missing (a policy has no dashes)"
                         : "unknown option before this word, or an option without a value (a policy has no dashes)";
}

/* ------------------------------------------------------------------ files */

static const char *take(void *user, const char *word, const char *value)
{
    return gate_policy_set(user, word, value);
}

bool gate_policy_read(gate_policy *policy, const char *name)
{
    char text[PRESET_MOST];

    for (size_t i = 0; i < sizeof policy_files / sizeof policy_files[0]; i++) {
        if (strcmp(policy_files[i].name, name) == 0) {
            size_t length = (size_t)snprintf(text, sizeof text, "%s", policy_files[i].text);
            return word_lines_take(text, length, name, take, policy);
        }
    }
    return word_lines_read(name, take, policy);
}

void gate_policy_print_presets(FILE *out)
{
    for (size_t i = 0; i < sizeof policy_files / sizeof policy_files[0]; i++)
        fprintf(out, "%s%s", i == 0 ? "" : "\n", policy_files[i].text);
}
