#include "gate_scenario.h"
#include "../fuzz.h"
#include "../input/random.h"
#include "../model/naive_magics.h"
#include "run.h"

#include <string.h>

enum { HEADER_BYTES = 112, AT_BACKING_FILE = 8, AT_BACKING_SIZE = 16, AT_VIRTUAL_SIZE = 24 };

static const refcow_limits LIMITS = {8u << 20, 1u << 19};

/* ---------------------------------------------------------------------- the policy */

/* One of a few numbers that are next to what an image has. */
static uint64_t pick_limit(uint64_t random, uint64_t strict, uint64_t near)
{
    switch (random % 8) {
    case 0:
        return REFCOW_NO_LIMIT;
    case 1:
        return 0;
    case 2:
        return near;
    case 3:
        return near - (near > 0 ? 1 : 0);
    case 4:
        return (uint64_t)1 << (random >> 8) % 48;
    case 5:
        return (random >> 8) % 4;
    default:
        return strict;
    }
}

/* No rule, each that a policy can allow, or some. */
static void pick_allowed(refcow_policy *policy, uint64_t random)
{
    for (uint32_t rule = 0; rule < REFCOW_RULES_END; rule++) {
        uint64_t dice = random ^ rule * 0x9e3779b97f4a7c15u;
        int is_wanted = random % 4 == 1 || (random % 4 > 1 && next_random(&dice) % 4 < random % 4);
        int can = refcow_rule_means((refcow_rule)rule) == REFCOW_MEANS_ALLOW;
        refcow_policy copy = *policy;
        refcow_policy *to = is_wanted ? policy : &copy;
        FUZZ_ASSERT((refcow_policy_allow(to, (refcow_rule)rule) == 0) == can);
        FUZZ_ASSERT(refcow_rules_have(&to->allowed, (refcow_rule)rule) == can);
    }
}

static uint32_t pick_features(uint64_t random)
{
    return random % 4 == 0 ? (uint32_t)(random >> 8) & ((1u << REFCOW_FEATURES) - 1) & (uint32_t)(random >> 32) : 0;
}

static refcow_policy pick_policy(uint64_t *random, const input_file *file)
{
    refcow_policy policy = refcow_policy_strict();
    uint64_t virtual_size = input_number(file, AT_VIRTUAL_SIZE, 8);
    uint64_t times = file->size == 0 ? 0 : virtual_size / file->size;
    pick_allowed(&policy, next_random(random));
    policy.max_file_size = pick_limit(next_random(random) | 4, policy.max_file_size, file->size);
    policy.max_virtual_size = pick_limit(next_random(random), policy.max_virtual_size, virtual_size);
    policy.max_amplification = pick_limit(next_random(random), policy.max_amplification, times);
    policy.max_sharing = pick_limit(next_random(random), policy.max_sharing, 2);
    policy.max_snapshots = pick_limit(next_random(random), policy.max_snapshots, 1);
    policy.refused_features = pick_features(next_random(random));
    policy.required_features = pick_features(next_random(random));
    uint64_t sets = next_random(random);
    policy.cluster_sizes = sets % 4 == 0 ? (uint32_t)(sets >> 16) & 0x003ffe00u : 0;
    policy.refcount_widths = sets % 8 < 2 ? (uint32_t)(sets >> 40) & 0x7fu : 0;
    uint64_t dice = next_random(random);
    policy.expects_raw = dice % 8 == 0;
    policy.header_only = (dice >> 8) % 8 == 0;
    policy.wants_check = (dice >> 16) % 2 == 0 && (dice % 32 == 0 || !policy.header_only);
    return policy;
}

/* ------------------------------------------------------------------------ the name */

/* Not known; some name; or a path that ends in the name of the backing file, so that the image may be its own. */
static void pick_name(gate_scenario *scenario, uint64_t random)
{
    static const char *const folders[] = {"", "/images/", "images/", "./"};
    static const char *const names[] = {"disk.qcow2", "/images/up.DMG", "dmg", ""};
    const input_file *file = &scenario->file;
    uint64_t at = input_number(file, AT_BACKING_FILE, 8);
    uint64_t size = input_number(file, AT_BACKING_SIZE, 4);
    const char *start = random % 2 == 0 ? folders[(random >> 8) % 4] : names[(random >> 8) % 4];
    size_t length = strlen(start);
    memcpy(scenario->name, start, length);
    for (uint64_t i = 0; i < size && i < 400 && random % 2 == 0; i++) {
        uint64_t byte = input_number(file, at + i, 1);
        if (byte == 0) {
            break;
        }
        scenario->name[length++] = (char)byte;
    }
    scenario->setting.name = random % 8 == 1 ? NULL : scenario->name;
    scenario->setting.name_length = length;
}

