#include "naive_gate.h"
#include "naive_gate_state.h"

#include <string.h>

enum { HEADER_BYTES = 72, SECTOR = 512 };

/* ------------------------------------------------------------------------ raw files */

static void judge_raw(naive_gate *gate)
{
    const refcow_policy *policy = gate->asked.policy;
    uint64_t size = gate->asked.file->size;
    uint64_t magic = input_number(gate->asked.file, 0, 4);
    naive_judge(gate, magic == 0x514649fb, REFCOW_RULE_DECLARED_RAW, 0, NAIVE_ANY);
    if (!gate->asked.is_size_known) {
        return;
    }
    naive_limit(gate, REFCOW_RULE_VIRTUAL_SIZE_LIMIT, REFCOW_NO_OFFSET, size, policy->max_virtual_size);
    naive_judge(gate, size == 0 || size % SECTOR != 0, REFCOW_RULE_RAW_SIZE, REFCOW_NO_OFFSET, size);
}

/* ---------------------------------------------------------------------- every file */

static void judge_file(naive_gate *gate)
{
    const refcow_policy *policy = gate->asked.policy;
    if (gate->asked.writer == REFCOW_WRITER_PRESENT) {
        naive_add(gate, NAIVE_BREACH, REFCOW_RULE_WRITER, REFCOW_NO_OFFSET, NAIVE_ANY);
    }
    /* header_only does not concern raw files. */
    if (gate->asked.is_size_known && (policy->expects_raw || !policy->header_only)) {
        naive_limit(gate, REFCOW_RULE_FILE_SIZE_LIMIT, REFCOW_NO_OFFSET, gate->asked.file->size, policy->max_file_size);
    }
}

static int is_foreign(const naive_gate *gate)
{
    return refcow_status_class(gate->header.error.status) == REFCOW_CLASS_FOREIGN;
}

static void judge_qcow2(naive_gate *gate)
{
    uint64_t size = gate->asked.file->size;
    int is_known = gate->asked.is_size_known;
    gate->header = naive_open(gate->asked.file);
    naive_judge(gate, is_known && size < SECTOR, REFCOW_RULE_SHORT_FILE, REFCOW_NO_OFFSET, size);
    naive_judge(gate, is_known && size < HEADER_BYTES, REFCOW_RULE_NO_HEADER, REFCOW_NO_OFFSET, size);
    if (is_foreign(gate)) {
        const refcow_error *error = &gate->header.error;
        naive_judge(gate, 1, (refcow_rule)error->status, error->offset, error->value);
        return;
    }
    if (is_known && size < HEADER_BYTES) {
        return;
    }
    gate->has_image = 1;
    gate->is_sound = gate->header.broken_count == 0;
    gate->cluster = (uint64_t)1 << gate->header.fields.cluster_bits;
    naive_gate_header(gate);
    if (is_known && !gate->asked.policy->header_only) {
        naive_gate_size(gate);
    }
}

void naive_gate_start(naive_gate *gate, const naive_question *asked)
{
    memset(gate, 0, sizeof *gate);
    gate->asked = *asked;
    gate->ceiling = NAIVE_BREACH;
    judge_file(gate);
    if (asked->policy->expects_raw) {
        judge_raw(gate);
    } else {
        judge_qcow2(gate);
    }
}

/* ---------------------------------------------------------------------- comparison */

static int is_like(uint64_t expected, uint64_t found)
{
    return expected == NAIVE_ANY || expected == found;
}

static int is_feature_rule(refcow_rule rule)
{
    return rule == REFCOW_RULE_FEATURE_REFUSED || rule == REFCOW_RULE_FEATURE_MISSING;
}

static int matches(const refcow_breach *expected, const refcow_breach *found)
{
    return expected->rule == found->rule && is_like(expected->offset, found->offset) &&
           is_like(expected->value, found->value) && is_like(expected->limit, found->limit) &&
           (expected->snapshot == (uint32_t)NAIVE_ANY || expected->snapshot == found->snapshot) &&
           is_like(expected->name.offset, found->name.offset) && is_like(expected->name.length, found->name.length) &&
           (!is_feature_rule(found->rule) || expected->feature == found->feature);
}

static int is_signature(const refcow_breach *breach)
{
    return breach->rule == REFCOW_RULE_OTHER_MAGIC || breach->rule == REFCOW_RULE_OTHER_MAGIC_AT_END;
}

static void tell(const char *what, const refcow_breach *breach)
{
    fprintf(stderr, "%s: %s offset 0x%llx value 0x%llx limit 0x%llx snapshot %u name 0x%llx+%llu feature %d\n", what,
            refcow_rule_name(breach->rule), (unsigned long long)breach->offset, (unsigned long long)breach->value,
            (unsigned long long)breach->limit, (unsigned)breach->snapshot, (unsigned long long)breach->name.offset,
            (unsigned long long)breach->name.length, (int)breach->feature);
}

static int is_expected(const naive_gate *gate, const refcow_breach *found)
{
    for (size_t i = 0; i < gate->breaches_count; i++) {
        if (matches(&gate->breaches[i].is, found)) {
            return 1;
        }
    }
    return 0;
}

/* NAIVE_RULE: any breach of the rule will do. */
static int is_found(const naive_breach *expected, const refcow_breach *breaches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int is_same_rule = breaches[i].rule == expected->is.rule;
        if (is_same_rule && (expected->certainty == NAIVE_RULE || matches(&expected->is, &breaches[i]))) {
            return 1;
        }
    }
    return expected->certainty == NAIVE_MAYBE;
}

static void tell_all(const naive_gate *gate, refcow_rule rule, const refcow_breach *breaches, size_t count)
{
    for (size_t i = 0; i < gate->breaches_count; i++) {
        if (gate->breaches[i].is.rule == rule) {
            tell("  naive", &gate->breaches[i].is);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (breaches[i].rule == rule) {
            tell("  gate", &breaches[i]);
        }
    }
}

/* What a check that was cut short says, or leaves unsaid, is not in the naive reading. */
static int needs_check(const refcow_breach *breach)
{
    int is_compression = is_feature_rule(breach->rule) && breach->feature == REFCOW_FEATURE_COMPRESSED_CLUSTERS;
    return refcow_rule_need(breach->rule) == REFCOW_NEED_CHECK || breach->rule == REFCOW_RULE_AMPLIFICATION_LIMIT ||
           is_compression;
}

const char *naive_gate_difference(const naive_gate *gate, const refcow_breach *breaches, size_t count, int is_complete)
{
    for (size_t i = 0; i < count; i++) {
        int is_open = is_signature(&breaches[i]) || (!is_complete && needs_check(&breaches[i]));
        if (!is_open && !is_expected(gate, &breaches[i])) {
            tell_all(gate, breaches[i].rule, breaches, count);
            return "gate: a breach that the naive reading does not find";
        }
    }
    for (size_t i = 0; i < gate->breaches_count && is_complete; i++) {
        if (!is_found(&gate->breaches[i], breaches, count)) {
            tell_all(gate, gate->breaches[i].is.rule, breaches, count);
            return "gate: it lacks a breach that the naive reading finds";
        }
    }
    return NULL;
}
