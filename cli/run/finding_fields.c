#include "finding_fields.h"

const char *finding_field_name(finding_field field)
{
    static const char *const names[FINDING_FIELDS] = {
#define FINDING_FIELD_NAME(name, text) [FIELD_##name] = (text),
        FINDING_FIELD_ROWS(FINDING_FIELD_NAME)
#undef FINDING_FIELD_NAME
    };

    return names[field];
}

static field_value a_text(field_type type, const char *text)
{
    return (field_value){.type = type, .text = text};
}

static field_value a_number(uint64_t number)
{
    return (field_value){.type = FIELD_HAS_NUMBER, .number = number};
}

static void add_kind(field_value values[FINDING_FIELDS], const listed_finding *listed)
{
    values[FIELD_KIND] = a_text(FIELD_HAS_WORD, kind_name(listed->kind));
    values[FIELD_SEVERITY] = a_text(FIELD_HAS_WORD, kind_severity_name(listed->kind));
    values[FIELD_TEXT] = a_text(FIELD_HAS_SENTENCE, kind_text(listed->kind));
    values[FIELD_ROLE] = a_text(FIELD_HAS_WORD, refcow_role_name(listed->finding->role));
}

void finding_place(field_value values[FINDING_FIELDS], uint64_t host, uint64_t length)
{
    values[FIELD_HOST_OFFSET] = a_number(host);
    values[FIELD_LENGTH] = a_number(length);
}

/* The guest range has a length of its own: an L1 entry stands for many clusters. */
void finding_guest(field_value values[FINDING_FIELDS], uint64_t offset, uint64_t length)
{
    if (offset == REFCOW_NO_GUEST)
        return;
    values[FIELD_GUEST_OFFSET] = a_number(offset);
    values[FIELD_GUEST_LENGTH] = a_number(length);
}

void finding_users(field_value values[FINDING_FIELDS], user_set users)
{
    values[FIELD_ROLES] = (field_value){.type = FIELD_HAS_ROLES, .number = users};
    values[FIELD_ACTIVE] = (field_value){.type = FIELD_HAS_BOOLEAN, .number = (users & USER_ACTIVE) != 0};
    values[FIELD_SNAPSHOTS] = (field_value){.type = FIELD_HAS_BOOLEAN, .number = (users & USER_SNAPSHOTS) != 0};
}

static void add_entry(field_value values[FINDING_FIELDS], const listed_finding *listed)
{
    const refcow_finding *finding = listed->finding;

    if (finding->table == REFCOW_NO_TABLE)
        return;
    values[FIELD_TABLE_OFFSET] = a_number(finding->table);
    values[FIELD_INDEX] = a_number(finding->index);
    values[FIELD_ENTRIES] = a_number(listed->entries);
    values[FIELD_FOUND_ENTRY] = a_number(finding->found);
    values[FIELD_FOUND_ENTRY_HEX] = (field_value){.type = FIELD_HAS_CODE, .number = finding->found};
}

/* What the library calls `expected` and `found` is one thing or another, as the kind goes. For TOO_MANY_REFERENCES
 * `found` is no refcount that is stored, but the highest one that could be. */
static void add_evidence(field_value values[FINDING_FIELDS], const listed_finding *listed)
{
    const refcow_finding *finding = listed->finding;
    bool is_flag = listed->kind == REFCOW_KIND_L1_COPIED || listed->kind == REFCOW_KIND_L2_COPIED;

    if (listed->is_stored || listed->kind == REFCOW_KIND_TOO_MANY_REFERENCES || listed->kind == KIND_OVERLAPPING)
        values[FIELD_EXPECTED_REFCOUNT] = a_number(finding->expected);
    if (listed->is_stored)
        values[FIELD_FOUND_REFCOUNT] = a_number(finding->found);
    if (is_flag)
        values[FIELD_EXPECTED_FLAG] = a_number(finding->expected);
}

static field_value a_name(const refcow_image *image, refcow_span span)
{
    return (field_value){.type = FIELD_HAS_NAME, .image = image, .span = span};
}

static void add_snapshot(field_value values[FINDING_FIELDS], const listed_finding *listed)
{
    if (listed->snapshot == NULL)
        return;
    values[FIELD_SNAPSHOT_ID] = a_name(listed->image, listed->snapshot->id);
    values[FIELD_SNAPSHOT_NAME] = a_name(listed->image, listed->snapshot->name);
}

void finding_values(field_value values[FINDING_FIELDS], const listed_finding *listed)
{
    for (unsigned field = 0; field < FINDING_FIELDS; field++)
        values[field] = (field_value){.type = FIELD_HAS_NOTHING};
    add_kind(values, listed);
    finding_place(values, listed->finding->host, listed->finding->length);
    finding_guest(values, listed->guest, listed->guest_length);
    if (listed->users != 0)
        finding_users(values, listed->users);
    add_entry(values, listed);
    add_evidence(values, listed);
    add_snapshot(values, listed);
    values[FIELD_TIMES] = a_number(listed->finding->times);
}
