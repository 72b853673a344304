#include "features.h"

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

void gate_print_features(json_writer *json, const refcow_policy *policy, const refcow_header *header)
{
    print_understood(json);
    print_accepted(json, policy);
    if (header != NULL)
        print_present(json, header);
}
