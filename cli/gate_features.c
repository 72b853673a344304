#include "gate_features.h"

#include <stddef.h>

typedef enum feature_word { INCOMPATIBLE, COMPATIBLE, AUTOCLEAR, FEATURE_WORDS } feature_word;

static const char *const word_names[] = {"incompatible", "compatible", "autoclear"};

/* Accepted by every policy: there is no rule about it. */
#define NO_RULE GATE_RULES

static const struct {
    feature_word word;
    unsigned bit;
    const char *name;
    gate_rule rule; /* that is broken by the feature */
} features[] = {
    {INCOMPATIBLE, 0, "dirty", GATE_DIRTY},         {INCOMPATIBLE, 1, "corrupt", GATE_CORRUPT},
    {INCOMPATIBLE, 2, "data-file", GATE_DATA_FILE}, {INCOMPATIBLE, 3, "compression-type", NO_RULE},
    {INCOMPATIBLE, 4, "extended-l2", NO_RULE},      {COMPATIBLE, 0, "lazy-refcounts", NO_RULE},
    {AUTOCLEAR, 0, "bitmaps", GATE_BITMAPS},        {AUTOCLEAR, 1, "data-file-raw", GATE_DATA_FILE},
};

#define FEATURES (sizeof features / sizeof features[0])

static void print_understood(json_writer *json)
{
    json_open_array(json, "understood");
    for (size_t i = 0; i < FEATURES; i++)
        json_string(json, NULL, features[i].name);
    json_close_array(json);
}

static void print_accepted(json_writer *json, const gate_policy *policy)
{
    json_open_array(json, "accepted");
    for (size_t i = 0; i < FEATURES; i++) {
        if (features[i].rule == NO_RULE || policy->allowed[features[i].rule])
            json_string(json, NULL, features[i].name);
    }
    json_close_array(json);
}

static void print_feature(json_writer *json, feature_word word, unsigned bit)
{
    char unknown[32];

    for (size_t i = 0; i < FEATURES; i++) {
        if (features[i].word == word && features[i].bit == bit) {
            json_string(json, NULL, features[i].name);
            return;
        }
    }
    snprintf(unknown, sizeof unknown, "%s-%u", word_names[word], bit);
    json_string(json, NULL, unknown);
}

static void print_present(json_writer *json, const refcow_header *header)
{
    const uint64_t words[FEATURE_WORDS] = {header->incompatible_features, header->compatible_features,
                                           header->autoclear_features};

    json_open_array(json, "present");
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            if ((words[word] >> bit & 1) != 0)
                print_feature(json, (feature_word)word, bit);
        }
    }
    json_close_array(json);
}

void gate_print_features(json_writer *json, const gate_policy *policy, const refcow_header *header)
{
    print_understood(json);
    print_accepted(json, policy);
    if (header != NULL)
        print_present(json, header);
}
