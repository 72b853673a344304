/*
 * bodyfile.c - snapshots in the body format of The Sleuth Kit, which timelines are made of: a line has eleven
 * fields, MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime.
 *
 * A snapshot's date is its crtime; the other times and fields are unknown, and 0. Its inode is the offset of its entry
 * in the image, its size the size of the disk then.
 */
#include "../text/escape.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

/* Escaped, and so that it ends no field. */
static void print_text(FILE *out, const char *text)
{
    char piece[ESCAPED_LENGTH];

    while (*text != '\0') {
        text += escape_step(text, piece);
        fputs(strcmp(piece, "|") == 0 ? "\\x7c" : piece, out);
    }
}

static void print_name(FILE *out, info_report *report, refcow_span span)
{
    image_name name;

    info_read_name(report, span, &name);
    for (size_t i = 0; i < name.kept; i += strlen(name.bytes + i)) {
        if (name.bytes[i] == '\0') {
            fputs("\\x00", out);
            i++;
        }
        print_text(out, name.bytes + i);
    }
    if (name.length > name.kept)
        fputs("...", out);
}

static void print_snapshot(FILE *out, info_report *report, const refcow_snapshot *snapshot)
{
    fputs("0|", out);
    print_text(out, report->path);
    fputs(" snapshot ", out);
    print_name(out, report, snapshot->id);
    fputs(": ", out);
    print_name(out, report, snapshot->name);
    fprintf(out, "|%" PRIu64 "|-/----------|0|0|%" PRIu64 "|0|0|0|%" PRIu32 "\n", snapshot->offset, snapshot->disk_size,
            snapshot->date_seconds);
}

uint64_t info_print_bodyfile(FILE *out, info_report *report)
{
    refcow_snapshot snapshot = {0};

    while (info_may_list(report, snapshot.next) && info_next_snapshot(report, &snapshot))
        print_snapshot(out, report, &snapshot);
    return snapshot.next;
}
