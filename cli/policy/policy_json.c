#include "policy_json.h"

#include "../image/features.h"

#include <stddef.h>

/* Accepted by every policy: there is no rule about it. */
#define NO_RULE REFCOW_RULE_NONE

/* The rules that the features break. */
static const refcow_rule broken_by[FEATURES] = {
    [FEATURE_DIRTY] = REFCOW_RULE_DIRTY,
    [FEATURE_CORRUPT] = REFCOW_RULE_CORRUPT,
    [FEATURE_DATA_FILE] = REFCOW_RULE_DATA_FILE,
    [FEATURE_COMPRESSION_TYPE] = NO_RULE,
    [FEATURE_EXTENDED_L2] = NO_RULE,
    [FEATURE_LAZY_REFCOUNTS] = NO_RULE,
    [FEATURE_BITMAPS] = REFCOW_RULE_BITMAPS,
    [FEATURE_DATA_FILE_RAW] = REFCOW_RULE_DATA_FILE,
};

static void print_understood(json_writer *json)
{
    json_open_array(json, "understood");
    for (unsigned which = 0; which < FEATURES; which++)
        json_string(json, NULL, feature_name((feature)which));
    json_close_array(json);
}

static void print_accepted(json_writer *json, const refcow_policy *policy)
{
    json_open_array(json, "accepted");
    for (unsigned which = 0; which < FEATURES; which++) {
        if (broken_by[which] == NO_RULE || refcow_rules_have(&policy->allowed, broken_by[which]))
            json_string(json, NULL, feature_name((feature)which));
    }
    json_close_array(json);
}

static void print_feature(json_writer *json, feature_word word, unsigned bit)
{
    const char *name = feature_name(feature_of(word, bit));
    char unknown[32];

    snprintf(unknown, sizeof unknown, "%s-%u", feature_word_name(word), bit);
    json_string(json, NULL, name != NULL ? name : unknown);
}

static void print_present(json_writer *json, const refcow_header *header)
{
    json_open_array(json, "present");
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        uint64_t value = feature_word_value(header, (feature_word)word);
        for (unsigned bit = 0; bit < FEATURE_BITS; bit++) {
            if ((value >> bit & 1) != 0)
                print_feature(json, (feature_word)word, bit);
        }
    }
    json_close_array(json);
}

void policy_print_features(json_writer *json, const refcow_policy *policy, const refcow_header *header)
{
    print_understood(json);
    print_accepted(json, policy);
    if (header != NULL)
        print_present(json, header);
}

/* Ids of the rules in a set. */
void policy_print_rules(json_writer *json, const char *key, const refcow_rules *rules)
{
    json_open_array(json, key);
    for (unsigned rule = 0; rule < REFCOW_RULES_END; rule++) {
        if (refcow_rules_have(rules, (refcow_rule)rule))
            json_string(json, NULL, refcow_rule_name((refcow_rule)rule));
    }
    json_close_array(json);
}

static void print_feature_set(json_writer *json, const char *key, uint32_t set)
{
    json_open_array(json, key);
    for (unsigned number = 0; number < REFCOW_FEATURES; number++) {
        if ((set >> number & 1) != 0)
            json_string(json, NULL, refcow_feature_name((refcow_feature)number));
    }
    json_close_array(json);
}

/* The powers of two in a set of exponents; an empty set stands for all of them. */
static void print_powers(json_writer *json, const char *key, uint32_t set)
{
    if (set == 0) {
        json_null(json, key);
        return;
    }
    json_open_array(json, key);
    for (unsigned exponent = 0; exponent < 32; exponent++) {
        if ((set >> exponent & 1) != 0)
            json_number(json, NULL, UINT64_C(1) << exponent);
    }
    json_close_array(json);
}

static void print_limit(json_writer *json, const char *key, uint64_t limit)
{
    if (limit == REFCOW_NO_LIMIT)
        json_null(json, key);
    else
        json_number(json, key, limit);
}

void policy_print_json(json_writer *json, const refcow_policy *policy)
{
    json_open_object(json, "policy");
    json_string(json, "expect", policy->expects_raw ? "raw" : "qcow2");
    json_boolean(json, "check", policy->wants_check);
    json_boolean(json, "header-only", policy->header_only);
    policy_print_rules(json, "allow", &policy->allowed);
    print_feature_set(json, "refuse", policy->refused_features);
    print_feature_set(json, "require", policy->required_features);
    print_powers(json, "cluster-sizes", policy->cluster_sizes);
    print_powers(json, "refcount-bits", policy->refcount_widths);
    print_limit(json, "max-file-size", policy->max_file_size);
    print_limit(json, "max-virtual-size", policy->max_virtual_size);
    print_limit(json, "max-amplification", policy->max_amplification);
    print_limit(json, "max-sharing", policy->max_sharing);
    print_limit(json, "max-snapshots", policy->max_snapshots);
    json_close_object(json);
}
