#include "json_parts.h"

#include "situation.h"

#include "../text/name.h"
#include "finding_fields.h"

void json_begin_record(json_writer *json, FILE *out, const char *type, const check_report *report)
{
    json_begin_line(json, out);
    json_string(json, "type", type);
    json_string(json, "filename", report->path);
}

static void print_failure(json_writer *json, const failure *why)
{
    json_string(json, "name", why->name);
    json_string(json, "text", why->text);
    if (why->detail != NULL)
        json_string(json, "detail", why->detail);
    if (why->has_value)
        json_number(json, "value", why->value);
    if (why->has_offset)
        json_number(json, "offset", why->offset);
    if (why->found_format != NULL) {
        json_string(json, "found-format", why->found_format);
        json_number(json, "found-offset", why->found_offset);
    }
    if (why->advice != NULL)
        json_string(json, "advice", why->advice);
}

void json_status(json_writer *json, const failure *why)
{
    json_open_object(json, "status");
    print_failure(json, why);
    json_close_object(json);
}

void json_second_look(json_writer *json, const second_look *look)
{
    if (!look->is_taken)
        return;
    json_open_object(json, "second-look");
    print_failure(json, &look->why);
    json_work(json, &look->result);
    json_close_object(json);
}

void json_situation(json_writer *json, const check_report *report)
{
    const situation *is = situation_of(report);

    if (is == NULL)
        return;
    json_open_object(json, "situation");
    json_string(json, "name", is->name);
    json_string(json, "meaning", is->meaning);
    if (is->step != NULL)
        json_string(json, "next-step", is->step);
    if (is->command != NULL)
        json_string(json, "command", is->command);
    json_close_object(json);
}

/* A name that cannot be read has no bytes. */
static void print_name(json_writer *json, const char *key, const refcow_image *image, refcow_span span)
{
    image_name name;
    bool is_read = name_read(&name, image, span) == REFCOW_STATUS_OK;

    json_bytes(json, key, name.bytes, is_read ? name.kept : 0);
}

static void print_guest_range(json_writer *json, const char *offset, const char *length, const refcow_damage *damage)
{
    if (damage->guest_end == 0) {
        json_null(json, offset);
        json_null(json, length);
        return;
    }
    json_number(json, offset, damage->guest);
    json_number(json, length, damage->guest_end - damage->guest);
}

static void print_snapshots(json_writer *json, const char *key, const check_report *report, const snapshot_list *list)
{
    json_open_array(json, key);
    for (size_t i = 0; i < snapshot_list_named(list); i++) {
        json_open_object(json, NULL);
        print_name(json, "id", &report->image, list->first[i].id);
        print_name(json, "name", &report->image, list->first[i].name);
        json_close_object(json);
    }
    json_close_array(json);
}

void json_damage(json_writer *json, const check_report *report)
{
    const refcow_damage *damage = &report->result.damage;

    json_open_object(json, "damage");
    json_number(json, "l2-tables", damage->l2_tables);
    json_number(json, "damaged-l2-tables", damage->damaged_l2_tables);
    print_guest_range(json, "guest-offset", "guest-length", damage);
    json_boolean(json, "active-disk", disks_active_is_damaged(report));
    if (report->disks.is_known) {
        json_open_object(json, "snapshots");
        json_number(json, "damaged", report->disks.damaged.count);
        json_number(json, "sound", report->disks.sound.count);
        print_snapshots(json, "first-damaged", report, &report->disks.damaged);
        print_snapshots(json, "first-sound", report, &report->disks.sound);
        json_close_object(json);
    }
    json_close_object(json);
}

void json_refcount_report(json_writer *json, const refcow_refcount_report *refcounts)
{
    json_open_object(json, "refcount-report");
    json_number(json, "refcount-order", refcounts->refcount_order);
    json_number(json, "refcount-table-offset", refcounts->refcount_table_offset);
    json_number(json, "refcount-table-clusters", refcounts->refcount_table_clusters);
    json_number(json, "allocated-clusters", refcounts->allocated_clusters);
    json_number(json, "orphan-clusters", refcounts->orphan_clusters);
    json_number(json, "unknown-clusters", refcounts->unknown_clusters);
    json_boolean(json, "complete", refcounts->complete != 0);
    json_close_object(json);
}

