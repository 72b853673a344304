#include "report.h"

const image_name *gate_report_name(const gate_report *report, const refcow_breach *breach)
{
    for (size_t i = 0; i < report->names_count; i++) {
        if (breach->name.offset != 0 && report->spans[i].offset == breach->name.offset &&
            report->spans[i].length == breach->name.length)
            return &report->names[i];
    }
    return NULL;
}

const char *gate_snapshot_field(const refcow_breach *breach)
{
    if (breach->rule == REFCOW_RULE_SNAPSHOTS_PAST_END)
        return "l1_table_offset";
    return breach->rule == REFCOW_RULE_VIRTUAL_SIZE_LIMIT ? "disk_size" : "data by file size";
}

bool gate_report_has_header(const gate_report *report)
{
    refcow_class class = refcow_status_class(report->result.image.error.status);
    bool is_opened = report->result.image.header.version != 0;
    return is_opened && (class == REFCOW_CLASS_OK || class == REFCOW_CLASS_REFUSED) &&
           !refcow_rules_have(&report->result.broken, REFCOW_RULE_NO_HEADER);
}
