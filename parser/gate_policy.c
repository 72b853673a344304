/*
 * gate_policy.c - policies, and what gate_rules.h says of rules, features and decisions.
 */
#include "gate_policy.h"

#include "look_up.h"

#include <stdbool.h>

/* Only a check sees what is behind the first cluster. */
#define FIRST_STATUS_OF_CHECK REFCOW_STATUS_BITMAP_TABLE_OFFSET

/* What the strict policy lets the active disk and each snapshot have: 1 TiB. */
#define STRICT_VIRTUAL_SIZE ((uint64_t)1 << 40)

/* An installed system has a gigabyte of data for some ten of disk, and may be compressed. */
#define STRICT_AMPLIFICATION 1000u

/* As many compressed clusters as compress best fit into one: 2 MiB of one byte make a stream of 2 KiB. */
#define STRICT_SHARING 2048u

static const refcow_policy strict = {.max_file_size = REFCOW_NO_LIMIT,
                                     .max_virtual_size = STRICT_VIRTUAL_SIZE,
                                     .max_amplification = STRICT_AMPLIFICATION,
                                     .max_sharing = STRICT_SHARING,
                                     .max_snapshots = REFCOW_NO_LIMIT};

refcow_policy refcow_policy_strict(void)
{
    return strict;
}

const refcow_policy *refcow_policy_or_strict(const refcow_policy *policy)
{
    return policy != NULL ? policy : &strict;
}

int refcow_policy_allow(refcow_policy *policy, refcow_rule rule)
{
    if (refcow_rule_means(rule) != REFCOW_MEANS_ALLOW)
        return -1;
    refcow_rules_add(&policy->allowed, rule);
    return 0;
}

int refcow_policy_is_consistent(const refcow_policy *policy)
{
    return policy->header_only && policy->wants_check ? -1 : 0;
}

/* ------------------------------------------------------------------ rules */

void refcow_rules_add(refcow_rules *rules, refcow_rule rule)
{
    if (rule < REFCOW_RULES_END)
        rules->bits[rule / 64] |= (uint64_t)1 << rule % 64;
}

int refcow_rules_have(const refcow_rules *rules, refcow_rule rule)
{
    return rule < REFCOW_RULES_END && (rules->bits[rule / 64] >> rule % 64 & 1) != 0;
}

/* Whether the number is that of a status about the image. */
static bool is_status(refcow_rule rule)
{
    refcow_class kind = refcow_status_class((refcow_status)rule);
    return kind == REFCOW_CLASS_FOREIGN || kind == REFCOW_CLASS_REFUSED;
}

static const char *name_of_status(refcow_rule rule)
{
    return is_status(rule) ? refcow_status_name((refcow_status)rule) : "unknown";
}

static const char *text_of_status(refcow_rule rule)
{
    return is_status(rule) ? refcow_status_text((refcow_status)rule) : "unknown";
}

static const char *reason_of_status(refcow_rule rule)
{
    return is_status(rule) ? "other readers refuse this image or read it differently" : "unknown";
}

static refcow_danger danger_of_status(refcow_rule rule)
{
    return is_status(rule) ? REFCOW_DANGER_HIGH : REFCOW_DANGER_CRITICAL;
}

static refcow_need need_of_status(refcow_rule rule)
{
    return is_status(rule) && rule >= (refcow_rule)FIRST_STATUS_OF_CHECK ? REFCOW_NEED_CHECK : REFCOW_NEED_HEADER;
}

#define RULE_EXISTS(id, number, slug, danger, means, need, text, reason) GIVE(number, 1)
#define RULE_NAME(id, number, slug, danger, means, need, text, reason) GIVE(number, slug)
#define RULE_TEXT(id, number, slug, danger, means, need, text, reason) GIVE(number, text)
#define RULE_REASON(id, number, slug, danger, means, need, text, reason) GIVE(number, reason)
#define RULE_DANGER(id, number, slug, danger, means, need, text, reason) GIVE(number, REFCOW_DANGER_##danger)
#define RULE_MEANS(id, number, slug, danger, means, need, text, reason) GIVE(number, REFCOW_MEANS_##means)
#define RULE_NEED(id, number, slug, danger, means, need, text, reason) GIVE(number, REFCOW_NEED_##need)
#define RULE(type, function, CASE, of_status)                                                                          \
    LOOK_UP(type, function, refcow_rule, rule, REFCOW_RULE_ROWS, CASE, of_status)
RULE(int, refcow_rule_exists, RULE_EXISTS, is_status(rule))
RULE(const char *, refcow_rule_name, RULE_NAME, name_of_status(rule))
RULE(const char *, refcow_rule_text, RULE_TEXT, text_of_status(rule))
RULE(const char *, refcow_rule_reason, RULE_REASON, reason_of_status(rule))
RULE(refcow_danger, refcow_rule_danger, RULE_DANGER, danger_of_status(rule))
RULE(refcow_means, refcow_rule_means, RULE_MEANS, REFCOW_MEANS_NOTHING)
RULE(refcow_need, refcow_rule_need, RULE_NEED, need_of_status(rule))

/* ------------------------------------------------------------------ names */

#define DANGER_ROWS(X)                                                                                                 \
    X(REFCOW_DANGER_MEDIUM, "medium")                                                                                  \
    X(REFCOW_DANGER_HIGH, "high")                                                                                      \
    X(REFCOW_DANGER_CRITICAL, "critical")
LOOK_UP(const char *, refcow_danger_name, refcow_danger, danger, DANGER_ROWS, GIVE, "unknown")

#define MEANS_ROWS(X)                                                                                                  \
    X(REFCOW_MEANS_ALLOW, "allow")                                                                                     \
    X(REFCOW_MEANS_MAX_FILE_SIZE, "max-file-size")                                                                     \
    X(REFCOW_MEANS_MAX_VIRTUAL_SIZE, "max-virtual-size")                                                               \
    X(REFCOW_MEANS_MAX_AMPLIFICATION, "max-amplification")                                                             \
    X(REFCOW_MEANS_MAX_SHARING, "max-sharing")                                                                         \
    X(REFCOW_MEANS_MAX_SNAPSHOTS, "max-snapshots")                                                                     \
    X(REFCOW_MEANS_REFUSED_FEATURES, "refuse")                                                                         \
    X(REFCOW_MEANS_REQUIRED_FEATURES, "require")                                                                       \
    X(REFCOW_MEANS_CLUSTER_SIZES, "cluster-size")                                                                      \
    X(REFCOW_MEANS_REFCOUNT_WIDTHS, "refcount-bits")
LOOK_UP(const char *, refcow_means_name, refcow_means, means, MEANS_ROWS, GIVE, "nothing")

#define DECISION_ROWS(X)                                                                                               \
    X(REFCOW_DECISION_UNDECIDED, "undecided")                                                                          \
    X(REFCOW_DECISION_REFUSED, "refuse")                                                                               \
    X(REFCOW_DECISION_ACCEPTED, "accept")
LOOK_UP(const char *, refcow_decision_name, refcow_decision, decision, DECISION_ROWS, GIVE, "unknown")

#define FEATURE_NAME(id, number, slug, need) GIVE(number, slug)
LOOK_UP(const char *, refcow_feature_name, refcow_feature, feature, REFCOW_FEATURE_ROWS, FEATURE_NAME, "unknown")
