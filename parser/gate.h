/*
 * gate.h - is an image from a stranger safe to open?
 *
 * The gate reads an image's header, names, lists and, if need be, all its metadata, and holds them against a policy. It
 * opens no other file. A program that does not call it links none of it.
 *
 *     refcow_gate()             the decision, with every rule that the image breaks
 *     refcow_policy_strict()    the policy that accepts least, to be changed
 *     refcow_rule_...()         names and sentences
 */
#ifndef REFCOW_GATE_H
#define REFCOW_GATE_H

#include "gate_rules.h"
#include "refcow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ rules */

/* The number of a rule of the gate; or of a status whose class is FOREIGN or REFUSED. */
typedef uint32_t refcow_rule;

enum {
    REFCOW_RULE_NONE = 0,
#define REFCOW_RULE_ENUM(name, number, slug, danger, means, need, text, reason) REFCOW_RULE_##name = number,
    REFCOW_RULE_ROWS(REFCOW_RULE_ENUM)
#undef REFCOW_RULE_ENUM
        REFCOW_RULES_END = 256 /* above all numbers */
};

/* gate_rules.h explains the words. */
typedef enum refcow_danger { REFCOW_DANGER_MEDIUM, REFCOW_DANGER_HIGH, REFCOW_DANGER_CRITICAL } refcow_danger;

typedef enum refcow_means {
    REFCOW_MEANS_NOTHING,
    REFCOW_MEANS_ALLOW,
    REFCOW_MEANS_MAX_FILE_SIZE,
    REFCOW_MEANS_MAX_VIRTUAL_SIZE,
    REFCOW_MEANS_MAX_AMPLIFICATION,
    REFCOW_MEANS_MAX_SHARING,
    REFCOW_MEANS_MAX_SNAPSHOTS,
    REFCOW_MEANS_REFUSED_FEATURES,
    REFCOW_MEANS_REQUIRED_FEATURES,
    REFCOW_MEANS_CLUSTER_SIZES,
    REFCOW_MEANS_REFCOUNT_WIDTHS
} refcow_means;

typedef enum refcow_need { REFCOW_NEED_HEADER, REFCOW_NEED_SIZE, REFCOW_NEED_CHECK, REFCOW_NEED_CALLER } refcow_need;

/* Whether a number is that of a rule; its stable name ("backing-file"), the sentence for people, and why the rule is
 * there. Of a number that is none: 0, "unknown", DANGER_CRITICAL, MEANS_NOTHING and NEED_HEADER. */
int refcow_rule_exists(refcow_rule rule);
const char *refcow_rule_name(refcow_rule rule);
const char *refcow_rule_text(refcow_rule rule);
const char *refcow_rule_reason(refcow_rule rule);
refcow_danger refcow_rule_danger(refcow_rule rule);
refcow_means refcow_rule_means(refcow_rule rule);
refcow_need refcow_rule_need(refcow_rule rule);

/* The word for it: "allow", "max-sharing", "cluster-size"; "nothing" for MEANS_NOTHING and unknown numbers. */
const char *refcow_means_name(refcow_means means);

/* "critical"; "unknown" for an unknown number. */
const char *refcow_danger_name(refcow_danger danger);

/* A set of rules; all zero: none. */
typedef struct refcow_rules {
    uint64_t bits[4];
} refcow_rules;

/* Add a rule to a set; ask whether it is in there. A number of REFCOW_RULES_END or more is in no set. */
void refcow_rules_add(refcow_rules *rules, refcow_rule rule);
int refcow_rules_have(const refcow_rules *rules, refcow_rule rule);

/* --------------------------------------------------------------- features */

typedef enum refcow_feature {
#define REFCOW_FEATURE_ENUM(name, number, slug, need) REFCOW_FEATURE_##name = number,
    REFCOW_FEATURE_ROWS(REFCOW_FEATURE_ENUM)
#undef REFCOW_FEATURE_ENUM
        REFCOW_FEATURES /* the number of features */
} refcow_feature;

/* The stable name ("zstd"); "unknown" for an unknown number. */
const char *refcow_feature_name(refcow_feature feature);

/* ----------------------------------------------------------------- policy */

#define REFCOW_NO_LIMIT UINT64_MAX

