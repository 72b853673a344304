#include "live.h"

#include <string.h>

static live_moment moment_of(const image_file *file)
{
    live_moment moment = {.size = file->size, .changed = file->changed};

    moment.has_header = image_file_peek(file, moment.header, sizeof moment.header);
    moment.locks = lock_bytes_query(file->descriptor);
    return moment;
}

live_moment live_begin(const image_file *file)
{
    return moment_of(file);
}

live_facts live_end(const live_moment *begun, const image_file *file)
{
    image_file again = *file;
    bool is_there = image_file_look_again(&again);
    live_moment now = moment_of(&again);

    return (live_facts){
        .locks = lock_bytes_join(begun->locks, now.locks),
        .size_changed = !is_there || now.size != begun->size,
        .header_changed =
            begun->has_header && now.has_header && memcmp(now.header, begun->header, sizeof now.header) != 0,
        .time_changed = now.changed.tv_sec != begun->changed.tv_sec || now.changed.tv_nsec != begun->changed.tv_nsec,
    };
}

static const char *name_of_change(const live_facts *facts)
{
    if (facts->header_changed)
        return "header";
    return facts->size_changed ? "size" : "time of change";
}

void live_print(FILE *out, const live_facts *facts)
{
    if (facts->locks.is_known && lock_bytes_show_writer(facts->locks))
        fputs("Another process has the image open for writing. This answer is of the moment when refcow read it.\n",
              out);
    if (live_has_changed(facts))
        fprintf(out, "The image changed while refcow read it (its %s). Read it again when nothing writes to it.\n",
                name_of_change(facts));
}