/* ------------------------------------------------------------------- what is planted */

/* The first extent counts. What stands behind the end of the file makes the file longer. */
static void plant(gate_scenario *scenario, size_t size, uint64_t offset, const char *bytes, size_t length)
{
    input_file *file = &scenario->file;
    if (file->extents.count == EXTENTS_MAX || offset > (uint64_t)1 << 40) {
        return;
    }
    if (scenario->room < size + PLANTED_MAX) {
        scenario->room = size + PLANTED_MAX;
        void *more = realloc(scenario->bytes, scenario->room);
        FUZZ_ASSERT(more != NULL);
        scenario->bytes = more;
    }
    memcpy(scenario->bytes, file->data, size);
    memcpy(scenario->bytes + size, bytes, length);
    file->data = scenario->bytes;
    memmove(file->extents.list + 1, file->extents.list, file->extents.count * sizeof *file->extents.list);
    file->extents.list[0] = (extent){offset, size, length};
    file->extents.count++;
    file->size = file->size > offset + length ? file->size : offset + length;
}

static void plant_magic(gate_scenario *scenario, size_t size, uint64_t random)
{
    naive_magic magic = naive_pick_magic(random);
    uint64_t end = scenario->file.size;
    if (!magic.is_at_end) {
        plant(scenario, size, magic.offset, magic.bytes, magic.length);
    } else if (end >= magic.offset) {
        plant(scenario, size, end - magic.offset, magic.bytes, magic.length);
    }
}

static void plant_name(gate_scenario *scenario, size_t size, uint64_t random)
{
    static const char *const parts[] = {"json:{",  "nbd://h",      "/etc/shadow",  "/dev/fdset/3",    "..",
                                        "/../",    "a:..",         "\xe2\x80\x8b", "\xc0\x80",        "\xc3",
                                        "\x1b[2J", "\xed\xa0\x80", "file:/etc",    "\xf0\x9f\x90\x84"};
    const char *part = parts[random % (sizeof parts / sizeof *parts)];
    uint64_t at = input_number(&scenario->file, AT_BACKING_FILE, 8);
    uint64_t shift = (random >> 8) % 2 == 0 ? 0 : (random >> 16) % 16;
    if (at > 0 && at < (uint64_t)1 << 21) {
        plant(scenario, size, at + shift, part, strlen(part));
    }
}

/* -------------------------------------------------------------------------- the call */

/* A policy that contradicts itself is a wrong call. */
static int is_consistent(const refcow_policy *policy)
{
    return !policy->wants_check || !policy->header_only;
}

int gate_scenario_start(gate_scenario *scenario, const uint8_t *data, size_t size)
{
    static const refcow_writer writers[] = {REFCOW_WRITER_UNKNOWN, REFCOW_WRITER_PRESENT, REFCOW_WRITER_NONE,
                                            REFCOW_WRITER_NONE};
    input_start(&scenario->file, data, size);
    int is_sparse = is_sparse_input(data, size);
    scenario->random = hash_of(data, size < HEADER_BYTES ? size : HEADER_BYTES);
    uint64_t tail = next_random(&scenario->random);
    scenario->file.size += !is_sparse && tail % 8 == 0 ? tail >> 48 : 0;
    scenario->random ^= hash_of(data, size);
    uint64_t dice = next_random(&scenario->random);
    if (dice % 8 == 2) {
        plant_magic(scenario, size, dice >> 24);
    } else if (dice % 8 < 5) {
        plant_name(scenario, size, dice >> 24);
    }
    scenario->setting = (gate_setting){
        .policy = pick_policy(&scenario->random, &scenario->file),
        .writer = writers[dice % 4],
        .memory_size = REFCOW_MEMORY_MIN,
        .shift = (size_t)(dice >> 8) % SHIFTS,
        .garbage = (uint8_t)(dice >> 16 & 0xff),
        .capacity = REFCOW_BREACHES_MAX,
        .limits = LIMITS,
        .with_next_data = is_sparse,
    };
    pick_name(scenario, next_random(&scenario->random));
    scenario->base = run_gate(&scenario->file, &scenario->setting, BASE_GATE);
    int is_good = is_consistent(&scenario->setting.policy);
    FUZZ_ASSERT((refcow_policy_is_consistent(&scenario->setting.policy) == 0) == is_good);
    FUZZ_ASSERT((scenario->base.result.error.status == REFCOW_STATUS_BAD_ARGUMENT) == !is_good);
    return is_good && scenario->base.result.error.status != REFCOW_STATUS_SOURCE_TOO_LARGE;
}