/* What the caller accepts. All zero accepts nothing that has a size: begin with refcow_policy_strict(). */
typedef struct refcow_policy {
    refcow_rules allowed;       /* rules that the image may break; use refcow_policy_allow() */
    uint64_t max_file_size;     /* bytes; REFCOW_NO_LIMIT, as for those below */
    uint64_t max_virtual_size;  /* bytes, of the active disk and of each snapshot */
    uint64_t max_amplification; /* the guest's data divided by the size of the file */
    uint64_t max_sharing;       /* references to one host cluster; only with wants_check */
    uint64_t max_snapshots;
    uint32_t refused_features;  /* 1 << refcow_feature each */
    uint32_t required_features; /* the same */
    uint32_t cluster_sizes;     /* accepted ones: 1 << cluster_bits each; 0: all */
    uint32_t refcount_widths;   /* accepted ones: 1 << refcount_order each; 0: all */
    int expects_raw;            /* the caller says that the file is raw, which has no metadata */
    int wants_check;            /* apply the rules that need a check */
    int header_only;            /* skip the rules that need more than the header: accepted then means no more */
} refcow_policy;

/* The strict policy: no rule is allowed; virtual size at most 1 TiB, amplification 1000, sharing 2048; no other limit,
 * no feature refused or required, no check, qcow2. */
refcow_policy refcow_policy_strict(void);

/* Let images break this rule. Returns 0, or -1 if no policy can allow it: see refcow_rule_means(). */
int refcow_policy_allow(refcow_policy *policy, refcow_rule rule);

/* Whether a policy can be applied: 0, or -1 if it has both wants_check and header_only. What does not concern raw files
 * is without effect when they are expected. */
int refcow_policy_is_consistent(const refcow_policy *policy);

/* ------------------------------------------------------------------ names */

/* The longest name that is looked at, in bytes. QEMU takes no longer one for a backing file. */
#define REFCOW_NAME_MAX 1023u

typedef enum refcow_trait {
#define REFCOW_TRAIT_ENUM(name, bit, slug, text) REFCOW_TRAIT_##name = 1 << bit,
    REFCOW_TRAIT_ROWS(REFCOW_TRAIT_ENUM)
#undef REFCOW_TRAIT_ENUM
} refcow_trait;

/* The set of refcow_trait that a name has, of which these are the bytes. length: that the image says; bytes beyond
 * REFCOW_NAME_MAX are not read. */
uint32_t refcow_name_traits(const void *bytes, uint64_t length);

/* What stands at the start of a text of `length` bytes, at least 1: the length of the sequence, at least 1, and the
 * code point, -1 if the bytes are not UTF-8 as QEMU prints it. C0 80 stands for U+0000. */
size_t refcow_decode_utf8(const void *text, size_t length, int32_t *code_point);

/* Whether a character cannot be seen, or moves others: control and format characters, marks of direction, joiners,
 * tags, spaces other than U+0020, fillers, private use. Those who print a name should escape these. */
int refcow_is_shapeless(int32_t code_point);

/* --------------------------------------------------------------- decision */

typedef enum refcow_decision {
    REFCOW_DECISION_UNDECIDED, /* not all rules could be applied, and the image breaks none of the others. Treat this as
                                  refused */
    REFCOW_DECISION_REFUSED,
    REFCOW_DECISION_ACCEPTED
} refcow_decision;

/* "undecided", "refuse", "accept"; "unknown" for an unknown number. */
const char *refcow_decision_name(refcow_decision decision);

#define REFCOW_NO_OFFSET UINT64_MAX
#define REFCOW_NO_SNAPSHOT UINT32_MAX
#define REFCOW_NO_MAGIC UINT32_MAX

/* A rule that the image breaks, with the evidence. Contains no pointers. */
typedef struct refcow_breach {
    refcow_rule rule;
    int is_allowed;         /* the policy allows it */
    uint64_t offset;        /* host offset of the field or signature; REFCOW_NO_OFFSET: the value is of no one place */
    uint64_t value;         /* of the field, or what is held against the limit */
    uint64_t limit;         /* that the value exceeds; of amplification, which is in whole times, it may also equal it.
                               REFCOW_NO_LIMIT: the rule is no limit */
    refcow_span name;       /* of the file that the image names, or of the snapshot; offset 0: none */
    uint32_t snapshot;      /* index of the one that breaks the rule, or REFCOW_NO_SNAPSHOT. Of several: the first one;
                               of limits, the first one with the highest value */
    uint32_t magic;         /* for refcow_magic_format(), or REFCOW_NO_MAGIC */
    refcow_feature feature; /* of FEATURE_REFUSED and FEATURE_MISSING */
} refcow_breach;

/* The format whose signature has this number ("iso9660"); "unknown" for an unknown number. */
const char *refcow_magic_format(uint32_t magic);