void json_work(json_writer *json, const refcow_result *result)
{
    json_number(json, "passes", result->passes);
    json_number(json, "memory-used", result->memory_used);
    json_number(json, "bytes-read", result->bytes_read);
    json_number(json, "work", result->work);
}

void json_versions(json_writer *json, const char *key)
{
    json_string(json, key, REFCOW_VERSION_TEXT);
    json_number(json, "schema", SCHEMA_VERSION);
}

void json_roles(json_writer *json, const char *key, user_set users)
{
    json_open_array(json, key);
    for (unsigned role = REFCOW_ROLE_HEADER; role <= REFCOW_ROLE_BITMAP_DATA; role++) {
        if (users_have_role(users, (refcow_role)role))
            json_string(json, NULL, refcow_role_name((refcow_role)role));
    }
    json_close_array(json);
}

static void print_value(json_writer *json, const char *key, const field_value *value)
{
    switch (value->type) {
    case FIELD_HAS_NOTHING:
        json_null(json, key);
        break;
    case FIELD_HAS_WORD:
    case FIELD_HAS_SENTENCE:
        json_string(json, key, value->text);
        break;
    case FIELD_HAS_NAME:
        print_name(json, key, value->image, value->span);
        break;
    case FIELD_HAS_NUMBER:
        json_number(json, key, value->number);
        break;
    case FIELD_HAS_BOOLEAN:
        json_boolean(json, key, value->number != 0);
        break;
    case FIELD_HAS_ROLES:
        json_roles(json, key, (user_set)value->number);
        break;
    case FIELD_HAS_CODE:
        json_code(json, key, value->number);
        break;
    }
}

void json_finding(json_writer *json, const listed_finding *listed)
{
    field_value values[FINDING_FIELDS];

    finding_values(values, listed);
    for (unsigned field = 0; field < FINDING_FIELDS; field++)
        print_value(json, finding_field_name((finding_field)field), &values[field]);
}

void json_found(json_writer *json, const check_report *report)
{
    json_open_object(json, "found");
    for (unsigned kind = 0; kind < KIND_ORPHAN; kind++) {
        if (listed_found(report, kind) != 0)
            json_number(json, kind_name(kind), listed_found(report, kind));
    }
    json_close_object(json);
}

void json_not_followed(json_writer *json, const refcow_header *header)
{
    json_open_array(json, "not-followed");
    if (has_backing_file(header))
        json_string(json, NULL, "backing-file");
    if (has_data_file(header))
        json_string(json, NULL, "data-file");
    json_close_array(json);
}

static void print_permissions(json_writer *json, const char *key, uint32_t bits)
{
    json_open_array(json, key);
    for (unsigned permission = 0; permission < PERMISSIONS; permission++) {
        if ((bits >> permission & 1) != 0)
            json_string(json, NULL, permission_name((image_permission)permission));
    }
    json_close_array(json);
}

static void print_locks(json_writer *json, lock_bytes locks)
{
    if (!locks.is_known) {
        json_null(json, "writer");
        return;
    }
    json_boolean(json, "writer", lock_bytes_show_writer(locks));
    json_open_object(json, "locks");
    print_permissions(json, "in-use", locks.in_use);
    print_permissions(json, "not-shared", locks.not_shared);
    json_close_object(json);
}

void json_live(json_writer *json, const live_facts *live)
{
    print_locks(json, live->locks);
    json_boolean(json, "changed", live_has_changed(live));
    json_open_array(json, "changes");
    if (live->header_changed)
        json_string(json, NULL, "header");
    if (live->size_changed)
        json_string(json, NULL, "size");
    if (live->time_changed)
        json_string(json, NULL, "time");
    json_close_array(json);
}