/* Whether the format wraps an image: a compressed file or an archive, to be unpacked first. */
int refcow_magic_wraps(uint32_t magic);

/* Whether raw disk images have the signature: it belongs to a partition table, a volume or a file system. */
int refcow_magic_in_raw(uint32_t magic);

/* What the caller knows of others that write to the image. */
typedef enum refcow_writer { REFCOW_WRITER_NONE, REFCOW_WRITER_PRESENT, REFCOW_WRITER_UNKNOWN } refcow_writer;

/* The options of refcow_gate(). Zero the structure, then set what you need. */
typedef struct refcow_gate_options {
    const refcow_policy *policy; /* NULL: refcow_policy_strict() */
    refcow_options check;        /* memory and memory_size are needed always; limits and progress are for the gate's own
                                    reading and for the check, each for itself */
    refcow_breach *breaches;     /* where breaches are written; NULL: they are only counted */
    size_t breaches_capacity;    /* elements. The most dangerous ones are written; an image breaks at most
                                    REFCOW_BREACHES_MAX */
    const char *name;            /* bytes of the path by which readers will open the image; NULL: not known, and whether
                                    the backing file is the image itself is not asked */
    size_t name_length;          /* bytes */
    refcow_writer writer;
    uint64_t head_bytes; /* of a stream that goes on: only so many bytes are known, and source.read fails behind them;
                            source.size is 2^63 - 2^30. 0: the file has source.size bytes */
} refcow_gate_options;

#define REFCOW_BREACHES_MAX 320u
#define REFCOW_REFUSALS_MAX 32u

/* Private: what the gate has read of an image and has not judged yet. */
typedef struct refcow_gate_notes {
    uint64_t size;  /* bytes of the file, or those of it that are known */
    int knows_size; /* the file ends there */
    int has_header; /* which has a meaning */
    int wants_check;
    uint32_t features;            /* 1 << refcow_feature each */
    uint64_t bitmaps_extension;   /* host offset */
    uint64_t snapshot_tables;     /* bytes of all L1 tables of snapshots */
    uint64_t snapshots_length;    /* bytes of the snapshot table, as far as it was read */
    refcow_error snapshot_error;  /* the first broken rule of the snapshot table, behind which nothing was read */
    refcow_snapshot past_end;     /* the first snapshot whose L1 table reaches past the end; end 0: none does */
    refcow_snapshot largest_disk; /* the first snapshot with the highest disk_size; end 0: there is none */
    refcow_snapshot largest_data; /* the first with the most bytes of disk and VM state together; end 0: none */
    refcow_error refusals[REFCOW_REFUSALS_MAX]; /* every rule of the format that the header breaks */
} refcow_gate_notes;

/* The decision and what it is based on. */
typedef struct refcow_gate_result {
    refcow_decision decision;
    refcow_error error;      /* OK; else why not all could be read: the decision is not ACCEPTED then */
    refcow_rules broken;     /* allowed or not */
    refcow_rules undecided;  /* rules that the policy does not allow and that could not be applied */
    size_t breaches_count;   /* written: not allowed ones first, then by danger */
    size_t breaches_omitted; /* not written */
    refcow_image image;      /* as refcow_open() left it; all zero with policy.expects_raw */
    int is_checked;          /* a check was made to the end: check holds its answer */
    refcow_result check;     /* meaningful if it was begun: check.passes is not 0 */
    uint64_t amplification;  /* whole times that the guest data is the file; the larger of disk and snapshots. 0 also if
                                AMPLIFICATION_LIMIT is undecided */
    uint64_t bytes_read;     /* by the gate and the check */
    refcow_gate_notes notes; /* private */
} refcow_gate_result;

/*
 * Decide whether an image from a stranger is safe to open.
 *
 * result_size is sizeof(refcow_gate_result) and version is REFCOW_VERSION, as for refcow_open(). The gate opens the
 * image itself, because it wants every rule that the header breaks. It makes a check if the policy wants one, refuses
 * or requires compressed clusters, or if the disk is so much larger than the file that only the tables can say whether
 * it is a bomb.
 *
 * Returns result->error.status. OK: all that was wanted could be read. result->decision is the answer, whatever is
 * returned; it is UNDECIDED if the call is wrong (class USAGE). In that case, if the structure has another size,
 * nothing is written.
 */
refcow_status refcow_gate(const refcow_source *source, const refcow_gate_options *options, refcow_gate_result *result,
                          size_t result_size, uint32_t version);

#ifdef __cplusplus
}
#endif

#endif
